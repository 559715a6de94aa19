"""``desk act`` and ``desk due``: the later acts without a screen, on a real replica."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.sample import filled
from models.domain.checklist import shown_points
from tests.app.test_after import with_roles
from tests.desk_kit import item, make_desk, open_made

ITEM = "TZ004"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An accepted case at a desk whose reviewer is signed in for every command."""

    def signed_in(args: argparse.Namespace) -> Desk:
        return with_roles(open_made(tmp_path), "reviewer")

    monkeypatch.setattr("app.desk_cli.open_desk", signed_in)
    desk = make_desk(tmp_path)
    done = intake_line(desk, filled(item(ITEM), random.Random(3)))
    desk.store.close()
    return done.number


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["desk", *words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def fails(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["desk", *words]) == 1
    return capsys.readouterr().err


def test_a_case_from_acceptance_to_delivery(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    why = ("--reason", "样例")
    paused = run(capsys, "act", case, "pause", "--procedure", "专家评审", "--workdays", "5", *why)
    assert (paused["status"], paused["text"]) == ("accepted", "时限暂停")
    run(capsys, "act", case, "resume")
    longer = run(capsys, "act", case, "extend", "--workdays", "10", "--approver", "样例负责人", *why)
    assert longer["due"] == "2027-01-04"  # as far as the calendar is known
    assert run(capsys, "act", case, "decide", "grant")["status"] == "decided"
    done = run(capsys, "act", case, "deliver", "--way", "counter", "--recipient", "样例")
    assert done["status"] == "delivered"
    lines = [line["text"] for line in run(capsys, "due", case)["lines"]]
    assert any("送达" in text for text in lines)
    assert main(["desk", "due", case]) == 0
    assert "第四十二条" in capsys.readouterr().out


def test_a_denial_names_its_points(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    point = shown_points(item(ITEM), {})[0].id
    assert "审查要点" in fails(capsys, "act", case, "decide", "deny", "--reason", "样例", "--fail", "没有的")
    assert main(["desk", "act", case, "decide", "deny", "--reason", "样例", "--fail", point]) == 0
    assert capsys.readouterr().out == "已办结。\n"


def test_what_is_wrong_is_said_in_one_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    pause = ("pause", "--workdays", "5", "--reason", "样例", "--procedure")
    assert "不认识的程序“喝茶”" in fails(capsys, "act", case, *pause, "喝茶")
    assert "须写明依据" in fails(capsys, "act", case, *pause, "挂起")
    assert "没有这件办件" in fails(capsys, "act", "0", "resume")
    assert "没有这件办件" in fails(capsys, "due", " ")
    assert "没有暂停" in fails(capsys, "act", case, "resume")


def test_what_is_due_is_listed(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "due") == {"due": []}


def test_receipts_out_of_hours_are_counted(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    month = ("service", "--from", "2026-11-01", "--to", "2026-11-30")
    assert run(capsys, *month) == {"regular": 1, "weekend": 0, "overtime": 0, "days": 0}
    assert main(["desk", *month]) == 0
    assert "工作时间 1 件，延时 0 件" in capsys.readouterr().out
    assert "不是日期" in fails(capsys, "service", "--from", "x", "--to", "2026-11-30")


def test_a_correction_on_the_spot_by_command(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = open_made(tmp_path)
    received = intake_line(desk, filled(item(ITEM), random.Random(4), "receive")).number
    desk.store.close()
    words = ("amend", "--place", "material.M1", "--was", "2062 年", "--now", "2026 年", "--by", "applicant")
    done = run(capsys, "act", received, *words)
    assert done["status"] == "received"
    assert "已受理，不能再当场更正" in fails(capsys, "act", case, *words)
    assert "原来是什么" in fails(capsys, "act", received, *words[:-3], "2062 年", *words[-2:])
