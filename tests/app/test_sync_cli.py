"""The sync centre without a screen: `main.py desk sync|outbox|conflicts|verify` of two windows at one hub."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.cli import main
from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.sign_in import sign_in
from app.config import Profile
from app.queries.cases import read_state
from app.sample import filled
from sync.hub.people import approve, invite
from sync.hub.server import EmbeddedHub
from tests.desk_kit import item
from tests.ready_hub import city_hub
from tests.sync.test_engine import sync

PASSWORD = "口令-sample"
STAFF = {"370911-07": "T0718", "370911-08": "T0719"}


@dataclass
class Window:
    profile: Profile
    staff: str
    capsys: pytest.CaptureFixture[str]

    def desk(self) -> Desk:
        return sign_in(self.profile, self.staff, PASSWORD)

    def run(self, *words: str, code: int = 0) -> str:
        assert main(["desk", *words, "--profile", str(self.profile.root), "--staff", self.staff]) == code
        return self.capsys.readouterr().out

    def ask(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def windows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Window, Window]]:
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    hub = city_hub(tmp_path / "hub", PASSWORD)
    made = []
    with EmbeddedHub(hub) as server:
        for window, staff in STAFF.items():
            profile = Profile(tmp_path / staff)
            reply = enrol(profile, server.url, invite(hub, "370911", window), staff, PASSWORD)
            approve(hub, reply.device)
            made.append(Window(profile, staff, capsys))
            assert made[-1].ask("sync")["numbers"] >= 100  # numbers, not blocks
        yield made[0], made[1]
    hub.close()


def write(window: Window, case_id: str, fields: dict[str, str]) -> None:
    desk = window.desk()
    try:
        state = read_state(desk, case_id)
        assert state is not None
        entry = Entry(case_id=case_id, item_id=state.item_id, fields={**state.fields, **fields})
        intake.save_case(desk, entry)
    finally:
        desk.store.close()


def shared_case(one: Window, two: Window) -> str:
    desk = one.desk()
    try:
        case_id = desk.make_id()
        fields = {"applicant.name": "王样例"}
        intake.save_case(desk, Entry(case_id=case_id, item_id="SC001", fields=fields))
    finally:
        desk.store.close()
    for window in (one, two):
        assert window.ask("sync")["pending"] == 0
    return case_id


def test_a_disagreement_is_settled_with_a_value_of_ones_own(windows: tuple[Window, Window]) -> None:
    one, two = windows
    case_id = shared_case(one, two)
    write(one, case_id, {"applicant.address": "样例路 1 号"})
    write(two, case_id, {"applicant.address": "样例路 2 号"})
    one.run("sync")
    assert two.ask("sync")["conflicts"] == 1
    [row] = two.ask("conflicts")["conflicts"]
    clash = row["conflict"]
    assert (clash["mine"], clash["theirs"]) == ("样例路 2 号", "样例路 1 号")
    told = two.run(
        "conflicts", "--settle", clash["conflict_id"], "--value", "样例路 3 号", "--reason", "核对"
    )
    assert "已定好" in told
    two.run("sync")
    one.run("sync")
    desk = one.desk()
    state = read_state(desk, case_id)
    desk.store.close()
    assert state is not None
    assert state.value("applicant.address") == "样例路 3 号"
    assert one.ask("conflicts")["conflicts"] == []


def test_the_outbox_tells_bytes_files_and_what_was_merged(windows: tuple[Window, Window]) -> None:
    one, two = windows
    case_id = shared_case(one, two)
    write(one, case_id, {"applicant.address": "样例路 1 号"})
    write(two, case_id, {"applicant.phone": "13800000000"})
    waiting = two.ask("outbox")
    assert waiting["bytes"] == sum(row["size"] for row in waiting["outbox"]) > 0
    one.run("sync")
    two.run("sync")
    [merged] = two.ask("outbox")["merged"]
    assert (merged["case_id"], merged["fields"]) == (case_id, ["applicant.phone"])
    file = two.profile.root / "扫描件.png"
    Image.new("RGB", (20, 20)).save(file)
    two.run("attach", case_id, str(file))
    facts = two.ask("outbox")
    assert facts["bytes"] == facts["files"][0]["size"] + sum(row["size"] for row in facts["outbox"])
    words = two.run("outbox")
    assert "已自动合并" in words
    assert "附件 1 份" in words
    assert "联系电话" in words  # what was merged, by the window's name for it
    assert facts["seconds"] == -(-facts["bytes"] // (32 * 1024))
    assert f"联网后约 {facts['seconds']} 秒传完（按 32 KB/秒算）" in words
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d与中心对齐；离线租约到 \d{4}-\d\d-\d\d \d\d:\d\d。", words)


def test_a_disagreement_is_told_in_the_words_of_the_window(windows: tuple[Window, Window]) -> None:
    one, two = windows
    case_id = shared_case(one, two)
    material = item("SC001").materials[0]
    write(one, case_id, {f"material.{material.id}": "paper"})
    write(two, case_id, {f"material.{material.id}": "scan"})
    one.run("sync")
    assert two.ask("sync")["conflicts"] == 1
    told = two.run("conflicts")
    assert f"{material.name}：基准“”，这边“高拍扫描”，中心“纸质收取”" in told
    [row] = two.ask("conflicts")["conflicts"]
    settle = ("conflicts", "--settle", row["conflict"]["conflict_id"], "--value")
    two.run(*settle, "我看过了", code=1)
    assert len(two.ask("conflicts")["conflicts"]) == 1
    two.run(*settle, "电子附件")
    desk = two.desk()
    state = read_state(desk, case_id)
    desk.store.close()
    assert state is not None
    assert state.value(f"material.{material.id}") == "electronic"  # the code that is meant


def test_verify_names_what_is_spoilt_and_a_round_reads_it_again(windows: tuple[Window, Window]) -> None:
    one, two = windows
    shared_case(one, two)
    desk = two.desk()
    with desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE case_confirmed SET state = x'80'")
    desk.store.close()
    assert "读不出来" in two.run("verify", code=1)
    assert two.ask("sync")["pending"] == 0
    assert "核对通过" in two.run("verify")


def test_verify_names_an_act_that_is_spoilt(windows: tuple[Window, Window]) -> None:
    one, _ = windows
    desk = one.desk()
    intake_line(desk, filled(item("SC005"), random.Random(1)))
    sync(desk)
    with desk.store.write() as conn:  # as somebody with the key and a database tool would
        for (name,) in conn.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'op'"
        ).all():
            conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
        conn.exec_driver_sql("UPDATE op SET data = x'c1' WHERE dseq = 1")
    desk.store.close()
    assert "第 1 个动作的留痕链断了" in one.run("verify", code=1)
