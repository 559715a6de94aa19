"""The ledger's account closes, whatever happens to desks, cases and hub."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.domain.ops import Act, OpKind
from sync.hub.backup import start_epoch
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.ledger import SeriesAccount, accounts
from sync.hub.numbers import RESTORE_GAP
from sync.hub.people import revoke
from tests.sync.hub.fake_desk import COMPLETE, SECOND_WINDOW, FakeDesk, TestClock, ready_desk

YEAR_MS = 366 * 86_400_000


def account(hub: Hub, year: int = 2026) -> SeriesAccount:
    (one,) = (a for a in accounts(hub) if a.year == year)
    assert one.granted == one.used + one.void + one.live + one.expired + one.withdrawn
    assert one.granted == one.next_serial - 1
    return one


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
    revoke(hub, other.device)
    assert (account(hub).withdrawn, account(hub).live) == (199, 198)
    with hub.write() as conn:
        start_epoch(conn, hub.now_ms())
    assert (account(hub).granted, account(hub).withdrawn) == (400 + RESTORE_GAP, 199 + RESTORE_GAP)
    clock.ms += YEAR_MS
    assert (account(hub).live, account(hub).withdrawn) == (0, 0)
    assert (account(hub).used, account(hub).void) == (2, 1)


@pytest.mark.parametrize("hub_database", [None])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(("accept", "reject", "grant", "epoch", "other")), max_size=12))
def test_it_closes_after_any_steps(hub: Hub, version: str, steps: list[str]) -> None:
    desk, other = ready_desk(hub, version), ready_desk(hub, version, window=SECOND_WINDOW)
    before = account(hub)
    printed = 0
    for index, step in enumerate(steps):
        case = f"{desk.device}-{index}"
        match step:
            case "accept":
                desk.accept(case)
                send(desk)
                printed += 1
            case "reject":
                desk.make(OpKind.ACCEPT, case, act=Act(number=desk.number()))  # nothing is filled in
                send(desk)
                printed += 1
            case "grant":
                desk.take_numbers()
            case "epoch":
                with hub.write() as conn:
                    start_epoch(conn, hub.now_ms())
            case "other":
                other.accept(case, fields=COMPLETE)
                send(other)
                printed += 1
    after = account(hub)
    assert after.used + after.void == before.used + before.void + printed
