"""Official numbers at this desk: what is left, and whose provisional receipts are to be made good."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from app.commands.context import Desk
from app.commands.number import mark_of, provisional
from app.queries.cases import notices_to_replace
from models.device import identities
from models.domain.case import CaseState, decode_state
from models.tables import replica as t
from sync.leases import wanted, wants_refill


class YearPool(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks of one year.  ``expires``: the last day (ISO) on which they may be printed; ``low``: the next
    sync will ask for more.  A past year's rest is ``expired`` and never printed."""

    year: int
    left: int
    granted: int
    expires: str
    expired: bool
    low: bool


class ProvisionalCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case with a provisional receipt of this machine.

    Without ``number``: 待换发受理编号, by itself at a sync, unless the hub ``sent_back`` the try.  With one:
    ``to_print`` names the acts whose notices are to be printed again under it.
    """

    case_id: str
    receipt: str
    number: str
    item_name: str
    received_on: str
    sent_back: bool = False
    to_print: tuple[str, ...] = ()


class NumberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``pools`` by year; ``waiting`` and ``to_print`` oldest first."""

    pools: tuple[YearPool, ...]
    waiting: tuple[ProvisionalCase, ...]
    to_print: tuple[ProvisionalCase, ...]


def read_numbers(desk: Desk) -> NumberFacts:
    """All that the sync centre tells of numbers.  The year turns by this desk's clock, as for an act."""
    this_year = desk.clock.now().day.year
    with desk.store.read() as conn:
        pools = _pools(conn, desk.device.division, this_year)
        waiting = tuple(
            _told(state, sent_back=sent_back) for state, sent_back in provisional(conn, desk.device.device)
        )
        to_print = tuple(
            _told(state, to_print=acts)
            for state in _numbered(conn, desk.device.device)
            if (acts := notices_to_replace(state, _printed(conn, state.case_id)))
        )
    return NumberFacts(pools=pools, waiting=waiting, to_print=to_print)


def _pools(conn: Connection, division: str, this_year: int) -> tuple[YearPool, ...]:
    blocks = conn.execute(select(t.number_block).where(t.number_block.c.division == division)).all()
    found = []
    for year in sorted({this_year, *(block.year for block in blocks)}):
        live = [block for block in blocks if block.year == year and block.next <= block.last]
        left = sum(block.last - block.next + 1 for block in live)
        granted = sum(block.last - block.first + 1 for block in live)
        expired = year < this_year
        if expired and not left:
            continue
        found.append(
            YearPool(
                year=year,
                left=left,
                granted=granted,
                expires=f"{year}-12-31",
                expired=expired,
                low=not expired and wants_refill(left, granted, wanted(conn, year)),
            )
        )
    return tuple(found)


def _numbered(conn: Connection, device: str) -> list[CaseState]:
    view = t.case_view.c
    return [
        decode_state(row.state)
        for name in identities(conn, device)
        for row in conn.execute(
            select(view.state)
            .where(view.number != "", view.receipt >= mark_of(name), view.receipt < mark_of(name) + ":")
            .order_by(view.receipt)
        )
    ]


def _printed(conn: Connection, case_id: str) -> set[str]:
    rows = conn.execute(select(t.document.c.document_id).where(t.document.c.case_id == case_id))
    return set(rows.scalars())


def _told(state: CaseState, *, sent_back: bool = False, to_print: tuple[str, ...] = ()) -> ProvisionalCase:
    return ProvisionalCase(
        case_id=state.case_id,
        receipt=state.receipt,
        number=state.number,
        item_name=state.item_name,
        received_on=state.received_on,
        sent_back=sent_back,
        to_print=to_print,
    )
