"""The number ledger as an account: what was granted of a series, and what became of it.

Nothing is stored for this: it follows from grants, uses, cases and devices, so it cannot disagree with
them.  A serial is in one state only; none is ever granted again.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec
from sqlalchemy import Connection, select

from models.domain.numbers import parse_number
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.numbers import year_of


class SeriesAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One 区划 × year.  ``granted`` = used + void + live + expired + withdrawn, always.

    ``used``: on a case; ``void``: printed, but its case carries another number or none (the act was
    sent back, or gave way); ``live``: a desk may still print it; ``expired``: its year is over;
    ``withdrawn``: its desk is gone, or the grant was lost with a restored backup.
    """

    division: str
    year: int
    granted: int
    used: int
    void: int
    live: int
    expired: int
    withdrawn: int
    next_serial: int


def accounts(hub: Hub) -> list[SeriesAccount]:
    """Every series that anything was granted of, oldest first."""
    this_year = year_of(hub.now_ms())
    with hub.read() as conn:
        printed = _printed(conn)
        gone = _gone(conn)
        blocks = conn.execute(select(t.number_block)).all()
        series = conn.execute(
            select(t.number_series).order_by(t.number_series.c.year, t.number_series.c.division)
        ).all()
    rest: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(
        lambda: dict.fromkeys(("granted", "used", "void", "live", "expired", "withdrawn"), 0)
    )
    for block in blocks:
        count = rest[block.division, block.year]
        of_block = [
            carried
            for serial, carried in printed[block.division, block.year].items()
            if block.first <= serial <= block.last
        ]
        size = block.last - block.first + 1
        count["granted"] += size
        count["used"] += sum(of_block)
        count["void"] += len(of_block) - sum(of_block)
        if block.year < this_year:
            state = "expired"
        elif not block.device or block.device in gone:
            state = "withdrawn"
        else:
            state = "live"
        count[state] += size - len(of_block)
    return [
        SeriesAccount(
            division=row.division, year=row.year, next_serial=row.next, **rest[row.division, row.year]
        )
        for row in series
    ]


def _gone(conn: Connection) -> set[str]:
    """Devices that issue no more: revoked, or gone on under another identity."""
    rows = conn.execute(select(t.device.c.device, t.device.c.status, t.device.c.former)).all()
    working = {row.device for row in rows if row.status not in ("revoked", "moved")}
    return ({row.device for row in rows} - working) | {row.former for row in rows if row.former}


def _printed(conn: Connection) -> defaultdict[tuple[str, int], dict[int, bool]]:
    """Of each series, the serials that came back from desks: whether their case carries them."""
    carried = select(t.number_ledger.c.number, t.case_head.c.number.label("on_case")).join(
        t.case_head,
        (t.case_head.c.scope == t.number_ledger.c.scope)
        & (t.case_head.c.case_id == t.number_ledger.c.case_id),
        isouter=True,
    )
    found: defaultdict[tuple[str, int], dict[int, bool]] = defaultdict(dict)
    for row in conn.execute(carried):
        parts = parse_number(row.number)
        if parts is not None:
            found[parts.division, parts.year][parts.serial] = row.on_case == row.number
    return found
