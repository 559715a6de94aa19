"""The machines of the own hall, as the hub told of them last: kept, so that the board can say so offline."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from models.device import get_meta, set_meta
from models.store import Store
from sync.bootstrap import not_served
from sync.client import HubClient, HubRefused
from sync.hall_protocol import MachinesReply

KEY = "hall_machines"


def ask_machines(client: HubClient, store: Store) -> None:
    """Keep the hub's answer.  An older hub has none: then nothing is kept, and nothing is claimed."""
    try:
        reply = client.machines()
    except HubRefused as error:
        if not not_served(error):
            raise
        return
    with store.write() as conn:
        set_meta(conn, KEY, msgspec.msgpack.encode(reply))


def known_machines(conn: Connection) -> MachinesReply | None:
    """None when the hub has never told."""
    data = get_meta(conn, KEY)
    if not data:
        return None
    try:
        return msgspec.msgpack.decode(data, type=MachinesReply)
    except msgspec.MsgspecError:  # of a later program: asked for anew with the next round
        return None
