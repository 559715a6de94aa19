"""A file or folder → departments and items, with every doubtful row reported and none in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from models.domain.catalog import (
    ApplicantKind,
    Bundle,
    Catalog,
    Department,
    Domain,
    Item,
    ItemKind,
    ProofRule,
    RuleDocument,
)
from models.domain.item_codes import HANDLE, TASK
from sync.hub.catalog.bundles import read_bundles
from sync.hub.catalog.city import City, read_city
from sync.hub.catalog.codes import item_code_doubts, normal_item_code, power_type
from sync.hub.catalog.columns import ITEMS, TABLES
from sync.hub.catalog.departments import Departments
from sync.hub.catalog.details import Details
from sync.hub.catalog.identity import LONGEST_ID, Draft, assign_ids
from sync.hub.catalog.limits import read_limit, tell_limits
from sync.hub.catalog.process import read_process
from sync.hub.catalog.proofs import read_proofs, refuse_abolished
from sync.hub.catalog.readers import read_tables
from sync.hub.catalog.report import ERROR, NOTE, WARNING, Place, Problem, Report, place
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.rules import read_rules
from sync.hub.catalog.splitting import ANY_MARKS, LIST_MARKS
from sync.hub.catalog.vocabulary import APPLICANTS, DOMAINS, ITEM_KINDS, chosen, chosen_several, yes
from sync.hub.catalog.whole import keep_whole

LONGEST_NAME = 1000  # task_name of the national exchange table
_NO_PARENT = frozenset(("未分类", "未归类", "其他", "无", "/", "-"))
_NO_FEE = frozenset(("不收费", "否", "无", "免费", "0", "0元"))


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """``rows`` are the item rows read, ``loaded`` those that became items.

    ``where`` is the row of an item or bundle (its id, "") and of a material (item id, material id).
    """

    departments: tuple[Department, ...]
    items: tuple[Item, ...]
    city: City | None
    problems: tuple[Problem, ...]
    rows: int
    loaded: int
    bundles: tuple[Bundle, ...] = ()
    proofs: tuple[ProofRule, ...] = ()
    rules: tuple[RuleDocument, ...] = ()
    where: Mapping[tuple[str, str], Place] = {}


def read_catalog(path: Path, column_map: Path | None = None, current: Catalog | None = None) -> ImportResult:
    """Read everything usable of a CSV, a workbook or a folder of CSVs (docs/import-format.md).

    ``current`` is the catalogue the list comes on top of: its abolished proofs are refused here too,
    and a 一件事 may name its items.  Rows with an ``error`` were not loaded, nor was the item or bundle
    such a row belongs to; all others were.  Raises KnownError only when the source
    as a whole cannot be read; an empty ``items`` is possible.
    """
    report = Report()
    tables = read_tables(path, column_map, report)
    rows = tables[ITEMS]
    departments = Departments(tables.get("部门", ()), rows, report)
    drafts: list[Draft] = []
    _tell_no_limits(rows, report)
    unread = report.errors()
    for row in rows:
        if place(row) in unread:
            continue
        try:
            drafts.append(_draft(row, departments, report))
        except BadCell as bad:
            report.add(row, bad.column, bad.reason, ERROR)
    placed = assign_ids(drafts, report)
    _tell_names(placed, report)
    _tell_codes(placed, report)
    references = _references([item for item, _ in placed])
    details = Details(tables, references, report)
    rows_of = {item.id: row for item, row in placed}
    papers = details.material_rows()
    in_force = current.proofs if current is not None else ()
    proofs = read_proofs(tables.get("证明事项清单", ()), in_force, report)
    complete = [details.complete(item) for item, _ in placed]
    for item in complete:
        details.tell_dead(item)
    items = refuse_abolished(
        keep_whole(complete, tables, references, rows_of, report),
        (*in_force, *proofs),
        rows_of,
        papers,
        report,
    )
    listed = (*(current.items if current is not None else ()), *items)
    bundles, bundle_rows = read_bundles(tables, _references(listed), report)
    everyone = departments.all()
    return ImportResult(
        departments=everyone,
        items=items,
        city=read_city(tables, everyone, report),
        problems=report.sorted(tuple(TABLES)),
        rows=len(rows),
        loaded=len(items),
        bundles=bundles,
        proofs=proofs,
        rules=read_rules(tables.get("规则文件", ()), report),
        where={(key, ""): place(row) for key, row in (bundle_rows | rows_of).items()}
        | {key: place(row) for key, row in papers.items()},
    )


def _draft(row: Row, departments: Departments, report: Report) -> Draft:
    name = row.get("办理项名称")
    if not name:
        raise BadCell("办理项名称", "没有名称，这一行没有读入")
    if len(name) > LONGEST_NAME:
        report.add(row, "办理项名称", f"名称有 {len(name)} 个字，超过 {LONGEST_NAME} 个，请核对", WARNING)
    given = row.code("办理项标识")
    if len(given) > LONGEST_ID:
        raise BadCell("办理项标识", f"标识超过 {LONGEST_ID} 个字符，这一行没有读入")
    department = departments.of(row)
    item = _item(row, name, department.id if department is not None else "", report)
    return Draft(
        item=item, row=row, given=given, department=department.name if department is not None else ""
    )


def _item(row: Row, name: str, department: str, report: Report) -> Item:
    parent = row.get("主项")
    if row.has("主项") and (not parent or parent in _NO_PARENT):
        report.add(row, "主项", f"没有主项（清单写的是“{parent}”）" if parent else "没有主项", WARNING)
    kind, known = power_type(row.code("事项类型"))
    if not known and row.has("事项类型"):
        reason = f"“{kind[:40]}”不在国家目录的类型里" if kind else "没有写事项类型"
        report.add(row, "事项类型", reason, WARNING)
    code = normal_item_code(row.code("事项编码"))
    for doubt in item_code_doubts(code, kind) if code else ():
        report.add(row, "事项编码", doubt, WARNING)
    if not code and not row.get("办理项标识"):
        report.add(row, "事项编码", "没有事项编码，按部门、主项和名称给了本地标识", WARNING)
    legal, promised = read_limit(row, "法定", report), read_limit(row, "承诺", report)
    how = chosen(row, "办件类型", ITEM_KINDS, ItemKind.UNKNOWN, ItemKind.UNKNOWN, report)
    tell_limits(row, how, legal, promised, report)
    red_line = yes(row, "红线", report, unclear=True)
    fee = row.get("收费")
    return Item(
        id="",
        name=name,
        parent=parent,
        national_code=code,
        department=department,
        domain=chosen(row, "领域", DOMAINS, Domain.UNSORTED, Domain.UNSORTED, report),
        kind=how,
        power_type=kind,
        applicants=chosen_several(row, "服务对象", APPLICANTS, ANY_MARKS, report) or tuple(ApplicantKind),
        legal=legal,
        promised=promised,
        red_line=red_line,
        deferral_allowed=_allowed(row, "可容缺", red_line, report),
        commitment_allowed=_allowed(row, "可告知承诺", red_line, report),
        specialist=yes(row, "专业窗口", report),
        basis=row.parts("设定依据", LIST_MARKS),
        fee="" if fee in _NO_FEE else fee,
        result=row.get("结果"),
        level=row.get("行使层级"),
        note=row.get("备注"),
        **read_process(row, report),
    )


def _allowed(row: Row, column: str, red_line: bool, report: Report) -> bool:
    """容缺 and 告知承诺 never go with 红线 (安全、质量、环保)."""
    allowed = yes(row, column, report)
    if allowed and red_line:
        report.add(row, column, "红线事项不适用，按“否”读入", WARNING)
    return allowed and not red_line


def _tell_no_limits(rows: list[Row], report: Report) -> None:
    """Once for a file without any limit; a single row without one is told with the row."""
    for row in {row.file: row for row in reversed(rows)}.values():
        if not row.has("法定时限") and not row.has("承诺时限"):
            reason = "整张清单没有时限列，从这一行起各办理项按没有时限读入，受理后不推算办结日期"
            report.add(row, "法定时限", reason, WARNING)


def _tell_names(placed: list[tuple[Item, Row]], report: Report) -> None:
    names = Counter((item.department, item.name) for item, _ in placed)
    for item, row in placed:
        if names[item.department, item.name] > 1:
            report.add(row, "办理项名称", "同一部门里有同名的办理项，请核对是否重复", WARNING)


def _tell_codes(placed: list[tuple[Item, Row]], report: Report) -> None:
    """A 33-digit code begins with a 31-digit one: checked where the list has any."""
    tasks = {item.national_code for item, _ in placed if len(item.national_code) == TASK}
    handles = [(item, row) for item, row in placed if len(item.national_code) == HANDLE]
    if handles and not tasks:
        report.add(handles[0][1], "事项编码", "清单里没有 31 位实施编码，没有核对 33 位编码的前 31 位", NOTE)
    for item, row in handles if tasks else ():
        if item.national_code[:TASK] not in tasks:
            report.add(row, "事项编码", "清单里没有以它前 31 位为编码的实施事项", WARNING)


def _references(items: Sequence[Item]) -> dict[str, str]:
    """What detail rows may write in 办理项标识: an item's id, or a 事项编码 that only one item has."""
    by_code: dict[str, set[str]] = {}
    for item in items:
        by_code.setdefault(item.national_code, set()).add(item.id)
    known = {code: ids.pop() for code, ids in by_code.items() if code and len(ids) == 1}
    return known | {item.id: item.id for item in items}
