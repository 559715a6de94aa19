"""Catalogue and city → rows of the import format, so that reading them gives the same again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.domain.catalog import (
    DOMAIN_NAMES,
    Bundle,
    DayLimit,
    Department,
    Domain,
    Field,
    Item,
    Material,
    ProofRule,
    Question,
    ReviewPoint,
    RuleDocument,
)
from sync.hub.catalog.city import City
from sync.hub.catalog.columns import ITEMS
from sync.hub.catalog.conditions import COLUMN, format_condition
from sync.hub.catalog.export_more import (
    OPTION_MARKS,
    bundle_tables,
    item_tables,
    process_columns,
    proof_rows,
    yes,
)
from sync.hub.catalog.rules import rule_rows
from sync.hub.catalog.splitting import CHOICE_MARKS, LIST_MARKS, escape, join
from sync.hub.catalog.vocabulary import (
    APPLICANTS,
    FIELD_TYPES,
    FORMS,
    ITEM_KINDS,
    MATERIAL_KINDS,
    NEEDS,
    ORIGINALS,
    SOURCES,
    WINDOW_KINDS,
    name_of,
)

Rows = list[dict[str, str]]


def table_rows(
    items: Iterable[Item],
    departments: Iterable[Department],
    city: City | None,
    bundles: Iterable[Bundle] = (),
    proofs: Iterable[ProofRule] = (),
    rules: Iterable[RuleDocument] = (),
) -> dict[str, Rows]:
    """Rows by table; a table without rows is left out."""
    items = list(items)
    known = {d.id: d for d in (*(city.departments if city else ()), *departments)}
    tables: dict[str, Rows] = {
        ITEMS: [_item(item, known.get(item.department)) for item in items],
        "情形": [_question(item, q) for item in items for q in item.questions],
        "字段": [_field(item, f) for item in items for f in item.fields],
        "材料": [_material(item, m) for item in items for m in item.materials],
        "要点": [_point(item, p) for item in items for p in item.points],
        **item_tables(items),
        "证明事项清单": proof_rows(proofs),
        "规则文件": rule_rows(rules),
        **bundle_tables(bundles),
        "部门": [_department(d) for d in known.values()],
        **(_city(city) if city is not None else {}),
    }
    return {table: rows for table, rows in tables.items() if rows}


def _days(limit: DayLimit) -> str:
    return "" if limit.days is None else str(limit.days)


def _domains(values: Iterable[str]) -> str:
    return "|".join(DOMAIN_NAMES[Domain(value)] for value in values)


def _item(item: Item, department: Department | None) -> dict[str, str]:
    return {
        "办理项标识": item.id,
        "部门": department.name if department else "",
        "部门标识": department.id if department else "",
        "部门编码": department.code if department else "",
        "区划代码": department.division if department else "",
        "主项": item.parent,
        "办理项名称": item.name,
        "事项编码": item.national_code,
        "事项类型": item.power_type,
        "领域": DOMAIN_NAMES[item.domain] if item.domain is not Domain.UNSORTED else "",
        "办件类型": name_of(item.kind, ITEM_KINDS),
        "服务对象": "|".join(name_of(kind, APPLICANTS) for kind in item.applicants),
        "法定时限": _days(item.legal),
        "法定依据": item.legal.basis,
        "法定存疑": yes(item.legal.approximate),
        "承诺时限": _days(item.promised),
        "承诺依据": item.promised.basis,
        "承诺存疑": yes(item.promised.approximate),
        "红线": yes(item.red_line),
        "可容缺": yes(item.deferral_allowed),
        "可告知承诺": yes(item.commitment_allowed),
        "专业窗口": yes(item.specialist),
        "设定依据": join(item.basis, "；", LIST_MARKS),
        "收费": item.fee,
        "结果": item.result,
        "行使层级": item.level,
        "备注": item.note,
        **process_columns(item),
    }


def _question(item: Item, question: Question) -> dict[str, str]:
    return {
        "办理项标识": item.id,
        "问题标识": question.id,
        "问题": question.text,
        "选项": "|".join(
            f"{escape(o.id, OPTION_MARKS)}:{escape(o.label, OPTION_MARKS)}" for o in question.options
        ),
        COLUMN: format_condition(question.when),
    }


def _field(item: Item, field: Field) -> dict[str, str]:
    return {
        "办理项标识": item.id,
        "字段标识": field.id,
        "名称": field.label,
        "类型": name_of(field.type, FIELD_TYPES),
        "必填": yes(field.required),
        "最长": str(field.max_length),
        "选项": join(field.choices, "|", CHOICE_MARKS),
        "单位": field.unit,
        "提示": field.hint,
        COLUMN: format_condition(field.when),
    }


def _material(item: Item, material: Material) -> dict[str, str]:
    return {
        "办理项标识": item.id,
        "材料标识": material.id,
        "材料名称": material.name,
        "必要性": name_of(material.need, NEEDS),
        "原件": name_of(material.original, ORIGINALS),
        "份数": str(material.copies),
        "形式": name_of(material.form, FORMS),
        "来源": name_of(material.source, SOURCES),
        "可告知承诺": yes(material.commitment_allowed),
        "受理标准": join(material.standard, "；", LIST_MARKS),
        "依据": material.basis,
        "通用材料": material.canonical,
        "证明事项": yes(material.proof),
        "空白表": material.blank,
        "样表": material.sample,
        "页数": str(material.pages) if material.pages else "",
        "沿用天数": str(material.reuse_days),
        "材料类别": name_of(material.kind, MATERIAL_KINDS),
        "来源说明": material.source_note,
        "纸张规格": material.page_format,
        "填报须知": material.fill_note,
        COLUMN: format_condition(material.when),
    }


def _point(item: Item, point: ReviewPoint) -> dict[str, str]:
    return {
        "办理项标识": item.id,
        "要点标识": point.id,
        "要点": point.text,
        "材料标识": point.material,
        "依据": point.basis,
        COLUMN: format_condition(point.when),
    }


def _department(department: Department) -> dict[str, str]:
    return {
        "部门标识": department.id,
        "名称": department.name,
        "区划代码": department.division,
        "统一社会信用代码": department.code,
        "电话": department.phone,
        "地址": department.address,
    }


def _city(city: City) -> Mapping[str, Rows]:
    return {
        "区划": [
            {"代码": d.code, "名称": d.name, "上级": d.parent, "可选": "是" if d.selectable else "否"}
            for d in city.divisions
        ],
        "大厅": [
            {
                "大厅标识": h.id, "名称": h.name, "区划代码": h.division, "级别": h.level,
                "地址": h.address, "电话": h.phone, "开放时间": h.hours,
            }
            for h in city.halls
        ],
        "窗口": [
            {
                "窗口标识": w.id, "大厅标识": w.hall, "窗号": w.number, "名称": w.name,
                "类型": name_of(w.kind, WINDOW_KINDS), "领域": _domains(w.domains),
            }
            for w in city.windows
        ],
        "人员": [
            {
                "工号": p.staff, "姓名": p.name, "大厅标识": p.hall, "窗口标识": p.window,
                "角色": "|".join(p.roles), "领域": _domains(p.domains),
            }
            for p in city.staff
        ],
    }  # fmt: skip
