"""看板 across machines: another window's cases are counted under its name."""

from __future__ import annotations

from pathlib import Path

from app.queries.board import read_board
from models.domain.ops import Act, Change, OpKind, OpTime
from models.ops import new_id
from sync.hub.ingest import push
from tests.sync.hall_kit import open_hall
from tests.sync.hub.fake_desk import COMPLETE, HALL, SECOND_WINDOW


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
