"""The list of planted bugs stays plantable: a bug that no longer fits the code proves nothing."""

from __future__ import annotations

import pytest

from tests.house.tree import ROOT
from tests.mutants.__main__ import MUTANTS, SIM, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_bug_can_be_planted_where_the_list_says(mutant: Mutant) -> None:
    assert mutant.old in (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.old != mutant.new
    assert mutant.tests == SIM or (ROOT / mutant.tests).exists()


def test_no_bug_is_listed_twice() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
