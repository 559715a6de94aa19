"""换密: a new data key for this machine's replica, after a key may have become known.

Both keys are held, wrapped, until the new one has opened the replica, so a cut at any moment leaves a
machine that opens.  The hub's escrow follows at the next round; until then sticks go under the old key.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from app.commands.sign_in import open_either
from app.config import Profile
from models import ops
from models.clock import SystemClock
from models.crypto import random_key
from models.device import ESCROW_NEXT, get_meta, set_meta
from models.errors import KnownError
from models.keys import Keyring
from models.store import rekey_store
from sync.bundle import BUNDLE_BEFORE, bundle_key


class Rekeyed(msgspec.Struct, frozen=True, kw_only=True):
    """``staff``: clerks who must sign in online once before they can unlock this machine again."""

    staff: tuple[str, ...]


def rekey(
    profile: Profile, staff: str, password: str, checkpoint: Callable[[str], None] | None = None
) -> Rekeyed:
    """Encrypt the replica under a new key.  Works offline; may be repeated after a cut.

    Raises KnownError: wrong password, the replica is open in a window, no room; nothing has changed then.
    """
    device = profile.read_device()
    keyring = Keyring.load(profile.root)
    clock = SystemClock()
    secrets = keyring.unlock(staff, password, clock.now().wall_ms)
    store, current = open_either(profile, keyring, staff, password, secrets)
    try:
        if keyring.former(staff, password) is None:
            with store.read() as conn:
                refuse_second(conn)
    finally:
        store.close()
    step = checkpoint or (lambda name: None)
    former = keyring.former(staff, password)
    if former is None:
        fresh = msgspec.structs.replace(secrets, data_key=random_key())
        keyring.begin_rekey(staff, password, fresh)
        step("both keys held")
        former = current
    elif current.data_key == secrets.data_key:
        return Rekeyed(staff=keyring.end_rekey(staff))  # the last time was cut after the swap
    else:
        fresh = secrets
    old = former.data_key

    def note(conn: Connection) -> None:
        note_rekey(conn, device.device, staff, old, fresh.data_key, clock.now().wall_ms)

    rekey_store(profile.replica, old, fresh.data_key, note, checkpoint)
    others = keyring.end_rekey(staff)
    step("ended")
    return Rekeyed(staff=others)


def refuse_second(conn: Connection) -> None:
    """Raises KnownError while the hub's escrow still lacks the key of the last rekey."""
    if get_meta(conn, ESCROW_NEXT):
        raise KnownError("上一次换密还没有告诉中心，没有再换。办件都在。请先联网对账一次。")


def note_rekey(conn: Connection, device: str, staff: str, old: bytes, fresh: bytes, at_ms: int) -> None:
    """Write into the replica under its new data key what the next round has to tell the hub."""
    set_meta(conn, ESCROW_NEXT, fresh)
    if not get_meta(conn, BUNDLE_BEFORE):
        set_meta(conn, BUNDLE_BEFORE, bundle_key(old, device))
    ops.audit(conn, at_ms=at_ms, staff=staff, act="rekey")
