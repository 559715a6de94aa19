"""摆渡包 from 同步: chosen, written or read with its progress, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

from app.commands.bundle import BundleReport, bundle_name, export_bundle, import_bundle
from app.commands.context import Desk
from app.tasks import Tasks
from models.progress import Progress
from views.outbox.page import OutboxPage
from views.shell import Shell


class Stick(QObject):
    """``changed`` when one was written or taken in."""

    changed = pyqtSignal()

    def __init__(self, desk: Desk, tasks: Tasks, shell: Shell, page: OutboxPage) -> None:
        super().__init__(shell)
        self._desk, self._tasks, self._shell, self._page = desk, tasks, shell, page
        self._busy = False

    def export(self) -> None:
        """Alt+O: all that waits, to a file that the clerk names."""
        name, _ = QFileDialog.getSaveFileName(
            self._shell, "导出摆渡包", bundle_name(self._desk), "摆渡包 (*.thb)"
        )
        if name:
            told = "已导出 {ops} 步，请带到中心导入；办件仍在本机"
            self._carry("导出摆渡包", partial(export_bundle, self._desk, Path(name)), told)

    def choose(self) -> None:
        """Alt+I: a file that came back."""
        name, _ = QFileDialog.getOpenFileName(self._shell, "导入摆渡包", "", "摆渡包 (*.thb);;全部文件 (*)")
        if name:
            self.take_in(Path(name))

    def take_in(self, path: Path) -> None:
        """Import a 摆渡包 and show the page that tells what came of it."""
        self._shell.show_page("sync")
        told = "已导入：收到 {pulled} 步，待传 {pending} 步"
        self._carry("导入摆渡包", partial(import_bundle, self._desk, path), told)

    def _carry(self, what: str, act: Callable[[Progress], BundleReport], sentence: str) -> None:
        if self._busy:
            self._page.notice.say("上一个摆渡包还没有做完。办件都在本机。请等它做完，或者按 Alt+Q 停下。")
            return
        self._busy = True

        def done(report: BundleReport) -> None:
            self._busy = False
            told = sentence.format(ops=report.ops, pulled=report.pulled, pending=report.pending)
            problems = "；".join(report.problems)
            self._page.notice.say(f"{told}。{problems}", "amber" if problems else "green")
            self._shell.say(told)
            self.changed.emit()

        def failed(text: str) -> None:
            self._busy = False
            self._page.notice.say(text)
            self.changed.emit()  # stopped halfway, it has brought something all the same

        self._tasks.long(what, act, done, failed)
