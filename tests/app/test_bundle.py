"""摆渡包: a desk that never gets a line reconciles by stick, and no stick can do harm."""

from __future__ import annotations

import json
import random
import resource
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from app.cli import main
from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.bundle import _courier, bundle_name, export_bundle, import_bundle
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.intake import save_case
from app.commands.reconcile import reconcile
from app.commands.sign_in import read_lease, sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.queries.cases import find_cases, read_state
from app.queries.outbox import lease_ms
from app.sample import filled
from models.clock import SystemClock
from models.crypto import public_key
from models.domain.ops import OpTime
from models.errors import KnownError
from models.files import write_out
from models.projection import differences, project_all
from models.tables import replica as t
from sync.bundle import Section, read_bundle, write_bundle
from sync.hub import tables as h
from sync.hub.bundle import for_desk, take_in
from sync.hub.compact import compact
from sync.hub.credit import import_credit
from sync.hub.database import Hub, init_hub
from sync.hub.people import approve, disable_staff, invite, revoke
from sync.hub.server import EmbeddedHub
from tests.desk_kit import item
from tests.ready_hub import city_hub
from tests.sync.test_engine import sync

PASSWORD = "口令-sample"


class Ahead(SystemClock):
    """A machine whose clock is ten years ahead, started anew: it has not heard the hub since."""

    def now(self) -> OpTime:
        time = super().now()
        return msgspec.structs.replace(time, wall_ms=time.wall_ms + 3650 * 86_400_000)


@dataclass
class Post:
    """A desk enrolled over a line that is then taken away, and its hub."""

    hub: Hub
    server: EmbeddedHub
    desk: Desk
    profile: Profile
    folder: Path

    def carry(self) -> Path:
        """Out on a stick, in at the hub, back on another stick."""
        out = self.folder / bundle_name(self.desk)
        export_bundle(self.desk, out)
        back = out.with_suffix(".back")
        back.write_bytes(take_in(self.hub, out.read_bytes())[1])
        return back


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made = city_hub(tmp_path_factory.mktemp("hub"), PASSWORD)
    yield made
    made.close()


@pytest.fixture
def post(hub: Hub, tmp_path: Path) -> Iterator[Post]:
    server = EmbeddedHub(hub)
    profile = Profile(tmp_path / "desk")
    with server:
        reply = enrol(profile, server.url, invite(hub, "370911", "370911-07"), "T0718", PASSWORD)
        approve(hub, reply.device)
        desk = sign_in(profile, "T0718", PASSWORD)
        assert sync(desk).problems == []
    yield Post(hub, server, desk, profile, tmp_path)
    desk.store.close()


def work(desk: Desk, *seeds: int) -> list[str]:
    return [intake_line(desk, filled(item("SC005"), random.Random(seed))).case_id for seed in seeds]


def test_a_round_by_stick_settles_everything_and_again_changes_nothing(post: Post) -> None:
    cases = work(post.desk, 1, 2, 3)
    before = {case: read_state(post.desk, case) for case in cases}
    back = post.carry()
    report = import_bundle(post.desk, back)
    assert (report.pending, report.problems) == (0, ())
    assert report.pulled >= 3
    for case, state in before.items():
        after = read_state(post.desk, case)
        assert state is not None
        assert after is not None
        assert differences(state, after) == []
    assert {row.sync for row in find_cases(post.desk)} == {"synced"}
    with pytest.raises(KnownError, match="都已包括"):
        import_bundle(post.desk, back)
    assert verify_replica(post.desk) == []
    with post.server:
        after_line = sync(post.desk)
    assert (after_line.pushed, after_line.pulled, after_line.problems) == (0, 0, [])


def test_late_sticks_mix_with_the_line(post: Post) -> None:
    work(post.desk, 11)
    first = post.carry()
    work(post.desk, 12)
    second = post.carry()
    assert import_bundle(post.desk, second).pending == 0
    with pytest.raises(KnownError, match="都已包括"):
        import_bundle(post.desk, first)
    work(post.desk, 13)
    third = post.carry()
    with post.server:
        assert sync(post.desk).pending == 0
    with pytest.raises(KnownError, match="都已包括"):
        import_bundle(post.desk, third)
    assert verify_replica(post.desk) == []


def test_a_stick_given_in_twice_doubles_nothing(post: Post) -> None:
    work(post.desk, 21, 22)
    out = post.folder / "out.thb"
    export_bundle(post.desk, out)
    first, _ = take_in(post.hub, out.read_bytes())
    again, back = take_in(post.hub, out.read_bytes())
    assert (first.ops, again.ops) == (2, 2)
    assert first.outcomes == again.outcomes == {"applied": 2}
    (post.folder / "back").write_bytes(back)
    assert import_bundle(post.desk, post.folder / "back").pending == 0
    assert len(find_cases(post.desk)) == len({row.number for row in find_cases(post.desk)})


