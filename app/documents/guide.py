"""服务指南 and 业务手册 review sheet of a 办理项, from its catalogue version alone."""

from __future__ import annotations

from app.documents.flow import stage_note, sums_text
from app.documents.sheet import Sheet
from app.queries.amended import place_name
from models.domain.amendment import CONFIRMED_NAMES
from models.domain.case import CaseState, PointMark
from models.domain.catalog import (
    ITEM_KIND_NAMES,
    ApplicantKind,
    Catalog,
    DayLimit,
    Department,
    Item,
    Material,
    Need,
    ReviewPoint,
)
from models.domain.checklist import general_points
from models.domain.numbers import group_number

_NEEDS = {Need.REQUIRED: "必要", Need.OPTIONAL: "非必要", Need.DEFERRABLE: "可容缺后补"}
_FORMS = {"paper": "纸质", "electronic": "电子", "either": "纸质或者电子"}
_SOURCES = {"applicant": "申请人自备", "government": "政府部门核发", "other": "其他"}
_APPLICANTS = {ApplicantKind.PERSON: "自然人", ApplicantKind.ORGANISATION: "法人、非法人组织"}
_POSTED = "见大厅公示"
_ONLY = "只需提供下列材料，除此以外不要求提供其他材料。"
_SOME = "带“※”的只在相应情形下需要，由窗口按您的回答确定。"


def guide_payload(item: Item, version: str) -> str:
    """What the QR of a guide says: the code of the item and the catalogue version it was made from."""
    return f"THBG1|{item.id}|{version}"


def limit_text(limit: DayLimit) -> str:
    """A limit as the public reads it; what the catalogue doubts is never shown as law."""
    if not limit.binding or limit.days is None:
        return "以实施清单公布为准"
    text = f"{limit.days} 个工作日（受理次日起算）" if limit.days else "当场办结"
    return f"{text}　依据：{limit.basis}" if limit.basis else text


def service_guide(item: Item, catalog: Catalog) -> bytes:
    """The guide as .docx: who, what, how long, where, the flow chart, materials, fees, Q&A, basis."""
    department = _department(item, catalog)
    code = item.national_code or item.id
    caption = f"编码 {code}　目录版本 {catalog.version}"
    sheet = Sheet("服务指南", item.name, guide_payload(item, catalog.version), caption)
    sheet.head("一、基本信息")
    facts = [
        ("事项编码", code),
        ("实施机关", department.name or _POSTED),
        ("事项类型", item.power_type or "—"),
        ("办件类型", ITEM_KIND_NAMES[item.kind]),
        ("服务对象", "、".join(_APPLICANTS[kind] for kind in item.applicants) or "—"),
        ("法定时限", limit_text(item.legal)),
        ("承诺时限", limit_text(item.promised)),
        ("不计入时限", "、".join(item.not_counted) or "无"),
        ("办理结果", item.result or "—"),
        ("数量限制", item.listing.quantity_limit or "无"),
        ("办理渠道", _channels(item)),
        ("联办机构", "、".join(item.listing.partners) or "无"),
        ("中介服务", "、".join(item.listing.intermediaries) or "无"),
        ("到现场次数", _visits(item)),
        ("办理地点", item.address or department.address or _POSTED),
        ("办理时间", item.hours or _POSTED),
        ("咨询电话", item.consult or department.phone or _POSTED),
        ("投诉电话", item.complaint or _POSTED),
    ]
    sheet.table(facts, (34, 130), header=False)
    sheet.head("二、设定依据")
    for line in item.basis or ("以实施清单公布为准",):
        sheet.text(line)
    sheet.head("三、受理条件")
    for line in item.conditions or ("以实施清单公布为准",):
        sheet.text(line)
    if item.detail_rule:
        sheet.text(f"实施细则：{item.detail_rule}")
    sheet.head("四、申请材料")
    rows = [("序", "材料名称", "必要性", "原件份数", "形式和来源", "空白表、样表")]
    rows += [_material_row(place, material) for place, material in enumerate(item.materials, start=1)]
    sheet.text(_ONLY + (_SOME if any(m.when.all_of for m in item.materials) else ""), 10, keep=True)
    sheet.table(rows, (9, 50, 20, 22, 33, 30))
    for material in item.materials:
        if material.fill_note:
            sheet.text(f"“{material.name}”填报须知：{material.fill_note}", 10)
    sheet.head("五、办理流程")
    sheet.flow([(s.name, stage_note(s), s.counted) for s in item.stages] or [("清单没有写明环节", "", True)])
    sheet.text(sums_text(item), 10, centre=True)
    sheet.head("六、收费")
    if item.fees:
        head = ("项目", "标准", "依据", "减免")
        fees = [(f.name, f.standard, f.basis or "—", f.relief or "—") for f in item.fees]
        sheet.table([head, *fees], (36, 48, 44, 36))
    else:
        sheet.text(item.fee or "不收费")
    if item.answers:
        sheet.head("七、常见问题")
        for answer in item.answers:
            sheet.text(f"问：{answer.question}", keep=True)
            sheet.text(f"答：{answer.answer}")
    return sheet.data()


