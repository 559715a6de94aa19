"""What the hub publishes to all desks: catalogue, directory, calendar, 失信名单, list of forms.

Each is signed by the hub and checked before it is stored; one that cannot be read leaves the former in force.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import insert

from models.clock import Clock
from models.crypto import BadSignature, verify
from models.device import DeviceFacts, get_meta, set_meta
from models.directory import read_directory
from models.domain.catalog import decode_catalog
from models.domain.credit import read_credit
from models.domain.forms import read_form_list
from models.domain.workdays import Calendar
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync import protocol as p
from sync.client import HubClient, HubGarbled
from sync.forms import LIST_KEY

_Reply = p.DirectoryReply | p.CalendarReply | p.CreditReply | p.FormsReply


@dataclass(frozen=True)
class _Document:
    """``name`` is its key in ``meta``, beside ``name``_hash; ``unread`` what is said of one nobody can read."""

    name: str
    hash_in: Callable[[p.SessionReply], str]
    fetch: Callable[[HubClient], _Reply]
    read: Callable[[bytes], object]
    unread: str


_DOCUMENTS = (
    _Document(
        "directory",
        lambda session: session.directory_hash,
        lambda client: client.directory(),
        read_directory,
        "中心下发的大厅资料看不懂，没有采用。办件照常，仍按原资料。",
    ),
    _Document(
        "calendar",
        lambda session: session.calendar_hash,
        lambda client: client.calendar(),
        lambda data: msgspec.json.decode(data, type=Calendar),
        "中心下发的工作日历看不懂，没有采用。时限仍按原日历计算。",
    ),
    _Document(
        "credit",
        lambda session: session.credit_hash,
        lambda client: client.credit(),
        read_credit,
        "中心下发的失信名单看不懂，没有采用。仍按原名单受理。",
    ),
    _Document(
        LIST_KEY,
        lambda session: session.forms_hash,
        lambda client: client.forms(),
        read_form_list,
        "中心下发的空白表清单看不懂，没有采用。办件照常，仍按原清单。",
    ),
)


def fetch_catalog(
    client: HubClient,
    session: p.SessionReply,
    store: Store,
    device: DeviceFacts,
    rulebook: Rulebook,
    clock: Clock,
) -> str:
    """Fetch the version in force and the newest; returns the one that new cases use.

    Raises KnownError: no line, a signature that is not the hub's, or a catalogue that cannot be read.
    """
    with store.read() as conn:
        have = rulebook.newest_version(conn)
        present = session.catalog_effective
        lacking = bool(present) and not rulebook.holds(conn, present)
    if lacking:
        _store_catalog(client.catalog(present), store, device, rulebook, clock)
    if session.catalog_version and (lacking or session.catalog_version != have):
        _store_catalog(client.catalog(session.catalog_version), store, device, rulebook, clock)
    with store.read() as conn:
        return rulebook.current_version(conn)


def fetch_documents(
    client: HubClient, session: p.SessionReply, store: Store, device: DeviceFacts, rulebook: Rulebook
) -> None:
    """Fetch what has another hash than what is here.  Raises KnownError as :func:`fetch_catalog` does."""
    with store.read() as conn:
        held = {one.name: (get_meta(conn, f"{one.name}_hash") or b"").decode() for one in _DOCUMENTS}
    for one in _DOCUMENTS:
        if one.hash_in(session) in ("", held[one.name]):
            continue
        reply = one.fetch(client)
        _check_signature(device, reply.data, reply.signature)
        try:
            one.read(reply.data)
        except msgspec.MsgspecError as error:
            raise HubGarbled(one.unread) from error
        with store.write() as conn:
            set_meta(conn, one.name, reply.data)
            set_meta(conn, f"{one.name}_hash", reply.hash.encode())
        with store.read() as conn:
            rulebook.adopt_calendar(conn)


def _store_catalog(
    reply: p.CatalogReply, store: Store, device: DeviceFacts, rulebook: Rulebook, clock: Clock
) -> None:
    _check_signature(device, reply.data, reply.signature)
    try:
        catalog = decode_catalog(reply.data)
    except msgspec.DecodeError as error:
        raise HubGarbled("中心下发的事项目录看不懂，没有采用。仍按原目录受理。") from error
    with store.write() as conn:
        if not rulebook.holds(conn, catalog.version):
            conn.execute(
                insert(t.catalog).values(
                    version=catalog.version,
                    data=reply.data,
                    signature=reply.signature,
                    received_ms=clock.now().wall_ms,
                )
            )
        set_meta(conn, "catalog_version", catalog.version.encode())


def _check_signature(device: DeviceFacts, data: bytes, signature: bytes) -> None:
    try:
        verify(device.hub_key, data, signature)
    except BadSignature as error:
        raise HubGarbled("中心下发的内容签名不对，没有采用。办件照常。请联系管理员。") from error
