"""Unlocking a desk: by the local key ring at once, or through the hub for a clerk who is new here."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from app.commands.context import Desk
from app.commands.enrol import refresh_device
from app.config import Profile
from models.clock import SystemClock
from models.crypto import BadSignature, verify
from models.device import DeviceFacts, get_meta, known_facts
from models.duty_list import list_all_duties
from models.errors import KnownError
from models.keys import DeviceSecrets, Keyring
from models.ops import audit
from models.rulebook import Rulebook
from models.store import Store, open_store
from models.tables import replica as t
from sync.bundle import bundle_key
from sync.client import HubClient
from sync.protocol import Leases, SignedLease, SignInLease


def sign_in(profile: Profile, staff: str, password: str) -> Desk:
    """Unlock the desk.  Goes online only when this machine has no lease for the clerk.

    Raises KnownError: wrong password, unknown clerk while offline, revoked, damaged files.
    The caller closes ``desk.store``.
    """
    device = profile.read_device()
    keyring = Keyring.load(profile.root)
    signed: SignedLease | None = None
    if staff in keyring.staff():
        secrets = keyring.unlock(staff, password, SystemClock().now().wall_ms)
        store, opened = open_either(profile, keyring, staff, password, secrets)
        if opened == secrets and keyring.former(staff, password) is not None:
            keyring.end_rekey(staff)  # a rekey was cut after its last step but this
        secrets = opened
    else:
        signed, store, secrets = _first_time(device, profile, staff, password)
    try:
        device, secrets = _identity(profile, store, device, secrets)
        if signed is not None:
            keyring.add(staff, password, secrets)
        return _signed_in(device, store, secrets, staff, password, signed)
    except BaseException:
        store.close()
        raise


def come_back(profile: Profile, desk: Desk, staff: str, password: str) -> bool:
    """For a desk that stayed open behind the lock: whether this is the clerk who left it, and no one else.

    Raises KnownError as :func:`sign_in` does for a wrong password; both are counted alike.
    """
    Keyring.load(profile.root).unlock(staff, password, SystemClock().now().wall_ms)
    if staff != desk.lease.staff:
        return False
    with suppress(KnownError), desk.store.write() as conn:  # the disk may be full: that is why it stayed open
        audit(conn, at_ms=desk.clock.now().wall_ms, staff=staff, act="sign_in")
    return True


def open_either(
    profile: Profile, keyring: Keyring, staff: str, password: str, secrets: DeviceSecrets
) -> tuple[Store, DeviceSecrets]:
    """The replica and the secrets that opened it: the old ones where a rekey was cut before its swap."""
    try:
        return open_store(profile.replica, secrets.data_key), secrets
    except KnownError:
        former = keyring.former(staff, password)
        if former is None:
            raise
    return open_store(profile.replica, former.data_key), former


def _identity(
    profile: Profile, store: Store, device: DeviceFacts, secrets: DeviceSecrets
) -> tuple[DeviceFacts, DeviceSecrets]:
    """Who and where this machine is: the replica knows best, also after a move, after a ``recover`` that
    was cut at its last step, and for clerks whose key ring still holds the former key."""
    with store.read() as conn:
        key, known = get_meta(conn, "device_key"), known_facts(conn)
    if known is not None:
        device = refresh_device(
            profile,
            device=known.device,
            scope=known.scope,
            hall_name=known.hall_name,
            window=known.window,
            window_name=known.window_name,
            division=known.division,
        )
    return device, DeviceSecrets(data_key=secrets.data_key, device_key=key or secrets.device_key)


def _first_time(
    device: DeviceFacts, profile: Profile, staff: str, password: str
) -> tuple[SignedLease, Store, DeviceSecrets]:
    with HubClient(device.hub_url, ca_file=device.ca_file) as client:
        reply = client.sign_in(staff, password, device.device)
    store = open_store(profile.replica, reply.escrow_key)
    with store.read() as conn:
        device_key = get_meta(conn, "device_key")
    if device_key is None:
        store.close()
        raise KnownError("本机没有登记完整。没有改动任何办件。请管理员重新登记本机。")
    return reply.signed, store, DeviceSecrets(data_key=reply.escrow_key, device_key=device_key)


def _signed_in(
    device: DeviceFacts,
    store: Store,
    secrets: DeviceSecrets,
    staff: str,
    password: str,
    signed: SignedLease | None,
) -> Desk:
    with store.read() as conn:
        anchor = int(get_meta(conn, "anchor_ms") or b"0")
    clock = SystemClock(anchor_ms=anchor)
    rulebook = Rulebook()
    lease = read_lease(store, device, staff)
    if signed is None and (lease is None or lease.expires_ms <= clock.now().wall_ms):
        try:
            with HubClient(device.hub_url, ca_file=device.ca_file, clock=clock) as client:
                signed = client.sign_in(staff, password, device.device).signed
        except KnownError:
            if lease is None:
                raise
            # An expired lease still opens the desk for reading, printing and exporting.
    if signed is not None:
        store_lease(store, device, signed)
        lease = read_lease(store, device, staff)
    if lease is None:
        raise KnownError("本机没有您的离线授权。办件都在。请联网登录一次。")
    with store.write() as conn:
        rulebook.adopt_calendar(conn)
        list_all_duties(conn)
        audit(conn, at_ms=clock.now().wall_ms, staff=staff, act="sign_in")
    return Desk(
        store=store,
        device=device,
        lease=lease,
        clock=clock,
        rulebook=rulebook,
        device_key=secrets.device_key,
        bundle_key=bundle_key(secrets.data_key, device.device),
    )


def store_lease(store: Store, device: DeviceFacts, signed: SignedLease) -> SignInLease:
    """Keep a lease the hub signed for this machine.  Raises KnownError for any other."""
    try:
        verify(device.hub_key, signed.lease, signed.signature)
        lease = msgspec.msgpack.decode(signed.lease, type=SignInLease)
    except (BadSignature, msgspec.DecodeError) as error:
        raise KnownError("离线授权的签名不对，没有采用。原有授权不变。请联网重新登录。") from error
    if lease.device != device.device:
        raise KnownError("这份离线授权不是发给本机的，没有采用。原有授权不变。")
    values = {"lease": signed.lease, "signature": signed.signature}
    with store.write() as conn:
        statement = insert(t.lease).values(staff=lease.staff, **values)
        conn.execute(statement.on_conflict_do_update(index_elements=[t.lease.c.staff], set_=values))
    return lease


def read_lease(store: Store, device: DeviceFacts, staff: str) -> SignInLease | None:
    """The clerk's lease on this machine, None if there is none that the hub really signed."""
    with store.read() as conn:
        row = conn.execute(select(t.lease).where(t.lease.c.staff == staff)).first()
    if row is None:
        return None
    try:
        verify(device.hub_key, row.lease, row.signature)
    except BadSignature:
        return None
    return msgspec.msgpack.decode(row.lease, type=SignInLease)


def take_leases(desk: Desk, leases: Leases, decided_ms: int) -> list[str]:
    """What the hub said at ``decided_ms`` of the offline sign-ins here; returns what could not be taken.

    A lease gives way to one that lasts longer, never to one that ends sooner.  Who has left may not
    sign in offline any more, unless the hub let them in again since.
    """
    problems: list[str] = []
    for signed in leases.renewed:
        try:
            fresh = msgspec.msgpack.decode(signed.lease, type=SignInLease)
            held = read_lease(desk.store, desk.device, fresh.staff)
            if held is not None and held.expires_ms < fresh.expires_ms:
                store_lease(desk.store, desk.device, signed)
        except msgspec.DecodeError:
            problems.append("中心发来的离线授权看不懂，没有采用。原有授权不变。")
        except KnownError as error:
            problems.append(str(error))
    for staff in leases.revoked:
        held = read_lease(desk.store, desk.device, staff)
        if held is not None and held.issued_ms <= decided_ms:
            with desk.store.write() as conn:
                conn.execute(delete(t.lease).where(t.lease.c.staff == staff))
    return problems
