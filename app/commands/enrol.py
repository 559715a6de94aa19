"""Enrolling this machine at a hub with a one-time code."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from app.config import Profile
from models.clock import SystemClock
from models.crypto import public_key, sign
from models.device import DeviceFacts, set_meta
from models.errors import KnownError
from models.keys import DeviceSecrets, Keyring, write_private
from models.store import create_store, open_store
from sync.client import HubClient
from sync.protocol import EnrolReply, EnrolRequest, enrol_payload
from sync.trust import read_ca


def enrol(
    profile: Profile, hub_url: str, code: str, staff: str, password: str, *, ca_file: str = ""
) -> EnrolReply:
    """Make this machine's keys and encrypted replica, and register it at the hub.

    ``staff`` is the first clerk who can unlock the machine; the password must be the one the hub
    knows.  May be repeated with the same code after a lost answer: nothing is made twice.
    ``ca_file``: the CA of the office's intranet, copied into the profile.
    Raises KnownError; a machine that is enrolled elsewhere is left as it is.
    """
    if profile.enrolled() and profile.read_device().hub_url != hub_url:
        raise KnownError(
            "本机已经登记到另一个中心，没有改动。要换中心，请先导出未传办件，再换一个资料目录登记。"
        )
    profile.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_file = keep_ca(profile, ca_file)
    # A first call may have been cut after the keys were made: they are used again, never remade.
    if Keyring.exists(profile.root):
        keyring = Keyring.load(profile.root)
        device_secrets = keyring.unlock(staff, password, SystemClock().now().wall_ms)
    else:
        device_secrets = DeviceSecrets(data_key=secrets.token_bytes(32), device_key=secrets.token_bytes(32))
        Keyring.create(profile.root, staff, password, device_secrets)
    key = public_key(device_secrets.device_key)
    with HubClient(hub_url, ca_file=ca_file) as client:
        hello = client.hello()
        reply = client.enrol(
            EnrolRequest(
                code=code.strip().upper(),
                device_key=key,
                label=profile.root.name,
                escrow_key=device_secrets.data_key,
                signature=sign(device_secrets.device_key, enrol_payload(code.strip().upper(), key)),
            )
        )
    make = open_store if profile.replica.exists() else create_store
    store = make(profile.replica, device_secrets.data_key)
    try:
        with store.write() as conn:
            set_meta(conn, "device_key", device_secrets.device_key)
    finally:
        store.close()
    profile.write_device(
        DeviceFacts(
            device=reply.device,
            hub_url=hub_url,
            hub_key=hello.hub_key,
            scope=reply.scope,
            hall_name=reply.hall_name,
            window=reply.window,
            window_name=reply.window_name,
            division=reply.division,
            ca_file=ca_file,
        )
    )
    return reply


def keep_ca(profile: Profile, ca_file: str) -> str:
    """Copy an office's CA into the profile; the path to trust from now on ("" for none)."""
    if not ca_file:
        return ""
    write_private(profile.ca_file, read_ca(Path(ca_file)))
    return str(profile.ca_file.resolve())


def change_hub(profile: Profile, hub_url: str, ca_file: str) -> DeviceFacts:
    """The same hub at another address, or with another CA; what is not given stays.

    Nothing is written before the hub has answered there with the key this desk was enrolled with.
    """
    facts = profile.read_device()
    url, ca = hub_url or facts.hub_url, str(Path(ca_file).resolve()) if ca_file else facts.ca_file
    if ca_file:
        read_ca(Path(ca_file))
    with HubClient(url, ca_file=ca) as client:
        if client.hello().hub_key != facts.hub_key:
            raise KnownError("那里的中心不是本机登记过的中心，没有改动。请核对中心地址。")
    changed = msgspec.structs.replace(facts, hub_url=url, ca_file=keep_ca(profile, ca_file) or facts.ca_file)
    profile.write_device(changed)
    return changed


def refresh_device(profile: Profile, **known: str) -> DeviceFacts:
    """Write down what the hub says anew about this machine (window moved, hall renamed)."""
    facts = profile.read_device()
    changed = msgspec.structs.replace(facts, **known)
    if changed != facts:
        profile.write_device(changed)
    return changed
