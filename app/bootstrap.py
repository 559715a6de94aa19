"""Composition: one profile from sign-in to lock.  :mod:`app.start` paints the first sign-in window."""

from __future__ import annotations

import dataclasses
import gc
import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from app.config import DeviceChoices, Profile, Settings, read_settings, write_settings
from app.front import read_json
from app.tasks import Tasks
from models.errors import KnownError
from models.keys import SECRET_FILE, Keyring, write_private
from views.theme import apply_theme, next_scale, next_theme
from views.unlock.facts import Known, Revoked, known_from, revoked_of
from views.unlock.window import UnlockFacts, UnlockWindow, clock_text

if TYPE_CHECKING:
    from devices.rack import Rack
    from views.settings.sheet import Looks


AGAIN_S = 5  # what a covered desk could not write is tried again
ELSE = (
    "上一位经办人填的内容还没有写进本机，留在内存里，没有丢。现在换人会丢掉它。"
    "请上一位先解锁，或者腾出磁盘空间后再登录。"
)


def write_known(profile: Profile, known: Known) -> None:
    write_private(profile.known_file, json.dumps(known._asdict(), ensure_ascii=False).encode())


def _collect_all() -> None:
    gc.unfreeze()
    QTimer.singleShot(0, _collect)


def _collect(turns: int = 5) -> None:
    """What is given up in one turn (the callbacks of a deleted widget) can be collected in the next."""
    if gc.collect() and turns:
        QTimer.singleShot(50, partial(_collect, turns - 1))


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
        self._kept = Known()
        self._to_import = ""  # chosen before unlocking
        self._covered = False  # the station lies behind the sign-in window, with what could not be written
        self._ticks = 0
        self._online: bool | None = None
        self._only = ""  # 今天的受理范围, for as long as the program runs
        self._clock = QTimer()
        self._clock.timeout.connect(self._tick)
        self.tasks = Tasks()

    @classmethod
    def of_folder(cls, app: QApplication, folder: str, *, test_devices: bool = False) -> Session:
        profile = Profile(Path(folder))
        return cls(app, profile, read_settings(profile), test_devices=test_devices)

    def lock(self, painted: UnlockWindow | None = None) -> None:
        """Show the sign-in window, or take over one that is ``painted`` already.

        An open desk is closed first; its drafts are saved already.  Raises KnownError when the machine's
        registration cannot be read.
        """
        self._drop_station()
        self._show_unlock(painted)

    def _show_unlock(self, painted: UnlockWindow | None = None) -> None:
        facts = self._facts(None)
        if painted is None:
            self.unlock = UnlockWindow(facts)
            self.unlock.resize(1366, 768)
        else:
            self.unlock = painted
            painted.update_facts(facts)
        self.unlock.unlock_requested.connect(self._sign_in)
        self.unlock.retry_requested.connect(self._probe)
        self.unlock.import_requested.connect(self.choose_import)
        self.unlock.theme_requested.connect(self._next_theme)
        self.unlock.scale_requested.connect(self._next_scale)
        self.unlock.show()
        self._clock.start(1000)
        QTimer.singleShot(0, self._probe)

    def _lock_station(self) -> None:
        """Always: a machine that is left must show no name.

        What is typed and cannot be written (a full disk) stays in memory behind the sign-in window, for the
        clerk who typed it; it is tried again meanwhile, and then the desk is closed as ever.
        """
        from views.station import Station

        if self._covered or not isinstance(self.station, Station):
            return
        if self.station.may_lock():
            self.lock()
            return
        self._covered = True
        self.station.cover()
        self._show_unlock()
        if self.unlock is not None:
            self.unlock.show_unwritten()

    def _come_back(self, staff: str, password: str) -> None:
        """Somebody signs in while a desk lies covered."""
        from app.commands.sign_in import come_back
        from views.station import Station

        station = self.station
        assert isinstance(station, Station)

        def proved(same: bool) -> None:
            if not self._covered or (not same and station.may_lock()):
                self._close_covered()
                self._sign_in(staff, password)
            elif same:
                self._covered = False
                station.uncover()
                self._put_unlock_away()
            else:
                self._refused(ELSE)

        self.tasks.network(
            lambda: come_back(self.profile, station.desk, staff, password), proved, self._refused
        )

    def _close_covered(self) -> None:
        """Its words are written now."""
        self._covered = False
        self._drop_station()
        if self.unlock is not None:
            self.unlock.update_facts(self._facts(self._online))
            self.unlock.hide_notice()

    def close(self) -> None:
        self._clock.stop()
        self._drop_station()
        if self.unlock is not None:
            self.unlock.close()
            self.unlock.deleteLater()
            self.unlock = None
        self.tasks.close()

    def _facts(self, online: bool | None) -> UnlockFacts:
        facts = self.profile.read_device()
        return UnlockFacts(
            place=f"{facts.hall_name} · {facts.window_name}",
            device=facts.device,
            staff=self.settings.last_staff,
            online=online,
            clock=clock_text(),
            known=self._known(),
            now_ms=(now_ms := int(time.time() * 1000)),
            tries=self._ring_tries(now_ms),
            secret=(self.profile.root / SECRET_FILE).exists(),
            only=self._only,
        )

    def _ring_tries(self, now_ms: int) -> tuple[tuple[str, int, int], ...]:
        try:
            return Keyring.load(self.profile.root).tries(now_ms)
        except KnownError:  # said when somebody tries to unlock
            return ()

    def _known(self) -> Known:
        return known_from(read_json(str(self.profile.known_file)))

    def _keep(self, known: Known) -> None:
        """For the sign-in window; nothing is lost when it cannot be written."""
        if known == self._kept:
            return
        self._kept = known
        self.tasks.database(lambda: write_known(self.profile, known), lambda _: None)

    def _drop_station(self) -> None:
        if self.station is None:
            return
        from views.station import Station

        if isinstance(self.station, Station):
            sheet = self.station.workbench.sheet
            self._left_open = (self.station.desk.lease.staff, sheet.case_id if sheet is not None else "")
            # What the open desk kept out of collections (Station.reload_items) goes with its window: nothing
            # of a case stays in memory behind the sign-in window.
            self.station.shell.destroyed.connect(_collect_all)
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
        self._online = online
        if self.unlock is not None:
            self.unlock.update_facts(self._facts(online))

    def _sign_in(self, staff: str, password: str) -> None:
        from app.commands.context import Desk
        from app.commands.sign_in import sign_in

        if self._covered:
            self._come_back(staff, password)
            return

        def done(desk: Desk) -> None:
            self.open_desk(desk)

        def act() -> Desk:
            try:
                return sign_in(self.profile, staff, password)
            except KnownError as error:
                if error.detail.endswith("device_revoked"):
                    self._kept = _revoked(self._known(), error)
                    write_known(self.profile, self._kept)
                raise

        self.tasks.network(act, done, self._refused)

    def open_desk(self, desk: object) -> None:
        """Show the workstation for an unlocked desk."""
        import msgspec

        from app.commands.context import Desk
        from views.station import Station

        assert isinstance(desk, Desk)
        if self.unlock is not None:
            self._only = self.unlock.scope.only()
        desk = dataclasses.replace(desk, only=self._only)
        self.settings = msgspec.structs.replace(self.settings, last_staff=desk.lease.staff)
        write_settings(self.profile, self.settings)
        station = Station(desk, self.profile.root / "templates", self._looks_kept(), self._rack())
        if self._left_open[0] == desk.lease.staff:
            station.workbench.open_later(self._left_open[1])
        self._left_open = ("", "")
        station.heard_revoked(revoked_of(self._known()))
        station.known.connect(self._keep)
        station.ways.looks_changed.connect(self._looks)
        station.devices.chosen.connect(self._devices)
        station.shell.lock_requested.connect(lambda: QTimer.singleShot(0, self._lock_station))
        self.station = station
        station.show()
        if self._to_import:
            station.stick.take_in(Path(self._to_import))
            self._to_import = ""
        self._put_unlock_away()

    def _put_unlock_away(self) -> None:
        self._clock.stop()
        if self.unlock is not None:
            self.unlock.close()
            self.unlock.deleteLater()
            self.unlock = None

    def _refused(self, text: str) -> None:
        if self.unlock is not None:
            if self._kept.revoked_ms:
                self.unlock.update_facts(self._facts(True)._replace(known=self._kept))
            else:
                self.unlock.show_tries(self._ring_tries(int(time.time() * 1000)))
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

    def _next_theme(self) -> None:
        self._wear(next_theme(self.settings.theme), self.settings.font_scale)

    def _next_scale(self, step: int) -> None:
        self._wear(self.settings.theme, next_scale(self.settings.font_scale, step))

    def _wear(self, theme: str, scale: int) -> None:
        """Before anybody has signed in."""
        import msgspec

        self.settings = msgspec.structs.replace(self.settings, theme=theme, font_scale=scale)
        apply_theme(self._app, theme, scale)
        if self.unlock is not None:
            self.unlock.fit()
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
            self.unlock.show_clock(clock_text())
        from views.station import Station

        self._ticks += 1
        again = self._covered and self._ticks % AGAIN_S == 0
        if again and isinstance(self.station, Station) and self.station.may_lock():
            self._close_covered()


def _revoked(known: Known, error: KnownError) -> Known:
    """What the centre has just told of a revoking, or has told before; by :class:`sync.client.HubRefused`."""
    out, at_ms = revoked_of(known), int(getattr(error, "at_ms", 0))
    if at_ms:
        out = Revoked(at_ms, str(getattr(error, "by", "")))
    elif not out.at_ms:
        out = Revoked(int(time.time() * 1000), heard=True)
    return known._replace(revoked_ms=out.at_ms, revoked_by=out.by, revoked_heard=out.heard)
