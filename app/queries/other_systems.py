"""The departments' systems that cases are typed into again, and the cases that have no number of theirs yet."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from sqlalchemy import select

from app.commands.context import Desk
from app.queries.cases import CaseRow, read_case, read_rows
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.catalog import Item
from models.domain.other_system import OtherSystem, number_path, own_order
from models.tables import replica as t

FOLDER = "systems"
BUILT_IN = Path(__file__).resolve().parents[2] / "resources" / FOLDER
# Of the newest cases of this machine; what is older is found by its number.
AMONG = 2000
MATTERS = (CaseStatus.ACCEPTED, CaseStatus.DECIDED, CaseStatus.DELIVERED)
READY = frozenset((CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT, *MATTERS))  # has a number to type


class Systems(msgspec.Struct, frozen=True):
    """``problems``: one sentence for each file of the hall that cannot be used; the built-in one stands in for it."""

    systems: tuple[OtherSystem, ...]
    problems: tuple[str, ...] = ()

    def of(self, item: Item) -> tuple[OtherSystem, ...]:
        """Those the item goes into; none is described: the order of the form."""
        return tuple(system for system in self.systems if system.takes(item)) or (own_order(item),)


class CopyCase(msgspec.Struct, frozen=True, kw_only=True):
    state: CaseState
    item: Item
    systems: tuple[OtherSystem, ...]
    problems: tuple[str, ...] = ()


class Unmatched(msgspec.Struct, frozen=True, kw_only=True):
    row: CaseRow
    system: OtherSystem


def read_systems(own: Path) -> Systems:
    """The built-in systems; a file of the same name in ``own`` takes the place of one, others are added."""
    found: dict[str, OtherSystem] = {}
    problems: list[str] = []
    for folder in (BUILT_IN, own):
        for path in sorted(folder.glob("*.json")):
            try:
                found[path.name] = _read(path)
            except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
                problems.append(
                    f"部门系统的对照表 {path.name} 用不了（{error}）。办件不受影响，先用自带的或者本表顺序。请改好这个文件。"
                )
    return Systems(tuple(found.values()), tuple(problems))


def _read(path: Path) -> OtherSystem:
    system = msgspec.json.decode(path.read_bytes(), type=OtherSystem)
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", system.id) or system.id == "own":
        raise ValueError(f"标识“{system.id}”只能用小写字母、数字和连字符")
    if not system.columns:
        raise ValueError("没有写栏目")
    re.compile(system.pattern)
    return system


def systems_of(desk: Desk) -> Systems:
    return read_systems(desk.store.path.parent / FOLDER)


def read_copy(desk: Desk, case_id: str) -> CopyCase | None:
    """A case with the systems it goes into; None where the case or its catalogue version is not here."""
    page = read_case(desk, case_id)
    if page is None or page.item is None:
        return None
    known = systems_of(desk)
    return CopyCase(state=page.state, item=page.item, systems=known.of(page.item), problems=known.problems)


def unmatched(desk: Desk, text: str = "") -> list[Unmatched]:
    """Cases accepted on this machine whose system has given no number yet, newest first, among the newest
    :data:`AMONG`.  An item that no system is described for expects none.  ``text`` as for cases_to_do."""
    known = systems_of(desk).systems
    query = (
        select(t.case_view.c.state)
        .where(
            t.case_view.c.device == desk.device.device,
            t.case_view.c.status.in_([status.value for status in MATTERS]),
        )
        .order_by(t.case_view.c.changed_ms.desc(), t.case_view.c.case_id)
        .limit(AMONG)
    )
    wanting: dict[str, OtherSystem] = {}
    with desk.store.read() as conn:
        for data in conn.scalars(query):
            state = decode_state(data)
            item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
            for system in known if item is not None else ():
                if item is not None and system.takes(item) and not state.value(number_path(system.id)):
                    wanting.setdefault(state.case_id, system)
    wanted = text.replace(" ", "")
    rows = []
    for start in range(0, len(wanting), 500):
        rows += read_rows(desk, list(wanting)[start : start + 500])
    return [
        Unmatched(row=row, system=wanting[row.case_id])
        for row in rows
        if any(wanted in part for part in (row.item_name, row.applicant, row.number))
    ]
