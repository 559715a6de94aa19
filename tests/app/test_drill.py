"""The drill end to end: a hub process, two desks, the cable out, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.drill import drill, run_drill
from models.errors import KnownError


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 20190926])
def test_the_drill_is_clean(tmp_path: Path, seed: int) -> None:
    told: list[str] = []
    report = drill(tmp_path / "drill", seed, told.append)
    assert report.faults == []
    assert (report.domains, report.lost, report.doubled, report.differing) == (5, 0, 0, 0)
    assert report.cases >= 25
    assert report.numbers >= 25
    assert report.leaks == report.pending == 0
    assert report.clean
    assert any("重新启动" in line for line in told)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(KnownError, match="没有改动"):
        run_drill(tmp_path, 1, as_json=True)
