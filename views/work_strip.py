"""Long work in the status bar: what it is, how far it is, and a way to stop it (ui.md §8, over one second)."""

from __future__ import annotations

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QProgressBar

from app.tasks import Tasks, Work
from views.theme import scaled
from views.widgets import KeyButton, label

AFTER_MS = 1000  # what ends before that needs no bar
BAR_WIDTH, BAR_HEIGHT = 110, 8


class WorkStrip(QFrame):
    """Shows the work that began first of what is under way; hidden while there is none.

    ``resized`` when it comes or goes: the status bar has more or less room.
    """

    resized = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._works: list[Work] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.text = label("", "strong")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(scaled(BAR_WIDTH), scaled(BAR_HEIGHT))
        self.stop = KeyButton("停下", "Alt+Q", "tight")
        self.stop.run.connect(self._stop)
        for part in (self.text, self.bar, self.stop):
            row.addWidget(part)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._show)
        self.hide()

    def watch(self, tasks: Tasks) -> None:
        """Show what runs long there from now on."""
        tasks.began.connect(self._began)
        tasks.moved.connect(self._moved)
        tasks.ended.connect(self._ended)

    def work(self) -> Work | None:
        """What is shown, or will be after a second."""
        return self._works[0] if self._works else None

    def _began(self, work: Work) -> None:
        self._works.append(work)
        if not self.isVisible() and not self._later.isActive():
            self._later.start(AFTER_MS)

    def _moved(self, work: Work) -> None:
        if self.isVisible() and work is self.work():
            self._show()

    def _ended(self, work: Work) -> None:
        if work in self._works:
            self._works.remove(work)
        if not self._works:
            self._later.stop()
            self.hide()
            self.resized.emit()
        elif self.isVisible():
            self._show()

    def _show(self) -> None:
        work = self.work()
        if work is None:
            return
        if work.stopping:
            told, part = f"正在停下：{work.what}", ""
        else:
            told = f"正在{work.what}"
            part = f" {min(100, work.done * 100 // work.whole)}%" if work.whole and not work.final else ""
        self.text.setText(told + part)
        self.bar.setRange(0, 0 if work.final or not work.whole else 1000)
        if work.whole and not work.final:
            self.bar.setValue(min(1000, work.done * 1000 // work.whole))
        self.bar.setAccessibleName(told)
        self.bar.setAccessibleDescription(part.strip() or "正在收尾，马上就好")
        self.stop.setVisible(not (work.final or work.stopping))
        if not self.isVisible():
            self.show()
            self.resized.emit()

    def _stop(self) -> None:
        work = self.work()
        if work is not None:
            work.stop()
            self._show()
