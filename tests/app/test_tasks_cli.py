"""``desk tasks``, ``desk made-up`` and ``desk check``: what is owed, without a screen, on a real replica."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.commands import intake
from app.commands.context import Desk
from tests.app.test_promises import ON_TRUST, entry, with_kit
from tests.desk_kit import make_desk, open_made


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    def signed_in(args: argparse.Namespace) -> Desk:
        return open_made(tmp_path)

    monkeypatch.setattr("app.desk_cli.open_desk", signed_in)
    desk = with_kit(make_desk(tmp_path))
    done = intake.accept(desk, entry(desk, ON_TRUST))
    desk.store.close()
    return done.case_id


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["desk", *words, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_what_is_owed_is_listed_and_closed(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = run(capsys, "tasks")["tasks"]
    assert [(t["duty"], t["due"]) for t in tasks] == [
        ("deferral:M2", "2026-11-30"),
        ("licence", "2026-12-07"),
        ("commitment:M3", "2026-12-21"),
    ]
    assert run(capsys, "tasks", "--overdue")["tasks"] == []
    run(capsys, "made-up", case, "deferral:M2", "--form", "scan")
    run(capsys, "check", case, "licence", "--found", "已取得许可")
    run(capsys, "check", case, "commitment:M3", "--found", "有处罚记录", "--false", "credit")
    left = run(capsys, "tasks")
    assert left["tasks"] == []
    assert [p["what"] for p in left["credit_proposals"]] == ["无违法证明"]


def test_a_refusal_is_one_plain_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["desk", "made-up", case, "deferral:M1"]) == 1
    err = capsys.readouterr().err
    assert "没有这一项" in err
    assert len(err.strip().splitlines()) == 1
    assert main(["desk", "tasks"]) == 0
    assert "容缺后补" in capsys.readouterr().out
