"""看板 across machines: another window's cases are counted under its name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from app.commands.board import tell_board
from app.commands.context import Desk
from app.commands.reconcile import reconcile
from app.queries.board import read_board
from models.device import set_meta
from models.domain.ops import Act, Change, OpKind, OpTime
from models.ops import new_id
from sync.hall_protocol import Machine, MachinesReply
from sync.hub import people
from sync.hub.ingest import push
from sync.machines import KEY
from tests.desk_kit import FixedClock
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import COMPLETE, HALL, SECOND_WINDOW, FakeDesk
from views.board.windows import missing_words


def test_other_machines_have_the_names_of_their_windows(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        other, third = hall.fake(HALL, SECOND_WINDOW), hall.fake(HALL, SECOND_WINDOW)
        other.window = SECOND_WINDOW  # the third is of an older program, which did not write its window
        desk = hall.desk()
        hall.sync(desk)
        now = desk.clock.now().wall_ms
        for place, fake in enumerate((other, third)):
            fake.make(
                OpKind.ACCEPT,
                f"case-{place}",
                {path: Change("", value) for path, value in COMPLETE.items()},
                act=Act(number=fake.number()),
                op_id=new_id(OpTime(wall_ms=now), bytes([place] * 10)),
            )
            push(hall.hub, fake.device, fake.batch())
        assert hall.sync(desk).problems == []
        desk.rulebook.watch(desk.clock)
        facts = read_board(desk)
        assert facts.accepted == 2
        found = {(w.name, w.accepted, w.own) for w in facts.windows}
        assert found == {
            (desk.device.window_name, 0, True),
            ("8 号综合窗口", 1, False),
            (third.device, 1, False),
        }


def test_a_window_without_an_act_today_is_there_with_how_far_it_is_known(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk = hall.desk()
        hall.sync(desk)
        desk.rulebook.watch(desk.clock)
        facts = read_board(desk)
        quiet = {w.device: w for w in facts.windows if not w.own}
        assert quiet[SECOND_WINDOW].name == "8 号综合窗口"
        assert (quiet[SECOND_WINDOW].received, quiet[SECOND_WINDOW].accepted) == (0, 0)
        assert quiet[SECOND_WINDOW].until_ms == facts.synced_ms > 0
        assert desk.device.window not in quiet


def _told(desk: Desk, *machines: Machine) -> None:
    """As the hub's last answer left it."""
    reply = MachinesReply(hub_time_ms=desk.clock.now().wall_ms, machines=machines)
    with desk.store.write() as conn:
        set_meta(conn, KEY, msgspec.msgpack.encode(reply))


def test_a_revoked_window_is_named_and_counts_in_no_total(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        people.add_staff(
            hall.hub,
            people.StaffLine(staff="T0001", name="管理员样例", roles=("system_admin",)),
            "口令-sample",
        )
        desk, other = hall.desk(), hall.fake(HALL, SECOND_WINDOW)
        other.window = SECOND_WINDOW
        hall.sync(desk)
        _accept(hall, other, desk, "case-0")
        reconcile(desk, hall=True)
        desk.rulebook.watch(desk.clock)
        before = read_board(desk)
        assert (before.accepted, before.received, before.excluded) == (1, 1, ())
        people.revoke(hall.hub, other.device, actor="T0001")
        reconcile(desk, hall=True)
        facts = read_board(desk)
        assert (facts.accepted, facts.received, facts.outcomes) == (0, 0, ())
        assert facts.excluded == ("8 号综合窗口",)
        (gone,) = [w for w in facts.windows if w.revoked_ms]
        assert gone.revoked_by == "管理员样例（T0001）"
        told = missing_words(facts.windows, online=True, now_ms=facts.now_ms)
        assert "8 号综合窗口" in told
        assert "由 管理员样例（T0001） 撤销，不计入合计" in told


def test_each_window_is_known_up_to_its_own_time(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk = hall.desk()
        hall.sync(desk)
        desk.rulebook.watch(desk.clock)
        now = desk.clock.now().wall_ms
        long_ago = now - 40 * 60_000
        _told(desk, Machine(device="dx", window=SECOND_WINDOW, seen_ms=long_ago))
        facts = read_board(desk)
        (late,) = [w for w in facts.windows if w.name == "8 号综合窗口"]
        assert late.known_until(online=True) == long_ago  # that window itself is offline
        assert late.known_until(online=False) == long_ago
        _told(desk, Machine(device="dx", window=SECOND_WINDOW, seen_ms=now - 20_000))
        (live,) = [w for w in read_board(desk).windows if w.name == "8 号综合窗口"]
        assert live.known_until(online=True) == 0
        assert live.known_until(online=False) == facts.synced_ms  # we are
        assert [w.known_until(online=False) for w in facts.windows if w.own] == [0]


def test_a_new_machine_at_the_window_of_a_revoked_one_is_what_counts(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk = hall.desk()
        hall.sync(desk)
        desk.rulebook.watch(desk.clock)
        now = desk.clock.now().wall_ms
        _told(
            desk,
            Machine(device="old", window=SECOND_WINDOW, seen_ms=now - 9, revoked_ms=now - 5),
            Machine(device="new", window=SECOND_WINDOW, seen_ms=now - 99),
        )
        assert read_board(desk).excluded == ()


def test_late_data_changes_an_hour_that_was_told_and_it_is_marked_for_the_day(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk, other, clock = _two_windows(hall)
        at = clock.now_ms
        hour = dt.datetime.fromtimestamp(at / 1000).hour
        clock.now_ms += 3_600_000
        first = tell_board(desk)  # the hour is over and told: nothing in it
        assert first.corrected == ()
        _accept(hall, other, desk, "case-0", at)
        assert hall.sync(desk).problems == []
        facts = tell_board(desk)
        (mark,) = facts.corrected
        assert (mark.hour, mark.received, mark.accepted) == (hour, 0, 0)
        assert {h.hour: h.accepted for h in facts.hours}[hour] == 1
        clock.now_ms += 3_600_000
        assert tell_board(desk).corrected == (mark,)  # it stays
        clock.now_ms += 86_400_000
        assert tell_board(desk).corrected == ()


def test_what_nobody_has_seen_is_no_correction(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk, other, clock = _two_windows(hall)
        _accept(hall, other, desk, "case-0", clock.now_ms)
        clock.now_ms += 3_600_000
        hall.sync(desk)
        assert tell_board(desk).corrected == ()


def _two_windows(hall: Hall) -> tuple[Desk, FakeDesk, FixedClock]:
    """A desk level with the hub, another one, and the clock of both."""
    desk, other = hall.desk(), hall.fake(HALL, SECOND_WINDOW)
    clock = desk.clock
    assert isinstance(clock, FixedClock)
    desk.rulebook.watch(clock)
    hall.sync(desk)
    return desk, other, clock


def _accept(hall: Hall, fake: FakeDesk, desk: Desk, case: str, at_ms: int = 0) -> None:
    at_ms = at_ms or desk.clock.now().wall_ms
    fake.make(
        OpKind.ACCEPT,
        case,
        {path: Change("", value) for path, value in COMPLETE.items()},
        act=Act(number=fake.number()),
        op_id=new_id(OpTime(wall_ms=at_ms), bytes(10)),
    )
    push(hall.hub, fake.device, fake.batch())
