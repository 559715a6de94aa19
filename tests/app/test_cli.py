"""The command line: exit codes, one plain line for errors, one JSON object with --json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.bugs import report_bug
from app.cli import main
from tests.desk_kit import ROOT

COMMANDS = [
    [],
    ["demo"],
    ["drill"],
    ["deadline"],
    ["hub"],
    ["hub", "init"],
    ["hub", "serve"],
    ["hub", "numbers"],
    ["hub", "catalog", "import"],
    ["hub", "staff", "add"],
    ["hub", "device", "invite"],
    ["desk"],
    ["desk", "enroll"],
    ["desk", "hub"],
    ["desk", "sync"],
    ["desk", "intake"],
    ["desk", "event"],
    ["desk", "cases"],
    ["desk", "numbers"],
    ["desk", "outbox"],
    ["desk", "conflicts"],
    ["desk", "act"],
    ["desk", "act", "1", "pause"],
    ["desk", "due"],
    ["desk", "service"],
    ["desk", "verify"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert "usage" in capsys.readouterr().out


def deadline(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    assert main(["deadline", "--start", "2026-09-18", "--workdays", "5", *more, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_deadline_with_what_stops_and_prolongs_it(capsys: pytest.CaptureFixture[str]) -> None:
    one = deadline(capsys, "--pause", "专家评审:2026-09-21:2026-09-23")
    assert one["due"] == "2026-09-29"
    assert deadline(capsys, "--pause", "专家评审:2026-09-21:2026-09-21")["due"] == "2026-09-24"
    assert any(
        "专家评审（行政许可依《中华人民共和国行政许可法》第四十五条），不计" in t for t in one["explanation"]
    )
    code = deadline(
        capsys, "--pause", "experts:2026-09-21:2026-09-22", "--pause", "补正：2026-09-22：2026-09-23"
    )
    assert code["due"] == "2026-09-29"
    assert deadline(capsys, "--extend", "10")["due"] == "2026-10-15"
    assert deadline(capsys, "--received")["tell_by"] == "2026-09-24"
    still = deadline(capsys, "--pause", "听证:2026-09-22:")
    assert (still["paused"], still["provisional"]) == (True, True)
    assert main(["deadline", "--start", "2026-09-18", "--workdays", "5", "--pause", "听证:2026-09-22"]) == 0
    assert "时限暂停，最早 2026-09-28" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--pause", "听证"), "看不懂"),
        (("--pause", "喝茶:2026-09-21:2026-09-22"), "不认识的程序“喝茶”"),
        (("--pause", "听证:2026-09-31:2026-10-22"), "这一天不存在"),
        (("--pause", "听证:2026-09-25:2026-09-21"), "止日早于起日"),
        (("--pause", "听证:2026-09-01:2026-09-21"), "起日早于起算日"),
        (("--extend", "11"), "延期的工作日数要在 1 到 10 之间"),
        (("--kind", "其他", "--extend", "16"), "延期的工作日数要在 1 到 15 之间"),
        (("--kind", "处罚"), "不认识的事项类别“处罚”"),
        (("--extend", "x"), "“x”不是延期的工作日数"),
    ],
)
def test_deadline_names_what_it_cannot_use(
    capsys: pytest.CaptureFixture[str], more: tuple[str, ...], named: str
) -> None:
    assert main(["deadline", "--start", "2026-09-18", "--workdays", "5", *more]) == 1
    assert named in capsys.readouterr().err


def test_deadline_cites_the_law_of_permits_for_permits_only(capsys: pytest.CaptureFixture[str]) -> None:
    every = ("--received", "--extend", "3", "--pause", "专家评审:2026-09-21:2026-09-22")
    permit = deadline(capsys, "--kind", "许可", *every)
    law = "《中华人民共和国行政许可法》"
    for article in ("第三十二条第一款第（四）项", "第四十二条", "第四十五条", "第八十二条"):
        assert any(law + article in line for line in permit["explanation"])
    for kind, told in (("不动产", "2026-09-18"), ("其他", "2026-09-24")):
        other = deadline(capsys, "--kind", kind, *every)
        assert "行政许可" not in "".join(other["explanation"])
        assert (other["due"], other["tell_by"]) == (permit["due"], told)
    assert any("不动产登记暂行条例" in line for line in deadline(capsys, "--kind", "不动产")["explanation"])
    unsaid = [line for line in deadline(capsys, *every)["explanation"] if law in line]
    assert len(unsaid) == 4
    assert all(f"行政许可依{law}" in line for line in unsaid)


def test_joint_handling_may_be_prolonged_by_fifteen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", "--start", "2026-03-02", "--workdays", "45", "--extend", "15", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["due"] == "2026-05-28"


def test_the_day_to_speak_is_provisional_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", "--start", "2026-12-30", "--workdays", "0", "--received", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["due"], answer["tell_by"], answer["provisional"]) == ("2026-12-30", "2027-01-06", True)
    assert any("待 2027 年日历" in line for line in answer["explanation"])


def test_deadline_as_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deadline", "--start", "2026-09-18", "--workdays", "5", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"start", "due", "provisional", "explanation"}
    assert answer["due"] == "2026-09-24"
    assert main(["deadline", "--start", "2026-12-28", "--workdays", "5"]) == 0
    assert "待 2027 年日历" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["deadline", "--start", "x", "--workdays", "5"],
        ["desk", "cases", "--staff", "T0718"],
        ["desk", "sync", "--staff", "T0718"],
        ["desk", "enroll", "--hub", "http://127.0.0.1:9", "--code", "X", "--staff", "T0718"],
        ["hub", "serve", "--data", "/nonexistent"],
        ["hub", "catalog", "import", "--data", "/nonexistent", "missing.csv"],
    ],
    ids=" ".join,
)
def test_errors_are_one_line_and_no_traceback(command: list[str], tmp_path: Path) -> None:
    profile = ["--profile", str(tmp_path)] if command[0] == "desk" else []
    done = subprocess.run(
        [sys.executable, "main.py", *command, *profile],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "HOME": str(tmp_path), "TAIHAOBAN_PASSWORD": "sample", "PYTHONUTF8": "1"},
    )
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_leaves_a_place_but_no_values(tmp_path: Path) -> None:
    try:
        raise ValueError("王样例 11010519491231002X")
    except ValueError as error:
        sentence = report_bug(error, tmp_path)
    log = (tmp_path / "bugs.log").read_text(encoding="utf-8")
    assert "test_cli.py" in log
    assert "王样例" not in log + sentence
    assert "1949" not in log + sentence


def test_importing_the_sign_in_window_loads_nothing_heavy() -> None:
    code = "import sys, views.unlock.window; print(sorted({'sqlalchemy','requests','fastapi','docx','pypinyin'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense"], "不能写“nonsense”，可以写：demo, drill"),
        (["deadline"], "还要写明：--start, --workdays"),
        (["deadline", "--start"], "--start后面还要写一个值"),
        (["simulate", "--seeds", "many"], "--seeds要写整数，“many”不是"),
        (["drill", "--nonsense"], "不认得“--nonsense”"),
        (["desk", "act", "1", "decide", "perhaps"], "不能写“perhaps”，可以写：grant, deny"),
        (["drill", "--json=1"], "--json后面不写值，“1”多了"),
    ],
)
def test_a_command_written_wrongly_is_told_in_one_plain_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err
    assert "--help" in err
