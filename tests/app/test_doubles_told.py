"""Same applicant, same item, opened at two windows: both kept, and the second window is told where it looks."""

from __future__ import annotations

from pathlib import Path

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.queries.outbox import read_merged
from sync.hub.doubles import REASON
from tests.sync.hall_kit import open_hall
from tests.sync.hub.fake_desk import COMPLETE, ITEM, SECOND_WINDOW
from views.outbox.choices import merged_cells


def accepted(desk: Desk) -> str:
    return intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)).case_id


def test_the_window_that_came_second_is_told_while_its_case_is_under_way(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        first, second = hall.desk(), hall.desk("second", window=SECOND_WINDOW)
        for desk in (first, second):
            hall.sync(desk)
        one, other = accepted(first), accepted(second)
        for _ in range(2):  # the answer to the batch, and then the feed
            for desk in (first, second):
                assert hall.sync(desk).problems == []
            assert read_merged(first) == []
            (told,) = read_merged(second)
            assert (told.case_id, told.flagged, told.reason) == (other, True, REASON)
        assert {one, other} <= hall.states().keys()
        assert "请核对" in merged_cells(told)[1].text
        fields = dict(hall.states()[other].fields)
        intake.withdraw(second, Entry(case_id=other, item_id=ITEM.id, fields=fields), "重复申请")
        assert read_merged(second) == []
