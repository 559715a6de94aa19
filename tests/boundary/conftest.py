"""One made city hub, copied for each test: loading the city costs more than most tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.city_hall import CITY, PASSWORD
from sync.hub.database import init_hub
from sync.hub.setup import load_city


@pytest.fixture(scope="session")
def city_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a closed SQLite hub with the demo city."""
    folder = tmp_path_factory.mktemp("city") / "hub"
    hub = init_hub(folder)
    try:
        load_city(hub, CITY, PASSWORD)
    finally:
        hub.close()
    return folder
