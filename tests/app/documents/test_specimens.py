"""``desk templates sample``: a hall sees all its documents before anybody gets one."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

import docx
import pytest

from app.cli import main
from app.documents.required import REQUIRED, allowed
from app.documents.specimens import _VALUES
from tests.app.test_documents import text_of


def test_each_tag_has_a_value_of_its_own() -> None:
    wanted = set().union(*(allowed(kind) for kind in REQUIRED)) - {"qr", "rating_qr", "remedy"}
    assert wanted <= set(_VALUES)


def test_every_document_is_written_and_none_has_a_hole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["desk", "templates", "sample", "--to", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {name.split("-")[0] for name in said["files"]} == set(REQUIRED)
    assert said["warnings"] == []
    for name in said["files"]:
        text = text_of((tmp_path / "out" / name).read_bytes())
        for wrong in ("{{", "{%", "None", "（）", "：。", "，，"):
            assert wrong not in text, (name, wrong)


def test_a_hall_s_own_template_is_shown_and_a_broken_one_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    paper = docx.Document(io.BytesIO(files("resources").joinpath("templates", "accept.docx").read_bytes()))
    paper.add_paragraph("本厅写法")
    paper.save(str(own / "accept.docx"))
    (own / "refuse.docx").write_bytes(b"no docx")
    args = ["desk", "templates", "sample", "--to", str(tmp_path / "out"), "--templates", str(own)]
    assert main(args) == 0
    assert "refuse.docx" in capsys.readouterr().err
    assert "本厅写法" in text_of((tmp_path / "out" / "accept-受理通知书.docx").read_bytes())
    assert main([*args[:-1], str(tmp_path / "none")]) == 1
    assert "没有写出文件" in capsys.readouterr().err