def review_sheet(item: Item, catalog: Catalog, state: CaseState | None = None) -> bytes:
    """业务手册: the review points, those of each material and then of the application, with columns to tick.

    The last two are the general ones, on which alone a case may be turned away for not being needed or not
    being this office's.  With ``state`` as it was reviewed: its marks and reasons, and what the applicant
    corrected on the spot.
    """
    sheet = Sheet("业务手册审查表", item.name)
    sheet.table(
        [
            ("事项编码", item.national_code or item.id),
            ("实施机关", _department(item, catalog).name or _POSTED),
            ("目录版本", catalog.version),
            ("受理编号", _mark(state)),
        ],
        (34, 130),
        header=False,
    )
    head = ("序", "审查要点", "依据", "符合", "不符合", "不适用", "理由")
    names = {material.id: material.name for material in item.materials}
    for material_id, title in [*names.items(), ("", "申请整体")]:
        points = [p for p in item.points if (p.material if p.material in names else "") == material_id]
        points += () if material_id else general_points(item)
        material = item.material(material_id)
        if not points and material is None:
            continue
        sheet.head(title)
        if material is not None and material.standard:
            sheet.text("受理标准：" + "；".join(material.standard), 10, keep=True)
        rows = [(str(n), p.text, p.basis or "—", *_judged(p, state)) for n, p in enumerate(points, start=1)]
        if rows:
            sheet.table([head, *rows], (9, 53, 40, 12, 15, 15, 20))
        else:
            sheet.text("清单没有写明审查要点，按受理标准核对。", 10)
    sheet.head("当场更正记录")
    sheet.text("可以当场更正的错误，允许申请人当场更正；不算补正，时限不变。", 10, keep=True)
    amended = [
        (place_name(one.path, item), one.was, one.now, CONFIRMED_NAMES.get(one.confirmed_by, ""), one.day)
        for one in (state.amended if state is not None else ())
    ]
    blank = [("", "", "", "", "")] * 2
    columns = ("更正处", "原来写的", "更正为", "申请人签名", "日期")
    sheet.table([columns, *(amended or blank)], (40, 36, 36, 28, 24), whole=not amended)
    sheet.text("不予受理、不予许可须至少有一个审查要点为“不符合”，并写明理由。", 10, keep=True)
    sheet.text("审查人：________________　　日期：______年____月____日", 11)
    return sheet.data()


def _mark(state: CaseState | None) -> str:
    if state is None:
        return ""
    return group_number(state.number) if state.number else state.receipt


def _judged(point: ReviewPoint, state: CaseState | None) -> tuple[str, str, str, str]:
    """The three boxes and the reason; without a case all empty."""
    mark = state.value(f"point.{point.id}") if state is not None else ""
    boxes = [
        "☑" if mark == one else "□" for one in (PointMark.PASS, PointMark.FAIL, PointMark.NOT_APPLICABLE)
    ]
    note = state.value(f"point.{point.id}.note") if state is not None else ""
    return boxes[0], boxes[1], boxes[2], note


def _department(item: Item, catalog: Catalog) -> Department:
    return next((d for d in catalog.departments if d.id == item.department), Department(id="", name=""))


def _channels(item: Item) -> str:
    listing = item.listing
    said = list(listing.channels) or ["窗口办理"]
    offered = (
        ("网上办理", listing.online or item.online_depth in ("II", "III", "IV")),
        ("自助终端", listing.terminals), ("可以预约", listing.booking), ("可以邮寄申请", item.by_post),
    )  # fmt: skip
    return "、".join(said + [word for word, there in offered if there and word not in said])


def _visits(item: Item) -> str:
    if item.visits is None:
        return "—"
    return f"{item.visits} 次" + (f"（{item.visits_reason}）" if item.visits_reason else "")


def _material_row(place: int, material: Material) -> tuple[str, str, str, str, str, str]:
    copies = f"{'原件' if material.original else '复印件'} {material.copies} 份"
    source = _SOURCES.get(material.source, material.source)
    return (
        str(place),
        material.name + ("※" if material.when.all_of else ""),
        _NEEDS[material.need],
        copies,
        f"{_FORMS.get(material.form, material.form)}，{source}"
        + (f"（{material.source_note}）" if material.source_note else ""),
        "、".join(kind for kind, name in (("空白表", material.blank), ("样表", material.sample)) if name)
        or "—",
    )
