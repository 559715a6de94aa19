"""How long the window stands still while thousands of cases are reconciled behind it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from app.city_hall import CityHall
from app.commands.context import Desk
from models.tables import replica as t
from tests.bench.hall import accept_offline, add_numbers, open_desk
from tests.bench.rows import Row, quantile

TICK_MS = 5
PATIENCE_S = 900.0


def stall_rows(folder: Path, cases: int) -> list[Row]:
    with CityHall(folder / "hub") as hall:
        hall.start()
        desk = open_desk(hall, folder / "one", 0)
        add_numbers(desk, cases)
        accept_offline(desk, cases)
        gaps, idle, seconds = _watched(desk)
    longest, p99 = max(gaps), quantile(gaps, 0.99)
    limits = (50.0, 16.0)
    name = f"window stall while {cases} cases sync"
    note = f"p99 of a window at rest {quantile(idle, 0.99):.1f} ms, longest {max(idle):.1f} ms"
    return [
        Row(f"{name}, longest", f"{longest:.1f} ms", "", "", "≤50 ms", longest <= limits[0], note),
        Row(
            f"{name}, p99",
            f"{p99:.1f} ms",
            "",
            "",
            "≤16 ms",
            p99 <= limits[1],
            f"the station as the program runs it, {seconds:.0f} s, a tick each {TICK_MS} ms, {len(gaps)} ticks",
        ),
    ]


def _watched(desk: Desk) -> tuple[list[float], list[float], float]:
    """Milliseconds that ticks came late: while syncing, and at rest; and how long it took."""
    if sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PyQt6.QtCore import Qt, QTimer
    from PyQt6.QtWidgets import QApplication

    from app.start import make_application
    from views.station import Station
    from views.theme import apply_theme

    application: QApplication = make_application()
    apply_theme(application)
    station = Station(desk, desk.store.path.parent / "templates")
    late: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, (now - last) * 1000 - TICK_MS))
        last = now

    def look() -> None:
        station.tasks.database(lambda: _unsettled(desk), settled)

    def settled(left: int) -> None:
        if left == 0 or time.perf_counter() - started > PATIENCE_S:
            application.quit()

    timer, watch = QTimer(), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    watch.timeout.connect(look)
    station.show()
    application.processEvents()  # the first painting is not what is measured
    started = last = time.perf_counter()
    timer.start(TICK_MS)
    watch.start(500)
    application.exec()
    seconds, syncing = time.perf_counter() - started, late[1:]
    watch.stop()
    late.clear()
    QTimer.singleShot(3000, application.quit)
    application.exec()
    timer.stop()
    station.shut_down()
    return syncing, late[1:], seconds


def _unsettled(desk: Desk) -> int:
    """Own ops that the hub has not decided, or whose effect has not been read back."""
    with desk.store.read() as conn:
        unseen = select(func.count()).select_from(t.op_status).where(t.op_status.c.seen_in_feed == 0)
        return conn.execute(unseen).scalar_one()
