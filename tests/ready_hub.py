"""Hubs that are made once in a process and copied for each test: making one costs more than most tests.

A copy has the name, the keys and the epoch of the hub it was copied from: a test about two hubs makes the
other one by itself (``init_hub``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import msgspec

from sync.hub.database import SETTINGS_FILE, Hub, HubSettings, init_hub, open_hub, system_ms
from sync.hub.publish import publish_catalog
from sync.hub.setup import load_city
from tests.desk_kit import CITY
from tests.postgres import create_database, fresh_database
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, TestClock, load_places


@dataclass(frozen=True)
class Made:
    files: dict[str, tuple[int, bytes]]
    """Of the closed hub's folder: mode and content by path."""
    version: str
    """Of the catalogue published in it, empty for none."""
    ms: int
    """What its clock said last."""

    def put(self, folder: Path) -> None:
        for name, (mode, content) in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)


def _places(hub: Hub) -> str:
    load_places(hub)
    return ""


def _hall(hub: Hub) -> str:
    load_places(hub)
    return publish_catalog(hub, (DEPARTMENT,), (ITEM,))


def _make(fill: Callable[[Hub], str], database_url: str | None, clock: Callable[[], int]) -> Made:
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        hub = init_hub(folder, database_url, clock)
        try:
            version = fill(hub)
        finally:
            hub.close()
        found = {p: p.stat().st_mode & 0o777 for p in folder.rglob("*") if p.is_file()}
        files = {str(path.relative_to(folder)): (mode, path.read_bytes()) for path, mode in found.items()}
    return Made(files, version, clock())


@lru_cache
def places() -> Made:
    """A hub with halls, nothing published; its clock is a TestClock."""
    return _make(_places, None, TestClock())


@lru_cache
def small_hall() -> Made:
    """A hub with halls and one item published; its clock is a TestClock."""
    return _make(_hall, None, TestClock())


@lru_cache
def _city(password: str) -> Made:
    def fill(hub: Hub) -> str:
        load_city(hub, CITY, password)
        return ""

    return _make(fill, None, system_ms)


def city_hub(folder: Path, password: str) -> Hub:
    """An open SQLite hub with the demo city, whose staff have ``password``.  The caller closes it."""
    _city(password).put(folder)
    return open_hub(folder)


@lru_cache
def _template(server_url: str, name: str) -> Made:
    """Makes the database ``made_NAME`` too, which nobody opens again, so that it can be copied."""
    fill = {"places": _places, "hall": _hall}[name]
    return _make(fill, create_database(server_url, f"made_{name}"), TestClock())


@contextmanager
def ready_database(server_url: str, name: str) -> Iterator[tuple[str, Made]]:
    """URL of a PostgreSQL database that holds ``places`` or ``hall``, and the other files of that hub."""
    made = _template(server_url, name)
    with fresh_database(server_url, template=f"made_{name}") as url:
        # Where the database is stands among the files.
        settings = msgspec.json.encode(HubSettings(database_url=url))
        yield url, replace(made, files={**made.files, SETTINGS_FILE: (0o600, settings)})
