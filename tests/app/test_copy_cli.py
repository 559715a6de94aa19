"""``desk copy``, ``desk backfill`` and ``desk unmatched`` on a real replica."""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.cli import main
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.queries.cases import read_state
from app.sample import filled
from models.domain.case import CaseState
from models.domain.other_system import number_path
from models.tables import replica as t
from tests.desk_kit import item, make_desk, open_made

NUMBER = "SC202611230001"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseState:
    def signed_in(args: argparse.Namespace) -> Desk:
        return open_made(tmp_path)

    monkeypatch.setattr("app.desk_cli.open_desk", signed_in)
    desk = make_desk(tmp_path)
    done = intake_line(desk, filled(item("SC001"), random.Random(1)))
    state = read_state(desk, done.case_id)
    desk.store.close()
    assert state is not None
    return state


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["desk", *words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def audited(folder: Path) -> list[tuple[str, str]]:
    desk = open_made(folder)
    with desk.store.read() as conn:
        found = [(row.act, row.detail) for row in conn.execute(select(t.audit).order_by(t.audit.c.aseq))]
    desk.store.close()
    return found


def test_fields_come_masked_and_whole_only_on_record(
    tmp_path: Path, case: CaseState, capsys: pytest.CaptureFixture[str]
) -> None:
    number, phone = case.value("applicant.id_number"), case.value("applicant.phone")
    answer = run(capsys, "copy", case.case_id)
    values = [field["value"] for field in answer["fields"]]
    assert answer["system"] == "shichang"
    assert case.value("applicant.name") in values
    assert number not in values
    assert phone not in values
    assert not [one for one in audited(tmp_path) if one[0] == "copy_out"]
    answer = run(capsys, "copy", case.number, "--plain")
    assert {number, phone} <= {field["value"] for field in answer["fields"]}
    act, detail = audited(tmp_path)[-1]
    assert act == "copy_out"
    assert "证件号码" in detail
    assert number not in detail
    assert main(["desk", "copy", case.case_id]) == 0
    told = capsys.readouterr().out
    assert case.value("applicant.name") in told
    assert number not in told


def test_a_package_is_written_and_put_on_record(
    tmp_path: Path, case: CaseState, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "package.csv"
    run(capsys, "copy", case.case_id, "--out", str(target))
    rows = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert case.value("applicant.id_number") in rows[1]
    assert audited(tmp_path)[-1][0] == "export_system"
    assert main(["desk", "copy", case.case_id, "--out", str(tmp_path / "package.doc")]) == 1
    assert "没有导出" in capsys.readouterr().err


def test_the_number_comes_back_and_the_case_leaves_the_list(
    tmp_path: Path, case: CaseState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [one["case_id"] for one in run(capsys, "unmatched")["unmatched"]] == [case.case_id]
    assert run(capsys, "unmatched", "没有这样的")["unmatched"] == []
    assert run(capsys, "backfill", case.number, NUMBER)["number"] == NUMBER
    assert run(capsys, "unmatched")["unmatched"] == []
    desk = open_made(tmp_path)
    state = read_state(desk, case.case_id)
    desk.store.close()
    assert state is not None
    assert state.value(number_path("shichang")) == NUMBER


@pytest.mark.parametrize(
    "words",
    [
        ("copy", "nowhere"),
        ("backfill", "nowhere", NUMBER),
        ("backfill", "CASE", "SC12"),
        ("backfill", "CASE", NUMBER, "--system", "none"),
        ("copy", "CASE", "--system", "none"),
    ],
)
def test_an_objection_is_one_plain_line_and_changes_nothing(
    tmp_path: Path, case: CaseState, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main(["desk", *(case.case_id if word == "CASE" else word for word in words)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert "没有改动" in told.err
    desk = open_made(tmp_path)
    assert read_state(desk, case.case_id) == case
    desk.store.close()


@pytest.mark.parametrize("name", ["copy", "backfill", "unmatched"])
def test_each_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["desk", name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out
