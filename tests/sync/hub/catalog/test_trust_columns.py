"""核查时限 and 沿用天数: the hall's own days come in, go out again, and have a default."""

from __future__ import annotations

from pathlib import Path

from models.domain.catalog import CHECK_DAYS, REUSE_DAYS
from sync.hub.catalog import read_catalog


def folder(path: Path, check: str, reuse: str) -> Path:
    path.mkdir()
    (path / "事项.csv").write_text(
        f"办理项标识,部门,办理项名称,照后办证时限,核查时限\nX1,样例局,样例事项,15,{check}\n", "utf-8"
    )
    (path / "材料.csv").write_text(
        f"办理项标识,材料标识,材料名称,沿用天数\nX1,M1,样例材料,{reuse}\n", "utf-8"
    )
    return path


def test_the_halls_own_days_are_read_and_blank_is_the_default(tmp_path: Path) -> None:
    (own,) = read_catalog(folder(tmp_path / "own", "12", "90")).items
    assert (own.licence_first, own.check_days, own.materials[0].reuse_days) == (15, 12, 90)
    (blank,) = read_catalog(folder(tmp_path / "blank", "", "")).items
    assert (blank.check_days, blank.materials[0].reuse_days) == (CHECK_DAYS, REUSE_DAYS)
