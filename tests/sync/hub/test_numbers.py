"""Blocks of official numbers: never twice, not by repetition, not by concurrency, not by a restore."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from models.domain.numbers import make_number
from models.domain.ops import Act, OpKind, OpTime
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.backup import RESTORES, count_restore, keep_restores, start_epoch
from sync.hub.database import SMALLEST_BLOCK, Hub
from sync.hub.granted import FILE as GRANTED
from sync.hub.ingest import push
from sync.hub.numbers import CHINA, EXPIRY_SLACK_MS, RESTORE_GAP, Restores, expired_when_taken, grant
from sync.hub.refusal import Refused
from sync.protocol import BlockGrant, NumbersRequest, Outcome
from tests.sync.hub.fake_desk import SECOND_WINDOW, TestClock, ready_desk


def ask(hub: Hub, device: str, request_id: str, *, division: str = "370911", **more: int) -> BlockGrant:
    request = NumbersRequest(
        request_id=request_id, year=more.get("year", 2026), have=more.get("have", 0), want=more.get("want", 0)
    )
    return grant(hub, device, division, request).blocks[0]


def test_the_same_request_gets_the_same_block(hub: Hub) -> None:
    first = ask(hub, "d1", "request-1")
    assert first.last - first.first + 1 == SMALLEST_BLOCK
    assert ask(hub, "d1", "request-1") == first
    assert ask(hub, "d1", "request-2").first == first.last + 1
    assert ask(hub, "d2", "request-1").first == first.last + 1 + SMALLEST_BLOCK


def test_a_block_covers_what_is_wanted_and_series_are_apart(hub: Hub) -> None:
    block = ask(hub, "d1", "request-1", have=100, want=1000)
    assert block.last - block.first + 1 == 900
    assert ask(hub, "d1", "request-2", year=2027).first == 1
    assert ask(hub, "d1", "request-3", division="370921").first == 1


def test_a_township_shares_its_countys_series_but_sees_its_own_division(hub: Hub) -> None:
    county = ask(hub, "d1", "request-1")
    town = ask(hub, "d2", "request-1", division="370911103")
    assert town.division == "370911103"
    assert town.first == county.last + 1


@pytest.mark.parametrize(("year", "have", "want"), [(2025, 0, 0), (2028, 0, 0), (2026, -1, 0), (2026, 0, -5)])
def test_nonsense_is_refused(hub: Hub, year: int, have: int, want: int) -> None:
    with pytest.raises(Refused):
        ask(hub, "d1", "request-1", year=year, have=have, want=want)
    with pytest.raises(Refused):
        ask(hub, "d1", "")


def test_concurrent_requests_never_share_a_serial(hub: Hub) -> None:
    with ThreadPoolExecutor(6) as pool:
        blocks = list(pool.map(lambda i: ask(hub, f"d{i % 4}", f"request-{i}"), range(24)))
    serials = [s for b in blocks for s in range(b.first, b.last + 1)]
    assert len(set(serials)) == len(serials) == 24 * SMALLEST_BLOCK


def test_a_restore_never_grants_again_what_the_backup_did_not_know(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    other = ready_desk(hub, version, window=SECOND_WINDOW)
    with hub.write() as conn:
        # As if the second desk's grant, and one more, had come after the backup.
        conn.execute(t.number_block.delete().where(t.number_block.c.device == other.device))
        conn.execute(t.number_series.update().values(next=SMALLEST_BLOCK + 1))
        start_epoch(conn, hub.now_ms())
    assert ask(hub, desk.device, "request-9").first == SMALLEST_BLOCK + RESTORE_GAP + 1
    lost = make_number("370911", 2026, SMALLEST_BLOCK + 5)
    other.accept("c1", number=lost)
    assert push(hub, other.device, other.batch()).outcomes[0].outcome is Outcome.APPLIED
    desk.accept("c2", number=lost)
    assert push(hub, desk.device, desk.batch()).outcomes[0].outcome is Outcome.REJECTED
    with hub.read() as conn:
        assert list(conn.execute(select(t.number_ledger.c.case_id)).scalars()) == ["c1"]


def test_a_series_that_the_backup_did_not_know_is_not_begun_anew(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    lost = ask(hub, desk.device, "request-1", year=2027)
    with hub.write() as conn:
        # As if next year's series had been opened after the backup.
        conn.execute(t.number_block.delete().where(t.number_block.c.year == 2027))
        conn.execute(t.number_series.delete().where(t.number_series.c.year == 2027))
        start_epoch(conn, hub.now_ms())
    assert ask(hub, "d2", "request-1", year=2027).first > RESTORE_GAP >= lost.last
    assert ask(hub, "d2", "request-2", division="370921").first > RESTORE_GAP
    desk.accept("c1", number=make_number("370911", 2027, lost.first))
    assert push(hub, desk.device, desk.batch()).outcomes[0].outcome is Outcome.APPLIED


@pytest.mark.parametrize("year", [2026, 2027])
def test_two_restores_from_one_backup_do_not_grant_the_same(hub: Hub, version: str, year: int) -> None:
    """What was granted between them, neither copy knows of: the count beside the database does, also where
    the record of grants is lost or was not kept yet."""
    desk = ready_desk(hub, version)
    granted = []
    for times in (1, 2, 3):
        (hub.data_dir / GRANTED).unlink(missing_ok=True)
        with hub.write() as conn:  # as the backup had it
            conn.execute(t.number_block.delete().where(t.number_block.c.year == year))
            conn.execute(t.number_series.delete().where(t.number_series.c.year == year))
            start_epoch(conn, hub.now_ms(), Restores(times=[0] * times))
        granted += [ask(hub, desk.device, f"request-{times}-{i}", year=year) for i in range(3)]
    serials = [s for b in granted for s in range(b.first, b.last + 1)]
    assert len(set(serials)) == len(serials)


def test_restores_from_the_copies_of_restores_never_grant_the_same(hub: Hub, version: str) -> None:
    """Each restored hub sets serials aside; whichever copy is put back next begins behind all of that."""
    desk = ready_desk(hub, version)
    kept = Restores()

    def restore(next_: int) -> int:
        with hub.write() as conn:
            conn.execute(t.number_block.delete())
            conn.execute(t.number_series.update().values(next=next_))
            kept.times.append(0)
            start_epoch(conn, hub.now_ms(), kept)
            return int(conn.execute(select(t.number_series.c.next)).scalar_one())

    oldest = SMALLEST_BLOCK + 1
    first = restore(oldest)  # and a copy is made of it
    second = restore(first)
    granted = ask(hub, desk.device, "request-a")
    assert granted.first == second
    assert restore(oldest) > granted.last
    assert ask(hub, desk.device, "request-b").first > granted.last


def test_restores_are_counted_beside_the_database(tmp_path: Path) -> None:
    day = 86_400_000
    assert [len(count_restore(tmp_path, ms).times) for ms in (0, 0, day)] == [1, 2, 3]
    kept = count_restore(tmp_path, 401 * day)
    assert len(kept.times) == 1  # the years of the former are over
    kept.highest["370911/2026"] = 7
    keep_restores(tmp_path, kept)
    assert count_restore(tmp_path, 401 * day).highest == {"370911/2026": 7}
    (tmp_path / RESTORES).write_bytes(b"[0, 1]")  # as an earlier program kept them
    assert count_restore(tmp_path, day) == Restores(times=[0, 1, day])
    (tmp_path / RESTORES).write_bytes(b"?")
    with pytest.raises(KnownError, match="没有恢复"):
        count_restore(tmp_path, 402 * day)


def test_a_series_of_a_year_after_the_restore_begins_at_one(hub: Hub, clock: TestClock) -> None:
    with hub.write() as conn:
        start_epoch(conn, hub.now_ms())
    clock.ms += 366 * 86_400_000
    assert ask(hub, "d1", "request-1", year=2027).first == RESTORE_GAP + 1  # may have been open by then
    assert ask(hub, "d1", "request-2", year=2028).first == 1


YEAR_MS = 366 * 86_400_000


def alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.kind)).scalars())


def test_a_number_printed_offline_in_its_year_stands_whenever_it_arrives(
    hub: Hub, version: str, clock: TestClock
) -> None:
    desk = ready_desk(hub, version)
    desk.accept("c1")
    clock.ms += YEAR_MS
    assert push(hub, desk.device, desk.batch()).outcomes[0].outcome is Outcome.APPLIED
    assert alarms(hub) == []


@pytest.mark.parametrize("told_by", ["wall", "anchor"])
def test_a_number_taken_after_its_year_stands_too_but_is_told(
    hub: Hub, version: str, clock: TestClock, told_by: str
) -> None:
    desk = ready_desk(hub, version)
    clock.ms += YEAR_MS
    if told_by == "wall":
        desk.start_ms += YEAR_MS
    else:
        desk.anchor_ms = clock.ms
    desk.accept("c1")
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text="样例", number=make_number("370911", 2026, 1)))
    outcomes = push(hub, desk.device, desk.batch()).outcomes
    assert outcomes[0].outcome is Outcome.APPLIED
    assert alarms(hub) == ["number_expired"]  # once for a number, not for each act that bears it


def test_the_turn_of_the_year_forgives_a_clock_that_differs_a_little() -> None:
    turn = int(dt.datetime(2027, 1, 1, tzinfo=CHINA).timestamp() * 1000)
    number = make_number("370911", 2026, 1)
    assert not expired_when_taken(number, OpTime(wall_ms=turn + 60_000))
    assert expired_when_taken(number, OpTime(wall_ms=turn + 2 * EXPIRY_SLACK_MS))
    assert expired_when_taken(number, OpTime(wall_ms=turn - 60_000, attested_ms=turn + 2 * EXPIRY_SLACK_MS))
    assert not expired_when_taken(make_number("370911", 2027, 1), OpTime(wall_ms=turn + 60_000))
