"""A disagreement as a row of values to choose from, and what was merged, in words."""

from __future__ import annotations

import difflib

from app.queries.outbox import ConflictRow, MergedRow
from models.domain.case import STATUS_NAMES, CaseStatus
from models.domain.ids import mask_by_path
from models.domain.numbers import number_tail
from models.domain.ops import OP_NAMES
from views.cases.listing import when
from views.widgets import Cell

_SHORT = 6  # characters of a name that have room beside the choices
_HIDDEN = "隐去的几位不同"


def changed_spans(base: str, value: str) -> tuple[tuple[int, int], ...]:
    """Where ``value`` has characters that ``base`` has not at that place."""
    matcher = difflib.SequenceMatcher(None, base, value, autojunk=False)
    return tuple((b1, b2) for tag, _, _, b1, b2 in matcher.get_opcodes() if tag != "equal" and b2 > b1)


def value_of(row: ConflictRow, key: str) -> str:
    """What the key 1, 2 or 3 stands for."""
    clash = row.conflict
    return {"1": clash.base, "2": clash.mine, "3": clash.theirs}[key] if clash.path else ""


def case_title(row: ConflictRow) -> str:
    mark = f"　尾号 {number_tail(row.number).removeprefix('尾号 ')}" if row.number else ""
    return f"{row.item_name or '办件'}{mark}"


def conflict_cells(row: ConflictRow, key: str, own: str, *, whole: bool) -> tuple[Cell, ...]:
    """``key`` is the choice made ("" for none), ``own`` the value typed by hand; ``whole`` shows numbers
    of persons unmasked.
    """
    clash = row.conflict
    number = number_tail(row.number) if row.number else row.item_name
    mine, theirs = _who(clash.staff, clash.at_ms), _who(clash.theirs_staff, clash.theirs_at_ms)
    if not clash.path:
        known = clash.theirs in set(CaseStatus)
        state = STATUS_NAMES[CaseStatus(clash.theirs)] if known else clash.theirs
        return (
            Cell("整件", number, bold=True),
            Cell(clash.reason, wrap=True, token="text2"),
            Cell(OP_NAMES.get(clash.mine, clash.mine), mine),
            Cell(state, theirs, choice="3", chosen=bool(key)),
            _taken("3" if key else "", "按 3 确认"),
        )
    values = list(row.said)
    shown = values if whole else [mask_by_path(clash.path, value) for value in values]
    alike = shown[1] == shown[2] and values[1] != values[2]
    notes = ("改动以前", f"{mine}，{_HIDDEN}" if alike else mine, f"{theirs}，{_HIDDEN}" if alike else theirs)
    cells = [
        Cell(
            text or "（空）",
            note,
            choice=str(at),
            chosen=key == str(at),
            spans=changed_spans(shown[0], text) if at > 1 else (),
        )
        for at, (text, note) in enumerate(zip(shown, notes, strict=True), 1)
    ]
    typed = own if whole else mask_by_path(clash.path, own)
    # A long name (of a material, of a review point) takes the second line too: two may begin alike.
    field = (
        Cell(row.name, wrap=True, bold=True) if len(row.name) > _SHORT else Cell(row.name, number, bold=True)
    )
    return (field, *cells, _taken(key, "按 1 2 3 或 4", typed))


def _taken(key: str, ask: str, own: str = "") -> Cell:
    if not key:
        return Cell("未定", ask, icon="warn", token="red")
    name = {"1": "基准", "2": "本机", "3": "中心", "4": f"手填 {own}"}[key]
    return Cell(name, "可再改", icon="check", token="green")


def merged_cells(row: MergedRow) -> tuple[Cell, ...]:
    names = "、".join(row.names[:4])
    more = f"等 {len(row.fields)} 处" if len(row.fields) > 4 else ""
    what = f"这边改的{names}{more}已并入" if names else f"{OP_NAMES.get(row.kind, '一步')}已并入"
    mark = number_tail(row.number) if row.number else "未编号"
    if row.flagged:
        what = f"{OP_NAMES.get(row.kind, '一步')}已采用，请核对"
        return (Cell(row.item_name or "—", mark), Cell(what, row.reason, icon="warn", token="amber"))
    return (Cell(row.item_name or "—", mark), Cell(what, row.reason or when(row.at_ms)))


def _who(staff: str, at_ms: int) -> str:
    return f"{staff} · {when(at_ms)}" if at_ms else staff
