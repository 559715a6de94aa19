from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.hub.database import Hub, open_hub
from sync.hub.publish import publish_catalog
from tests.ready_hub import Made, places, ready_database
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hub_on(request: pytest.FixtureRequest) -> Iterator[tuple[str | None, Made]]:
    """A database URL (None for the SQLite default) and the files of a hub with halls, nothing published."""
    if request.param == "sqlite":
        yield None, places()
    else:
        with ready_database(request.getfixturevalue("postgres_url"), "places") as ready:
            yield ready


@pytest.fixture
def hub_database(hub_on: tuple[str | None, Made]) -> str | None:
    """A database URL, None for the SQLite default."""
    return hub_on[0]


@pytest.fixture
def hub(hub_on: tuple[str | None, Made], tmp_path: Path, clock: TestClock) -> Iterator[Hub]:
    """An open hub with halls, nothing published."""
    hub_on[1].put(tmp_path / "hub")
    opened = open_hub(tmp_path / "hub", now_ms=clock)
    yield opened
    opened.close()


@pytest.fixture
def version(hub: Hub) -> str:
    """A published catalogue with one item."""
    return publish_catalog(hub, (DEPARTMENT,), (ITEM,))
