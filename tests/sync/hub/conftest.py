from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.hub.database import Hub, init_hub, open_hub
from sync.hub.publish import publish_catalog
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, TestClock, load_places


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hub_database(request: pytest.FixtureRequest) -> str | None:
    """A database URL, None for the SQLite default."""
    return str(request.getfixturevalue("postgres_database")) if request.param == "postgres" else None


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite hub with halls, to be copied: making one costs more than most tests."""
    folder = tmp_path_factory.mktemp("made") / "hub"
    made = init_hub(folder, None, TestClock())
    load_places(made)
    made.close()
    return folder


@pytest.fixture
def hub(hub_database: str | None, made_once: Path, tmp_path: Path, clock: TestClock) -> Iterator[Hub]:
    """An open hub with halls, nothing published."""
    if hub_database is None:
        shutil.copytree(made_once, tmp_path / "hub")
        opened = open_hub(tmp_path / "hub", now_ms=clock)
    else:
        opened = init_hub(tmp_path / "hub", hub_database, clock)
        load_places(opened)
    yield opened
    opened.close()


@pytest.fixture
def version(hub: Hub) -> str:
    """A published catalogue with one item."""
    return publish_catalog(hub, (DEPARTMENT,), (ITEM,))
