"""What the clerk feels: a key until its letter is painted, the palette, a step, a page, another theme (ui.md §9)."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.batch import entry_fields
from app.sample import filled
from app.screen_camera import settle
from tests.bench.rows import Row, quantile
from tests.functional.world import World, item_of

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from views.station import Station

TURNS = 40
Taken = tuple[float, float]  # seconds until it was painted, and those of the window's own thread
LETTERS = ("s", "sp", "spj", "spjy", "gs", "gssl", "yl", "kyd", "shipin", "wyl")
STEPS = ("identity", "situation", "form", "materials", "points", "accept")


def screen_rows(folder: Path) -> list[Row]:
    """Times until what was asked for is painted."""
    if sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.start import make_application
    from views.station import Station
    from views.theme import apply_theme

    app = make_application()
    apply_theme(app)
    world = World(folder)
    desk = world.sign_in()
    station = Station(desk, folder / "templates")
    station.ways.looks_changed.connect(lambda looks: apply_theme(app, looks.theme, looks.scale))
    try:
        station.show()
        settle(app, station, lambda: bool(station.shell.status_text("catalog").strip("目录 —")))
        item = item_of(desk, "SC015")
        station.workbench.start(item)
        settle(app, station)
        assert station.workbench.sheet is not None
        station.workbench.sheet.fields = entry_fields(item, filled(item, random.Random(7)))
        found = _measured(app, station)
    finally:
        station.shut_down()
        app.processEvents()
        world.close()
    budgets = {
        "key echo": 50,
        "palette opens": 50,
        "palette and the tint around it": 100,
        "palette results": 100,
        "step change": 100,
        "page change": 100,
        "theme or type size": 0,
    }
    rows = []
    for name, pairs in found.items():
        times, own = [wall for wall, _ in pairs], [cpu for _, cpu in pairs]
        top, budget = quantile(times, 0.95) * 1000, budgets[name]
        note = (
            f"median {quantile(times, 0.5) * 1000:.1f} ms of {len(times)}; "
            f"the window's own processor time {quantile(own, 0.5) * 1000:.1f} ms"
        )
        met = top <= budget if budget else None
        rows.append(
            Row(f"{name}, p95", f"{top:.1f} ms", "", "", f"≤{budget} ms" if budget else "", met, note)
        )
    return rows


def watch_painting(app: QApplication) -> Callable[[], int]:
    """Counts what is laid out and painted."""
    from PyQt6.QtCore import QEvent, QObject

    kinds = (QEvent.Type.Paint, QEvent.Type.LayoutRequest)

    class Watch(QObject):
        seen = 0

        def eventFilter(self, _: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
            if event is not None and event.type() in kinds:
                Watch.seen += 1
            return False

    filtering = Watch(app)
    app.installEventFilter(filtering)
    return lambda: Watch.seen


def _measured(app: QApplication, station: Station) -> dict[str, list[Taken]]:
    from PyQt6.QtCore import QEvent, Qt
    from PyQt6.QtTest import QTest

    from views.palette.sheet import PaletteSheet

    watch = watch_painting(app)

    def painted(
        act: Callable[[], object], wait: Callable[[], bool] = lambda: True, *, wholly: bool = True
    ) -> Taken:
        """Until ``wait`` holds and nothing is left to lay out or paint; not ``wholly``: until the first painting.

        What was put away is deleted, as a running loop does.
        """
        started, own = time.perf_counter(), time.thread_time()
        act()
        while True:
            before = watch()
            app.processEvents()
            if wait() and (not wholly or watch() == before):
                break
        taken = (time.perf_counter() - started, time.thread_time() - own)
        settle(app, station)
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return taken

    found: dict[str, list[Taken]] = {}
    station.workbench.open_step("form")
    settle(app, station)
    editor = next(f.editor for f in station.workbench.form.fields.values())
    editor.setFocus()
    press: Callable[[], object] = partial(QTest.keyClick, editor, Qt.Key.Key_A)
    echo = []
    for _ in range(TURNS):
        started, own = time.perf_counter(), time.thread_time()
        press()
        app.processEvents()  # its letter is painted; the draft is written beside
        echo.append((time.perf_counter() - started, time.thread_time() - own))
        settle(app, station)
    found["key echo"] = echo
    opened: list[Taken] = []
    whole: list[Taken] = []
    results: list[Taken] = []
    for turn in range(TURNS):
        # The sheet first; the tint around it follows in the next turn.
        (opened if turn % 2 else whole).append(painted(station.open_palette, wholly=not turn % 2))
        sheet = station.shell.findChildren(PaletteSheet)[-1]
        for text in LETTERS[turn % len(LETTERS) : turn % len(LETTERS) + 2]:
            results.append(painted(partial(sheet.line.setText, text), lambda: not station.tasks.busy()))
        painted(station.shell.close_overlay)
    found["palette opens"], found["palette and the tint around it"] = opened, whole
    found["palette results"] = results
    step, page = station.workbench.open_step, station.shell.show_page
    found["step change"] = [painted(partial(step, STEPS[n % len(STEPS)])) for n in range(TURNS)]
    pages = ("cases", "bundles", "sync", "board", "workbench")
    for name in pages:  # the first time each is made
        painted(partial(page, name))
    found["page change"] = [painted(partial(page, pages[n % len(pages)])) for n in range(TURNS)]
    looks = [painted(station.shell.theme_requested.emit) for _ in range(6)]
    looks += [painted(partial(station.shell.scale_requested.emit, by)) for by in (1, 1, -1, -1)]
    found["theme or type size"] = looks
    return found
