"""What leaves a case for a department's own system, and the number that comes back.

Every way out is a disclosure: it is put on the audit chain with the system and the headings, never the values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from app.queries.cases import read_state
from models.domain.case import CaseState
from models.domain.ops import Act, OpKind
from models.domain.other_system import Filled, OtherSystem, number_path, number_problem
from models.errors import KnownError
from models.files import write_out
from models.ops import audit

_FORMULA = tuple("=+-@")


def note_copied(desk: Desk, case_id: str, system: OtherSystem, headings: Sequence[str]) -> None:
    """Put on record that these fields were copied for the other system."""
    _record(desk, "copy_out", case_id, f"{system.id}|{'、'.join(headings)}")


def as_line(fields: Sequence[Filled]) -> str:
    """All fields, one tab between: a row to paste into a form or a sheet."""
    return "\t".join(" ".join(field.value.split()) for field in fields)


def export_package(
    desk: Desk, state: CaseState, system: OtherSystem, fields: Sequence[Filled], target: Path
) -> None:
    """Write heading and value, as .xlsx or .csv, for a system that reads a file.

    It leaves the encrypted store whole, so it is audited first.  Raises KnownError, and then there is no file.
    """
    lines = [
        tuple(field.heading for field in fields),
        tuple(
            f"'{f.value}" if f.value[:1] in _FORMULA and target.suffix.lower() == ".csv" else f.value
            for f in fields
        ),
    ]
    data = _xlsx(lines) if target.suffix.lower() == ".xlsx" else _csv(lines)
    _record(desk, "export_system", state.case_id, f"{system.id}|{len(fields)}")
    try:
        write_out(target, data)
    except OSError as error:
        raise KnownError(
            "录入包写不进选定的位置，没有导出。办件还在本机。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error


def backfill(desk: Desk, case_id: str, system: OtherSystem, number: str) -> Changes:
    """回填: keep the number that the other system gave, with its name in the story of the case.

    Raises KnownError: no such case, no number, or one that cannot be.
    """
    number = "".join(number.split())
    if problem := number_problem(system, number):
        raise KnownError(problem)
    state = read_state(desk, case_id)
    if state is None:
        raise KnownError("本机没有这件办件，没有存。请联网同步后再回填。")
    path = number_path(system.id)
    if state.value(path) == number:
        raise KnownError(f"{system.number} {number} 已经回填过。办件没有改动。")
    entry = Entry(case_id=case_id, item_id=state.item_id, fields={**state.fields, path: number})
    return perform(desk, OpKind.NOTE, entry, Act(text=f"{system.name}回填：{system.number} {number}"))


def _record(desk: Desk, act: str, case_id: str, detail: str) -> None:
    with desk.store.write() as conn:
        audit(
            conn,
            at_ms=desk.clock.now().wall_ms,
            staff=desk.lease.staff,
            act=act,
            case_id=case_id,
            detail=detail,
        )


def _csv(lines: Sequence[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(lines: Sequence[tuple[str, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("录入")
    for line in lines:
        cells = [WriteOnlyCell(sheet, value=text) for text in line]
        for cell in cells:
            cell.data_type = "s"  # what begins like a formula is text
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
