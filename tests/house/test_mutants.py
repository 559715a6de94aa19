"""A planted bug that no longer fits its file would stop ``make mutants``: told here, at once."""

from __future__ import annotations

import pytest

from tests.mutants.__main__ import MUTANTS, ROOT, SIM, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_the_place_for_the_bug_is_there(mutant: Mutant) -> None:
    assert mutant.old in (ROOT / mutant.file).read_text()
    assert mutant.old != mutant.new
    assert mutant.tests == SIM or (ROOT / mutant.tests).exists()


def test_no_two_are_the_same() -> None:
    assert len({(m.file, m.old, m.new) for m in MUTANTS}) == len(MUTANTS)
