"""The one notice of a combined acceptance, kept encrypted and printed again as it was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from app.commands.context import Desk
from app.commands.print_notice import Printed
from app.commands.seals import record_seal
from app.documents.bundle_notice import bundle_context
from app.documents.context import Office
from app.documents.render import TITLES, render
from app.queries.bundles import SetState, set_state
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import IN_HAND, RECEIPT_NAMES, CaseState, Receipt
from models.domain.catalog import Item
from models.errors import KnownError
from models.ops import audit
from models.projection import live_state
from models.tables import replica as t

KIND = "bundle"


def print_set(desk: Desk, case_id: str, templates: Path | None = None) -> Printed:
    """The .docx for the set of ``case_id`` as it stands; unchanged since the last print: the same bytes.

    Raises KnownError when the case belongs to no set, or no member has been received or accepted.
    """
    now = desk.clock.now()
    with desk.store.read() as conn:
        found = set_state(conn, desk, case_id)
        if found is None:
            raise KnownError("这件不是一件事的成员，没有综合通知书。办件没有改动。")
        anchor = next((m for m in found.members if m.op_id), None)
        if anchor is None:
            raise KnownError("还没有成员收件或者受理，没有综合通知书。办件没有改动。")
        stamp = "|".join(f"{m.number or m.receipt}:{m.status}" for m in found.members)
        document_id = f"{found.set_id}:{stamp}"
        kept = conn.execute(
            select(t.document.c.title, t.document.c.data).where(t.document.c.document_id == document_id)
        ).first()
        before = conn.execute(
            select(t.document.c.document_id).where(t.document.c.kind.startswith(f"{KIND}:{found.set_id}"))
        ).first()
        states = {m.item_id: live_state(conn, desk.rulebook, m.case_id) for m in found.members}
        items = {
            key: item
            for key, state in states.items()
            if state and (item := desk.rulebook.item(conn, state.catalog_version, key))
        }
        directory = read_directory(get_meta(conn, "directory"))
    act = "print" if before is None else "reprint"
    if kept is not None:
        with desk.store.write() as conn:
            audit(
                conn, at_ms=now.wall_ms, staff=desk.lease.staff, act=act, case_id=anchor.case_id,
                detail=document_id,
            )  # fmt: skip
            record_seal(conn, desk, KIND, anchor.case_id, document_id, now.wall_ms)
        return Printed(document_id=document_id, title=kept.title, data=kept.data)
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
    context = bundle_context(found, items, office, _day(live, now.day), _received(found, live, items))
    number = next((m.number for m in found.members if m.number), "")
    payload = f"THB1|{number}|{KIND}|{_day(live, now.day).isoformat()}" if number else ""
    data, warning = render(KIND, context, payload, templates)
    with desk.store.write() as conn:
        conn.execute(
            insert(t.document).values(
                document_id=document_id, case_id=anchor.case_id, op_id=anchor.op_id,
                kind=f"{KIND}:{found.set_id}:{stamp}", title=TITLES[KIND], created_ms=now.wall_ms, data=data,
            )
        )  # fmt: skip
        audit(
            conn,
            at_ms=now.wall_ms,
            staff=desk.lease.staff,
            act=act,
            case_id=anchor.case_id,
            detail=document_id,
        )
        record_seal(conn, desk, KIND, anchor.case_id, document_id, now.wall_ms)
    return Printed(document_id=document_id, title=TITLES[KIND], data=data, warning=warning)


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