def test_nothing_on_the_stick_can_be_read(post: Post) -> None:
    case = work(post.desk, 31)[0]
    state = read_state(post.desk, case)
    assert state is not None
    back = post.carry()
    out = next(post.folder.glob("*.thb"))
    for data in (out.read_bytes(), back.read_bytes()):
        for secret in (state.value("applicant.name"), state.value("applicant.phone"), state.number):
            assert secret.encode() not in data


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.99])
def test_a_torn_or_changed_stick_changes_nothing(post: Post, place: float) -> None:
    work(post.desk, 41)
    back = post.carry()
    whole = back.read_bytes()
    at = int(len(whole) * place)
    for bad in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], b""):
        back.write_bytes(bad)
        with pytest.raises(KnownError, match="没有改动"):
            import_bundle(post.desk, back)
    back.write_bytes(whole)
    assert import_bundle(post.desk, back).pending == 0


def test_whom_it_is_not_for_and_what_is_too_old_is_said(post: Post, tmp_path: Path) -> None:
    work(post.desk, 51)
    out = tmp_path / "out.thb"
    export_bundle(post.desk, out)
    with pytest.raises(KnownError, match="已经存在"):
        export_bundle(post.desk, out)
    with pytest.raises(KnownError, match="要在中心导入"):
        import_bundle(post.desk, out)
    with pytest.raises(KnownError, match="介质"):
        import_bundle(post.desk, tmp_path / "none")
    with pytest.raises(KnownError, match="介质已满或者已拔出"):
        export_bundle(post.desk, Path("/proc/none/out.thb"))
    other = init_hub(tmp_path / "other")
    with pytest.raises(KnownError, match="另一个中心"):
        take_in(other, out.read_bytes())
    other.close()
    real = post.hub.now_ms
    post.hub.now_ms = lambda: real() + 40 * 86_400_000
    try:
        with pytest.raises(KnownError, match="过期"):
            take_in(post.hub, out.read_bytes())
    finally:
        post.hub.now_ms = real
    back = tmp_path / "back"
    back.write_bytes(take_in(post.hub, out.read_bytes())[1])
    with pytest.raises(KnownError, match="要在工作站上导入"):
        take_in(post.hub, back.read_bytes())
    revoke(post.hub, post.desk.device.device)
    with pytest.raises(KnownError, match="撤销"):
        take_in(post.hub, out.read_bytes())


def test_numbers_and_a_folded_feed_come_by_stick_too(post: Post) -> None:
    with post.desk.store.write() as conn:
        conn.exec_driver_sql("UPDATE number_block SET next = last")
    work(post.desk, 61)
    import_bundle(post.desk, post.carry())
    assert len(work(post.desk, *range(62, 70))) == 8  # numbers that only the stick can have brought
    noted = msgspec.structs.replace(filled(item("SC005"), random.Random(70)), note="样例备注")
    intake_line(post.desk, noted)  # two steps of one case: the feed can do without the first
    import_bundle(post.desk, post.carry())
    real = post.hub.now_ms
    post.hub.now_ms = lambda: real() + 2 * 86_400_000
    try:
        assert sum(one.folded for one in compact(post.hub, 1)) > 0
        whole = post.folder / "whole"
        whole.write_bytes(for_desk(post.hub, post.desk.device.device))
    finally:
        post.hub.now_ms = real
    with post.desk.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM case_confirmed")
        conn.exec_driver_sql("DELETE FROM cursor")
    assert import_bundle(post.desk, whole).problems == ()
    assert {row.sync for row in find_cases(post.desk)} == {"synced"}
    assert verify_replica(post.desk) == []


