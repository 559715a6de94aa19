"""The second screen beside the desk: where it stands, what it shows now, and what the visitor answers.

It follows the workbench and never leads it: nothing here moves the clerk's focus or changes a field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QScreen

from app.commands.context import Changes, Desk
from app.commands.rating import Ballot, rate, seal_ballot
from app.queries.cases import read_case
from app.tasks import Tasks
from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.rating_counts import ELSEWHERE, IN_PERSON, visits_of
from models.rating_code import make_code
from models.service_texts import rating_reasons, service_texts
from views.bundle.page import BundlePage
from views.bundle.sheet import SetSheet
from views.shell import Shell
from views.visitor.content import (
    Progress,
    check_lines,
    progress_of,
    progress_of_set,
    result_of,
    result_of_set,
)
from views.visitor.window import VisitorWindow
from views.workbench.page import WorkbenchPage
from views.workbench.sheet import Sheet

AUTO, WINDOW, OFF = "auto", "window", "off"
_PAUSE_MS = 150  # typing is not followed letter by letter


class VisitorDesk(QObject):
    """``changed`` with Changes after a rating.  ``stop`` before dropping it."""

    changed = pyqtSignal(object)
    said = pyqtSignal(str)

    def __init__(
        self,
        shell: Shell,
        workbench: WorkbenchPage,
        bundles: BundlePage,
        desk: Desk,
        tasks: Tasks,
        templates: Path,
        mode: str = AUTO,
        screens: Callable[[], Sequence[QScreen]] = QGuiApplication.screens,
    ) -> None:
        super().__init__(shell)
        self._shell, self._workbench, self._desk, self._tasks = shell, workbench, desk, tasks
        self._bundles = bundles
        self._screens = screens
        self.texts = service_texts(templates)
        place = f"{desk.device.hall_name}　{desk.device.window_name}"
        self.window = VisitorWindow(place, self.texts, rating_reasons())
        self.window.disputed.connect(self._dispute)
        self.window.confirmed.connect(self._confirmed)
        self.window.rated.connect(self._rate)
        self.window.yes.clicked.connect(self.ask_rating)
        self.window.closed.connect(self._closed)
        self._disputed: dict[str, str] = {}  # path → the value that the visitor called wrong
        self._case = ""
        self._act: tuple[str, Notice] | None = None  # the case and the act that may be rated now
        self._checking = False
        self.mode = mode
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.follow)
        for page in (workbench, bundles):
            page.refreshed.connect(lambda: self._pause.start(_PAUSE_MS))
        shell.page_changed.connect(lambda _: self._pause.start(_PAUSE_MS))
        shell.next_visitor_requested.connect(self.clear)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenAdded.connect(self._plugged)
            app.screenRemoved.connect(self._unplugged)
        self.use(mode)

    def stop(self) -> None:
        """At the lock: nothing of anybody stays on the second screen."""
        self._pause.stop()
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenAdded.disconnect(self._plugged)
            app.screenRemoved.disconnect(self._unplugged)
        self.window.closed.disconnect(self._closed)
        self.window.close()
        self.window.deleteLater()

    # -- where it stands -------------------------------------------------------------------------

    def use(self, mode: str) -> None:
        """``auto``: on a second display where there is one; ``window``: here as a preview; ``off``."""
        self.mode = mode
        other = self._other()
        if mode == AUTO and other is not None:
            self.window.hide()
            self.window.setGeometry(other.geometry())
            self.window.setWindowState(Qt.WindowState.WindowFullScreen)  # showFullScreen would take the focus
            self.window.show()
        elif mode == WINDOW:
            self.window.setWindowState(Qt.WindowState.WindowNoState)
            self.window.resize(1180, 664)
            self.window.show()
        else:
            self.window.hide()
        self.follow()

    def preview(self) -> None:
        """The palette's act: open it as a window here, or put it back where the settings want it."""
        if self.window.isVisible() and self.mode == WINDOW:
            self.use(AUTO)
            self.said.emit("来人屏的预览已关上")
        else:
            self.use(WINDOW)
            self.said.emit("来人屏已打开预览，内容和第二屏一样")

    def _other(self) -> QScreen | None:
        own = self._shell.screen()
        return next((screen for screen in self._screens() if screen is not own), None)

    def _plugged(self, screen: QScreen) -> None:
        if self.mode == AUTO:
            self.use(AUTO)
            self.said.emit("第二屏接上了，来人可以看到办理进度")

    def _unplugged(self, screen: QScreen) -> None:
        if self.mode == AUTO and self._other() is None:
            self.window.hide()
            self.said.emit("第二屏断开了，办件和已作的评价都在；接上后自动恢复")

    def _closed(self) -> None:
        if self.mode == WINDOW:
            self.mode = AUTO

    # -- what it shows ---------------------------------------------------------------------------

    def follow(self) -> None:
        """Show what the open case is about; a result stays until somebody goes on."""
        sheet = self._sheet()
        if sheet is None:
            if self._act is None and self.window.state() in ("progress", "check"):
                self.clear()
            return
        case = sheet.case_id if isinstance(sheet, Sheet) else sheet.set_id
        if case != self._case:
            self._case, self._disputed, self._checking = case, {}, False
        self._act = None
        self._disputed = {p: v for p, v in self._disputed.items() if sheet.get(p) == v}
        self._mark()
        if not self.window.isVisible():
            return
        if self._checking or (isinstance(sheet, Sheet) and self._workbench.step == "accept"):
            self.window.show_check(check_lines(sheet), frozenset(self._disputed))
        else:
            self.window.show_progress(self._progress(sheet))

    def _sheet(self) -> Sheet | SetSheet | None:
        """What is being entered: the set on its page, else the case of the workbench."""
        if self._shell.current_page() == "bundles" and self._bundles.sheet is not None:
            return self._bundles.sheet
        sheet = self._workbench.sheet
        return sheet if sheet is not None and sheet.editable else None

    def _progress(self, sheet: Sheet | SetSheet) -> Progress:
        if isinstance(sheet, Sheet):
            return progress_of(sheet, self._workbench.step)
        return progress_of_set(sheet)

    def ask_check(self) -> None:
        """The palette's act: let the visitor read what was entered."""
        if self._sheet() is None:
            self.said.emit("没有打开的办件，没有内容可以请来人核对")
            return
        self.follow()  # what lies open may not have been looked at yet
        self._checking = True
        self.follow()
        told = (
            "已请来人核对所填内容" if self.window.isVisible() else "来人屏没有打开，请接上第二屏或者打开预览"
        )
        self.said.emit(told)

    def clear(self) -> None:
        """Next visitor, lock, end of the case: the greeting, and nothing of anybody kept."""
        self._case, self._act, self._checking, self._disputed = "", None, False, {}
        self.window.show_welcome()

    def done(self, changes: Changes) -> None:
        """After an act: what came of it, where it was one that the visitor takes away."""
        desk = self._desk

        def read() -> tuple[CaseState, Notice, Item | None] | None:
            page = read_case(desk, changes.case_id)
            notice = next((n for n in page.state.notices if n.op_id == changes.op_id), None) if page else None
            return (page.state, notice, page.item) if page is not None and notice is not None else None

        def show(found: tuple[CaseState, Notice, Item | None] | None) -> None:
            if found is None or found[1].kind not in IN_PERSON or found[1].later.way in ELSEWHERE:
                return
            state, notice, item = found
            self._checking = False
            rated = any(notice.op_id in v.acts and v.rating is not None for v in visits_of(state))
            self._act = None if rated else (state.case_id, notice)
            self.window.yes.setVisible(not rated)
            self.window.show_result(result_of(state, notice, item))

        self._tasks.database(read, show, self.said.emit)

    def done_set(self, changes: Changes) -> None:
        """After 一次受理: all of it on one page.  The set is one visit, rated once, by its first act."""
        done, desk = self._bundles.done, self._desk
        first = next((m for m in done.members if m.op_id), None) if done is not None else None
        if done is None or first is None:
            return

        def read() -> Notice | None:
            page = read_case(desk, first.case_id)
            return next((n for n in page.state.notices if n.op_id == first.op_id), None) if page else None

        def show(notice: Notice | None) -> None:
            self._checking = False
            self._act = (first.case_id, notice) if notice is not None else None
            self.window.yes.setVisible(notice is not None)
            self.window.show_result(result_of_set(done))

        self._tasks.database(read, show, self.said.emit)

    def ask_rating(self) -> None:
        if self._act is not None:
            notice = self._act[1]
            self.window.show_ballot(make_code(self._desk.device_key, self._desk.device.device, notice.op_id))

    # -- what the visitor answers ----------------------------------------------------------------

    def _rate(self, ballot: Ballot) -> None:
        if self._act is None:
            return
        (case_id, notice), self._act = self._act, None
        desk, days = self._desk, self.texts.rating_days

        def work() -> Changes:
            sealed = seal_ballot(desk, case_id, notice.op_id, notice.day, ballot, days)
            return rate(desk, case_id, sealed)

        def kept(changes: Changes) -> None:
            self.window.show_thanks("谢谢您的评价，请慢走。")
            self.changed.emit(changes)
            self.said.emit("申请人已在第二屏评价，记入办件")

        def failed(text: str) -> None:
            self.window.show_thanks("没有记下您的评价，请扫回执上的码再评一次。")
            self.said.emit(text)

        self._tasks.database(work, kept, failed)

    def _dispute(self, path: str) -> None:
        sheet = self._sheet()
        if sheet is None:
            return
        self._disputed[path] = sheet.get(path)
        name = next((line.name for line in check_lines(sheet) if line.path == path), "一项")
        page = self._workbench if isinstance(sheet, Sheet) else self._bundles
        page.notice.say(f"来人说“{name}”有误。已填内容都在。请核对后改正。", "amber")
        self.follow()

    def _mark(self) -> None:
        """The sentence at the clerk's field, until the value is another."""
        for path in self._disputed:
            if isinstance(self._sheet(), SetSheet):
                field = self._bundles.form.fields.get(path)
            elif path.startswith("form."):
                field = self._workbench.form.fields.get(path.removeprefix("form."))
            else:
                field = self._workbench.identity.fields.get(path)
            if field is not None:
                field.show_error("来人说这一项有误，请核对")

    def _confirmed(self) -> None:
        self._checking = False
        told = (
            f"来人已核对，有 {len(self._disputed)} 项要改"
            if self._disputed
            else "来人已核对所填内容，没有异议"
        )
        self.said.emit(told)
        if (sheet := self._sheet()) is not None:
            self.window.show_progress(self._progress(sheet))
