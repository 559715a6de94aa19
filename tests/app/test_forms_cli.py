"""``desk forms``: blank forms and samples without a screen, on a real replica."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands.context import Desk
from models.device import set_meta
from models.domain.forms import FormFile, write_form_list
from sync.forms import LIST_KEY
from tests.desk_kit import item, make_desk, open_made

MATERIAL = next(m for m in item("SC001").materials if m.blank and m.sample)
PAGE = b"%PDF-1.7\n" + bytes(200)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk that holds the list with one file, and not the file; nobody answers at its hub's address."""

    def signed_in(args: argparse.Namespace) -> Desk:
        return open_made(tmp_path)

    monkeypatch.setattr("app.desk_cli.open_desk", signed_in)
    made = make_desk(tmp_path)
    sha = hashlib.sha256(PAGE).hexdigest()
    file = FormFile(name=MATERIAL.blank, sha256=sha, size=len(PAGE), media="application/pdf")
    with made.store.write() as conn:
        set_meta(conn, LIST_KEY, write_form_list([file]))
    made.store.close()
    return tmp_path


def places(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["desk", "forms", "--item", "SC001", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["forms"]
    return {row["name"]: row["place"] for row in rows}


def test_forms_are_taken_from_a_folder_listed_and_written_out(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = places(capsys)
    assert (listed[MATERIAL.blank], listed[MATERIAL.sample]) == ("hub", "none")
    stick = desk / "stick"
    stick.mkdir()
    (stick / "任何名字.pdf").write_bytes(PAGE)
    assert main(["desk", "forms", "--import", str(stick)]) == 0
    assert "装入 1 份" in capsys.readouterr().out
    assert places(capsys)[MATERIAL.blank] == "here"
    out = desk / "out.pdf"
    assert main(["desk", "forms", "--get", MATERIAL.blank, "--out", str(out)]) == 0
    assert out.read_bytes() == PAGE
    assert main(["desk", "forms", "--get", MATERIAL.blank, "--out", str(out)]) == 1
    assert "已经存在" in capsys.readouterr().err


def test_what_cannot_be_fetched_is_one_plain_line(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["desk", "forms", "--fetch"]) == 1
    assert "连不上中心" in capsys.readouterr().err
    assert main(["desk", "forms", "--get", MATERIAL.sample, "--out", str(desk / "x.pdf")]) == 1
    assert "还没有" in capsys.readouterr().err
    (desk / "other").mkdir()
    (desk / "other" / "别的.pdf").write_bytes(b"%PDF- other")
    assert main(["desk", "forms", "--import", str(desk / "other")]) == 1
    assert "不在中心的清单里" in capsys.readouterr().err
