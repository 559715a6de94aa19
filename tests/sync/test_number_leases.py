"""Number leases end to end: a real desk and a real hub, over the line, across the turn of a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.number import number_waiting
from app.commands.reconcile import reconcile
from app.commands.verify import verify_replica
from app.queries.cases import read_state
from app.queries.numbers import read_numbers
from models.domain.numbers import parse_number
from models.domain.ops import OpKind
from models.tables import replica as t
from sync.hub import tables as h
from sync.hub.backup import start_epoch
from sync.hub.ledger import read_account
from sync.hub.moves import move
from sync.hub.numbers import RESTORE_GAP
from sync.leases import add_blocks
from sync.protocol import BlockGrant
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import COMPLETE, HALL, ITEM, SECOND_WINDOW, WINDOW

CHINA = dt.timezone(dt.timedelta(hours=8))
OTHER_WINDOW = "370921-01"  # of another 区划


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    postgres = request.param == "postgres"
    with open_hall(tmp_path, request.getfixturevalue("postgres_url") if postgres else None) as made:
        yield made


def turn_to(hall: Hall, desk: Desk, year: int, month: int, day: int) -> None:
    """Both clocks, to ten in the morning in China."""
    hall.clock.ms = int(dt.datetime(year, month, day, 10, tzinfo=CHINA).timestamp() * 1000)
    desk.clock.now_ms = hall.clock.ms  # type: ignore[attr-defined]  # a FixedClock here


def received(desk: Desk, case_id: str = "") -> Changes:
    return intake.receive(
        desk, Entry(case_id=case_id or desk.make_id(), item_id=ITEM.id, fields=dict(COMPLETE))
    )


def use_up(desk: Desk) -> None:
    with desk.store.write() as conn:
        conn.execute(update(t.number_block).values(next=t.number_block.c.last + 1))


def year_of(number: str) -> int:
    parts = parse_number(number)
    assert parts is not None
    return parts.year


def level(hall: Hall, desk: Desk) -> None:
    assert reconcile(desk).problems == []
    assert verify_replica(desk) == []
    for series in read_account(hall.hub).series:
        assert series.granted == sum(
            (series.used, series.void, series.kept, series.live, series.expired, series.withdrawn)
        )


def test_an_empty_pool_is_made_good_at_the_next_sync(hall: Hall) -> None:
    desk = hall.desk()
    level(hall, desk)
    use_up(desk)
    cases = [received(desk) for _ in range(3)]
    assert {case.number for case in cases} == {""}
    assert all(case.receipt.startswith("临-") for case in cases)
    level(hall, desk)
    at_hub = hall.states()
    numbers = [at_hub[case.case_id].number for case in cases]
    assert numbers == sorted(set(numbers))  # each its own, the oldest receipt first
    assert all(numbers)
    for case in cases:
        state = read_state(desk, case.case_id)
        assert state is not None
        assert (state.number, state.receipt) == (at_hub[case.case_id].number, case.receipt)
    other = hall.desk("other", window=SECOND_WINDOW)
    level(hall, other)
    assert [read_state(other, case.case_id) for case in cases] == [at_hub[case.case_id] for case in cases]
    assert read_numbers(other).to_print == ()  # the desk that gave the papers out prints them again
    assert [case.receipt for case in read_numbers(desk).to_print] == [case.receipt for case in cases]


def test_a_desk_first_online_on_the_last_day_of_the_year_goes_on_in_the_next(hall: Hall) -> None:
    desk = hall.desk()
    turn_to(hall, desk, 2026, 12, 31)
    level(hall, desk)
    assert [(pool.year, pool.expires) for pool in read_numbers(desk).pools] == [
        (2026, "2026-12-31"),
        (2027, "2027-12-31"),
    ]
    assert year_of(received(desk).number) == 2026
    turn_to(hall, desk, 2027, 1, 1)
    assert year_of(received(desk).number) == 2027
    level(hall, desk)
    (old, new) = read_account(hall.hub).series
    assert (old.used, old.live, old.expired) == (1, 0, old.granted - 1)
    assert (new.used, new.expired) == (1, 0)


def test_a_desk_offline_all_december_numbers_nothing_out_of_the_year_that_is_over(hall: Hall) -> None:
    desk = hall.desk()
    turn_to(hall, desk, 2026, 11, 30)
    level(hall, desk)
    assert [pool.year for pool in read_numbers(desk).pools] == [2026]
    turn_to(hall, desk, 2027, 1, 1)
    case = received(desk)
    assert (case.number, case.receipt[:2]) == ("", "临-")
    old, new = read_numbers(desk).pools
    assert (old.expired, old.left > 0, new.left, new.low) == (True, True, 0, True)
    level(hall, desk)
    assert year_of(hall.states()[case.case_id].number) == 2027


def test_a_number_printed_in_december_stands_when_it_comes_in_january(hall: Hall) -> None:
    desk = hall.desk()
    turn_to(hall, desk, 2026, 12, 30)
    level(hall, desk)
    case = received(desk)
    turn_to(hall, desk, 2027, 1, 5)
    level(hall, desk)
    assert hall.states()[case.case_id].number == case.number
    assert year_of(case.number) == 2026
    with hall.hub.read() as conn:
        assert conn.execute(select(func.count()).select_from(h.alarm)).scalar_one() == 0


def test_of_two_desks_that_number_one_case_the_first_wins(hall: Hall) -> None:
    desk, other = hall.desk(), hall.desk("other", window=SECOND_WINDOW)
    level(hall, desk)
    use_up(desk)
    case = received(desk)
    assert hall.sync(desk).problems == []  # it has numbers now, and has not numbered the case yet
    level(hall, other)
    accepted = intake.accept(other, Entry(case_id=case.case_id, item_id=ITEM.id, fields=dict(COMPLETE)))
    assert accepted.number
    (mine,) = number_waiting(desk)
    assert mine.number != accepted.number
    level(hall, other)
    level(hall, desk)
    level(hall, desk)
    for where in (desk, other):
        state = read_state(where, case.case_id)
        assert state is not None
        assert state.number == accepted.number
    (void,) = read_account(hall.hub).void
    assert (void.number, void.case_id, void.device) == (mine.number, case.case_id, desk.device.device)
    assert "已有受理编号" in void.reason
    assert read_numbers(desk).waiting == ()
    assert received(desk).number not in ("", mine.number, accepted.number)


def test_a_restored_hub_makes_receipts_good_too(hall: Hall) -> None:
    desk = hall.desk()
    level(hall, desk)
    printed = received(desk)
    use_up(desk)
    case = received(desk)
    with hall.hub.write() as conn:
        # As if the backup were from before any grant.
        conn.execute(h.number_block.delete())
        conn.execute(h.number_series.delete())
        start_epoch(conn, hall.hub.now_ms())
    level(hall, desk)
    numbers = {hall.states()[one.case_id].number for one in (printed, case)}
    assert printed.number in numbers
    assert len(numbers) == 2
    serials = {parts.serial for parts in map(parse_number, numbers) if parts is not None}
    assert max(serials) > RESTORE_GAP


@pytest.mark.parametrize("heard", [False, True])
def test_a_desk_moved_there_and_back_prints_what_the_ledger_calls_live(hall: Hall, heard: bool) -> None:
    """Away and back within an hour: a desk that was not online meanwhile has dropped nothing."""
    desk = hall.desk()
    level(hall, desk)
    move(hall.hub, desk.device.device, OTHER_WINDOW)
    if heard:
        hall.sync(desk)
    move(hall.hub, desk.device.device, WINDOW, HALL)
    level(hall, desk)
    assert received(desk).number
    level(hall, desk)
    with desk.store.read() as conn:
        own = conn.execute(select(t.number_block).where(t.number_block.c.division == "370911")).all()
    at_hub = {block.block_id: block for block in read_account(hall.hub).blocks}
    left = {block.block_id: block.last - block.next + 1 for block in own}
    assert {at_hub[one].state for one, rest in left.items() if rest} == {"live"}
    assert [one for one, rest in left.items() if rest and at_hub[one].rest != rest] == []
    assert [at_hub[one].state for one, rest in left.items() if not rest] == ["withdrawn"] * heard


def test_a_number_the_hub_sends_back_is_not_tried_for_ever(hall: Hall) -> None:
    desk = hall.desk()
    level(hall, desk)
    use_up(desk)
    case = received(desk)
    with desk.store.write() as conn:
        add_blocks(conn, [BlockGrant(block_id="forged", division="370911", year=2026, first=9000, last=9400)])
    for _ in range(3):
        reconcile(desk)
    with desk.store.read() as conn:
        of_kind = select(func.count()).select_from(t.op).where(t.op.c.kind == OpKind.NUMBER.value)
        assert conn.execute(of_kind).scalar_one() == 1
    (waiting,) = read_numbers(desk).waiting
    assert (waiting.case_id, waiting.sent_back) == (case.case_id, True)
