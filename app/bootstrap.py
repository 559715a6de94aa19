"""Composition: sign-in window first, everything heavy while the clerk types."""

from __future__ import annotations

import datetime as dt
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QLoggingCategory, QTimer
from PyQt6.QtWidgets import QApplication

from app.config import DeviceChoices, Profile, Settings, default_profile, read_settings, write_settings
from models.errors import KnownError
from views.theme import apply_theme
from views.unlock.window import UnlockFacts, UnlockWindow

if TYPE_CHECKING:
    from devices.rack import Rack
    from views.settings.sheet import Looks


def make_application() -> QApplication:
    """The QApplication of this process, dressed; a bug in a callback is told, never a traceback."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
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


def run_workstation(folder: Path | None, *, test_devices: bool = False) -> int:
    """Open the workstation on a profile.  Raises KnownError when the machine is not enrolled."""
    profile = Profile(folder) if folder is not None else default_profile()
    profile.read_device()
    app = make_application()
    settings = read_settings(profile)
    apply_theme(app, settings.theme, settings.font_scale)
    session = Session(app, profile, settings, test_devices=test_devices)
    session.lock()
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    code = app.exec()
    session.close()
    return code


class Session:
    """One profile from sign-in to lock; owns the windows and what they share."""

    def __init__(
        self, app: QApplication, profile: Profile, settings: Settings, *, test_devices: bool = False
    ) -> None:
        self._app = app
        self.test_devices = test_devices
        self.profile = profile
        self.settings = settings
        self.unlock: UnlockWindow | None = None
        self.station: object | None = None
        self._left_open = ("", "")  # clerk and draft at the last lock
        self._to_import = ""  # chosen before unlocking
        self._clock = QTimer()
        self._clock.timeout.connect(self._tick)
        from app.tasks import Tasks

        self.tasks = Tasks()

    def lock(self) -> None:
        """Show the sign-in window; an open desk is closed first, its drafts are saved already."""
        self._drop_station()
        facts = self.profile.read_device()
        self.unlock = UnlockWindow(
            UnlockFacts(
                place=f"{facts.hall_name} · {facts.window_name}",
                device=facts.device,
                staff=self.settings.last_staff,
                clock=_clock_text(),
            )
        )
        self.unlock.unlock_requested.connect(self._sign_in)
        self.unlock.retry_requested.connect(self._probe)
        self.unlock.import_requested.connect(self.choose_import)
        self.unlock.resize(1366, 768)
        self.unlock.show()
        self._clock.start(1000)
        QTimer.singleShot(0, self._probe)

    def close(self) -> None:
        self._clock.stop()
        self._drop_station()
        if self.unlock is not None:
            self.unlock.close()
            self.unlock.deleteLater()
            self.unlock = None
        self.tasks.close()

    def _drop_station(self) -> None:
        from views.station import Station

        if isinstance(self.station, Station):
            sheet = self.station.workbench.sheet
            self._left_open = (self.station.desk.lease.staff, sheet.case_id if sheet is not None else "")
            self.station.shut_down()
            self.station = None

    def _probe(self) -> None:
        facts = self.profile.read_device()

        def ask() -> bool:
            from sync.client import HubClient

            try:
                with HubClient(facts.hub_url, ca_file=facts.ca_file) as client:
                    client.hello()
            except KnownError:
                return False
            return True

        self.tasks.network(ask, self._probed)

    def choose_import(self) -> None:
        """Alt+I before unlocking: the 摆渡包 is taken in as soon as somebody has signed in."""
        from PyQt6.QtWidgets import QFileDialog

        name, _ = QFileDialog.getOpenFileName(self.unlock, "导入摆渡包", "", "摆渡包 (*.thb);;全部文件 (*)")
        if name and self.unlock is not None:
            self._to_import = name
            self.unlock.show_import(Path(name).name)

    def _probed(self, online: bool) -> None:
        if self.unlock is not None:
            facts = self.profile.read_device()
            self.unlock.update_facts(
                UnlockFacts(
                    place=f"{facts.hall_name} · {facts.window_name}",
                    device=facts.device,
                    staff=self.settings.last_staff,
                    online=online,
                    clock=_clock_text(),
                )
            )

    def _sign_in(self, staff: str, password: str) -> None:
        from app.commands.context import Desk
        from app.commands.sign_in import sign_in

        def done(desk: Desk) -> None:
            self.open_desk(desk)

        self.tasks.network(lambda: sign_in(self.profile, staff, password), done, self._refused)

    def open_desk(self, desk: object) -> None:
        """Show the workstation for an unlocked desk."""
        import msgspec

        from app.commands.context import Desk
        from views.station import Station

        assert isinstance(desk, Desk)
        self.settings = msgspec.structs.replace(self.settings, last_staff=desk.lease.staff)
        write_settings(self.profile, self.settings)
        station = Station(desk, self.profile.root / "templates", self._looks_kept(), self._rack())
        if self._left_open[0] == desk.lease.staff:
            station.workbench.open_later(self._left_open[1])
        self._left_open = ("", "")
        station.ways.looks_changed.connect(self._looks)
        station.devices.chosen.connect(self._devices)
        station.shell.lock_requested.connect(lambda: QTimer.singleShot(0, self.lock))
        self.station = station
        station.show()
        if self._to_import:
            station.take_in(Path(self._to_import))
            self._to_import = ""
        self._clock.stop()
        if self.unlock is not None:
            self.unlock.close()
            self.unlock.deleteLater()
            self.unlock = None

    def _refused(self, text: str) -> None:
        if self.unlock is not None:
            self.unlock.show_error(text)

    def _looks_kept(self) -> Looks:
        from views.settings.sheet import Looks

        kept = self.settings
        return Looks(
            theme=kept.theme,
            scale=kept.font_scale,
            auto_next=kept.auto_next,
            pins=kept.pins,
            visitor=kept.visitor,
        )

    def _rack(self) -> Rack:
        from devices.rack import Rack, all_test

        chosen = self.settings.devices
        return Rack(all_test(chosen) if self.test_devices else chosen)

    def _devices(self, choices: DeviceChoices) -> None:
        import msgspec

        self.test_devices = False  # somebody has chosen
        self.settings = msgspec.structs.replace(self.settings, devices=choices)
        write_settings(self.profile, self.settings)

    def _looks(self, looks: Looks) -> None:
        import msgspec

        before = (self.settings.theme, self.settings.font_scale)
        self.settings = msgspec.structs.replace(
            self.settings,
            theme=looks.theme,
            font_scale=looks.scale,
            auto_next=looks.auto_next,
            pins=looks.pins,
            visitor=looks.visitor,
        )
        if (looks.theme, looks.scale) != before:  # dressing every widget anew takes a moment
            apply_theme(self._app, looks.theme, looks.scale)
        write_settings(self.profile, self.settings)

    def _tick(self) -> None:
        if self.unlock is not None:
            self.unlock.show_clock(_clock_text())


def _clock_text() -> str:
    now = dt.datetime.now()
    return f"{now:%Y-%m-%d} 周{'一二三四五六日'[now.weekday()]} {now:%H:%M}"
