"""What every test gets: no screen, a home of its own, real PostgreSQL on request, nothing left behind."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path

# Before anything imports Qt or platformdirs, which read the environment.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.pop("TAIHAOBAN_PASSWORD", None)
# Or each program that a test starts compiles the whole product anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
_HOMES = Path(tempfile.mkdtemp(prefix="taihaoban-tests-"))
_FOLDERS = {
    "HOME": "",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
os.environ |= {name: str(_HOMES / "0" / folder) for name, folder in _FOLDERS.items()}
os.environ["XDG_RUNTIME_DIR"] = str(_HOMES)  # exists, and is its owner's alone, as Qt demands

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

pytest_plugins = ["pytester", "tests.guards", "tests.postgres"]

settings.register_profile("taihaoban", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("taihaoban")

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another one saved in the user's folders; none touches the real ones."""
    home = _HOMES / str(next(_numbers))
    home.mkdir()
    for name, folder in _FOLDERS.items():
        monkeypatch.setenv(name, str(home / folder))


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOMES, ignore_errors=True)
