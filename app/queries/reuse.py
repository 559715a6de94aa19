"""What an applicant need not bring again, found by the end of the id number, not by looking through all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select, text

from app.commands.context import Desk
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import CaseState, Receipt, decode_state
from models.domain.catalog import Item, Material
from models.domain.checklist import needed_materials
from models.domain.numbers import group_number
from models.domain.reuse import given_up_on, held_on, reuse_receipt, still_valid, verified_on
from models.tables import replica as t

_NEWEST = 50  # earlier cases of one applicant that are looked at


class ReuseOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A material that is here already.  ``number`` is the earlier case's, or its provisional mark.

    ``certificate``: what that case issued, where the material is its result and not a paper handed in there.
    """

    material: str
    name: str
    receipt: Receipt
    case_id: str
    number: str
    day: str
    hall: str
    clerk: str
    certificate: str = ""

    @property
    def source(self) -> str:
        """As it is kept in ``material.<id>.from``, shown and printed."""
        parts = (self.certificate, group_number(self.number), self.day, self.hall, self.clerk)
        return " · ".join(part for part in parts if part)

    @property
    def fields(self) -> dict[str, str]:
        """What taking it over enters, in one act."""
        path = f"material.{self.material}"
        return {path: self.receipt.value, f"{path}.from": self.source}


def offers(desk: Desk, case_id: str, item: Item, fields: Mapping[str, str]) -> tuple[ReuseOffer, ...]:
    """The newest verified source of each needed material that is not in yet, while it still holds."""
    number = fields.get("applicant.id_number", "")
    answers = {path[7:]: value for path, value in fields.items() if path.startswith("answer.")}
    wanted = [
        material
        for material in needed_materials(item, answers)
        if material.canonical and not fields.get(f"material.{material.id}")
    ]
    if len(number) < t.TAIL or not wanted:
        return ()
    today = desk.clock.now().day
    with desk.store.read() as conn:
        earlier = _earlier(desk, conn, number, case_id)
        halls = read_directory(get_meta(conn, "directory"))
    found: list[ReuseOffer] = []
    for material in wanted:
        receipt = reuse_receipt(item, material)
        best = _newest(material, earlier, today)
        if receipt is None or best is None:
            continue
        state, day, certificate = best
        hall = halls.hall(state.scope)
        found.append(
            ReuseOffer(
                material=material.id,
                name=material.name,
                receipt=receipt,
                case_id=state.case_id,
                number=state.number or state.receipt,
                day=day,
                hall=hall.name if hall is not None else desk.device.hall_name,
                clerk=state.staff,
                certificate=certificate,
            )
        )
    return tuple(found)


def _newest(
    material: Material, earlier: Sequence[tuple[CaseState, Item]], today: dt.date
) -> tuple[CaseState, str, str] | None:
    """The newest source with its day, and the certificate where the case issued it; none after a 注销."""
    paper = material.canonical
    gone = max((given_up_on(item, state, paper) for state, item in earlier), default="")
    found: list[tuple[CaseState, str, str]] = []
    for state, item in earlier:
        if day := held_on(item, state, paper, today):
            found.append((state, day, item.result or item.name))
        if day := verified_on(item, state, paper, today):
            found.append((state, day, ""))
    valid = [one for one in found if one[1] > gone and still_valid(material, one[1], today)]
    return max(valid, key=lambda one: (one[1], one[2] != ""), default=None)


def _earlier(desk: Desk, conn: Connection, number: str, but: str) -> list[tuple[CaseState, Item]]:
    """The applicant's other cases that the hub has nothing against, with their items."""
    # A desk keeps the last letter of an id as it was typed.
    tail = number.upper()[: -t.TAIL - 1 : -1]
    rows = conn.execute(
        select(t.case_view.c.state)
        .where(
            text(f"{t.backwards('id_tail')} IN (:upper, :lower)").bindparams(upper=tail, lower=tail.lower()),
            t.case_view.c.sync != "attention",
            t.case_view.c.case_id != but,
        )
        .order_by(t.case_view.c.changed_ms.desc())
        .limit(_NEWEST)
    ).all()
    current = desk.rulebook.current_version(conn)
    found: list[tuple[CaseState, Item]] = []
    for row in rows:
        state = decode_state(row.state)
        # Of a version that is not kept here, the current list says what its materials are.
        item = desk.rulebook.item(conn, state.catalog_version, state.item_id) or desk.rulebook.item(
            conn, current, state.item_id
        )
        if item is not None and state.value("applicant.id_number").upper() == number.upper():
            found.append((state, item))
    return found
