"""Programs of different age: bytes of former versions are read, too old ones are told in one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from app.commands.verify import verify_replica
from app.queries.cases import read_case
from app.queries.outbox import read_outbox
from models import ops
from models.domain.case import CaseState, decode_state, encode_state
from models.domain.ops import Op, decode_op, encode_op
from models.tables import replica as t
from sync import protocol as p
from sync.apply import apply_page, cursor
from tests.sync.golden.samples import kept, kinds
from tests.sync.hall_kit import Hall, confirmed, open_hall
from tests.sync.hub.fake_desk import HALL


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


@pytest.mark.parametrize("name", sorted(kept()))
def test_kept_bytes_still_say_what_they_said(name: str) -> None:
    line = kept()[name]
    kind = kinds()[name.partition("/")[0]]
    data = bytes.fromhex(line["bytes"])
    read = json.loads(msgspec.json.encode(msgspec.msgpack.decode(data, type=kind)))
    assert _within(line["said"], read), name
    packed = p.pack(msgspec.msgpack.decode(data, type=kind)) if issubclass(kind, p.Message) else b""
    assert not packed or p.unpack(packed, kind)


def _within(said: object, read: object) -> bool:
    """Everything said is still there; later fields may have come."""
    if isinstance(said, dict) and isinstance(read, dict):
        return all(key in read and _within(value, read[key]) for key, value in said.items())
    if isinstance(said, list) and isinstance(read, list):
        return len(said) == len(read) and all(map(_within, said, read))
    return said == read


def test_ops_and_states_keep_their_bytes_when_written_again() -> None:
    """Their hashes are in chains and checksums."""
    for name, line in kept().items():
        data = bytes.fromhex(line["bytes"])
        if name.startswith("Op/"):
            assert encode_op(decode_op(data)) == data
        if name.startswith("CaseState/"):
            assert encode_state(decode_state(data)) == data
    assert {name.partition("/")[0] for name in kept()} >= {Op.__name__, CaseState.__name__}


def test_a_field_of_a_later_version_is_passed_over() -> None:
    raw = msgspec.to_builtins(p.PullRequest(scope=HALL, epoch="e", after_seq=3))
    data = msgspec.msgpack.encode({**raw, "tomorrow": {"a": [1]}})
    assert msgspec.msgpack.decode(data, type=p.PullRequest).after_seq == 3


def test_a_client_that_is_too_old_is_told_so_and_keeps_everything(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hall.desk()
    hall.sync(desk)
    oldest = p.OLDEST
    monkeypatch.setattr(p, "OLDEST", p.PROTOCOL + 1)
    report = hall.sync(desk)
    assert report.problems == [p.TOO_OLD]
    monkeypatch.setattr(p, "OLDEST", oldest)
    assert hall.sync(desk).problems == []


def test_the_hub_itself_refuses_a_session_of_an_older_client(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.crypto import sign
    from sync.hub import devices
    from sync.hub.refusal import Refused
    from sync.hub.tokens import make_nonce

    desk = hall.desk()
    monkeypatch.setattr(p, "OLDEST", 3)
    nonce = make_nonce(hall.hub.keys, hall.hub.now_ms())
    for version, served in ((2, False), (3, True)):
        signature = sign(desk.device_key, p.session_payload(desk.device.device, nonce, 0))
        request = p.SessionRequest(
            device=desk.device.device, nonce=nonce, signature=signature, protocol=version
        )
        if served:
            assert devices.open_session(hall.hub, request).scope == HALL
        else:
            with pytest.raises(Refused, match="太旧"):
                devices.open_session(hall.hub, request)


def test_a_hub_that_is_too_old_is_told_so(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.client import HubClient

    desk = hall.desk()
    real = HubClient.hello
    monkeypatch.setattr(HubClient, "hello", lambda self: msgspec.structs.replace(real(self), protocol=0))
    assert "升级中心" in hall.sync(desk).problems[0]


def test_a_desk_of_protocol_one_is_served(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows neither snapshots nor versions: plain feed, whole entries."""
    from models.crypto import sign
    from sync.client import HubClient

    hall.fill(12)
    desk = hall.desk()
    with HubClient(desk.device.hub_url) as client:
        hello = client.hello()
        signature = sign(desk.device_key, p.session_payload(desk.device.device, hello.nonce, 0))
        request = {"device": desk.device.device, "nonce": hello.nonce, "signature": signature}
        old = msgspec.convert(request, type=p.SessionRequest)
        assert old.protocol == 1
        session = client._post("/v1/session", old, p.SessionReply)
        client._token = session.token
        page = client.pull(p.PullRequest(scope=HALL, epoch=session.epoch, after_seq=0))
    with desk.store.write() as conn:
        apply_page(conn, desk.rulebook, desk.device.device, page)
        assert cursor(conn, HALL)[1] == page.head_seq
    assert confirmed(desk) == hall.states()


def test_an_op_of_a_kind_from_tomorrow_is_kept_and_shown(hall: Hall) -> None:
    """Sent by a newer desk: the hub holds it; come by the feed of a newer hub: its history names it."""
    hall.fill(1)
    desk = hall.desk()
    hall.sync(desk)
    draft = ops.Draft(
        op_id="tomorrow-1",
        kind="teleport",
        case_id="case-00000",
        item_id="SAMPLE-1",
        item_name="样例事项",
        catalog_version=hall.version,
        base_rev=1,
    )
    with desk.store.write() as conn:
        ops.append(conn, ops.seal(conn, desk.author, draft, desk.clock.now()))
    report = hall.sync(desk)
    assert (report.problems, report.pending) == ([], 0)
    (row,) = read_outbox(desk)
    assert (row.state, "teleport" in row.reason) == ("held", True)
    page = read_case(desk, "case-00000")
    assert page is not None
    assert page.history[-1].kind == "teleport"
    assert verify_replica(desk) == []

    state = hall.states()["case-00000"]
    with desk.store.read() as conn:
        own = decode_op(conn.execute(select(t.op.c.data)).scalar_one())
        epoch, seq = cursor(conn, HALL)
    newer = msgspec.structs.replace(own, op_id="tomorrow-2", device="other", kind="levitate")
    entry = p.FeedEntry(
        seq=seq + 1,
        case_id=state.case_id,
        op_id=newer.op_id,
        outcome=p.Outcome.APPLIED,
        rev=2,
        op=encode_op(newer),
        state=encode_state(msgspec.structs.replace(state, rev=2)),
    )
    reply = p.PullReply(epoch=epoch, scope=HALL, hub_time_ms=1, entries=(entry,), head_seq=seq + 1)
    with desk.store.write() as conn:
        apply_page(conn, desk.rulebook, desk.device.device, reply)
    page = read_case(desk, "case-00000")
    assert page is not None
    assert "levitate" in [line.kind for line in page.history]
