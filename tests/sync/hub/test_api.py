"""The hub over real HTTP: the whole conversation of a desk, and whatever else may arrive."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import Any

import msgspec
import pytest
import requests
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.crypto import verify
from models.domain.catalog import decode_catalog
from models.errors import KnownError
from sync import protocol as p
from sync.client import HubClient, HubRefused, HubUnreachable
from sync.hub import ingest, people
from sync.hub.api import MAX_BODY
from sync.hub.database import Hub
from sync.hub.server import EmbeddedHub
from sync.hub.tokens import make_token
from sync.hub.turns import MOST_PUSHES, PUSHES_AT_ONCE
from tests.sync.hub.fake_desk import HALL, PASSWORD, WINDOW, FakeDesk, add_clerk, enrol_request, ready_desk

POSTS = ("enrol", "session", "signin", "push", "pull", "numbers")
GETS = ("hello", "catalog/current", "catalog/none", "directory", "calendar", "none")


@pytest.fixture
def server(hub: Hub) -> Iterator[EmbeddedHub]:
    with EmbeddedHub(hub) as running:
        yield running


def ask(method: str, url: str, body: bytes | None = None, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with requests.Session() as http:
        http.trust_env = False
        return http.request(method, url, data=body, headers=headers, timeout=30)


def test_the_whole_conversation_of_a_desk(hub: Hub, version: str, server: EmbeddedHub) -> None:
    add_clerk(hub)
    key = secrets.token_bytes(32)
    with HubClient(server.url) as client:
        hello = client.hello()
        assert hello.hub_id == hub.hub_id
        enrolled = client.enrol(enrol_request(people.invite(hub, HALL, WINDOW), key))
        with pytest.raises(HubRefused) as pending:
            client.open_session(enrolled.device, key, 0, hello.hub_key)
        assert (pending.value.code, pending.value.status) == ("device_pending", 403)
        people.approve(hub, enrolled.device)
        session = client.open_session(enrolled.device, key, 0, hello.hub_key)
        assert (session.scope, session.next_dseq, session.catalog_version) == (HALL, 1, version)
        signed = client.sign_in("T0718", PASSWORD, enrolled.device).signed
        verify(hello.hub_key, signed.lease, signed.signature)
        catalog = client.catalog(session.catalog_version)
        verify(hello.hub_key, catalog.data, catalog.signature)
        assert [item.id for item in decode_catalog(catalog.data).items] == ["SAMPLE-1"]
        directory = client.directory()
        verify(hello.hub_key, directory.data, directory.signature)
        assert directory.hash == session.directory_hash
        block = client.numbers(p.NumbersRequest(request_id="request-1", year=2026, have=0)).blocks[0]
        desk = FakeDesk(hub, enrolled.device, HALL, key, version)
        desk.take_numbers()
        desk.accept("c1")
        reply = client.push(desk.batch())
        assert [o.outcome for o in reply.outcomes] == [p.Outcome.APPLIED]
        page = client.pull(p.PullRequest(scope=HALL, epoch=session.epoch, after_seq=0))
        assert [e.op for e in page.entries] == desk.waiting
        assert block.first == 1


def test_a_crowd_is_sent_away_and_taken_in_later(
    hub: Hub, version: str, server: EmbeddedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first batches are held up on their way to be decided; nobody else waits for them."""
    desk = ready_desk(hub, version)
    desk.accept("c1")
    token = make_token(hub.keys, desk.device, hub.now_ms())
    body = p.pack(desk.batch())
    push, go_on, lock = ingest.push, threading.Event(), threading.Lock()
    working = most = 0

    def held_up(*given: Any) -> p.PushReply:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        go_on.wait(60)
        with lock:
            working -= 1
        return push(*given)

    monkeypatch.setattr(ingest, "push", held_up)
    with ThreadPoolExecutor(2 * MOST_PUSHES) as crowd:
        asked = [
            crowd.submit(ask, "POST", f"{server.url}/v1/push", body, token) for _ in range(2 * MOST_PUSHES)
        ]
        sent_away = [one.result() for one in islice(as_completed(asked, 60), MOST_PUSHES)]
        assert {reply.status_code for reply in sent_away} == {503}
        told = [p.unpack(reply.content, p.Problem) for reply in sent_away]
        assert {problem.code for problem in told} == {"busy"}
        assert len({problem.again_ms for problem in told}) == MOST_PUSHES  # each at another time
        assert min(problem.again_ms for problem in told) > 0
        with HubClient(server.url) as client:  # a desk that comes to read is served meanwhile
            session = client.open_session(desk.device, desk.key, desk.dseq, hub.keys.public)
            client.pull(p.PullRequest(scope=HALL, epoch=session.epoch, after_seq=0))
        go_on.set()
        taken = [one.result() for one in asked if one.result().status_code != 503]
    assert most == PUSHES_AT_ONCE
    assert len(taken) == MOST_PUSHES
    assert {o.outcome for one in taken for o in p.unpack(one.content, p.PushReply).outcomes} == {
        p.Outcome.APPLIED
    }
    for _ in range(2 * MOST_PUSHES):  # a turn is given back, whatever came of it
        assert ask("POST", f"{server.url}/v1/push", b"noise", token).status_code == 400


