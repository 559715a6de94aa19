"""The machines of a hall at another desk: last heard from when, revoked by whom; and what the revoked one is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands.reconcile import reconcile
from sync.engine import SyncEngine
from sync.hub import people
from sync.machines import known_machines
from tests.sync.hall_kit import Hall, open_hall

BOSS = people.StaffLine(staff="T0001", name="管理员样例", roles=("system_admin",))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        people.add_staff(made.hub, BOSS, "口令-sample")
        yield made


def test_the_board_of_another_desk_hears_who_was_revoked_by_whom_and_when(hall: Hall) -> None:
    lead, other = hall.desk("lead"), hall.desk("other")
    hall.sync(other)
    people.revoke(hall.hub, other.device.device, actor=BOSS.staff)
    report = reconcile(lead, hall=True)
    assert report.problems == []
    with lead.store.read() as conn:
        told = known_machines(conn)
    assert told is not None
    by_name = {one.device: one for one in told.machines}
    assert set(by_name) == {lead.device.device, other.device.device}
    gone = by_name[other.device.device]
    assert (gone.revoked_by, by_name[lead.device.device].revoked_ms) == ("管理员样例（T0001）", 0)
    assert 0 < gone.seen_ms <= gone.revoked_ms <= told.hub_time_ms


def test_nobody_asks_unless_the_board_is_open(hall: Hall) -> None:
    desk = hall.desk()
    reconcile(desk)
    with desk.store.read() as conn:
        assert known_machines(conn) is None


def test_a_revoked_desk_is_told_who_and_when(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    people.revoke(hall.hub, desk.device.device, actor=BOSS.staff)
    first = hall.sync(desk)
    assert first.revoked
    assert first.revoked_by == "管理员样例（T0001）"
    assert first.revoked_ms > 0
    people.revoke(hall.hub, desk.device.device)  # again, by nobody known: the first word stands
    assert hall.sync(desk).revoked_by == first.revoked_by
    assert hall.sync(desk).revoked_ms == first.revoked_ms


def test_of_a_revoking_that_names_nobody_nobody_is_invented(hall: Hall) -> None:
    desk = hall.desk()
    people.revoke(hall.hub, desk.device.device)
    report = hall.sync(desk)
    assert (report.revoked, report.revoked_by) == (True, "")
    assert report.revoked_ms > 0


def test_an_older_hub_has_no_such_answer_and_the_round_is_whole(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync import bootstrap
    from sync.client import HubClient, HubRefused
    from sync.protocol import Problem

    def older(_: HubClient) -> None:
        raise HubRefused(Problem(code="not_served", message="没有"), 404)

    assert bootstrap.not_served(HubRefused(Problem(code="not_served", message="没有"), 404))
    monkeypatch.setattr(HubClient, "machines", older)
    desk = hall.desk()
    engine = SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, hall=True)
    assert engine.run().problems == []
    with desk.store.read() as conn:
        assert known_machines(conn) is None
