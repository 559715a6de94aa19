"""换密: killed at any step the machine opens with everything, and the old key opens nothing in the end."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.cli import main
from app.commands.batch import intake_line
from app.commands.bundle import export_bundle
from app.commands.enrol import enrol
from app.commands.reconcile import reconcile
from app.commands.recover import recover
from app.commands.rekey import rekey
from app.commands.sign_in import sign_in
from app.commands.verify import verify_replica
from app.config import Profile
from app.queries.cases import find_cases
from app.sample import filled
from models.clock import SystemClock
from models.device import ESCROW_NEXT, get_meta
from models.errors import KnownError
from models.keys import Keyring
from models.store import open_store
from sync.bundle import BUNDLE_BEFORE
from sync.client import HubClient
from sync.hub import tables as h
from sync.hub.backup import start_epoch
from sync.hub.bundle import take_in
from sync.hub.database import Hub
from sync.hub.devices import escrow_key, find_device
from sync.hub.people import approve, invite
from sync.hub.recovery import release
from sync.hub.server import EmbeddedHub
from sync.protocol import PullReply, PullRequest
from tests.desk_kit import item
from tests.ready_hub import city_hub

pytestmark = pytest.mark.slow
PASSWORD = "口令-sample"
STAFF, OTHER = "T0718", "T0719"


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Post:
    hub: Hub
    server: EmbeddedHub
    profile: Profile

    def data_key(self) -> bytes:
        ring = Keyring.load(self.profile.root)
        return ring.unlock(STAFF, PASSWORD, SystemClock().now().wall_ms).data_key

    def cases(self, staff: str = STAFF) -> int:
        desk = sign_in(self.profile, staff, PASSWORD)
        try:
            assert verify_replica(desk) == []
            return len(find_cases(desk, ""))
        finally:
            desk.store.close()

    def sync(self) -> list[str]:
        desk = sign_in(self.profile, STAFF, PASSWORD)
        try:
            return reconcile(desk).problems
        finally:
            desk.store.close()


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    hub = city_hub(tmp_path / "hub", PASSWORD)
    with EmbeddedHub(hub) as server:
        profile = Profile(tmp_path / "machine")
        reply = enrol(profile, server.url, invite(hub, "370911", "370911-07"), STAFF, PASSWORD)
        approve(hub, reply.device)
        desk = sign_in(profile, STAFF, PASSWORD)
        reconcile(desk)
        for seed in range(3):
            intake_line(desk, filled(item("SC001"), random.Random(seed), "accept"))
        desk.store.close()
        sign_in(profile, OTHER, PASSWORD).store.close()
        yield Post(hub, server, profile)
    hub.close()


def test_the_old_key_opens_nothing_any_more(post: Post) -> None:
    old = post.data_key()
    (post.profile.root / "replica.db.before-0001").write_bytes(b"under the old key")
    done = rekey(post.profile, STAFF, PASSWORD)
    assert done.staff == (OTHER,)
    assert post.data_key() != old
    with pytest.raises(KnownError):
        open_store(post.profile.replica, old)
    assert not list(post.profile.root.glob("*.before-*"))
    assert not list(post.profile.root.glob("*rekeying*"))
    assert post.cases() == 3


@pytest.mark.parametrize("at", ["both keys held", "copied", "encrypted", "checked", "swapped"])
def test_killed_at_any_step_it_opens_with_everything(post: Post, at: str) -> None:
    def kill(step: str) -> None:
        if step == at:
            raise Killed

    with pytest.raises(Killed):
        rekey(post.profile, STAFF, PASSWORD, kill)
    assert post.cases() == 3
    if at != "swapped":  # else the sign-in above has ended it
        rekey(post.profile, STAFF, PASSWORD)
    assert post.cases() == 3
    assert Keyring.load(post.profile.root).former(STAFF, PASSWORD) is None
    assert post.sync() == []


def test_the_other_clerk_comes_back_in_online_once_the_hub_knows(post: Post) -> None:
    rekey(post.profile, STAFF, PASSWORD)
    with pytest.raises(KnownError):
        sign_in(post.profile, OTHER, PASSWORD)  # the hub still has the old key
    assert post.sync() == []
    assert post.cases(OTHER) == 3
    post.server.stop()
    assert post.cases(OTHER) == 3  # and offline from then on


def test_a_stick_goes_under_the_old_key_until_the_hub_has_the_new_one(post: Post, tmp_path: Path) -> None:
    rekey(post.profile, STAFF, PASSWORD)
    desk = sign_in(post.profile, STAFF, PASSWORD)
    export_bundle(desk, tmp_path / "one.thb")
    desk.store.close()
    taken, _ = take_in(post.hub, (tmp_path / "one.thb").read_bytes())
    assert taken.ops == 3
    assert post.sync() == []
    desk = sign_in(post.profile, STAFF, PASSWORD)
    export_bundle(desk, tmp_path / "two.thb")
    desk.store.close()
    take_in(post.hub, (tmp_path / "two.thb").read_bytes())


def test_a_second_time_waits_until_the_hub_knows_of_the_first(post: Post) -> None:
    rekey(post.profile, STAFF, PASSWORD)
    with pytest.raises(KnownError, match="联网对账"):
        rekey(post.profile, STAFF, PASSWORD)
    assert post.sync() == []
    rekey(post.profile, STAFF, PASSWORD)
    assert post.cases() == 3


def escrow(post: Post) -> bytes:
    with post.hub.read() as conn:
        device = find_device(conn, post.profile.read_device().device)
        assert device is not None
        return escrow_key(post.hub, conn, device)


def test_a_hub_restored_from_before_hears_of_the_new_key_again(post: Post) -> None:
    with post.hub.read() as conn:
        before = conn.execute(select(h.device.c.escrow)).scalar_one()
    rekey(post.profile, STAFF, PASSWORD)
    assert post.sync() == []
    assert escrow(post) == post.data_key()
    with post.hub.write() as conn:
        conn.execute(update(h.device).values(escrow=before))
        start_epoch(conn, post.hub.now_ms())
    assert escrow(post) != post.data_key()
    assert post.sync() == []
    assert escrow(post) == post.data_key()


def test_a_hub_restored_in_the_midst_of_a_round_hears_of_it_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new key was told before the restore, the feed read after it: the cursors are the new epoch's."""
    with post.hub.read() as conn:
        before = conn.execute(select(h.device.c.escrow)).scalar_one()
    rekey(post.profile, STAFF, PASSWORD)
    pull = HubClient.pull
    told: list[bytes] = []

    def restored_first(client: HubClient, request: PullRequest) -> PullReply:
        if not told:
            told.append(escrow(post))
            with post.hub.write() as conn:
                conn.execute(update(h.device).values(escrow=before))
                start_epoch(conn, post.hub.now_ms())
        return pull(client, request)

    monkeypatch.setattr(HubClient, "pull", restored_first)
    post.sync()
    assert told == [post.data_key()]
    assert escrow(post) != post.data_key()
    assert post.sync() == []
    assert escrow(post) == post.data_key()


