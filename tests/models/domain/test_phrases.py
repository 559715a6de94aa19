"""Phrases are found by their initials, and none of them asks for a material."""

from __future__ import annotations

import msgspec
import pytest

from app.queries.phrases import BUILT_IN
from models.domain.phrases import KINDS, Phrase, matching, phrase_problem

STARTER = msgspec.json.decode(BUILT_IN.read_bytes(), type=dict[str, list[str]])
ALL = [Phrase(kind=kind, text=text) for kind, texts in STARTER.items() for text in texts]


def test_the_starter_set_has_every_kind_and_asks_for_nothing() -> None:
    assert tuple(STARTER) == KINDS
    assert [one.text for one in ALL if phrase_problem(one.text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "请提供无房证明",
        "还须提交户口簿",
        "另附居住证明",
        "请补交社保缴费证明",
        "应当出具单位介绍信",
        "再开一张证明",
    ],
)
def test_a_demand_is_not_kept(text: str) -> None:
    assert "只看实施清单" in phrase_problem(text)


def test_found_by_initials_from_the_start_first() -> None:
    found = [one.text for one in matching(ALL, "qsdwgz")]
    assert found[0] == "缺少单位公章，请补盖"
    assert matching(ALL, "QSDWGZ") == matching(ALL, "qsdwgz")
    assert "缺少单位公章，请补盖" in [one.text for one in matching(ALL, "公章")]
    assert "缺少单位公章，请补盖" in [one.text for one in matching(ALL, "gz")]
    assert matching(ALL, "") == ALL
    assert matching(ALL, "zzzzqq") == []
