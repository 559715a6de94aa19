"""The program's first half second: paint the sign-in window, then load the rest while the clerk types.

Only Qt, the theme and the window are imported here before the first paint (DESIGN §10); a test counts
what else came along.  What the clerk does before everything is loaded is kept, not lost.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QLoggingCategory, QObject, QThread, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication

from app.front import Front, default_folder, read_front
from views.theme import apply_theme, fusion, set_palette
from views.unlock.window import UnlockFacts, UnlockWindow, clock_text

if TYPE_CHECKING:
    from app.bootstrap import Session

# In this order: what signing in needs comes first.
HEAVY = (
    "app.tasks",
    "sync.client",
    "app.commands.sign_in",
    "app.bootstrap",
    "views.station",
    "devices.rack",
)


def make_application() -> QApplication:
    """The QApplication of this process; a bug in a callback is told, never a traceback."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(fusion(sys.argv[0]))
    app.setApplicationName("泰好办")
    # What FFmpeg looks for in vain when a camera is first asked for is no news to a clerk.
    QLoggingCategory.setFilterRules("qt.multimedia.*.info=false\nqt.multimedia.symbolsresolver=false")
    # Python lets another thread in after 5 ms by default; a key typed during a sync waited for that.
    sys.setswitchinterval(0.001)
    sys.excepthook = lambda kind, error, trace: _tell_bug(error)
    return app


def _tell_bug(error: BaseException) -> None:
    from app.bugs import report_bug

    print(report_bug(error), file=sys.stderr)


def run_workstation(folder: str = "", *, test_devices: bool = False) -> int:
    """Open the workstation on a profile ("" = the user's own).

    Raises KnownError when the machine is not enrolled.
    """
    place = folder or default_folder()
    front = read_front(place)
    app = make_application()
    apply_theme(app, front.theme, front.scale, before_paint=True)
    door = Door(app, place, front, test_devices=test_devices)
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    code = app.exec()
    door.close()
    return code


class _Loader(QThread):
    """Imports one module after another, beside the GUI thread."""

    broke = pyqtSignal(str)

    def run(self) -> None:
        from importlib import import_module

        try:
            for name in HEAVY:
                if self.isInterruptionRequested():
                    return
                import_module(name)
        except Exception as error:
            from app.bugs import report_bug

            self.broke.emit(report_bug(error))


class Door(QObject):
    """The sign-in window until a :class:`app.bootstrap.Session` has taken it over."""

    def __init__(self, app: QApplication, folder: str, front: Front, *, test_devices: bool = False) -> None:
        super().__init__()
        self._app, self._folder, self._test_devices = app, folder, test_devices
        self.session: Session | None = None
        self._asked: Callable[[], None] | None = None
        self._taken_over = self._closed = False
        self._loader = _Loader(self)
        self._loader.finished.connect(self._loaded)
        self.window = UnlockWindow(
            UnlockFacts(place=front.place, device=front.device, staff=front.staff, clock=clock_text())
        )
        self._loader.broke.connect(self.window.show_error)
        self.window.unlock_requested.connect(self._unlock)
        self.window.import_requested.connect(self._import)
        self.window.resize(1366, 768)
        self.window.painted.connect(lambda: QTimer.singleShot(0, self._begin))
        self.window.show()

    def close(self) -> None:
        """End everything; the loader ends with the module it is at."""
        self._closed = True
        self._loader.requestInterruption()
        self._loader.wait()
        if self.session is not None:
            self.session.close()
        if not self._taken_over:
            self.window.close()
            self.window.deleteLater()

    def _begin(self) -> None:
        if self._closed:
            return
        set_palette(self._app)
        self._loader.start()

    def _unlock(self, staff: str, password: str) -> None:
        self._asked = lambda: self.window.unlock_requested.emit(staff, password)

    def _import(self) -> None:
        self._asked = self.window.import_requested.emit

    def _loaded(self) -> None:
        if self._closed or "app.bootstrap" not in sys.modules:
            return
        from app.bootstrap import Session
        from models.errors import KnownError

        self.window.unlock_requested.disconnect(self._unlock)
        self.window.import_requested.disconnect(self._import)
        try:
            self.session = Session.of_folder(self._app, self._folder, test_devices=self._test_devices)
            self.session.lock(self.window)
            self._taken_over = True
        except KnownError as error:  # what the front did not need was damaged
            self.window.show_error(str(error))
            return
        if self._asked is not None:
            self._asked()
