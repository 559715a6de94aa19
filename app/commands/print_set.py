"""The papers about a whole set, kept encrypted and printed again as they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select

from app.commands.context import Desk
from app.commands.print_notice import Printed
from app.commands.seals import record_seal
from app.documents.bundle_notice import bundle_context
from app.documents.context import Office
from app.documents.render import TITLES, render
from app.documents.visit_sheet import visit_context
from app.queries.bundles import MemberState, SetState, set_state
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import IN_HAND, RECEIPT_NAMES, CaseState, CaseStatus, Receipt
from models.domain.catalog import Item
from models.errors import KnownError
from models.ops import audit
from models.projection import live_state
from models.tables import replica as t

KIND, VISIT = "bundle", "visit"


class _Set(msgspec.Struct, frozen=True, kw_only=True):
    """What a paper about a whole set is made of: the set, its cases and items, and who issues it."""

    found: SetState
    states: dict[str, CaseState]
    items: dict[str, Item]
    office: Office


def print_set(desk: Desk, case_id: str, templates: Path | None = None) -> Printed:
    """The 综合受理通知书 of the set of ``case_id`` as it stands; unchanged since the last print: the same bytes.

    Raises KnownError when the case belongs to no set, or no member has been received or accepted.
    """
    whole = _read(desk, case_id)
    found, today = whole.found, desk.clock.now().day
    anchor = next((m for m in found.members if m.op_id), None)
    if anchor is None:
        raise KnownError("还没有成员收件或者受理，没有综合通知书。办件没有改动。")
    day = _day(whole.states, today)

    def made() -> dict[str, Any]:
        received = _received(found, whole.states, whole.items)
        return bundle_context(found, whole.items, whole.office, day, received)

    return _handed_out(desk, whole, KIND, anchor, found.members, day, made, templates)


def print_visit(desk: Desk, case_id: str, templates: Path | None = None) -> Printed:
    """The one record sheet of a 一并勘验, to be filled in on the spot: every accepted member that is visited.

    Raises KnownError when the case belongs to no set or none of its members is to be visited now.
    """
    whole = _read(desk, case_id)
    visited = [m for m in whole.found.members if m.joint_visit and m.status == CaseStatus.ACCEPTED]
    if not visited:
        raise KnownError("没有已受理、要一并勘验的成员，没有记录表。办件没有改动。")
    day = desk.clock.now().day

    def made() -> dict[str, Any]:
        return visit_context(whole.found, visited, whole.states, whole.items, whole.office, day)

    return _handed_out(desk, whole, VISIT, visited[0], visited, day, made, templates)


def _read(desk: Desk, case_id: str) -> _Set:
    with desk.store.read() as conn:
        found = set_state(conn, desk, case_id)
        if found is None:
            raise KnownError("这件不是一件事的成员，没有整套的文书。办件没有改动。")
        states = {m.item_id: live_state(conn, desk.rulebook, m.case_id) for m in found.members}
        items = {
            key: item
            for key, state in states.items()
            if state and (item := desk.rulebook.item(conn, state.catalog_version, key))
        }
        directory = read_directory(get_meta(conn, "directory"))
    hall = directory.hall(desk.device.scope)
    office = Office(
        organ=desk.device.hall_name,
        hall=desk.device.hall_name,
        window=desk.device.window_name,
        staff=desk.lease.staff,
        address=hall.address if hall else "",
        phone=hall.phone if hall else "",
    )
    live = {key: state for key, state in states.items() if state is not None}
    return _Set(found=found, states=live, items=items, office=office)


def _handed_out(
    desk: Desk,
    whole: _Set,
    kind: str,
    anchor: MemberState,
    about: Sequence[MemberState],
    day: dt.date,
    made: Callable[[], dict[str, Any]],
    templates: Path | None,
) -> Printed:
    """The kept paper for the members as they stand, or a new one that is kept; each time audited."""
    now = desk.clock.now().wall_ms
    stamp = "|".join(f"{m.number or m.receipt}:{m.status}" for m in about)
    prefix = f"{kind}:{whole.found.set_id}"
    document_id = f"{whole.found.set_id}:{stamp}" if kind == KIND else f"{prefix}:{stamp}"
    table = t.document
    with desk.store.read() as conn:
        kept = conn.execute(
            select(table.c.title, table.c.data).where(table.c.document_id == document_id)
        ).first()
        before = conn.execute(select(table.c.document_id).where(table.c.kind.startswith(prefix))).first()
    warning = ""
    if kept is None:
        number = next((m.number for m in about if m.number), "")
        payload = f"THB1|{number}|{kind}|{day.isoformat()}" if number else ""
        data, warning = render(kind, made(), payload, templates)
    with desk.store.write() as conn:
        if kept is None:
            conn.execute(
                insert(table).values(
                    document_id=document_id, case_id=anchor.case_id, op_id=anchor.op_id,
                    kind=f"{prefix}:{stamp}", title=TITLES[kind], created_ms=now, data=data,
                )
            )  # fmt: skip
        act = "print" if before is None else "reprint"
        audit(conn, at_ms=now, staff=desk.lease.staff, act=act, case_id=anchor.case_id, detail=document_id)
        record_seal(conn, desk, kind, anchor.case_id, document_id, now)
    if kept is not None:
        return Printed(document_id=document_id, title=kept.title, data=kept.data)
    return Printed(document_id=document_id, title=TITLES[kind], data=data, warning=warning)


def _day(states: dict[str, CaseState], today: dt.date) -> dt.date:
    received = [state.received_on for state in states.values() if state.received_on]
    return dt.date.fromisoformat(min(received)) if received else today


def _received(found: SetState, states: dict[str, CaseState], items: dict[str, Item]) -> list[dict[str, Any]]:
    """Every paper once, with the members it serves."""
    lines: dict[str, dict[str, Any]] = {}
    for place, member in enumerate(found.members, start=1):
        state, item = states.get(member.item_id), items.get(member.item_id)
        for material in item.materials if state is not None and item is not None else ():
            receipt = state.value(f"material.{material.id}") if state is not None else ""
            if receipt not in set(Receipt) or Receipt(receipt) not in IN_HAND:
                continue
            key = material.canonical or f"{member.item_id}.{material.id}"
            line = lines.setdefault(
                key,
                {
                    "no": len(lines) + 1,
                    "name": material.name,
                    "form": RECEIPT_NAMES[Receipt(receipt)],
                    "copies": (state.value(f"material.{material.id}.copies") if state else "")
                    or str(material.copies),
                    "members": "",
                },
            )
            line["members"] += f"{'、' if line['members'] else ''}{place}"
    return list(lines.values())
