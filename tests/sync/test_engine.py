"""Desk and hub together, over real HTTP: nothing lost, nothing doubled, every disagreement shown."""

from __future__ import annotations

import http.server
import random
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.commands.enrol import enrol
from app.commands.resolve import resolve
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.queries.cases import find_cases, read_state
from app.queries.outbox import read_conflicts, read_outbox, read_pool
from app.sample import filled
from models.domain.case import CaseState, decode_state
from models.errors import KnownError
from models.projection import differences, project_all
from models.tables import replica as t
from sync.apply import apply_page
from sync.client import HubClient, HubGarbled
from sync.engine import SyncEngine, SyncReport
from sync.hub import tables as h
from sync.hub import turns
from sync.hub.backup import backup, restore
from sync.hub.database import Hub, init_hub, open_hub
from sync.hub.people import approve, invite, revoke
from sync.hub.server import EmbeddedHub
from sync.protocol import PullRequest
from tests.desk_kit import item
from tests.ready_hub import city_hub

PASSWORD = "口令-sample"


@dataclass
class City:
    """A served hub and two desks of one hall."""

    hub: Hub
    server: EmbeddedHub
    desks: list[Desk]

    def states(self) -> dict[str, CaseState]:
        with self.hub.read() as conn:
            return {r.case_id: decode_state(r.state) for r in conn.execute(select(h.case_head))}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Path]]:
    folder = tmp_path_factory.mktemp("city")
    hub = city_hub(folder / "hub", PASSWORD)
    yield hub, folder
    hub.close()


@pytest.fixture
def city(served: tuple[Hub, Path], tmp_path: Path) -> Iterator[City]:
    hub, _ = served
    server = EmbeddedHub(hub)
    server.start()
    desks = []
    for window, staff in (("370911-07", "T0718"), ("370911-08", "T0719")):
        profile = Profile(tmp_path / staff)
        reply = enrol(profile, server.url, invite(hub, "370911", window), staff, PASSWORD)
        approve(hub, reply.device)
        desks.append(sign_in(profile, staff, PASSWORD))
    made = City(hub, server, desks)
    for desk in desks:
        assert sync(desk).problems == []
    yield made
    for desk in desks:
        desk.store.close()
    server.stop()


def sync(desk: Desk) -> SyncReport:
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def entry_of(desk: Desk, case_id: str, **changes: str) -> Entry:
    state = read_state(desk, case_id)
    assert state is not None
    return Entry(case_id=case_id, item_id=state.item_id, fields={**state.fields, **changes})


def saved(desk: Desk, seed: int = 1) -> str:
    of = item("SC001")
    fields = entry_fields(of, filled(of, random.Random(seed)))
    return intake.save_case(desk, Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)).case_id


def test_offline_work_arrives_whole_and_once(city: City) -> None:
    one, two = city.desks
    city.server.stop()
    cases = [intake_line(one, filled(item("SB012"), random.Random(n))).case_id for n in range(12)]
    offline = sync(one)
    assert not offline.online
    assert offline.pending == 12
    assert "连不上中心" in offline.problems[0]
    city.server.start()
    report = sync(one)
    assert (report.pushed, report.pending, report.problems) == (12, 0, [])
    assert sync(one).pushed == 0
    sync(two)
    hub = city.states()
    for case_id in cases:
        mine, other = read_state(one, case_id), read_state(two, case_id)
        assert mine is not None
        assert other is not None
        assert differences(mine, hub[case_id]) == differences(mine, other) == []
    assert read_outbox(one) == []
    assert verify_replica(one) == verify_replica(two) == []


def test_a_lost_answer_makes_nothing_twice(city: City) -> None:
    one, _ = city.desks
    case_id = intake_line(one, filled(item("SB012"), random.Random(4))).case_id
    sync(one)
    with one.store.write() as conn:  # as if the acknowledgement had never come
        conn.exec_driver_sql("UPDATE op_status SET state = 'pending', seen_in_feed = 0")
    before = len(city.states())
    report = sync(one)
    assert report.problems == []
    assert report.pending == 0
    assert len(city.states()) == before
    assert read_state(one, case_id) == city.states()[case_id]


