"""A real TLS handshake with ``main.py hub serve``: who is believed, who is not, and nothing lost by it."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
import trustme
from sqlalchemy import select

from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.enrol import change_hub, enrol
from app.commands.reconcile import reconcile
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.sample import filled
from models.errors import KnownError
from sync.client import HttpTransport, HubClient, HubGarbled, HubUnreachable
from sync.hub import tables as h
from sync.hub.database import init_hub, open_hub
from sync.hub.people import approve, invite
from sync.hub.setup import load_city
from sync.protocol import Hello
from tests.desk_kit import CITY, item

pytestmark = pytest.mark.slow

MAIN = Path(__file__).parents[2] / "main.py"
PASSWORD = "口令-sample"
STAFF = "T0718"
SAFE = "没有发送任何办件。办件照常，都已加密存在本机。"
YEAR = dt.timedelta(days=365)


@dataclass
class Office:
    """One hub on one port, served with whatever certificate a test gives it."""

    folder: Path
    ca: trustme.CA = field(default_factory=trustme.CA)
    port: int = 0

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        hub = init_hub(self.data)  # not a copy: a test here is about two hubs
        load_city(hub, CITY, PASSWORD)
        hub.close()
        self.ca_file = self.folder / "office-ca.pem"
        self.ca.cert_pem.write_to_path(str(self.ca_file))

    @property
    def data(self) -> Path:
        return self.folder / "hub"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def served(self, certificate: trustme.LeafCert) -> Iterator[None]:
        chain, key = self.folder / "server.pem", self.folder / "server.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(str(key))
        words = [
            sys.executable,
            str(MAIN),
            "hub",
            "serve",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
        ]
        process = subprocess.Popen(
            [*words, "--tls-cert", str(chain), "--tls-key", str(key)], stdout=subprocess.DEVNULL
        )
        try:
            for _ in range(400):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        break
                assert process.poll() is None, "the hub has ended"
                time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)

    def good(self) -> trustme.LeafCert:
        return self.ca.issue_cert("127.0.0.1")

    def ops(self) -> list[str]:
        hub = open_hub(self.data)
        try:
            with hub.read() as conn:
                return list(conn.execute(select(h.op_log.c.op_id)).scalars())
        finally:
            hub.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def profile(office: Office) -> Profile:
    """Enrolled over TLS with the CA from a stick that is gone afterwards."""
    made = Profile(office.folder / "desk")
    stick = office.folder / "stick.pem"
    stick.write_bytes(office.ca_file.read_bytes())
    hub = open_hub(office.data)
    try:
        code = invite(hub, "370911", "370911-07")
        with office.served(office.good()):
            reply = enrol(made, office.url, code, STAFF, PASSWORD, ca_file=str(stick))
            approve(hub, reply.device)
            first = sign_in(made, STAFF, PASSWORD)
            assert reconcile(first).problems == []  # the rules and a block of numbers
            first.store.close()
    finally:
        hub.close()
    stick.unlink()
    return made


@pytest.fixture
def desk(profile: Profile) -> Iterator[Desk]:
    made = sign_in(profile, STAFF, PASSWORD)
    yield made
    made.store.close()


def take(desk: Desk, seed: int) -> None:
    intake_line(desk, filled(item("SB012"), random.Random(seed)))


def refused(desk: Desk) -> str:
    """The one sentence of a round that had to send nothing."""
    report = reconcile(desk)
    assert not report.online
    assert report.pending > 0
    assert verify_replica(desk) == []
    [sentence] = report.problems
    return sentence


def test_a_good_certificate_syncs_and_the_ca_stays_with_the_desk(office: Office, desk: Desk) -> None:
    take(desk, 1)
    with office.served(office.good()):
        report = reconcile(desk)
    assert (report.problems, report.pending, report.online) == ([], 0, True)
    assert report.pushed > 0


BAD: dict[str, tuple[Callable[[Office], trustme.LeafCert], str]] = {
    "wrong CA": (lambda office: trustme.CA().issue_cert("127.0.0.1"), "不是本机信任的机构签发的"),
    "wrong name": (lambda office: office.ca.issue_cert("hub.example", "10.9.8.7"), "不是发给这个地址的"),
    "expired": (
        lambda office: office.ca.issue_cert("127.0.0.1", not_after=dt.datetime.now(dt.UTC) - YEAR),
        "已经过期",
    ),
    "not yet valid": (
        lambda office: office.ca.issue_cert(
            "127.0.0.1",
            not_before=dt.datetime.now(dt.UTC) + YEAR,
            not_after=dt.datetime.now(dt.UTC) + 2 * YEAR,
        ),
        "还没有生效",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_certificate_gets_nothing_and_costs_nothing(office: Office, desk: Desk, kind: str) -> None:
    certificate, words = BAD[kind]
    take(desk, 100 + list(BAD).index(kind))
    before = office.ops()
    with office.served(certificate(office)):
        told = refused(desk)
    assert words in told
    assert SAFE in told
    assert office.ops() == before
    with office.served(office.good()):
        report = reconcile(desk)
    assert (report.problems, report.pending) == ([], 0)
    assert len(office.ops()) == len(set(office.ops())) == len(before) + report.pushed


def test_a_ca_that_is_missing_or_spoilt_is_named_as_what_it_is(
    office: Office, profile: Profile, desk: Desk
) -> None:
    take(desk, 2)
    kept = profile.ca_file.read_bytes()
    try:
        with office.served(office.good()):
            profile.ca_file.unlink()
            assert "根证书读不出来" in refused(desk)
            profile.ca_file.write_text("-----BEGIN CERTIFICATE-----\nspoilt\n-----END CERTIFICATE-----\n")
            assert SAFE in refused(desk)
    finally:
        profile.ca_file.write_bytes(kept)


def test_plain_http_is_refused_beyond_this_machine(office: Office, profile: Profile, desk: Desk) -> None:
    take(desk, 3)
    for url in ("http://10.9.8.7:8443", "http://127.0.0.1.example:8443", "ftp://127.0.0.1", "//127.0.0.1"):
        with pytest.raises(KnownError, match="没有改动"):
            HttpTransport(url)
    elsewhere = Desk(
        **{f: getattr(desk, f) for f in ("store", "lease", "clock", "rulebook", "device_key")},
        device=msgspec.structs.replace(desk.device, hub_url="http://10.9.8.7:8443"),
    )
    assert "没有加密" in refused(elsewhere)
    with pytest.raises(KnownError, match="没有加密"):
        enrol(Profile(office.folder / "never"), "http://10.9.8.7:8443", "AAAA", STAFF, PASSWORD)


def test_tls_is_spoken_or_nothing_is_said(office: Office) -> None:
    """https to a port that speaks plain http, and plain http to one that speaks TLS."""
    with office.served(office.good()), pytest.raises(KnownError):
        hello(f"http://127.0.0.1:{office.port}", office)
    with plain_answers(lambda: (404, {})) as port, pytest.raises(HubGarbled, match="加密连接没有建立"):
        hello(f"https://127.0.0.1:{port}", office)


def hello(url: str, office: Office) -> Hello:
    with HubClient(url, ca_file=str(office.ca_file)) as client:
        return client.hello()


@contextlib.contextmanager
def plain_answers(answer: Callable[[], tuple[int, dict[str, str]]]) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers = answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_no_redirect_is_followed(office: Office) -> None:
    asked: list[str] = []

    def elsewhere() -> tuple[int, dict[str, str]]:
        asked.append("there")
        return 200, {}

    def here() -> tuple[int, dict[str, str]]:
        asked.append("here")
        return 307, {"Location": f"http://127.0.0.1:{there}/v1/hello"}

    with plain_answers(elsewhere) as there, plain_answers(here) as port, pytest.raises(HubGarbled):
        hello(f"http://127.0.0.1:{port}", office)
    assert asked == ["here"]


def test_what_is_no_ca_is_refused_at_enrolment(office: Office, tmp_path: Path) -> None:
    leaf = tmp_path / "leaf.pem"
    office.good().cert_chain_pems[0].write_to_path(str(leaf))
    words = tmp_path / "words.pem"
    words.write_text("不是证书")
    for file in (leaf, words, tmp_path / "none.pem"):
        profile = Profile(tmp_path / f"desk-{file.stem}")
        with pytest.raises(KnownError, match="没有改动"):
            enrol(profile, office.url, "AAAA", STAFF, PASSWORD, ca_file=str(file))
        assert not profile.enrolled()


def test_the_office_changes_its_ca_or_its_address(office: Office, profile: Profile, desk: Desk) -> None:
    renewed = trustme.CA()
    file = office.folder / "renewed.pem"
    renewed.cert_pem.write_to_path(str(file))
    before = profile.device_file.read_bytes(), profile.ca_file.read_bytes()
    take(desk, 4)
    desk.store.close()
    with office.served(office.good()), pytest.raises(KnownError, match="不是本机信任的机构"):
        change_hub(profile, "", str(file))  # too early: the hub still has the old certificate
    with pytest.raises(HubUnreachable):
        change_hub(profile, "https://127.0.0.1:9", "")
    assert (profile.device_file.read_bytes(), profile.ca_file.read_bytes()) == before
    with office.served(renewed.issue_cert("localhost")):
        told = main("desk", "hub", "--profile", str(profile.root), "--ca", str(file), "--json", "--url",
                    f"https://localhost:{office.port}")  # fmt: skip
        assert told == {"hub": f"https://localhost:{office.port}", "ca": True}
        again = sign_in(profile, STAFF, PASSWORD)
        try:
            report = reconcile(again)
        finally:
            again.store.close()
    assert (report.problems, report.pending) == ([], 0)


def main(*words: str) -> dict[str, object]:
    done = subprocess.run([sys.executable, str(MAIN), *words], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_another_hub_is_not_taken_for_ours(office: Office, profile: Profile, tmp_path: Path) -> None:
    """A certificate of the right CA is not enough: the hub's own key was pinned at enrolment."""
    before = profile.read_device()
    stranger = Office(tmp_path, ca=office.ca)
    with stranger.served(stranger.good()):
        with pytest.raises(KnownError, match="不是本机登记过的中心"):
            change_hub(profile, stranger.url, str(office.ca_file))
        assert hello(stranger.url, office).hub_key != before.hub_key
    assert profile.read_device() == before
