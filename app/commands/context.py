"""What every act needs: the open replica, who acts and on which machine, and the time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, select

from models.clock import Clock
from models.crypto import BadSignature, verify
from models.device import DeviceFacts
from models.domain.ops import OpTime
from models.ops import Author, new_id
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from models.vault import FolderVault, Vault
from sync.protocol import SignInLease

FILES = "files"
FORMS = "forms"


@dataclass(frozen=True)
class Desk:
    """An unlocked desk with one signed-in clerk."""

    store: Store
    device: DeviceFacts
    lease: SignInLease
    clock: Clock
    rulebook: Rulebook
    device_key: bytes = field(repr=False)
    bundle_key: bytes = field(default=b"", repr=False)
    kept: Vault | None = None  # where sealed files lie, when not beside the replica
    only: str = ""  # today's 受理范围: the one domain that is taken in, "" for all that are granted

    def __post_init__(self) -> None:
        self.rulebook.watch(self.clock)

    @property
    def vault(self) -> Vault:
        """Sealed files of this machine."""
        return self.kept or FolderVault(self.store.path.parent / FILES)

    @property
    def forms(self) -> Vault:
        """Blank forms and samples on this machine, by their SHA-256; they hold nothing of anybody."""
        return FolderVault(self.store.path.parent / FORMS)

    @property
    def author(self) -> Author:
        return Author(
            device=self.device.device,
            staff=self.lease.staff,
            lease_id=self.lease.lease_id,
            scope=self.device.scope,
            window=self.device.window,
        )

    def make_id(self, time: OpTime | None = None) -> str:
        """A fresh UUIDv7 for a case or an op."""
        return new_id(time or self.clock.now(), secrets.token_bytes(10))


@dataclass(frozen=True)
class Changes:
    """What a command changed, for whoever shows it: Anki's OpChanges."""

    case_id: str
    op_id: str = ""
    number: str = ""
    receipt: str = ""
    cases: bool = False
    outbox: bool = False
    drafts: bool = False
    numbers: bool = False
    files: bool = False


def lease_end(conn: Connection, desk: Desk) -> int:
    """Until when (Unix ms) this clerk may work offline here, by the lease that is kept; 0 without one."""
    row = conn.execute(select(t.lease).where(t.lease.c.staff == desk.lease.staff)).first()
    if row is None:
        return 0
    try:
        verify(desk.device.hub_key, row.lease, row.signature)
    except BadSignature:
        return 0
    return msgspec.msgpack.decode(row.lease, type=SignInLease).expires_ms
