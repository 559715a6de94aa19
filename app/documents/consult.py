"""一次性告知单 of a consultation: what one situation needs, from the catalogue alone; nobody is named in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from app.documents.guide import guide_payload, limit_text
from app.documents.sheet import Sheet
from models.domain.catalog import ITEM_KIND_NAMES, Item, Need
from models.domain.checklist import asked_questions, needed_materials

_UNTOLD = "未说明"
_NEEDS = {Need.REQUIRED: "必要", Need.OPTIONAL: "非必要", Need.DEFERRABLE: "可容缺后补"}


def consult_sheet(item: Item, version: str, answers: Mapping[str, str], day: dt.date, hall: str) -> bytes:
    """The .docx: the situation as told, the materials it needs and no others, limits, fee, basis."""
    sheet = Sheet("一次性告知单", item.name, guide_payload(item, version), "咨询，未受理，不占受理编号")
    told = []
    for question in asked_questions(item, answers):
        label = next((o.label for o in question.options if o.id == answers.get(question.id)), _UNTOLD)
        told.append((question.text, label))
    if told:
        sheet.head("一、您说的情形")
        sheet.table(told, (110, 54), header=False)
    sheet.head("二、请您准备的材料")
    rows = [("序", "材料名称", "要求", "份数", "受理标准")]
    for place, m in enumerate(needed_materials(item, answers), start=1):
        copies = f"{'原件' if m.original else '复印件'} {m.copies} 份"
        rows.append((str(place), m.name, _NEEDS[m.need], copies, "；".join(m.standard) or "—"))
    if len(rows) > 1:
        sheet.table(rows, (9, 60, 24, 22, 49))
    sheet.text("除上列材料外，不要求提供其他材料。情形有变化的，材料以窗口按新情形确定的为准。", 10)
    if any(label == _UNTOLD for _, label in told):
        sheet.text("没有说明的情形，可能另需清单上的其他材料，请向窗口说明以后再准备。", 10)
    sheet.head("三、时限、收费和依据")
    sheet.table(
        [
            ("办件类型", ITEM_KIND_NAMES[item.kind]),
            ("法定时限", limit_text(item.legal)),
            ("承诺时限", limit_text(item.promised)),
            ("收费", item.fee or "不收费"),
            ("依据", "；".join(item.basis) or "以实施清单公布为准"),
        ],
        (34, 130),
        header=False,
    )
    sheet.text(f"编码 {item.id}　目录版本 {version}　{hall}　{day.isoformat()}", 9)
    return sheet.data()
