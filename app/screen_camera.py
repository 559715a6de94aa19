"""Pictures of windows: each in every dress, looked over, and an index of them."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QWidget

from app.screen_check import check_screen
from views.station import Station
from views.theme import apply_theme

SETTLE_S = 20.0
# theme, font scale, width and height at 100 % display scale; the last is the smallest window.
DRESSES = (
    ("light", 100, (1366, 768)),
    ("contrast", 100, (1366, 768)),
    ("light", 130, (1366, 768)),
    ("light", 100, (1180, 640)),
)
# At another display scale, by percent.  150: every screen, on 1920×1080.  125, 200: the main ones, on
# 1920×1080 and on a 2732×1536 panel.
SCALED = {
    125: (("light", 100, (1536, 864)), ("contrast", 100, (1536, 864))),
    150: (("light", 100, (1280, 720)), ("contrast", 100, (1280, 720))),
    200: (("light", 100, (1366, 768)), ("contrast", 100, (1366, 768))),
}
# The main screen of each view, taken in these dresses too and at every display scale.
MAIN = (
    "unlock-offline",
    "workbench-materials-offline",
    "palette-offline",
    "cases-offline",
    "bundle-offline",
    "sync-offline",
    "board-offline",
    "settings",
    "service",
    "capture",
    "visitor-rating",
)
MORE = (
    ("light", 115, (1366, 768)),
    ("contrast", 115, (1366, 768)),
    ("contrast", 130, (1366, 768)),
)


class ScreenCamera:
    """Takes each screen in the everyday dress, or in every dress, and notes what is wrong with it."""

    def __init__(self, app: QApplication, folder: Path, *, every_dress: bool) -> None:
        self.app, self.folder = app, folder
        self.faults: list[str] = []
        screen = app.primaryScreen()
        ratio = screen.devicePixelRatio() if screen is not None else 1.0
        percent = round(ratio * 100)
        self.large = ratio > 1
        self._mark = f"{percent}-" if self.large else ""
        dresses = SCALED.get(percent, SCALED[150]) if self.large else DRESSES
        self.dresses = dresses if every_dress else dresses[:1]
        self._only_main = percent in (125, 200)
        self._more = MORE if every_dress and not self.large else ()

    def shoot(
        self,
        window: QWidget,
        name: str,
        after: Callable[[], None] = lambda: None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """``after`` dresses the window; the picture waits until nothing has been ``busy`` for some turns."""
        if self._only_main and name not in MAIN:
            return
        for theme, scale, (width, height) in (*self.dresses, *(self._more if name in MAIN else ())):
            apply_theme(self.app, theme, scale)
            window.resize(width, height)
            window.show()
            after()
            self._calm(busy)
            extra = "" if scale == 100 else f"-{scale}"
            extra += "-least" if width == 1180 else ""
            target = f"{self._mark}{name}-{theme}{extra}.png"
            window.grab().save(str(self.folder / target))
            overlays = window.findChildren(QWidget, "overlay")
            scope = next((overlay for overlay in overlays if overlay.isVisible()), None)
            self.faults += [f"{target}：{fault}" for fault in check_screen(window, scope)]
        apply_theme(self.app)

    def _calm(self, busy: Callable[[], bool]) -> None:
        """Whatever arrives in the last turn would be in the picture, but not laid out yet."""
        quiet, deadline = 0, time.monotonic() + SETTLE_S
        while quiet < 4:
            working = busy() and time.monotonic() < deadline
            _turn(self.app)
            quiet = 0 if working else quiet + 1


def take(camera: ScreenCamera, station: Station, name: str) -> None:
    def after() -> None:
        station.workbench.refresh()
        station.shell.fit()

    camera.shoot(station.shell, name, after, station.tasks.busy)


def settle(app: QApplication, station: Station, ready: Callable[[], bool] = lambda: True) -> None:
    """Let background reads arrive; gives up after a while rather than hang."""
    deadline = time.monotonic() + SETTLE_S
    station.refresh()
    quiet = 0
    while time.monotonic() < deadline and quiet < 3:
        _turn(app)
        time.sleep(0.02)
        _turn(app)
        quiet = quiet + 1 if ready() and not station.tasks.busy() else 0


def _turn(app: QApplication) -> None:
    """One turn of the event loop; without a running one, nothing else deletes what was put away."""
    app.processEvents()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def write_index(folder: Path) -> None:
    """One page with every picture of the folder, by screen."""
    rows = []
    for picture in sorted(folder.glob("*.png")):
        name = html.escape(picture.stem)
        rows.append(f'<figure><a href="{name}.png"><img src="{name}.png" width="640"></a>')
        rows.append(f"<figcaption>{name}</figcaption></figure>")
    page = '<!doctype html><html lang="zh"><meta charset="utf-8"><title>泰好办 界面</title><h1>界面</h1>'
    (folder / "index.html").write_text(page + "\n".join(rows) + "</html>\n", encoding="utf-8")
