"""A file or folder → departments and items, with every doubtful row reported and none in the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import msgspec

from models.domain.catalog import DOMAIN_NAMES, ApplicantKind, DayLimit, Department, Domain, Item, ItemKind
from sync.hub.catalog.city import City, read_city
from sync.hub.catalog.codes import item_code_doubts, power_type, uscc_doubts
from sync.hub.catalog.detail import BadCell, Details, whole_number
from sync.hub.catalog.report import ERROR, NOTE, WARNING, Problem, Report, Row
from sync.hub.catalog.source import ITEMS, read_rows

_DOMAINS = {name: domain for domain, name in DOMAIN_NAMES.items()}
_KINDS = {"即办件": ItemKind.INSTANT, "承诺件": ItemKind.COMMITTED, "": ItemKind.UNKNOWN}
_APPLICANTS = {"自然人": ApplicantKind.PERSON, "法人": ApplicantKind.ORGANISATION}


class ImportResult(msgspec.Struct, kw_only=True):
    """``rows`` are the item rows read, ``loaded`` those that became items."""

    departments: tuple[Department, ...]
    items: tuple[Item, ...]
    city: City | None
    problems: list[Problem]
    rows: int
    loaded: int


def read_catalog(path: Path, column_map: Path | None = None) -> ImportResult:
    """Read everything usable.  Raises KnownError only when the source as a whole cannot be read."""
    report = Report()
    tables = read_rows(path, column_map, report)
    city = read_city(tables, report)
    known = {d.name: d for d in city.departments} if city else {}
    departments: dict[str, Department] = {d.name: d for d in known.values()}
    items: dict[str, tuple[Item, Row]] = {}
    names: Counter[tuple[str, str]] = Counter()
    for row in tables[ITEMS]:
        try:
            item = _item(row, departments, report)
        except BadCell as bad:
            report.add(row, bad.args[0], bad.args[1], ERROR)
            continue
        placed = _place(item, row, items, report)
        if placed is not None:
            items[placed.id] = (placed, row)
            names[placed.department, placed.name] += 1
    for item, row in items.values():
        if names[item.department, item.name] > 1:
            report.add(row, "办理项名称", "同一部门里有同名的办理项，请核对是否重复", WARNING)
    details = Details(tables, set(items), report)
    done = tuple(
        msgspec.structs.replace(
            item,
            questions=details.questions.get(item.id, ()),
            fields=details.fields.get(item.id, ()),
            materials=details.materials.get(item.id, ()),
            points=details.points.get(item.id, ()),
        )
        for item, _ in items.values()
    )
    return ImportResult(
        departments=tuple(departments.values()),
        items=done,
        city=city,
        problems=sorted(report.problems, key=lambda p: (p.file, p.table, p.row)),
        rows=len(tables[ITEMS]),
        loaded=len(done),
    )


def _item(row: Row, departments: dict[str, Department], report: Report) -> Item:
    name = row.get("办理项名称")
    if not name:
        raise BadCell("办理项名称", "没有名称，没有读入")
    department = _department(row, departments, report)
    domain = _DOMAINS.get(row.get("领域") or DOMAIN_NAMES[Domain.UNSORTED])
    if domain is None:
        report.add(row, "领域", f"没有“{row.get('领域')}”这个领域，归入未分领域", WARNING)
        domain = Domain.UNSORTED
    if row.get("办件类型") not in _KINDS:
        report.add(row, "办件类型", f"“{row.get('办件类型')}”不是即办件或者承诺件，记为待核", WARNING)
    kinds = tuple(_APPLICANTS[p] for p in row.parts("服务对象") if p in _APPLICANTS)
    parent = row.get("主项")
    if parent in ("", "未分类"):
        report.add(row, "主项", "没有主项", WARNING)
    code = row.get("事项编码").upper()
    for reason, severity in item_code_doubts(code) if code or not row.get("办理项标识") else ():
        report.add(row, "事项编码", reason, severity)
    legal, promised = _limit(row, "法定", report), _limit(row, "承诺", report)
    if legal.days is None and promised.days is None:
        report.add(row, "法定时限", "清单没有写时限，受理后不推算办结日期", NOTE)
    if legal.binding and promised.binding and (promised.days or 0) > (legal.days or 0):
        report.add(row, "承诺时限", "承诺时限长于法定时限", WARNING)
    return Item(
        id=row.get("办理项标识") or code or _own_id(department.name, parent, name),
        name=name,
        parent=parent,
        national_code=code,
        department=department.id,
        domain=domain,
        kind=_KINDS.get(row.get("办件类型"), ItemKind.UNKNOWN),
        power_type=power_type(row.get("事项类型")),
        applicants=kinds or tuple(ApplicantKind),
        legal=legal,
        promised=promised,
        red_line=row.flag("红线"),
        deferral_allowed=row.flag("可容缺") and not row.flag("红线"),
        commitment_allowed=row.flag("可告知承诺") and not row.flag("红线"),
        specialist=row.flag("专业窗口"),
        basis=row.parts("设定依据", "；;"),
        fee=row.get("收费") if row.get("收费") != "不收费" else "",
        result=row.get("结果"),
        not_counted=row.parts("不计入时限"),
        level=row.get("行使层级"),
        accepted_in=row.parts("可受理区划"),
        note=row.get("备注"),
    )


def _place(item: Item, row: Row, items: dict[str, tuple[Item, Row]], report: Report) -> Item | None:
    """Find room under the item's id; an exact repetition is left out, a clash gets its own id."""
    if item.id not in items:
        return item
    first, where = items[item.id]
    if msgspec.structs.replace(item, id=first.id) == first:
        report.add(row, "办理项名称", f"与第 {where.number} 行完全相同，只读入一次", WARNING)
        return None
    if row.get("办理项标识"):
        report.add(row, "办理项标识", f"标识与第 {where.number} 行重复而内容不同，没有读入", ERROR)
        return None
    report.add(row, "事项编码", f"编码与第 {where.number} 行重复而内容不同，另给了本地标识", WARNING)
    own = f"{item.id}~{_own_id(item.department, item.parent, item.name)}"
    return None if own in items else msgspec.structs.replace(item, id=own)


def _limit(row: Row, which: str, report: Report) -> DayLimit:
    """An approximate limit keeps its mark; a law's limit without an article is told."""
    try:
        days = whole_number(row, f"{which}时限", -1, 0, 3650)
    except BadCell as bad:
        report.add(row, bad.args[0], f"{bad.args[1]}，按没有写时限处理", WARNING)
        return DayLimit()
    if days < 0:
        return DayLimit()
    basis = row.get(f"{which}依据")
    return DayLimit(days=days, approximate=row.flag(f"{which}存疑"), basis=basis)


def _department(row: Row, departments: dict[str, Department], report: Report) -> Department:
    name = row.get("部门")
    if not name:
        report.add(row, "部门", "没有部门", WARNING)
        name = "未写明部门"
    code = row.get("部门编码").upper()
    if name not in departments or code:
        for reason, severity in uscc_doubts(code):
            report.add(row, "部门编码", reason, severity)
    if name not in departments:
        departments[name] = Department(
            id=_own_id(name),
            name=name,
            division=row.get("区划代码")[:6],
            code=code if len(code) == 18 else "",
        )
    return departments[name]


def _own_id(*parts: str) -> str:
    return "L" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12].upper()
