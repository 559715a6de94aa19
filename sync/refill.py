"""When a desk asks for more numbers, and for how many."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter

from sqlalchemy import Connection, select

from models.device import get_meta, set_meta
from models.prepared import Prepared
from models.tables import replica as t
from sync import protocol as p
from sync.leases import note_wanted, remaining, wanted, wants_refill
from sync.plan import numbers_wanted

_TAKEN = Prepared(select(t.op.c.wall_ms).join(t.number_use, t.number_use.c.op_id == t.op.c.op_id))


def numbers_request(conn: Connection, division: str, year: int) -> p.NumbersRequest | None:
    """What to ask for when half of the numbers are used; None while there are enough.

    Its id is kept until it is answered, so that a lost answer never costs a second block.
    """
    left, granted = remaining(conn, division, year)
    if not wants_refill(left, granted, wanted(conn, year)):
        return None
    want = numbers_wanted(_taken_by_day(conn))
    note_wanted(conn, year, want)
    key = request_key(year)
    request_id = (get_meta(conn, key) or b"").decode() or secrets.token_hex(16)
    set_meta(conn, key, request_id.encode())
    return p.NumbersRequest(request_id=request_id, year=year, have=left, want=want)


def _taken_by_day(conn: Connection) -> dict[dt.date, int]:
    """Numbers this desk has used, by the day of the act, as far back as its ops go."""
    found: Counter[dt.date] = Counter()
    for (wall_ms,) in _TAKEN(conn):
        found[hub_day(wall_ms)] += 1
    return found


def request_key(year: int) -> str:
    return f"numbers_request:{year}"


def hub_day(hub_time_ms: int) -> dt.date:
    """The hub's calendar day, in China."""
    return dt.datetime.fromtimestamp(hub_time_ms / 1000, dt.timezone(dt.timedelta(hours=8))).date()
