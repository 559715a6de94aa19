"""Enrolment, sessions, sign-in: who gets in, and who does not."""

from __future__ import annotations

import secrets

import msgspec
import pytest
from sqlalchemy import select

from models.crypto import public_key, sign, verify
from models.errors import KnownError
from sync.hub import devices, people
from sync.hub import tables as t
from sync.hub.audit import first_broken
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.refusal import Refused
from sync.hub.signin import FREE_TRIES, LEASE_MS, sign_in
from sync.hub.tokens import NONCE_MS, TOKEN_MS, device_of, make_nonce, make_token
from sync.protocol import SessionRequest, SignInLease, SignInRequest, session_payload
from tests.sync.hub.fake_desk import (
    HALL,
    OTHER_HALL,
    PASSWORD,
    WINDOW,
    FakeDesk,
    TestClock,
    add_clerk,
    enrol_request,
    enrolled,
    ready_desk,
)


def refused_code(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.code


def session(hub: Hub, device: str, key: bytes, *, nonce: str = "", dseq: int = 0) -> SessionRequest:
    nonce = nonce or make_nonce(hub.keys, hub.now_ms())
    signature = sign(key, session_payload(device, nonce, dseq))
    return SessionRequest(device=device, nonce=nonce, signature=signature, dseq=dseq)


def test_enrolment_with_a_code_waits_for_approval(hub: Hub) -> None:
    code = people.invite(hub, HALL, WINDOW)
    key = secrets.token_bytes(32)
    reply = devices.enrol(hub, enrol_request(code, key))
    assert (reply.status, reply.scope, reply.division) == ("pending", HALL, "370911")
    assert (reply.hall_name, reply.window_name) == ("岱岳区政务服务大厅", "7 号综合窗口")
    assert devices.enrol(hub, enrol_request(code, key)) == reply
    with pytest.raises(Refused) as again:
        devices.enrol(hub, enrol_request(code, secrets.token_bytes(32)))
    assert refused_code(again) == "code_used"
    with pytest.raises(Refused) as early:
        devices.open_session(hub, session(hub, reply.device, key))
    assert refused_code(early) == "device_pending"
    people.approve(hub, reply.device)
    assert devices.open_session(hub, session(hub, reply.device, key)).next_dseq == 1


def test_a_code_may_be_typed_in_any_case_with_or_without_its_dash(hub: Hub) -> None:
    key = secrets.token_bytes(32)
    typed = people.invite(hub, HALL, WINDOW).lower().replace("-", " ")
    assert devices.enrol(hub, enrol_request(typed, key)).status == "pending"


def test_codes_expire_are_checked_and_kept_hashed(hub: Hub, clock: TestClock) -> None:
    code = people.invite(hub, HALL, WINDOW)
    with pytest.raises(Refused) as wrong:
        devices.enrol(hub, enrol_request("AAAAA-AAAAA", secrets.token_bytes(32)))
    assert refused_code(wrong) == "bad_code"
    with hub.read() as conn:
        kept = conn.execute(select(t.invite.c.code_hash)).scalars().all()
    assert all(code.replace("-", "").encode() not in row for row in kept)
    clock.ms += people.INVITE_MS + 1
    with pytest.raises(Refused) as late:
        devices.enrol(hub, enrol_request(code, secrets.token_bytes(32)))
    assert refused_code(late) == "code_expired"


def test_enrolment_needs_the_key_it_names(hub: Hub) -> None:
    request = enrol_request(people.invite(hub, HALL, WINDOW), secrets.token_bytes(32))
    stolen = msgspec.structs.replace(request, device_key=public_key(secrets.token_bytes(32)))
    with pytest.raises(Refused) as refused:
        devices.enrol(hub, stolen)
    assert refused_code(refused) == "bad_signature"


def test_invitations_are_for_places_that_exist(hub: Hub) -> None:
    for hall, window in (("999999", WINDOW), (HALL, "none"), (OTHER_HALL, WINDOW)):
        with pytest.raises(KnownError):
            people.invite(hub, hall, window)


def test_session_needs_a_fresh_nonce_of_this_hub_and_the_device_key(hub: Hub, clock: TestClock) -> None:
    reply, key = enrolled(hub)
    people.approve(hub, reply.device)
    for bad in (
        session(hub, reply.device, secrets.token_bytes(32)),
        session(hub, "nobody", key),
        session(hub, reply.device, key, nonce="bm9uY2U.dGFn"),
        session(hub, reply.device, key, nonce="garbage"),
        msgspec.structs.replace(session(hub, reply.device, key), dseq=7),
    ):
        with pytest.raises(Refused):
            devices.open_session(hub, bad)
    old = session(hub, reply.device, key)
    clock.ms += NONCE_MS + 1
    with pytest.raises(Refused) as refused:
        devices.open_session(hub, old)
    assert refused_code(refused) == "bad_nonce"


def test_tokens_expire_and_cannot_be_made_up(hub: Hub) -> None:
    token = make_token(hub.keys, "d1", 1000)
    assert device_of(hub.keys, token, 1000) == "d1"
    assert device_of(hub.keys, token, 1000 + TOKEN_MS) is None
    assert device_of(hub.keys, token[:-2], 1000) is None
    assert device_of(hub.keys, make_nonce(hub.keys, 1000), 1000) is None


def test_a_desk_that_went_backwards_gets_no_session(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    desk.save("c1", {"form.a": "1"})
    push(hub, desk.device, desk.batch())
    with pytest.raises(Refused) as refused:
        devices.open_session(hub, session(hub, desk.device, desk.key, dseq=0))
    assert refused_code(refused) == "device_frozen"
    # A late duplicate of an honest request does no lasting harm.
    assert devices.open_session(hub, session(hub, desk.device, desk.key, dseq=1)).next_dseq == 2


def test_sign_in_gives_a_signed_week_and_the_escrow_key(hub: Hub, version: str, clock: TestClock) -> None:
    desk = ready_desk(hub, version)
    add_clerk(hub)
    reply = sign_in(hub, SignInRequest(staff="T0718", password=PASSWORD), desk.device)
    verify(hub.keys.public, reply.signed.lease, reply.signed.signature)
    lease = msgspec.msgpack.decode(reply.signed.lease, type=SignInLease)
    assert (lease.staff, lease.device, lease.scope) == ("T0718", desk.device, HALL)
    assert lease.expires_ms - lease.issued_ms == LEASE_MS
    assert reply.escrow_key == b"e" * 32
    with hub.read() as conn:
        assert b"e" * 32 not in conn.execute(select(t.device.c.escrow)).scalar_one()


@pytest.mark.parametrize("case", ["password", "unknown", "disabled", "hall", "device"])
def test_sign_in_is_refused(hub: Hub, version: str, case: str) -> None:
    desk = ready_desk(hub, version)
    add_clerk(hub, hall=OTHER_HALL if case == "hall" else HALL)
    if case == "disabled":
        people.disable_staff(hub, "T0718")
    if case == "device":
        people.revoke(hub, desk.device)
    staff = "T0000" if case == "unknown" else "T0718"
    password = "wrong-password" if case == "password" else PASSWORD
    with pytest.raises(Refused) as refused:
        sign_in(hub, SignInRequest(staff=staff, password=password), desk.device)
    expected = {
        "password": "bad_password",
        "unknown": "bad_password",
        "disabled": "staff_disabled",
        "hall": "other_hall",
        "device": "device_revoked",
    }
    assert refused_code(refused) == expected[case]


def test_guessing_is_slowed_down_per_person_and_machine(hub: Hub, version: str, clock: TestClock) -> None:
    desk = ready_desk(hub, version)
    add_clerk(hub)
    add_clerk(hub, staff="T0719")
    for _ in range(FREE_TRIES):
        with pytest.raises(Refused):
            sign_in(hub, SignInRequest(staff="T0718", password="wrong-password"), desk.device)
    good = SignInRequest(staff="T0718", password=PASSWORD)
    with pytest.raises(Refused) as refused:
        sign_in(hub, good, desk.device)
    assert (refused_code(refused), refused.value.status) == ("too_many_tries", 429)
    assert sign_in(hub, SignInRequest(staff="T0719", password=PASSWORD), desk.device)
    clock.ms += 31_000
    assert sign_in(hub, good, desk.device)


def test_staff_entries_are_checked(hub: Hub) -> None:
    line = people.StaffLine(staff="A1", name="张样例")
    bad = (
        (msgspec.structs.replace(line, roles=("king",)), PASSWORD),
        (msgspec.structs.replace(line, roles=("system_admin", "audit_admin")), PASSWORD),
        (msgspec.structs.replace(line, scope="999999"), PASSWORD),
        (msgspec.structs.replace(line, domains=("space",)), PASSWORD),
        (msgspec.structs.replace(line, name=" "), PASSWORD),
        (line, "short"),
    )
    for entry, password in bad:
        with pytest.raises(KnownError):
            people.add_staff(hub, entry, password)
    assert people.list_staff(hub) == []
    people.add_staff(hub, msgspec.structs.replace(line, roles=people.role_codes(["审计管理员"])), PASSWORD)
    assert people.list_staff(hub)[0].roles == ("audit_admin",)


def test_a_revoked_machine_cannot_be_approved_again(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    people.revoke(hub, desk.device)
    with pytest.raises(KnownError):
        people.approve(hub, desk.device)
    with pytest.raises(KnownError):
        people.revoke(hub, "nobody")
    assert [d.status for d in people.list_devices(hub)] == ["revoked"]


def test_what_administrators_did_is_in_an_unbroken_chain(hub: Hub, version: str) -> None:
    desk: FakeDesk = ready_desk(hub, version)
    people.revoke(hub, desk.device)
    with hub.read() as conn:
        acts = list(conn.execute(select(t.audit.c.act).order_by(t.audit.c.aseq)).scalars())
        assert first_broken(conn) is None
    assert acts[0] == "init"
    assert {"invite", "enrol", "device_approved", "numbers", "publish_catalog", "device_revoked"} <= set(acts)
