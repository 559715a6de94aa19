"""A form of the case page that was open at the lock: kept in the encrypted replica for the clerk who typed in it."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from app.commands.context import Desk
from models.device import get_meta, set_meta
from models.errors import KnownError


class OpenForm(msgspec.Struct, frozen=True, kw_only=True):
    """``form`` and ``about`` tell the page which form it was; ``shown``: the clerk was on that page."""

    case_id: str
    form: str
    about: str = ""  # the duty, "" where the form is about the case
    values: dict[str, str] = msgspec.field(default_factory=dict)
    words: str = ""  # what was typed in it, to be told where the form cannot be opened any more
    marks: dict[str, str] = msgspec.field(default_factory=dict)  # of review points
    shown: bool = True


def keep_form(desk: Desk, form: OpenForm | None) -> None:
    """In place of what was kept for this clerk before; None takes it away.  Raises KnownError on a full disk."""
    key, data = _key(desk), msgspec.msgpack.encode(form) if form is not None else b""
    with desk.store.read() as conn:
        if (get_meta(conn, key) or b"") == data:
            return
    with desk.store.write() as conn:
        set_meta(conn, key, data)


def take_form(desk: Desk) -> OpenForm | None:
    """What the signed-in clerk left open, once; nobody else's."""
    with desk.store.read() as conn:
        data = get_meta(conn, _key(desk))
    if not data:
        return None
    with suppress(KnownError):  # on a full disk it is offered once more
        keep_form(desk, None)
    return msgspec.msgpack.decode(data, type=OpenForm)


def _key(desk: Desk) -> str:
    return f"open_form.{desk.lease.staff}"
