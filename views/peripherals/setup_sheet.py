"""设备: which device of each kind, whether it answers, and the watched folder."""

from __future__ import annotations

import msgspec
from PyQt6 import sip
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from app.config import DeviceChoices
from app.tasks import Tasks
from devices.base import STATE_NAMES, State, Status
from devices.found import Choice, quick_choices, scanner_choices
from devices.rack import KIND_NAMES, KINDS, Rack, none_of
from views.widgets import KeyButton, Rule, Tag, label
from views.widgets.elided import ElidedLabel

_OPEN = ("card_reader", "codes", "receipt")  # a path or an address may be typed
_HINTS = {
    "card_reader": "也可以填驱动库文件的路径",
    "codes": "也可以填 /dev/input 下的设备",
    "receipt": "填设备文件，或者地址:端口，如 192.168.1.60:9100",
}
_TONES = {State.READY: "green", State.ABSENT: "neutral", State.BUSY: "amber", State.NO_PAPER: "amber"}


class SetupSheet(QFrame):
    """``chosen`` with the new DeviceChoices at every change: it holds at once."""

    chosen = pyqtSignal(object)
    closed = pyqtSignal()

    def __init__(self, choices: DeviceChoices, tasks: Tasks) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedWidth(1040)
        self._choices, self._tasks = choices, tasks
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 24, 16)
        box.setSpacing(8)
        box.addWidget(label("设备", "title"))
        box.addWidget(label("改了就生效，存在本机。没有接的设备不影响办件。", "secondary"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self.boxes: dict[str, QComboBox] = {}
        self.tests: dict[str, KeyButton] = {}
        self._tags: dict[str, Tag] = {}
        self._texts: dict[str, QLabel] = {}
        found = quick_choices()
        for row, kind in enumerate(KINDS):
            self._row(grid, row, kind, found[kind])
        grid.setColumnStretch(4, 1)
        box.addLayout(grid)
        box.addWidget(Rule())
        box.addLayout(self._make_folder())
        foot = QHBoxLayout()
        foot.addStretch()
        done = KeyButton("回到办件", kind="primary")
        done.run.connect(self.closed)
        foot.addWidget(done)
        box.addLayout(foot)
        self.setFocusProxy(self.boxes[KINDS[0]])
        tasks.device(scanner_choices, self._scanners, of="scanner")

    def choices(self) -> DeviceChoices:
        return self._choices

    def _row(self, grid: QGridLayout, row: int, kind: str, found: list[Choice]) -> None:
        name = label(KIND_NAMES[kind], "strong")
        grid.addWidget(name, row, 0)
        combo = QComboBox()
        combo.setAccessibleName(KIND_NAMES[kind])
        combo.setFixedWidth(300)
        combo.setEditable(kind in _OPEN)
        combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        combo.setToolTip(_HINTS.get(kind, ""))
        combo.setAccessibleDescription(_HINTS.get(kind, ""))
        current = str(getattr(self._choices, kind))
        for value, words in found:
            combo.addItem(words, value)
        if combo.findData(current) < 0:
            combo.addItem(current, current)
        combo.setCurrentIndex(combo.findData(current))
        combo.activated.connect(lambda _, k=kind: self._picked(k))
        if (line := combo.lineEdit()) is not None:
            line.editingFinished.connect(lambda k=kind: self._picked(k))
        grid.addWidget(combo, row, 1)
        test = KeyButton("试一下")
        test.setAccessibleName(f"试一下{KIND_NAMES[kind]}")
        test.run.connect(lambda k=kind: self.test(k))
        grid.addWidget(test, row, 2)
        tag = Tag("未试", "neutral")
        grid.addWidget(tag, row, 3)
        text = label("", "caption", wrap=True)
        grid.addWidget(text, row, 4)
        self.boxes[kind], self.tests[kind] = combo, test
        self._tags[kind], self._texts[kind] = tag, text

    def _make_folder(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label("扫描文件夹", "strong"))
        self.folder = ElidedLabel("", "secondary")
        line.addWidget(self.folder, 1)
        choose = KeyButton("选文件夹")
        choose.run.connect(self._choose_folder)
        line.addWidget(choose)
        self._no_folder = KeyButton("不用", kind="quiet")
        self._no_folder.setAccessibleName("不用扫描文件夹")
        self._no_folder.run.connect(lambda: self._watch(""))
        line.addWidget(self._no_folder)
        self._show_folder()
        return line

    def test(self, kind: str) -> None:
        """Ask the device how it is; what can take long is asked off the GUI thread."""
        rack = Rack(self._choices)
        device = {
            "card_reader": rack.card_reader, "camera": rack.camera, "scanner": rack.scanner,
            "codes": rack.code_reader, "printer": rack.printer, "receipt": rack.receipt,
        }[kind]()  # fmt: skip
        if device is None:
            typed = Status(state=State.READY, text="键盘方式，插上就能用。")
            self._told(kind, typed if kind == "codes" and rack.wedge() else none_of(kind))
        elif kind in ("camera", "codes", "printer"):
            self._told(kind, device.status())
        else:
            self._tags[kind].show_state("正在试", "neutral")
            self._tasks.device(device.status, lambda status: self._told(kind, status), of=kind)

    def _told(self, kind: str, status: Status) -> None:
        if not sip.isdeleted(self):
            self._tags[kind].show_state(STATE_NAMES[status.state], _TONES[status.state])
            self._texts[kind].setText(status.text)

    def _scanners(self, found: list[Choice]) -> None:
        if not sip.isdeleted(self):
            combo = self.boxes["scanner"]
            for value, text in found:
                if combo.findData(value) < 0:
                    combo.addItem(text, value)

    def _picked(self, kind: str) -> None:
        combo = self.boxes[kind]
        place = combo.findText(combo.currentText())
        value = combo.itemData(place) if place >= 0 else combo.currentText().strip()
        if value and value != getattr(self._choices, kind):
            self._tags[kind].show_state("未试", "neutral")
            self._texts[kind].setText("")
            self._change(**{kind: str(value)})

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "选扫描文件夹", self._choices.watched)
        if name:
            self._watch(name)

    def _watch(self, folder: str) -> None:
        self._change(watched=folder)
        self._show_folder()

    def _show_folder(self) -> None:
        folder = self._choices.watched
        self.folder.setText(folder or "没有选。选了以后，新文件会在材料步骤里提示，由您决定收不收。")
        self._no_folder.setVisible(bool(folder) and self._no_folder.parent() is not None)

    def _change(self, **changes: str) -> None:
        self._choices = msgspec.structs.replace(self._choices, **changes)
        self.chosen.emit(self._choices)
