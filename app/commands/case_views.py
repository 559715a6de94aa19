"""Keeping a view of the case list, and exporting what a view shows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
from openpyxl import Workbook
from sqlalchemy import select

from app.commands.context import Desk
from app.queries.case_filter import (
    BUILT_IN,
    LONGEST_NAME,
    MOST_VIEWS,
    CaseFilter,
    CaseView,
    read_views,
    views_key,
)
from app.queries.case_list import list_cases
from app.queries.cases import CaseRow
from models.device import set_meta
from models.domain.case import STATUS_NAMES, decode_state
from models.domain.ids import mask_name
from models.domain.numbers import group_number
from models.errors import KnownError
from models.files import write_out
from models.ops import audit
from models.progress import UNSEEN, Progress
from models.tables import replica as t

MOST_ROWS = 50_000
EXPORTERS = frozenset({"lead", "supervisor"})
HEAD = ("受理编号", "办理项", "申请人", "状态", "收件日期", "经办", "窗口", "同步")
_FORMULA, _AT_ONCE = tuple("=+-@"), 400
_SYNC = {"synced": "已同步", "pending": "待同步", "attention": "要处理"}


def keep_view(desk: Desk, name: str, wanted: CaseFilter) -> tuple[CaseView, ...]:
    """Keep a filter under a name, in the place of the clerk's own of that name.  Raises KnownError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise KnownError(f"视图要起个名字，最长 {LONGEST_NAME} 个字。没有保存，筛选还在。")
    if name in {view.name for view in BUILT_IN}:
        raise KnownError(f"“{name}”是自带的视图。没有保存，筛选还在。请换一个名字。")
    own = [view for view in read_views(desk) if view.own and view.name != name]
    if len(own) >= MOST_VIEWS:
        raise KnownError(f"自己的视图最多 {MOST_VIEWS} 个。没有保存，筛选还在。请先删掉不用的。")
    return _write(desk, [*own, CaseView(name=name, filter=wanted)])


def drop_view(desk: Desk, name: str) -> tuple[CaseView, ...]:
    """Forget an own view.  Raises KnownError for a built-in one and for none."""
    own = [view for view in read_views(desk) if view.own]
    if name not in {view.name for view in own}:
        raise KnownError("自带的视图不能删。没有改动。")
    return _write(desk, [view for view in own if view.name != name])


def _write(desk: Desk, own: list[CaseView]) -> tuple[CaseView, ...]:
    with desk.store.write() as conn:
        set_meta(conn, views_key(desk.lease.staff), msgspec.json.encode(own))
    return (*BUILT_IN, *own)


def export_cases(desk: Desk, wanted: CaseFilter, target: Path, progress: Progress = UNSEEN) -> int:
    """Write the listed cases as .csv or .xlsx; returns how many.  Names of persons are masked, ids and phones left out.

    Only for leads and supervisors: it leaves the encrypted store, so each export is audited.  Raises
    KnownError (also when it is stopped), and then there is no new file.
    """
    if not EXPORTERS.intersection(desk.lease.roles):
        raise KnownError("办件清单由组长或者督查人员导出，您的角色不能导出。没有写出文件。")
    rows = list_cases(desk, wanted, limit=MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise KnownError(f"这个范围超过 {MOST_ROWS} 件。没有写出文件。请缩小范围再导出。")
    public = _organisations(desk, rows, progress)
    lines = [_line(row, public) for row in rows]
    data = _xlsx(lines, progress) if target.suffix.lower() == ".xlsx" else _csv(lines)
    try:
        write_out(target, data, progress)
    except OSError as error:
        raise KnownError(
            "清单写不进选定的位置，没有导出。办件都还在本机。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error
    with desk.store.write() as conn:
        audit(
            conn,
            at_ms=desk.clock.now().wall_ms,
            staff=desk.lease.staff,
            act="export_list",
            case_id="",
            detail=f"{len(rows)}|{msgspec.json.encode(msgspec.structs.replace(wanted, text='')).decode()}",
        )
    return len(rows)


def _organisations(desk: Desk, rows: list[CaseRow], progress: Progress) -> set[str]:
    """Case ids of applicants that are no natural persons, whose names are public."""
    found: set[str] = set()
    wanted = [row.case_id for row in rows]
    with desk.store.read() as conn:
        for start in range(0, len(wanted), _AT_ONCE):
            progress.step(start, 2 * len(wanted))  # reading is half of it, the workbook the other
            some = wanted[start : start + _AT_ONCE]
            for (data,) in conn.execute(select(t.case_view.c.state).where(t.case_view.c.case_id.in_(some))):
                state = decode_state(data)
                if state.value("applicant.kind") == "organisation":
                    found.add(state.case_id)
    return found


def _line(row: CaseRow, public: set[str]) -> tuple[str, ...]:
    cells = _cells(row, row.applicant if row.case_id in public else mask_name(row.applicant))
    # A cell that begins like a formula would be run by the program that opens the list.
    return tuple(f"'{cell}" if cell[:1] in _FORMULA else cell for cell in cells)


def _cells(row: CaseRow, name: str) -> tuple[str, ...]:
    return (
        group_number(row.number) if row.number else row.receipt,
        row.item_name,
        name,
        STATUS_NAMES[row.status],
        row.received_on,
        row.staff,
        "本机" if row.own else "其他窗口",
        _SYNC[row.sync],
    )


def _csv(lines: list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *lines])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(lines: list[tuple[str, ...]], progress: Progress) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("办件")
    for number, line in enumerate((HEAD, *lines)):
        if number % _AT_ONCE == 0:
            progress.step(len(lines) + number, 2 * len(lines))
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
