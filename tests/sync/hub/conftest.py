from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.hub.database import Hub, init_hub
from sync.hub.publish import publish_catalog
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, TestClock, load_places


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hub_database(request: pytest.FixtureRequest) -> str | None:
    """A database URL, None for the SQLite default."""
    return str(request.getfixturevalue("postgres_database")) if request.param == "postgres" else None


@pytest.fixture
def hub(hub_database: str | None, tmp_path: Path, clock: TestClock) -> Iterator[Hub]:
    """An open hub with halls, nothing published."""
    opened = init_hub(tmp_path / "hub", hub_database, clock)
    load_places(opened)
    yield opened
    opened.close()


@pytest.fixture
def version(hub: Hub) -> str:
    """A published catalogue with one item."""
    return publish_catalog(hub, (DEPARTMENT,), (ITEM,))
