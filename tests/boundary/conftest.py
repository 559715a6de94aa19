"""One made city hub, copied for each test: loading the city costs more than most tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.city_hall import PASSWORD
from tests.ready_hub import city_hub as made_city_hub


@pytest.fixture(scope="session")
def city_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a closed SQLite hub with the demo city."""
    folder = tmp_path_factory.mktemp("city") / "hub"
    made_city_hub(folder, PASSWORD).close()
    return folder
