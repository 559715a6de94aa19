"""The demo city for journeys: its real hub in a process of its own, enrolled desks, a real station."""

from __future__ import annotations

import random
from pathlib import Path

from app.city_hall import PASSWORD, CityHall
from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields
from app.commands.context import Desk
from app.commands.sign_in import sign_in
from app.config import Profile
from app.queries.cases import read_state
from app.sample import filled
from models.domain.catalog import Item
from sync.engine import SyncEngine, SyncReport

STAFF, OTHER = "T0718", "T0719"


class World:
    """A hall with two enrolled desks and its hub.  ``cut`` takes the line away, ``mend`` brings it back."""

    def __init__(self, folder: Path) -> None:
        self.hall = CityHall(folder / "hub")
        self.hall.start()
        self.profiles = (Profile(folder / "desk1"), Profile(folder / "desk2"))
        self.hall.enrol(self.profiles[0], "370911-07", STAFF)
        self.hall.enrol(self.profiles[1], "370911-08", OTHER)

    def sign_in(self, place: int = 0) -> Desk:
        """An up-to-date desk; the caller closes its store."""
        desk = sign_in(self.profiles[place], (STAFF, OTHER)[place], PASSWORD)
        if self.hall.listening():
            round_of(desk)
        return desk

    def cut(self) -> None:
        self.hall.stop()

    def mend(self) -> None:
        self.hall.start()

    def close(self) -> None:
        self.hall.stop()


def round_of(desk: Desk) -> SyncReport:
    """One reconciliation, here and now."""
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def item_of(desk: Desk, item_id: str) -> Item:
    with desk.store.read() as conn:
        item = desk.rulebook.item(conn, desk.rulebook.current_version(conn), item_id)
    assert item is not None
    return item


def save(desk: Desk, item_id: str, seed: int, **fields: str) -> str:
    """A case that is saved and not received; its id."""
    of = item_of(desk, item_id)
    values = entry_fields(of, filled(of, random.Random(seed))) | fields
    return intake.save_case(desk, Entry(case_id=desk.make_id(), item_id=of.id, fields=values)).case_id


def change(desk: Desk, case_id: str, **values: str) -> None:
    """Save a case with other values; ``__`` in a name stands for the dot of its path."""
    state = read_state(desk, case_id)
    assert state is not None
    fields = dict(state.fields) | {name.replace("__", "."): value for name, value in values.items()}
    intake.save_case(desk, Entry(case_id=case_id, item_id=state.item_id, fields=fields))


def disagree(mine: Desk, theirs: Desk, **pairs: tuple[str, str]) -> str:
    """One case that both desks changed while apart: path → (here, there).  Both have met the hub since."""
    case_id = save(mine, "SC001", 3)
    for desk in (mine, theirs):
        round_of(desk)
    change(theirs, case_id, **{path: there for path, (_, there) in pairs.items()})
    round_of(theirs)
    change(mine, case_id, **{path: here for path, (here, _) in pairs.items()})
    round_of(mine)
    return case_id