def test_the_commands(
    post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work(post.desk, 71, 72)
    post.desk.store.close()
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    profile, data = str(post.profile.root), str(post.hub.data_dir)
    out, back = str(post.folder / "o"), str(post.folder / "b")
    at_desk = ["--profile", profile, "--staff", "T0718", "--json"]
    assert main(["desk", "bundle", "export", out, *at_desk]) == 0
    assert json.loads(capsys.readouterr().out)["ops"] == 2
    assert main(["hub", "bundle", "import", out, "--reply", back, "--data", data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcomes"] == {"applied": 2}
    assert main(["hub", "bundle", "import", out, "--reply", back, "--data", data]) == 1
    assert "没有覆盖" in capsys.readouterr().err
    assert main(["desk", "bundle", "import", back, *at_desk]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["pending"], answer["problems"]) == (0, [])
    assert main(["desk", "verify", *at_desk]) == 0


def test_a_full_stick_keeps_no_half_file(post: Post) -> None:
    work(post.desk, 81, 82, 83)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    store_size = post.desk.store.path.stat().st_size
    data = secrets.token_bytes(store_size + 8 * 1024 * 1024)
    stick = post.folder / "stick"
    stick.mkdir()
    (stick / "old.thb").write_bytes(b"before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (store_size + 4 * 1024 * 1024, limits[1]))
    try:
        with pytest.raises(OSError):
            write_out(stick / "old.thb", data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in stick.iterdir()] == ["old.thb"]
    assert (stick / "old.thb").read_bytes() == b"before"


def test_sign_ins_are_renewed_and_ended_by_stick(post: Post) -> None:
    before = read_lease(post.desk.store, post.desk.device, "T0718")
    real = post.hub.now_ms
    post.hub.now_ms = lambda: real() + 3 * 86_400_000
    try:
        import_bundle(post.desk, post.carry())
        after = read_lease(post.desk.store, post.desk.device, "T0718")
        assert before is not None
        assert after is not None
        assert after.expires_ms > before.expires_ms + 2 * 86_400_000
        disable_staff(post.hub, "T0718")
        post.hub.now_ms = lambda: real() + 4 * 86_400_000
        import_bundle(post.desk, post.carry())
        assert read_lease(post.desk.store, post.desk.device, "T0718") is None
    finally:
        post.hub.now_ms = real
        with post.hub.write() as conn:
            conn.execute(update(h.staff).where(h.staff.c.staff == "T0718").values(disabled=0, changed_ms=1))


def test_what_this_version_does_not_know_is_skipped_and_told(post: Post) -> None:
    data, _ = _courier(post.desk).export()
    known = read_bundle(data, post.desk.bundle_key, public_key(post.desk.device_key))
    sections = [*known.sections, Section(name="scans", data=b"?")]
    later = write_bundle(known.header, sections, post.desk.bundle_key, post.desk.device_key)
    assert take_in(post.hub, later)[0].skipped == ("scans",)


def test_who_knows_the_key_cannot_write_in_anothers_name(post: Post) -> None:
    data, _ = _courier(post.desk).export()
    known = read_bundle(data, post.desk.bundle_key, public_key(post.desk.device_key))
    forged = write_bundle(known.header, known.sections, post.desk.bundle_key, secrets.token_bytes(32))
    with pytest.raises(KnownError, match="被改动过"):
        take_in(post.hub, forged)


def test_a_clock_years_ahead_refuses_no_stick(post: Post) -> None:
    work(post.desk, 91)
    back = post.carry()
    ahead = replace(post.desk, clock=Ahead())
    assert import_bundle(ahead, back).pending == 0


def test_the_line_renews_the_offline_sign_in_and_ends_it(post: Post) -> None:
    held = post.desk.lease
    real = post.hub.now_ms
    with post.server:
        assert reconcile(post.desk).problems == []
        assert lease_ms(post.desk) == held.expires_ms  # once a day is enough
        post.hub.now_ms = lambda: real() + 3 * 86_400_000
        try:
            assert reconcile(post.desk).problems == []
        finally:
            post.hub.now_ms = real
        assert lease_ms(post.desk) >= held.expires_ms + 2 * 86_400_000
        disable_staff(post.hub, "T0718")
        try:
            reconcile(post.desk)
        finally:
            with post.hub.write() as conn:
                conn.execute(
                    update(h.staff).where(h.staff.c.staff == "T0718").values(disabled=0, changed_ms=1)
                )
        assert read_lease(post.desk.store, post.desk.device, "T0718") is None


def test_a_stick_brings_the_list_of_dishonest_persons(post: Post, tmp_path: Path) -> None:
    file = tmp_path / "失信.csv"
    file.write_text("证件号码\n11010519491231002X\n", "utf-8")
    name, _ = import_credit(post.hub, file)
    assert import_bundle(post.desk, post.carry()).problems == ()
    assert post.desk.rulebook.credit_hash == name
    file.write_text("证件号码\n", "utf-8")
    import_credit(post.hub, file)  # the hub is shared by these tests
    assert import_bundle(post.desk, post.carry()).problems == ()
    assert post.desk.rulebook.credit is not None
    assert post.desk.rulebook.credit.people == {}


def test_what_was_laid_aside_and_is_asked_for_again_is_shown_as_it_then_stands(post: Post) -> None:
    done = intake_line(post.desk, filled(item("SC005"), random.Random(9), "save"))
    import_bundle(post.desk, post.carry())
    state = read_state(post.desk, done.case_id)
    assert state is not None
    fields = {**state.fields, "applicant.phone": "13800000009"}
    save_case(post.desk, Entry(case_id=done.case_id, item_id=state.item_id, fields=fields))
    with post.desk.store.write() as conn:
        conn.execute(update(t.op_status).where(t.op_status.c.state == "pending").values(state="quarantined"))
        project_all(conn, post.desk.rulebook, [done.case_id])
    assert (read_state(post.desk, done.case_id) or state).value("applicant.phone") != "13800000009"
    back = post.folder / "asks.back"
    back.write_bytes(for_desk(post.hub, post.desk.device.device))
    import_bundle(post.desk, back)
    assert verify_replica(post.desk) == []
    assert (read_state(post.desk, done.case_id) or state).value("applicant.phone") == "13800000009"
