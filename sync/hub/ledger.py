"""The number ledger as an account: what was granted of a series, and what became of it.

Nothing is stored for this: it follows from grants, uses, cases and devices, so it cannot disagree with
them.  A serial is in one state only; none is ever granted again.

A desk's silence withdraws nothing: what it printed must stand when it comes back, and it cannot print on
once its sign-in lease has run out.  ``hub device revoke`` withdraws the rest of its blocks.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, select

from models.domain.case import CaseStatus
from models.domain.numbers import parse_number
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.numbers import year_of

_Series = tuple[str, int]
_PRINTED = ("used", "void", "kept")


class SeriesAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One 区划 × year.  ``granted`` = used + void + kept + live + expired + withdrawn, always.

    ``used``: on a case; ``void``: printed, but its case has another number for good, or was voided;
    ``kept``: printed, and its case, which has none yet, may still take it (the act waits, or was sent
    back to be done again); ``live``: a desk may still print it; ``expired``: its year is over;
    ``withdrawn``: its desk is gone or was moved to another 区划, or the grant was lost with a backup.
    """

    division: str
    year: int
    granted: int
    used: int
    void: int
    kept: int
    live: int
    expired: int
    withdrawn: int
    next_serial: int


class BlockAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One grant.  ``state`` of the ``rest`` not printed: live, expired or withdrawn; last - first + 1 =
    used + void + kept + rest.  ``device`` is "" for what a restore set aside; ``expires`` is a day."""

    block_id: str
    device: str
    division: str
    year: int
    first: int
    last: int
    granted_ms: int
    expires: str
    used: int
    void: int
    kept: int
    rest: int
    state: str


class VoidNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A printed number that no case carries, nor ever will; ``case_id`` is the one it was printed for."""

    number: str
    device: str
    case_id: str
    at_ms: int
    reason: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger, oldest first."""

    series: tuple[SeriesAccount, ...]
    blocks: tuple[BlockAccount, ...]
    void: tuple[VoidNumber, ...]


def read_account(hub: Hub) -> Account:
    """Every series, block and void number.  One consistent reading; the hub may serve meanwhile."""
    this_year = year_of(hub.now_ms())
    with hub.read() as conn:
        series = conn.execute(
            select(t.number_series).order_by(t.number_series.c.year, t.number_series.c.division)
        ).all()
        order = (t.number_block.c.year, t.number_block.c.division, t.number_block.c.first)
        granted = conn.execute(select(t.number_block).order_by(*order)).all()
        gone = _gone(conn)
        printed, void = _printed(conn)
    serials = {key: sorted(states) for key, states in printed.items()}
    blocks: list[BlockAccount] = []
    for row in granted:
        key = (row.division, row.year)
        of_series = serials.get(key, [])
        inside = of_series[bisect_left(of_series, row.first) : bisect_right(of_series, row.last)]
        count = Counter(printed[key][serial] for serial in inside)
        blocks.append(
            BlockAccount(
                block_id=row.block_id,
                device=row.device,
                division=row.division,
                year=row.year,
                first=row.first,
                last=row.last,
                granted_ms=row.granted_ms,
                expires=f"{row.year}-12-31",
                **{name: count[name] for name in _PRINTED},
                rest=row.last - row.first + 1 - len(inside),
                state="expired"
                if row.year < this_year
                else "withdrawn"
                if not row.device or row.device in gone or row.withdrawn_ms
                else "live",
            )
        )
    sums = _sums(blocks)
    accounts = (
        SeriesAccount(
            division=row.division,
            year=row.year,
            next_serial=row.next,
            **{name: sums[row.division, row.year][name] for name in _SUMMED},
        )
        for row in series
    )
    return Account(series=tuple(accounts), blocks=tuple(blocks), void=tuple(void))


_SUMMED = ("granted", *_PRINTED, "live", "expired", "withdrawn")


def _sums(blocks: list[BlockAccount]) -> Mapping[_Series, Counter[str]]:
    sums: defaultdict[_Series, Counter[str]] = defaultdict(Counter)
    for block in blocks:
        of_series = sums[block.division, block.year]
        of_series["granted"] += block.last - block.first + 1
        of_series[block.state] += block.rest
        for name in _PRINTED:
            of_series[name] += getattr(block, name)
    return sums


def _gone(conn: Connection) -> set[str]:
    """Devices that issue no more: revoked, or gone on under another identity."""
    rows = conn.execute(select(t.device.c.device, t.device.c.status, t.device.c.former)).all()
    working = {row.device for row in rows if row.status not in ("revoked", "moved")}
    return ({row.device for row in rows} - working) | {row.former for row in rows if row.former}


def _printed(conn: Connection) -> tuple[dict[_Series, dict[int, str]], list[VoidNumber]]:
    """What became of each serial that came back from a desk, by series; and the void ones with why."""
    ledger, head, log = t.number_ledger.c, t.case_head.c, t.op_log.c
    rows = conn.execute(
        select(
            t.number_ledger,
            head.number.label("on_case"),
            head.status,
            log.reason,
        )
        .join(t.case_head, (head.scope == ledger.scope) & (head.case_id == ledger.case_id), isouter=True)
        .join(t.op_log, (log.scope == ledger.scope) & (log.op_id == ledger.op_id), isouter=True)
        .order_by(ledger.at_ms, ledger.number)
    )
    found: defaultdict[_Series, dict[int, str]] = defaultdict(dict)
    void: list[VoidNumber] = []
    for row in rows:
        parts = parse_number(row.number)
        if parts is None:
            continue
        voided = row.status == CaseStatus.VOIDED.value
        state = "used" if row.on_case == row.number else "void" if row.on_case or voided else "kept"
        found[parts.division, parts.year][parts.serial] = state
        if state == "void":
            reason = "本办件已作废。" if voided else row.reason or "本办件用的是另一个受理编号。"
            void.append(
                VoidNumber(
                    number=row.number,
                    device=row.device,
                    case_id=row.case_id,
                    at_ms=row.at_ms,
                    reason=reason,
                )
            )
    return found, void
