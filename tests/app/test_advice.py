"""采纳建议: one suggestion out of the board's own figures; nothing where nothing is pressing."""

from __future__ import annotations

import msgspec
import pytest

from app.queries.advice import FEW_NUMBERS, advise
from app.queries.board import BoardFacts
from app.queries.deadlines import DueRow
from models.domain.case import CaseStatus
from views.status import FEW_NUMBERS as IN_THE_STATUS_BAR

CALM = BoardFacts(
    day="2026-11-23",
    now_ms=1,
    synced_ms=1,
    hours=(),
    windows=(),
    drafts=3,
    waiting_to_sync=9,
    numbers_left=20,
)


def due(case_id: str, tone: str, text: str) -> DueRow:
    return DueRow(
        case_id=case_id,
        number="",
        receipt="",
        item_name="样例事项",
        applicant="",
        status=CaseStatus.ACCEPTED,
        phase="",
        text=text,
        tone=tone,
        left=0,
        due="2026-11-23",
        provisional=False,
        unconfirmed=False,
        deemed=False,
    )


def test_a_calm_hall_gets_no_advice() -> None:
    assert advise(CALM) is None
    assert FEW_NUMBERS == IN_THE_STATUS_BAR


@pytest.mark.parametrize(
    ("changes", "place", "case_id", "words"),
    [
        ({"due": (due("c1", "red", "超期 1 天"), due("c2", "amber", "明天到期"))}, "case", "c1", "1 件"),
        ({"attention": 2}, "sync", "", "2 件"),
        ({"numbers_left": 19, "numbers_used": 31}, "sync", "", "剩 19 个，今天已用 31 个"),
        ({"due": (due("c2", "amber", "明天到期"),)}, "case", "c2", "明天到期"),
        (
            {"due": (due("c1", "red", "今天到期"),), "attention": 2, "numbers_left": 0},
            "case",
            "c1",
            "今天到期",
        ),
        ({"attention": 2, "numbers_left": 0}, "sync", "", "2 件"),
    ],
)
def test_the_most_pressing_comes_first_with_its_figures(
    changes: dict[str, object], place: str, case_id: str, words: str
) -> None:
    found = advise(msgspec.structs.replace(CALM, **changes))
    assert found is not None
    assert (found.place, found.case_id) == (place, case_id)
    assert words in found.text
