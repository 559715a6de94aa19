"""``desk templates copy``: a hall begins from the built-in templates, and loses nothing of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from app.documents.required import REQUIRED, check_folder


def test_all_templates_are_written_and_pass_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["desk", "templates", "copy", "--to", str(tmp_path / "own"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["files"]) == {f"{kind}.docx" for kind in REQUIRED} | {"phrases.json"}
    assert said["kept"] == []
    assert check_folder(tmp_path / "own") == []


def test_what_the_hall_has_changed_already_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "accept.docx"
    mine.write_bytes(b"mine")
    assert main(["desk", "templates", "copy", "--to", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == ["accept.docx"]
    assert mine.read_bytes() == b"mine"
    assert (tmp_path / "refuse.docx").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own").write_bytes(b"")
    assert main(["desk", "templates", "copy", "--to", str(tmp_path / "own")]) == 1
    assert "换一个位置" in capsys.readouterr().err


def test_the_remedy_names_its_limits() -> None:
    """行政复议法 20条 (60 days), 行政诉讼法 46条 (6 months); domain facts §2.7."""
    from app.documents.context import phrases

    assert "60日内" in phrases()["remedy"]
    assert "6个月内" in phrases()["remedy"]
