"""The status bar of the workstation: never hidden, the same place on every page (ui.md §3)."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from views.status import CONNECTION, ShellStatus, numbers_tone
from views.theme import set_kind
from views.widgets import KeyCap, label
from views.widgets.elided import ElidedLabel
from views.work_strip import WorkStrip

MESSAGE_MS = 8000
CELLS = ("connection", "waiting", "numbers", "catalog", "replica", "lease", "devices")


class StatusBar(QFrame):
    """``message`` holds a result for eight seconds, ``work`` what runs long."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        self._progress = ""
        self._lease_near = False
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(10)
        self.cells: dict[str, QLabel] = {}
        self._rules: dict[str, QFrame] = {}
        for name in CELLS:
            self.cells[name] = label("")
            row.addWidget(self.cells[name])
            if name not in ("lease", "devices"):
                rule = self._rules[name] = _separator()
                row.addWidget(rule)
            self.cells[name].installEventFilter(self)
        self.cells["devices"].hide()
        self.message = ElidedLabel("", "strong")
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.message, 1)
        self.work = WorkStrip()
        row.addWidget(self.work)
        self._clock = label("")
        row.addWidget(self._clock)
        self._help = QFrame()
        help_line = QHBoxLayout(self._help)
        help_line.setContentsMargins(0, 0, 0, 0)
        help_line.setSpacing(4)
        for part in (_separator(), KeyCap("F1"), label("键位")):
            help_line.addWidget(part)
        row.addWidget(self._help)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.message.setText(""))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """A cell that is left out takes the line after it along."""
        kinds = (QEvent.Type.HideToParent, QEvent.Type.ShowToParent)
        if event is not None and event.type() in kinds:
            for name, rule in self._rules.items():
                if self.cells[name] is watched:
                    rule.setVisible(event.type() == QEvent.Type.ShowToParent)
        return False

    def say(self, text: str) -> None:
        self.message.setText(text.split("。")[0])
        self.message.setAccessibleName(text)
        self.message.setToolTip(text)
        self._timer.start(MESSAGE_MS)

    def show_status(self, status: ShellStatus) -> None:
        cells = self.cells
        word, kind = CONNECTION[status.connection]
        since = f" 自 {status.since}" if status.since and status.connection == "offline" else ""
        cells["connection"].setText(f"● {word}{since}")
        set_kind(cells["connection"], "role", kind)
        if self._progress:
            self.show_progress(self._progress)
        cells["waiting"].setText(f"待同步 {status.waiting} 件")
        cells["numbers"].setText(f"剩余受理编号 {status.numbers}")
        set_kind(cells["numbers"], "role", numbers_tone(status.numbers))
        cells["catalog"].setText(f"目录 {status.catalog or '—'}")
        cells["replica"].setText(f"副本 {status.replica or '—'}")
        cells["lease"].setText(status.lease)
        set_kind(cells["lease"], "role", "amber" if status.lease_near else "")
        self._lease_near = status.lease_near
        self._clock.setText(status.clock)

    def show_devices(self, words: str, whole: str) -> None:
        cell = self.cells["devices"]
        cell.setText(f"● {words}")
        set_kind(cell, "role", "amber")
        cell.setToolTip(whole)
        cell.setAccessibleName(whole)
        cell.setVisible(bool(words))

    def show_progress(self, told: str) -> None:
        self._progress = told
        if told:
            word, kind = CONNECTION["sending"]
            self.cells["connection"].setText(f"● {word} {told}")
            set_kind(self.cells["connection"], "role", kind)

    def optional(self) -> tuple[QWidget, ...]:
        """What a narrow window leaves out, the least needed first."""
        cells = self.cells
        least = (cells["catalog"], self._help, cells["replica"])
        return least if self._lease_near else (*least, cells["lease"])


def _separator() -> QFrame:
    made = QFrame()
    made.setObjectName("sep")
    made.setFixedHeight(14)
    return made
