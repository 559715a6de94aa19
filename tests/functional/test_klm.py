"""No task of ui.md §9 needs more keys or decisions than listed there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication

from tests.functional.klm import TASKS, run_all, table
from views.theme import apply_theme

pytestmark = pytest.mark.slow


def test_no_task_needs_more_than_listed(qapp: QApplication, tmp_path: Path) -> None:
    apply_theme(qapp)
    results = run_all(qapp, tmp_path)
    assert [r.name for r in results] == list(TASKS)
    assert [r.name for r in results if not r.within] == [], table(results)
    assert all(r.seconds <= r.target_s for r in results), table(results)
    assert all(r.k >= r.m - 6 for r in results)  # nothing was left out of the count
