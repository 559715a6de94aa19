"""The files of one case: what is attached and where it is; open, attach, take out of use."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QVBoxLayout, QWidget

from app.commands.act import Entry
from app.commands.attach import attach_path, detach, fetch_file, find_file, open_file
from app.commands.context import Changes, Desk
from app.queries.files import FileRow, read_files
from app.tasks import Tasks
from models.domain.case import CaseState, CaseStatus
from models.vault import Missing
from views.widgets import KeyButton, Notice, Rule, Tag, clear_layout, label

_TAGS = {
    "waiting": ("待传", "amber"),
    "done": ("已在中心", "green"),
    "stuck": ("要您处理", "red"),
    "elsewhere": ("在中心", "neutral"),
}
_CLOSED = (CaseStatus.WITHDRAWN, CaseStatus.VOIDED)


class FilesPanel(QWidget):
    """``changed`` with Changes after an act; ``opened`` with (title, media, content) of a file to look at."""

    changed = pyqtSignal(object)
    opened = pyqtSignal(str, str, bytes)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._state: CaseState | None = None
        self._shown: list[FileRow] = []
        self.setAcceptDrops(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(5)
        box.addWidget(Rule())
        head = QHBoxLayout()
        head.addWidget(label("附件", "strong"))
        head.addStretch()
        self.add = KeyButton("附加文件", kind="quiet")
        self.add.run.connect(self._choose)
        self.add.blocked.connect(lambda reason: self.notice.say(reason))
        head.addWidget(self.add)
        box.addLayout(head)
        self.notice = Notice()
        box.addWidget(self.notice)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(5)
        box.addLayout(self._rows)

    def show_case(self, state: CaseState) -> None:
        self._state = state
        closed = state.status in _CLOSED
        self.add.gate("本办件已经撤回或者作废，不能再附文件。" if closed else "")
        self.refresh()

    def refresh(self) -> None:
        state, desk = self._state, self._desk
        if state is None:
            return
        case_id = state.case_id

        def show(rows: list[FileRow]) -> None:
            if self._state is not None and self._state.case_id == case_id:
                self._show(rows)

        self._tasks.database(lambda: read_files(desk, case_id), show, self.notice.say)

    def attach(self, path: Path) -> None:
        """Attach one file; it stays where it is."""
        state, desk = self._state, self._desk
        if state is None:
            return
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        self._tasks.long(
            "收附件",
            lambda progress: attach_path(desk, entry, path, progress=progress),
            self._done,
            self.notice.say,
            self._tasks.device,  # one after the other, and no act waits for a slow stick
        )

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None and mime.hasUrls() and self._state is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        for url in mime.urls() if mime is not None else []:
            if url.isLocalFile():
                self.attach(Path(url.toLocalFile()))

    def _show(self, rows: list[FileRow]) -> None:
        self._shown = rows
        clear_layout(self._rows)
        if not rows:
            self._rows.addWidget(label("还没有附件。可以把文件拖到这里。", "secondary", wrap=True))
        for row in rows:
            line = QHBoxLayout()
            name = KeyButton(row.title, kind="quiet")
            name.run.connect(lambda one=row: self._open(one))
            line.addWidget(name)
            line.addStretch()
            line.addWidget(Tag("已作废", "neutral") if row.void else Tag(*_TAGS[row.place]))
            if not row.void:
                out = KeyButton("作废", kind="quiet")
                out.setAccessibleName(f"作废附件 {row.title}")
                out.run.connect(lambda one=row: self._detach(one))
                line.addWidget(out)
            self._rows.addLayout(line)
            when = dt.datetime.fromtimestamp(row.at_ms / 1000).strftime("%m-%d %H:%M") if row.at_ms else ""
            facts = f"{_size(row.size)} · {row.staff} {when} · {row.words}"
            self._rows.addWidget(label(f"作废：{row.void}" if row.void else facts, "caption", wrap=True))

    def _choose(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "附加文件", "", "全部文件 (*)")
        for name in names:
            self.attach(Path(name))

    def _open(self, row: FileRow) -> None:
        """Show it at once when its bytes are here; else bring them from the hub first."""
        desk = self._desk

        def look() -> bytes:
            return open_file(desk, find_file(desk, row.case_id, row.file_id))

        def bring() -> bytes:
            file = find_file(desk, row.case_id, row.file_id)
            try:
                return open_file(desk, file)
            except Missing:
                fetch_file(desk, row.case_id, file)
            return open_file(desk, file)

        def show(data: bytes) -> None:
            self.opened.emit(row.title, row.media, data)
            self.refresh()

        if row.place == "elsewhere":
            self.notice.say("正在从中心取回这份附件，取好后自动打开。", "green")
            self._tasks.network(bring, show, self.notice.say)
        else:
            self._tasks.network(look, show, lambda _: self._tasks.network(bring, show, self.notice.say))

    def _detach(self, row: FileRow) -> None:
        state, desk = self._state, self._desk
        if state is None:
            return
        reason, given = QInputDialog.getText(self, "作废附件", "原因（记入办件，附件仍保留）：")
        if given:
            entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
            self._tasks.database(
                lambda: detach(desk, entry, row.file_id, reason), self._done, self.notice.say
            )

    def _done(self, changes: Changes) -> None:
        self.changed.emit(changes)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} KB"
