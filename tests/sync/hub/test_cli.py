"""The hub commands as IT staff type them: exit codes, one JSON object, one plain line of error."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.errors import KnownError
from sync.client import HubClient
from sync.hub import numbers
from sync.hub import tables as t
from sync.hub.cli import add_parser
from sync.hub.database import init_hub, open_hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import BlockGrant, NumbersRequest, Outcome
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, PASSWORD, WINDOW, enrolled, load_places, ready_desk
from tests.sync.hub.two_people import publish_by_two

MAIN = Path(__file__).resolve().parents[3] / "main.py"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A hub directory with halls and a catalogue."""
    hub = init_hub(tmp_path / "hub")
    load_places(hub)
    publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    hub.close()
    return tmp_path / "hub"


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["hub", *map(str, words)])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def answer(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert run(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_init_may_be_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = answer(capsys, "init", "--data", tmp_path / "new")
    assert answer(capsys, "init", "--data", tmp_path / "new") == first
    assert ((tmp_path / "new" / "hub.key").stat().st_mode & 0o777) == 0o600


def test_staff_and_devices(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    words = ("--name", "赵样例", "--hall", "370911", "--window", WINDOW, "--role", "组长", "--data", data)
    assert run("staff", "add", "T1", *words) == 0
    assert run("staff", "disable", "T1", "--data", data) == 0
    (line,) = answer(capsys, "staff", "list", "--data", data)["staff"]
    assert (line["staff"], line["roles"], line["disabled"]) == ("T1", ["lead"], True)
    invited = answer(capsys, "device", "invite", "--hall", "370911", "--window", WINDOW, "--data", data)
    assert len(invited["code"]) == 11
    hub = open_hub(data)
    reply, _ = enrolled(hub)
    hub.close()
    assert run("device", "approve", reply.device, "--data", data) == 0
    with pytest.raises(KnownError, match="没有撤销"):  # T1 has been disabled
        run("device", "revoke", reply.device, "--by", "T1", "--data", data)
    assert run("staff", "add", "T1", *words) == 0
    assert run("device", "revoke", reply.device, "--by", "T1", "--data", data) == 0
    (device,) = answer(capsys, "device", "list", "--data", data)["devices"]
    assert (device["device"], device["status"]) == (reply.device, "revoked")


def test_a_password_is_asked_for_not_taken_from_nowhere(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAIHAOBAN_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(KnownError, match="口令"):
        run("staff", "add", "T1", "--name", "赵样例", "--data", data)


def test_catalogue_goes_out_and_in(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported = answer(capsys, "catalog", "export", tmp_path / "out.json", "--data", data)
    assert exported["items"] == 1
    with pytest.raises(KnownError):
        run("catalog", "export", tmp_path / "out.json", "--data", data)
    again = answer(capsys, "catalog", "import", tmp_path / "out.json", "--data", data)
    assert (again["loaded"], len(again["draft"])) == (1, 64)
    with contextlib.closing(open_hub(data)) as hub:
        assert publish_by_two(hub) > exported["version"]
    (tmp_path / "bad.json").write_bytes(b"{}x")
    with pytest.raises(KnownError):
        run("catalog", "import", tmp_path / "bad.json", "--data", data)


def test_a_list_is_imported_with_its_doubts_and_kept_beside_the_old(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "items.csv"
    table.write_text(
        "部门,主项,办理项名称,办件类型\n样例局,主项甲,样例登记,即办件\n样例局,主项甲,,即办件\n", "utf-8"
    )
    told = answer(capsys, "catalog", "import", table, "--data", data)
    assert (told["rows"], told["loaded"]) == (2, 1)
    assert {"row", "field", "reason", "severity"} == set(told["problems"][0])
    assert [p["row"] for p in told["problems"] if p["severity"] == "error"] == [3]
    exported = answer(capsys, "catalog", "export", tmp_path / "both.json", "--draft", "--data", data)
    assert exported["items"] == 2
    assert run("catalog", "import", table, "--replace", "--data", data) == 0
    assert "第 3 行" in capsys.readouterr().out
    assert answer(capsys, "catalog", "export", tmp_path / "one.json", "--draft", "--data", data)["items"] == 1


def test_a_calendar_is_imported_or_its_bad_line_is_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "2027.csv"
    days = (
        "2027-01-01,休,元旦\n2027/01/02,班,\n2027-02-05,休,春节\n2027-04-05,休,清明节\n2027-06-09,休,端午节\n"
    )
    days += "2027-09-15,休,中秋节\n2027-10-01,休,国庆节\n"
    file.write_text(f"日期,类型,名称\n{days}", "utf-8-sig")
    assert answer(capsys, "calendar", "import", file, "--data", data) == {"years": [2027]}
    hub = open_hub(data)
    with hub.read() as conn:
        calendar = hub.rulebook.calendar(conn)
    hub.close()
    assert 2027 in calendar.years
    for text, named in (
        ("日期,类型,名称\n2027-02-30,休,\n", "第 2 行"),
        ("日期,类型,名称\n2027-02-03,歇,\n", "第 2 行"),
        ("日期,类型\n2027-02-06,休\n2027-02-06,班\n", "写了两次"),
        ("日期,类型\n2027-02-03,班\n", "第 2 行的 2027-02-03 周三 本来就上班"),
        ("日期,类型\n2027-01-01,休\n2027-10-01,休\n", "2027 年不全：没有春节"),
        ("日期,类型\n1027-02-03,休\n", "第 2 行"),
        ("日期,类型\n", "一天也没有"),
        ("甲,乙\n1,2\n", "表头"),
    ):
        file.write_text(text, "utf-8")
        with pytest.raises(KnownError, match=named):
            run("calendar", "import", file, "--data", data)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KnownError):
        run("calendar", "import", file, "--data", data)


def test_restore_loses_nothing_that_the_desks_still_have(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = open_hub(data)
    desk = ready_desk(hub, "")
    with hub.read() as conn:
        desk.version = hub.rulebook.current_version(conn)
    desk.accept("c1")
    push(hub, desk.device, desk.batch())
    assert answer(capsys, "backup", tmp_path / "copy.db", "--data", data)["bytes"] > 0
    desk.accept("c2")
    push(hub, desk.device, desk.batch())
    hub.close()
    with pytest.raises(KnownError):
        run("backup", tmp_path / "copy.db", "--data", data)
    epoch = answer(capsys, "restore", tmp_path / "copy.db", "--data", data)["epoch"]
    hub = open_hub(data)
    try:
        desk.hub = hub
        with hub.read() as conn:
            assert hub.epoch(conn) == epoch
            assert list(conn.execute(select(t.case_head.c.case_id)).scalars()) == ["c1"]
        told = push(hub, desk.device, desk.batch()).outcomes
        assert [o.outcome for o in told] == [Outcome.APPLIED] * 2
        with hub.read() as conn:
            assert set(conn.execute(select(t.case_head.c.case_id)).scalars()) == {"c1", "c2"}
    finally:
        hub.close()
    assert list(data.glob("hub.db.before-*"))


def test_restored_twice_from_one_backup_it_grants_no_serial_twice(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "backup", tmp_path / "copy.db", "--data", data)
    granted: list[BlockGrant] = []
    for round_ in ("first", "second"):
        answer(capsys, "restore", tmp_path / "copy.db", "--data", data)
        hub = open_hub(data)
        request = NumbersRequest(request_id=round_ * 3, year=numbers.year_of(hub.now_ms()), have=0)
        granted += numbers.grant(hub, "desk", "370911", request).blocks
        hub.close()
    serials = [serial for block in granted for serial in range(block.first, block.last + 1)]
    assert len(serials) == len(set(serials)) > 0


def test_restore_refuses_what_is_no_backup_of_this_hub(data: Path, tmp_path: Path) -> None:
    before = (data / "hub.db").read_bytes()
    other = init_hub(tmp_path / "other")
    other.close()
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    (tmp_path / "empty").write_bytes(b"")
    for file in (tmp_path / "junk", tmp_path / "empty", tmp_path / "other" / "hub.db", tmp_path / "none"):
        with pytest.raises(KnownError, match="没有"):
            run("restore", file, "--data", data)
    with pytest.raises(KnownError):
        run("restore", "--data", data)
    assert (data / "hub.db").read_bytes() == before
    assert not list(data.glob("*restoring*"))


def test_no_hub_a_newer_schema_or_other_keys_are_told_plainly(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="hub init"):
        run("staff", "list", "--data", tmp_path / "nothing")
    hub = open_hub(data)
    with hub.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    hub.close()
    for command in ("init", "serve"):
        with pytest.raises(KnownError, match="更新版本"):
            run(command, "--data", data)
    (data / "hub.key").write_bytes(b"{}")
    with pytest.raises(KnownError, match="密钥"):
        run("staff", "list", "--data", data)


@pytest.mark.parametrize(
    "words",
    [
        ("--host", "0.0.0.0"),
        ("--tls-cert", "x.pem"),
        ("--tls-cert", "x.pem", "--tls-key", "y.pem"),
        ("--port", "70000"),
        ("--host", "256.1.1.1", "--behind-proxy"),
    ],
)
def test_serve_refuses_what_cannot_be_served_safely(data: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(KnownError, match="没有启动"):
        run("serve", "--data", data, *words)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_serve_answers_until_told_to_end(data: Path, workers: int) -> None:
    """The real process, as a service manager runs it; it ends cleanly and frees its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(MAIN), "hub", "serve", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stderr=subprocess.PIPE)
    try:
        with HubClient(f"http://127.0.0.1:{port}") as client:
            for _ in range(300):
                try:
                    client.hello()
                    break
                except KnownError:
                    assert process.poll() is None, process.stderr
                    time.sleep(0.1)
            client.hello()
        with pytest.raises(KnownError, match="正在运行"):
            run("restore", data / "hub.db", "--data", data)
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert b"Traceback" not in errors
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_check_tells_alarms_and_a_broken_audit_chain(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = open_hub(data)
    desk = ready_desk(hub, "none")
    desk.save("c1", {"form.a": "1"})
    desk.make("save", "c2", scope="370921")
    push(hub, desk.device, desk.batch())
    hub.close()
    told = answer(capsys, "check", "--data", data)
    assert (told["ok"], told["held"], [a["kind"] for a in told["alarms"]]) == (True, 1, ["foreign_scope"])
    hub = open_hub(data)
    with hub.write() as conn:  # as somebody with the file in his hands would
        conn.exec_driver_sql("DROP TRIGGER audit_no_update")
        conn.execute(t.audit.update().where(t.audit.c.aseq == 2).values(actor="somebody else"))
    hub.close()
    assert run("check", "--data", data) == 1
    told_text = capsys.readouterr().out
    assert "从第 2 条起对不上" in told_text
    assert "办理记录和办件与收到时一致" in told_text
    hub = open_hub(data)
    with hub.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER op_log_no_update")
        conn.execute(t.op_log.update().values(data=b"x"))
    hub.close()
    assert run("check", "--data", data) == 1
    assert "从第 1 步起与留痕对不上" in capsys.readouterr().out
