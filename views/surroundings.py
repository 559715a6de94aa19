"""What concerns the whole window and no case: looks, help, settings, the next visitor, auto-lock."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QScreen
from PyQt6.QtWidgets import QApplication

from views.focus import FieldLeaver
from views.help.sheet import HelpSheet
from views.idle import IdleGuard
from views.palette.sheet import PALETTE_KEYS
from views.settings.sheet import Looks, SettingsSheet
from views.shell import Shell
from views.theme import next_scale, next_theme
from views.widgets.keys import Binding, Guard
from views.workbench.page import WorkbenchPage

CALL_PAUSE_MS = 2000


class Surroundings(QObject):
    """Answers the keys of the shell that belong to no page.  ``stop`` before dropping it."""

    looks_changed = pyqtSignal(object)
    devices_requested = pyqtSignal()

    def __init__(
        self,
        shell: Shell,
        workbench: WorkbenchPage,
        looks: Looks,
        facts: Callable[[], tuple[tuple[str, str], ...]],
    ) -> None:
        super().__init__(shell)
        self.shell, self.workbench, self.looks, self._facts = shell, workbench, looks, facts
        workbench.walk.auto_next = looks.auto_next
        self.called = Guard(CALL_PAUSE_MS)
        self._leaver = FieldLeaver(shell)
        self.idle = IdleGuard(self)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self.idle)
        if isinstance(app, QGuiApplication):
            app.screenRemoved.connect(self._display_gone)
        shell.theme_requested.connect(self._next_theme)
        shell.scale_requested.connect(self._next_scale)
        shell.help_requested.connect(self.open_help)
        shell.settings_requested.connect(self.open_settings)
        shell.guide_requested.connect(self._guide)
        shell.next_visitor_requested.connect(self.next_visitor)
        workbench.rail.ticket.next_requested.connect(shell.next_visitor_requested)
        self.idle.warned.connect(lambda left: shell.say(f"{left} 秒后自动锁屏，按任意键继续"))
        self.idle.expired.connect(shell.lock_requested)

    def stop(self) -> None:
        self.idle.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self.idle)
        if isinstance(app, QGuiApplication):
            app.screenRemoved.disconnect(self._display_gone)

    def _display_gone(self, _: QScreen) -> None:
        """A display was pulled out: the window that stood on it comes to one that is there."""
        # The list of displays is right only after this signal.
        QTimer.singleShot(0, self._come_back)

    def _come_back(self) -> None:
        shell, screens = self.shell, QGuiApplication.screens()
        if any(one.geometry().intersects(shell.frameGeometry()) for one in screens) or not screens:
            return
        shell.move(screens[0].availableGeometry().topLeft())
        shell.say("屏幕断开了，窗口已移到还接着的屏幕；办件和填的内容都在")

    def open_help(self) -> None:
        """F1: the keys bound at this moment, and the manual."""
        self.shell.close_overlay()
        palette = [Binding("搜索", key, what) for key, what in PALETTE_KEYS]
        self.shell.show_overlay(HelpSheet([*self.shell.bindings(), *palette]))

    def open_settings(self) -> None:
        sheet = SettingsSheet(self.looks, self._facts())
        sheet.changed.connect(self.wear)
        sheet.devices_requested.connect(self.devices_requested)
        sheet.closed.connect(self.shell.close_overlay)
        self.shell.show_overlay(sheet)

    def wear(self, looks: Looks) -> None:
        """Put new looks on without a restart; whoever owns the settings keeps them."""
        self.looks = looks
        self.workbench.walk.auto_next = looks.auto_next
        self.looks_changed.emit(looks)
        self.workbench.refresh()  # icons are drawn in the colours of the theme
        self.shell.fit()

    def pin(self, pins: tuple[str, ...]) -> None:
        """Keep the pinned items with the settings; nothing looks different."""
        self.looks = msgspec.structs.replace(self.looks, pins=pins)
        self.looks_changed.emit(self.looks)

    def next_visitor(self) -> None:
        """F7: what lies open becomes a draft and the bench is clear; pressed twice is once."""
        if not self.called.passes():
            return
        had = self.workbench.sheet is not None
        if not self.workbench.put_aside():
            if not self.workbench.writing.failing:  # else the page has said why
                self.shell.say("这一件正在存，存好后再按 F7")
            return
        self.shell.close_overlay()
        self.shell.show_page("workbench")
        self.workbench.receive_visitor()
        kept = "已转草稿；" if had else ""
        self.shell.say(f"{kept}未接叫号，请口头叫下一位，先认人再按 F3 找事项")

    def _guide(self) -> None:
        if not self.shell.overlay_open():
            self.shell.show_page("workbench")
            self.workbench.show_why()

    def _next_theme(self) -> None:
        self.wear(msgspec.structs.replace(self.looks, theme=next_theme(self.looks.theme)))

    def _next_scale(self, step: int) -> None:
        self.wear(msgspec.structs.replace(self.looks, scale=next_scale(self.looks.scale, step)))
