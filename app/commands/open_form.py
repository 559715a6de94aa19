"""Forms of the case page while they are filled in: kept in the encrypted replica for the clerk who types, by case."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import delete, select

from app.commands.context import Desk
from models.device import set_meta
from models.tables import replica as t

Place = tuple[str, str, str]  # case, form, duty


class OpenForm(msgspec.Struct, frozen=True, kw_only=True):
    """``form`` and ``about`` tell the page which form it was; ``shown``: the clerk was on that page."""

    case_id: str
    form: str  # the id of the act, never its name: names change
    name: str = ""  # as the clerk read it
    about: str = ""  # the duty, "" where the form is about the case
    values: dict[str, str] = msgspec.field(default_factory=dict)
    words: str = ""  # what was typed in it, to be told where the form cannot be opened any more
    marks: dict[str, str] = msgspec.field(default_factory=dict)  # of review points
    shown: bool = True
    open: bool = True  # False: the clerk went on to another case and left it half filled in
    away: bool = False  # closed by the clerk: it opens with these words when its act is asked for again
    at_ms: int = 0

    @property
    def place(self) -> Place:
        return self.case_id, self.form, self.about


def keep_forms(desk: Desk, forms: Mapping[Place, OpenForm | None]) -> None:
    """In place of what was kept there for this clerk; None takes it away: done, or given up.

    All or nothing.  Raises KnownError on a full disk.
    """
    with desk.store.write() as conn:
        for place, form in forms.items():
            if form is not None:
                set_meta(conn, _key(desk, *place), msgspec.msgpack.encode(form))
            else:
                conn.execute(delete(t.meta).where(t.meta.c.key.in_((_key(desk, *place), _former(desk)))))


def read_forms(desk: Desk) -> list[OpenForm]:
    """All that the signed-in clerk has left half filled in, nobody else's; the latest last."""
    mine = t.meta.c.key.startswith(f"{_former(desk)}.", autoescape=True) | (t.meta.c.key == _former(desk))
    with desk.store.read() as conn:
        found = [row.value for row in conn.execute(select(t.meta.c.value).where(mine)) if row.value]
    return sorted((msgspec.msgpack.decode(one, type=OpenForm) for one in found), key=lambda one: one.at_ms)


def _key(desk: Desk, *place: str) -> str:
    return ".".join((_former(desk), *place))


def _former(desk: Desk) -> str:
    """Where earlier programs kept one form at the lock."""
    return f"open_form.{desk.lease.staff}"