def test_a_desk_that_a_crowd_keeps_outside_is_told_when_to_come(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = city.desks
    saved(one)
    with monkeypatch.context() as crowd:
        crowd.setattr(turns, "LONGEST_WAIT_OUTSIDE_S", -1.0)
        outside = sync(one)
    assert not outside.online
    assert "都还在本机" in outside.problems[0]
    assert 0 < outside.again_ms <= turns.LAST_AGAIN_S * 1000
    inside = sync(one)
    assert (inside.pending, inside.problems, inside.again_ms) == (0, [], 0)


def test_a_page_of_the_feed_may_come_twice(city: City) -> None:
    one, two = city.desks
    saved(one)
    sync(one)
    with HubClient(two.device.hub_url) as client:
        session = client.open_session(two.device.device, two.device_key, 0, two.device.hub_key)
        page = client.pull(PullRequest(scope=session.scope, epoch=session.epoch, after_seq=0))
    with two.store.write() as conn:
        apply_page(conn, two.rulebook, two.device.device, page)
        assert apply_page(conn, two.rulebook, two.device.device, page) == 0
    assert verify_replica(two) == []


def test_two_desks_changing_different_fields_are_merged(city: City) -> None:
    one, two = city.desks
    case_id = saved(one)
    sync(one), sync(two)
    intake.save_case(one, entry_of(one, case_id, **{"form.contact.name": "王样例"}))
    intake.save_case(two, entry_of(two, case_id, **{"applicant.address": "样例路 9 号"}))
    sync(one), sync(two), sync(one)
    for desk in (one, two):
        state = read_state(desk, case_id)
        assert state is not None
        assert state.value("form.contact.name") == "王样例"
        assert state.value("applicant.address") == "样例路 9 号"
    assert read_conflicts(one) == read_conflicts(two) == []


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_the_same_field_on_two_desks_goes_to_a_person_with_all_values(city: City, choice: str) -> None:
    one, two = city.desks
    case_id = saved(one)
    sync(one), sync(two)
    base = entry_of(one, case_id).fields["form.premises.address"]
    intake.save_case(one, entry_of(one, case_id, **{"form.premises.address": "样例路 8 号 201 室"}))
    intake.save_case(two, entry_of(two, case_id, **{"form.premises.address": "样例路 8 号 2 层"}))
    sync(one)
    assert sync(two).conflicts == 1
    sync(one)
    for desk in (one, two):
        (row,) = read_conflicts(desk)
        clash = row.conflict
        assert (clash.base, clash.mine, clash.theirs) == (base, "样例路 8 号 2 层", "样例路 8 号 201 室")
    (row,) = read_conflicts(two)
    value = row.conflict.mine if choice == "mine" else row.conflict.theirs
    resolve(two, row.conflict.conflict_id, value)
    assert read_conflicts(two) == []
    with pytest.raises(KnownError, match="已经有人定过"):
        resolve(two, row.conflict.conflict_id, value)
    sync(two), sync(one), sync(two)
    for desk in (one, two):
        state = read_state(desk, case_id)
        assert state is not None
        assert state.value("form.premises.address") == value
        assert read_conflicts(desk) == []
        assert read_outbox(desk) == []


def test_two_legal_acts_on_one_case_are_never_both_done(city: City) -> None:
    one, two = city.desks
    case_id = saved(one)
    sync(one), sync(two)
    intake.accept(one, entry_of(one, case_id))
    intake.void(two, entry_of(two, case_id))
    sync(one)
    assert sync(two).conflicts == 1
    state = read_state(two, case_id)
    assert state is not None
    assert state.status == "accepted"
    assert find_cases(two, sync=["attention"])[0].case_id == case_id
    assert read_outbox(two)[0].state == "conflict"


def test_a_case_sent_back_stays_visible_and_can_be_done_again(city: City) -> None:
    one, _ = city.desks
    case_id = intake_line(one, filled(item("SB012"), random.Random(8))).case_id
    with one.store.write() as conn:  # the hub will find the number outside every block it granted
        conn.exec_driver_sql("UPDATE op_status SET state = 'rejected', reason = '样例'")
        project_all(conn, one.rulebook, [case_id])
    assert case_id in [r.case_id for r in find_cases(one, sync=["attention"])]
    first = read_state(one, case_id)
    assert first is not None
    again = intake.accept(one, entry_of(one, case_id))
    assert again.number == first.number


def test_numbers_of_two_desks_never_meet_and_are_refilled(city: City) -> None:
    one, two = city.desks
    for desk in (one, two):
        for n in range(3):
            intake_line(desk, filled(item("SB012"), random.Random(n)))
        sync(desk)
    sync(one)
    numbers = [r.number for r in find_cases(one, limit=1000) if r.number]
    assert len(numbers) == len(set(numbers)) >= 6
    left = read_pool(one).left
    with one.store.write() as conn:
        conn.exec_driver_sql("UPDATE number_block SET next = last")
    sync(one)
    assert read_pool(one).left > 1
    assert left > 1


def test_a_revoked_desk_sends_nothing_and_loses_nothing(city: City) -> None:
    one, _ = city.desks
    intake_line(one, filled(item("SB012"), random.Random(1)))
    revoke(city.hub, one.device.device)
    before = len(city.states())
    report = sync(one)
    assert report.revoked
    assert report.pending == 1
    assert report.problems
    assert len(city.states()) == before


def test_another_hub_at_the_same_address_gets_nothing(city: City, tmp_path: Path) -> None:
    one, _ = city.desks
    intake_line(one, filled(item("SB012"), random.Random(1)))
    stranger = init_hub(tmp_path / "stranger")
    with EmbeddedHub(stranger) as server:
        moved = msgspec.structs.replace(one.device, hub_url=server.url)
        report = SyncEngine(one.store, moved, one.device_key, one.rulebook, one.clock).run()
    stranger.close()
    assert report.pending == 1
    assert "不是本机登记过的中心" in report.problems[0]


GARBAGE = [
    (200, "text/html", b"<html>please log in</html>"),
    (200, "application/vnd.taihaoban+msgpack.zstd", b"\x00\x01garbage"),
    (200, "application/vnd.taihaoban+msgpack.zstd", b""),
    (500, "text/plain", b"oops"),
    (302, "text/plain", b""),
]


@pytest.mark.parametrize(("status", "kind", "body"), GARBAGE)
def test_a_hub_that_answers_garbage_costs_nothing(city: City, status: int, kind: str, body: bytes) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    one, _ = city.desks
    intake_line(one, filled(item("SB012"), random.Random(1)))
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as fake:
        thread = threading.Thread(target=fake.serve_forever)
        thread.start()
        moved = msgspec.structs.replace(one.device, hub_url=f"http://127.0.0.1:{fake.server_port}")
        report = SyncEngine(one.store, moved, one.device_key, one.rulebook, one.clock).run()
        fake.shutdown()
        thread.join()
    assert report.pending == 1
    assert report.problems
    assert verify_replica(one) == []


def test_a_hub_restored_from_a_backup_gets_everything_offered_again(city: City, tmp_path: Path) -> None:
    one, two = city.desks
    kept = intake_line(one, filled(item("SB012"), random.Random(21))).case_id
    sync(one)
    backup(city.hub, tmp_path / "backup.db")
    lost = intake_line(one, filled(item("SB012"), random.Random(22))).case_id
    sync(one)
    city.server.stop()
    (tmp_path / "restored").mkdir()
    shutil.copy(city.hub.data_dir / "hub.key", tmp_path / "restored" / "hub.key")
    restore(tmp_path / "restored", tmp_path / "backup.db", city.hub.now_ms())
    again = open_hub(tmp_path / "restored")
    with EmbeddedHub(again, int(city.server.url.rpartition(":")[2])):
        assert sync(one).pending == 0
        assert sync(two).problems == []
        for desk in (one, two):
            assert read_state(desk, kept) is not None
            assert read_state(desk, lost) is not None
    with again.read() as conn:
        assert {kept, lost} <= set(conn.execute(select(h.case_head.c.case_id)).scalars())
    again.close()


def test_plain_http_never_leaves_the_machine() -> None:
    with pytest.raises(KnownError, match="没有加密"):
        HubClient("http://hub.example:8443")
    with pytest.raises(KnownError, match="不完整"):
        HubClient("hub.example")
    assert issubclass(HubGarbled, KnownError)


def test_wrong_password_and_unknown_clerk(city: City) -> None:
    one, _ = city.desks
    one.store.close()
    profile = Profile(Path(one.store.path).parent)
    with pytest.raises(KnownError, match="口令不对"):
        sign_in(profile, "T0718", "wrong")
    with pytest.raises(KnownError, match="工号或者口令不对"):
        sign_in(profile, "T9999", PASSWORD)
    # A colleague who was never here unlocks through the hub, and from then on also offline.
    desk = sign_in(profile, "T0719", PASSWORD)
    desk.store.close()
    city.server.stop()
    desk = sign_in(profile, "T0719", PASSWORD)
    assert desk.lease.name == "李样例"
    with desk.store.read() as conn:
        assert conn.execute(select(t.lease.c.staff)).scalars().all()
    desk.store.close()


def test_no_act_is_made_that_could_not_be_sent(city: City) -> None:
    """A text as long as a book would be refused for ever, and hold up every later act of the machine."""
    one, _ = city.desks
    random_text = "".join(chr(0x4E00 + n) for n in random.Random(1).choices(range(0x5000), k=90_000))
    of = item("SC001")
    fields = entry_fields(of, filled(of, random.Random(1)))
    before = read_outbox(one)
    with pytest.raises(KnownError, match="办件没有改动"):
        intake.save_case(
            one,
            Entry(case_id=one.make_id(), item_id=of.id, fields={**fields, "applicant.address": random_text}),
        )
    assert read_outbox(one) == before
    longest = {**fields, "applicant.address": random_text[:80_000]}
    kept = intake.save_case(one, Entry(case_id=one.make_id(), item_id=of.id, fields=longest)).case_id
    later = saved(one, 5)
    report = sync(one)
    assert (report.problems, report.pending) == ([], 0)
    assert {kept, later} <= set(city.states())
