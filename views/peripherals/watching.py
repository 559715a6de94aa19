"""The watched folder on the screen: its new files are offered to the open case."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.tasks import Tasks
from devices.watched import WatchedFolder

EVERY_MS = 2000


class Watching(QObject):
    """``offered`` whenever the list of new files changes; nothing is read before somebody takes it."""

    offered = pyqtSignal(object)
    said = pyqtSignal(str)

    def __init__(self, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._folder: WatchedFolder | None = None
        self._asking = False
        self._told = ""
        self.files: list[Path] = []
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)

    def watch(self, folder: str) -> None:
        """From now on this folder, "" for none."""
        self._folder = WatchedFolder(Path(folder)) if folder else None
        self._show([])
        if folder:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def stop(self) -> None:
        self._timer.stop()
        self._folder = None

    def look(self) -> None:
        folder = self._folder
        if folder is None or self._asking:
            return
        self._asking = True

        def done(files: list[Path]) -> None:
            self._asking, self._told = False, ""
            if folder is self._folder:
                self._show(files)

        def failed(text: str) -> None:
            self._asking = False
            if text != self._told:  # once, not every two seconds
                self._told = text
                self.said.emit(text)

        self._tasks.device(folder.poll, done, failed)

    def leave(self, files: list[Path]) -> None:
        if self._folder is not None:
            for path in files:
                self._folder.leave(path)
        self._show([path for path in self.files if path not in files])

    def put_away(self, path: Path) -> None:
        """Its content is sealed in a case: out of the way with it."""
        folder = self._folder
        if folder is not None:
            self._tasks.device(lambda: folder.put_away(path), lambda _: None, self.said.emit)
        self._show([one for one in self.files if one != path])

    def _show(self, files: list[Path]) -> None:
        if files != self.files:
            if len(files) > len(self.files):
                self.said.emit(f"扫描文件夹有 {len(files)} 个新文件，在材料步骤里收")
            self.files = files
            self.offered.emit(files)
