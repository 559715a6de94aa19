"""What this machine knows of itself and of its hub since enrolment."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, bindparam, select

from models.prepared import Prepared, upsert
from models.tables import replica as t

_META = Prepared(select(t.meta.c.value).where(t.meta.c.key == bindparam("at")))
_SET_META = upsert(t.meta)


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Told by the hub at enrolment.  ``division`` is the GB/T 2260 code of the hall.

    Holds nothing personal and no secret; it is also readable before the store is open.
    """

    device: str
    hub_url: str
    hub_key: bytes
    scope: str
    hall_name: str
    window: str
    window_name: str
    division: str
    ca_file: str = ""


def get_meta(conn: Connection, key: str) -> bytes | None:
    row = _META(conn, at=key).first()
    return row.value if row is not None else None


def set_meta(conn: Connection, key: str, value: bytes) -> None:
    _SET_META(conn, key=key, value=value)


FACTS = "device_facts"
ESCROW_NEXT = "escrow_next"  # the data key that the hub's escrow still lacks; empty when it has it
ESCROW_TOLD = "escrow_told"  # the one it was last told of: a restored backup may not know it


def known_facts(conn: Connection) -> DeviceFacts | None:
    """What the hub last said of this machine, where that is newer than the file; None if never."""
    data = get_meta(conn, FACTS)
    return msgspec.json.decode(data, type=DeviceFacts) if data else None


def set_facts(conn: Connection, facts: DeviceFacts) -> None:
    set_meta(conn, FACTS, msgspec.json.encode(facts))


_FORMER = "former_devices"


def identities(conn: Connection, device: str) -> list[str]:
    """The names this machine has borne at its hub, oldest first, ``device`` last (see desk recover)."""
    return [*(get_meta(conn, _FORMER) or b"").decode().split(), device]


def note_former(conn: Connection, device: str) -> None:
    """This machine was ``device`` until now."""
    names = identities(conn, device)
    set_meta(conn, _FORMER, " ".join(dict.fromkeys(names)).encode())