def test_nothing_listens_after_stop_and_the_same_port_after_start(server: EmbeddedHub) -> None:
    port = int(server.url.rpartition(":")[2])
    server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with HubClient(server.url) as client, pytest.raises(HubUnreachable):
        client.hello()
    server.start()
    with HubClient(server.url) as client:
        assert client.hello().protocol == p.PROTOCOL


def test_without_a_good_token_only_a_problem_is_told(hub: Hub, version: str, server: EmbeddedHub) -> None:
    desk = ready_desk(hub, version)
    revoked = ready_desk(hub, version)
    people.revoke(hub, revoked.device)
    for path in ("push", "pull", "numbers"):
        for token, status in (
            ("", 401),
            ("bad.token", 401),
            (make_token(hub.keys, revoked.device, hub.now_ms()), 403),
        ):
            answer = ask("POST", f"{server.url}/v1/{path}", b"x", token)
            assert (answer.status_code, p.unpack(answer.content, p.Problem).message != "") == (status, True)
    for path in ("catalog/current", "directory", "calendar"):
        assert ask("GET", f"{server.url}/v1/{path}").status_code == 401
    assert ask(
        "GET", f"{server.url}/v1/catalog/current", token=make_token(hub.keys, desk.device, hub.now_ms())
    ).ok


@pytest.mark.parametrize("path", POSTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**63)
            | st.text(max_size=10)
            | st.binary(max_size=10),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["device", "ops", "head", "first_dseq", "scope", "year", "nonce", "staff", "code"]
                    ),
                    inner,
                )
            ),
            max_leaves=8,
        ).map(lambda value: zstandard.compress(msgspec.msgpack.encode(value))),
    )
)
def test_any_body_gets_a_problem_never_a_fault(
    hub: Hub, version: str, server: EmbeddedHub, path: str, body: bytes
) -> None:
    devices = people.list_devices(hub)
    name = devices[0].device if devices else ready_desk(hub, version).device
    answer = ask("POST", f"{server.url}/v1/{path}", body, make_token(hub.keys, name, hub.now_ms()))
    assert 400 <= answer.status_code < 500
    problem = p.unpack(answer.content, p.Problem)
    assert problem.code
    assert problem.message.endswith("。")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Two that are alike are one op at two places: the desk is frozen, and all it asks afterwards is refused.
@given(
    data=st.lists(st.binary(max_size=60), min_size=1, max_size=3, unique=True),
    dseq=st.integers(-3, 2**64 - 1),
)
def test_well_formed_nonsense_is_never_a_fault(
    hub: Hub, version: str, server: EmbeddedHub, data: list[bytes], dseq: int
) -> None:
    """Signed by the device, yet no ops: kept or refused, and the answer is always a message."""
    desk = ready_desk(hub, version)
    token = make_token(hub.keys, desk.device, hub.now_ms())
    body = p.pack(desk.batch(data, first=dseq))
    answer = ask("POST", f"{server.url}/v1/push", body, token)
    assert answer.status_code in (200, 400)
    request = p.NumbersRequest(request_id="x" * 8, year=dseq, have=0)
    assert ask("POST", f"{server.url}/v1/numbers", p.pack(request), token).status_code in (200, 400)
    pull = p.PullRequest(scope=HALL, epoch="", after_seq=dseq, limit=dseq)
    assert ask("POST", f"{server.url}/v1/pull", p.pack(pull), token).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_other_paths_and_methods_are_told_so(server: EmbeddedHub, method: str) -> None:
    for path in ("/", "/v1", "/v1/none", "/docs", "/openapi.json", "/v1/catalog/../../etc"):
        answer = ask(method, server.url + path)
        assert answer.status_code in (404, 405)
        assert p.unpack(answer.content, p.Problem).code == "not_served"


def test_bombs_and_floods_are_bounded(hub: Hub, version: str, server: EmbeddedHub) -> None:
    token = make_token(hub.keys, ready_desk(hub, version).device, hub.now_ms())
    bomb = zstandard.compress(bytes(1 << 28))
    sizeless = zstandard.ZstdCompressor().compressobj()
    hidden = sizeless.compress(bytes(1 << 28)) + sizeless.flush()
    flood = secrets.token_bytes(MAX_BODY + 1)
    for body, status in ((bomb, 413), (hidden, 400), (flood, 413)):
        answer = ask("POST", f"{server.url}/v1/push", body, token)
        assert answer.status_code == status
        assert p.unpack(answer.content, p.Problem).message


def test_a_fault_of_the_program_is_one_sentence_and_a_place_in_the_log(
    server: EmbeddedHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Hub, conn: object) -> str:
        raise ZeroDivisionError("王样例 11010519491231002X")

    monkeypatch.setattr(Hub, "epoch", broken)
    with caplog.at_level(logging.ERROR):
        answer = ask("GET", f"{server.url}/v1/hello")
    assert answer.status_code == 500
    assert p.unpack(answer.content, p.Problem).code == "fault"
    assert "ZeroDivisionError" in caplog.text
    assert "王样例" not in caplog.text


def test_a_second_hub_on_the_same_port_is_told_plainly(hub: Hub, server: EmbeddedHub) -> None:
    second = EmbeddedHub(hub, int(server.url.rpartition(":")[2]))
    with pytest.raises(KnownError, match="端口"):
        second.start()