def test_a_recovery_leaves_nothing_of_a_rekey_to_tell(post: Post) -> None:
    """Its enrolment has brought the hub the present key: sticks of the new identity go under that one."""
    rekey(post.profile, STAFF, PASSWORD)
    code = release(post.hub, post.profile.read_device().device)
    assert recover(post.profile, code, STAFF, PASSWORD).report.problems == []
    assert escrow(post) == post.data_key()
    desk = sign_in(post.profile, STAFF, PASSWORD)
    with desk.store.read() as conn:
        assert not get_meta(conn, BUNDLE_BEFORE)
        assert not get_meta(conn, ESCROW_NEXT)
    desk.store.close()


def test_the_same_code_brings_the_key_of_a_rekey_since(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try reached the hub and not back; then came a rekey, then the second try."""
    code = release(post.hub, post.profile.read_device().device)

    def lost(*args: object) -> None:
        raise KnownError("连不上中心。")

    with monkeypatch.context() as patch:
        patch.setattr("app.commands.recover.ask_known", lost)
        with pytest.raises(KnownError, match="连不上"):
            recover(post.profile, code, STAFF, PASSWORD)
    rekey(post.profile, STAFF, PASSWORD)
    assert recover(post.profile, code, STAFF, PASSWORD).report.problems == []
    assert escrow(post) == post.data_key()


def test_an_open_window_or_a_wrong_password_changes_nothing(post: Post) -> None:
    desk = sign_in(post.profile, STAFF, PASSWORD)
    old = (post.profile.root / "keyring.json").read_bytes()
    with pytest.raises(KnownError, match="另一个窗口"):
        rekey(post.profile, STAFF, PASSWORD)
    assert (post.profile.root / "keyring.json").read_bytes() == old
    desk.store.close()
    with pytest.raises(KnownError, match="口令不对"):
        rekey(post.profile, STAFF, secrets.token_hex(4))
    assert post.cases() == 3


def test_the_command(post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    assert main(["desk", "rekey", "--profile", str(post.profile.root), "--staff", STAFF, "--json"]) == 0
    assert '"staff": ["T0719"]' in capsys.readouterr().out
