"""The ledger's account closes, whatever happens to desks, cases and hub."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domain.ops import Act, Change, OpKind
from sync.hub import devices
from sync.hub.backup import start_epoch
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.ledger import SeriesAccount, read_account
from sync.hub.moves import move
from sync.hub.numbers import RESTORE_GAP, grant
from sync.hub.people import revoke
from sync.protocol import NumbersRequest
from tests.sync.hub.fake_desk import (
    HALL,
    OTHER_HALL,
    PERSON,
    SECOND_WINDOW,
    WINDOW,
    FakeDesk,
    TestClock,
    ready_desk,
)

pytestmark = pytest.mark.slow

YEAR_MS = 366 * 86_400_000


def account(hub: Hub, year: int = 2026) -> SeriesAccount:
    """The account of a year, after checking that every year's closes and names no serial twice."""
    found = read_account(hub)
    for one in found.series:
        assert one.granted == one.used + one.void + one.kept + one.live + one.expired + one.withdrawn
        assert one.granted == one.next_serial - 1
        assert one.void == len([n for n in found.void if n.number[6:10] == str(one.year)])
        blocks = [b for b in found.blocks if b.year == one.year]
        assert all(b.last - b.first + 1 == b.used + b.void + b.kept + b.rest for b in blocks)
        serials = [s for b in blocks for s in range(b.first, b.last + 1)]
        assert len(serials) == len(set(serials)) == one.granted
    (of_year,) = (one for one in found.series if one.year == year)
    return of_year


def printed(hub: Hub) -> tuple[int, int, int]:
    """(used, void, kept) of all years."""
    series = read_account(hub).series
    return sum(s.used for s in series), sum(s.void for s in series), sum(s.kept for s in series)


def send(desk: FakeDesk) -> None:
    push(desk.hub, desk.device, desk.batch())
    desk.sent()


def test_every_serial_is_in_one_state(hub: Hub, version: str, clock: TestClock) -> None:
    desk, other = ready_desk(hub, version), ready_desk(hub, version, window=SECOND_WINDOW)
    assert (account(hub).granted, account(hub).live) == (400, 400)
    desk.accept("c1")
    desk.accept("c2")
    send(desk)
    assert (account(hub).used, account(hub).live) == (2, 398)
    other.accept("c1")  # printed, but the case has its number already
    send(other)
    assert (account(hub).used, account(hub).void, account(hub).live) == (2, 1, 397)
    (void,) = read_account(hub).void
    assert (void.case_id, void.device) == ("c1", other.device)
    assert "受理编号" in void.reason
    revoke(hub, other.device)
    assert (account(hub).withdrawn, account(hub).live) == (199, 198)
    with hub.write() as conn:
        start_epoch(conn, hub.now_ms())
    assert (account(hub).granted, account(hub).withdrawn) == (400 + RESTORE_GAP, 199 + RESTORE_GAP)
    clock.ms += YEAR_MS
    assert (account(hub).live, account(hub).withdrawn) == (0, 0)
    assert (account(hub).used, account(hub).void) == (2, 1)


def test_what_a_moved_desk_gives_up_is_withdrawn_and_what_it_printed_stands(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    desk.accept("c1")
    send(desk)
    desk.accept("c2")  # printed, and not sent when the machine is moved
    move(hub, desk.device, "370921-01", OTHER_HALL)
    assert (account(hub).used, account(hub).live, account(hub).withdrawn) == (1, 0, 199)
    send(desk)
    assert (account(hub).used, account(hub).live, account(hub).withdrawn) == (2, 0, 198)
    with hub.read() as conn:
        away = devices.approved_device(conn, desk.device)
    devices.session_facts(hub, away)
    move(hub, desk.device, WINDOW, HALL)  # by then it has heard of it, and dropped the rest
    assert (account(hub).live, account(hub).withdrawn) == (0, 198)
    (block,) = read_account(hub).blocks
    assert (block.state, block.rest) == ("withdrawn", 198)


def test_a_move_within_one_division_withdraws_nothing(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    move(hub, desk.device, SECOND_WINDOW, HALL)
    assert (account(hub).live, account(hub).withdrawn) == (200, 0)


def test_a_request_whose_answer_was_lost_before_a_move_is_answered_for_the_new_division(
    hub: Hub, version: str
) -> None:
    desk = ready_desk(hub, version)
    request = NumbersRequest(request_id="asked-once", year=2026, have=0, want=30)
    (lost,) = grant(hub, desk.device, HALL, request).blocks
    move(hub, desk.device, "370921-01", OTHER_HALL)
    (first,) = grant(hub, desk.device, OTHER_HALL, request).blocks
    assert (first.division, first.block_id == lost.block_id) == (OTHER_HALL, False)
    assert grant(hub, desk.device, OTHER_HALL, request).blocks == (first,)
    blocks = {(b.block_id, b.division, b.state) for b in read_account(hub).blocks}
    assert {
        (lost.block_id, HALL, "withdrawn"),
        (first.block_id, OTHER_HALL, "live"),
    } <= blocks


def test_a_number_sent_back_is_kept_for_its_case_and_void_with_it(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    number = desk.number()
    desk.save("c1", PERSON)
    desk.make(OpKind.ACCEPT, "c1", base_rev=1, act=Act(number=number))  # no papers
    desk.save("c2", PERSON)
    taken = desk.number()
    desk.make(OpKind.ACCEPT, "c2", base_rev=1, act=Act(number=taken))
    send(desk)
    assert (account(hub).kept, account(hub).void, account(hub).used) == (2, 0, 0)
    desk.anchor_ms = hub.now_ms()  # it has heard of it
    desk.make(OpKind.VOID, "c1", base_rev=1)
    papers = {path: Change("", "paper") for path in ("material.M1", "material.M2")}
    desk.make(OpKind.ACCEPT, "c2", papers, base_rev=1, act=Act(number=taken))
    send(desk)
    assert (account(hub).kept, account(hub).void, account(hub).used) == (0, 1, 1)
    (void,) = read_account(hub).void
    assert (void.number, void.reason) == (number, "本办件已作废。")


STEPS = ("accept", "reject", "grant", "epoch", "twice", "revoke", "year")


@pytest.mark.parametrize("hub_on", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_it_closes_after_any_steps(hub: Hub, version: str, clock: TestClock, steps: list[str]) -> None:
    desk, other = ready_desk(hub, version), ready_desk(hub, version, window=SECOND_WINDOW)
    used, void, kept = printed(hub)
    for index, step in enumerate(steps):
        case = f"{desk.device}-{index}"
        match step:
            case "accept":
                desk.accept(case)
                send(desk)
                used += 1
            case "reject":
                desk.make(OpKind.ACCEPT, case, act=Act(number=desk.number()))  # nothing is filled in
                send(desk)
                kept += 1
            case "grant":
                desk.take_numbers()
            case "epoch":
                with hub.write() as conn:
                    start_epoch(conn, hub.now_ms())
            case "twice":
                other.accept(case)
                send(other)
                desk.accept(case)
                send(desk)
                used, void = used + 1, void + 1
            case "revoke":
                revoke(hub, other.device)
                other = ready_desk(hub, version, window=SECOND_WINDOW)
            case "year":
                clock.ms += YEAR_MS
                desk.take_numbers()
                other.take_numbers()
        account(hub)
        assert printed(hub) == (used, void, kept)
