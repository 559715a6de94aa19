"""The unlocked workstation: shell, pages, and the background reconciliation."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import random
from pathlib import Path

from PyQt6.QtCore import QElapsedTimer, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication

from app.commands.context import Changes, Desk
from app.commands.print_notice import Printed, print_notice
from app.commands.reconcile import reconcile
from app.queries.items import ItemFinder, item_finder
from app.tasks import Tasks
from devices.rack import Rack
from models.errors import KnownError
from sync.engine import SyncReport
from sync.plan import retry_delay
from views.board.page import BoardPage
from views.bundle.page import BundlePage
from views.cases.page import CasesPage
from views.cases.viewer import FileViewer
from views.composing import ComposingGuard
from views.copying.desk import Copying
from views.leading import Leading
from views.outbox.known import known_of, machine_facts, revoked_in, status_of
from views.outbox.page import PAUSED, OutboxFacts, OutboxPage, read_facts
from views.outbox.stick import Stick
from views.overlay import close_dialogs
from views.palette.opening import Finding
from views.peripherals.desk import Peripherals
from views.phrases.desk import PhraseHelp
from views.sending import FileSender
from views.service.desk import ServiceDesk
from views.settings.sheet import Looks
from views.shell import Shell
from views.standing import LeaseReminder
from views.surroundings import Surroundings
from views.unlock.facts import Revoked
from views.visitor.follow import OFF, VisitorDesk
from views.workbench.page import WorkbenchPage

ONLINE_INTERVAL_MS = 60_000
SOON_MS = 1_500
CHECK_MS = 6 * 3600 * 1000


class Station(QObject):
    """Owns the window of one signed-in clerk.  ``shut_down`` before dropping it."""

    known = pyqtSignal(object)  # what the sign-in window may tell, each time it is read
    progressed = pyqtSignal(int, int)  # ops of the round under way: done, all

    def __init__(
        self, desk: Desk, templates: Path, looks: Looks | None = None, rack: Rack | None = None
    ) -> None:
        super().__init__()
        self.desk, self._templates = desk, templates
        self.tasks = Tasks(self)
        self.files_out = FileSender(desk, self.tasks, self)
        self._finder: ItemFinder | None = None
        self._syncing = self._again = self._online = self._closed = False
        self._checked = QElapsedTimer()  # since the replica was last read through
        self._failures, self._revoked = 0, Revoked()
        self._reminder = LeaseReminder(desk)
        self._offline_since = ""
        place = f"{desk.device.hall_name} · {desk.device.window_name}"
        self.shell = Shell(place, desk.lease.name)
        room = self.shell.room()
        self.workbench = WorkbenchPage(desk, self.tasks, templates, room)
        self.cases = CasesPage(desk, self.tasks, room)
        self.bundles = BundlePage(desk, self.tasks, templates, room)
        self.outbox = OutboxPage(desk, self.tasks)
        self.shell.add_page("workbench", "工作台", "W", self.workbench)
        self.shell.add_page("cases", "办件", "B", self.cases)
        self.shell.add_page("bundles", "一件事", "Y", self.bundles)
        self.board = BoardPage(desk, self.tasks)
        self.shell.add_page("sync", "同步", "T", self.outbox)
        self.shell.add_page("board", "看板", "K", self.board)
        self._leading = Leading(self.shell, self.workbench, self.cases, self.outbox)
        self.shell.work.watch(self.tasks)
        self.stick = Stick(desk, self.tasks, self.shell, self.outbox)
        self._guard = ComposingGuard(self)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self._guard)
        self.ways = Surroundings(
            self.shell, self.workbench, looks or Looks(), lambda: machine_facts(desk, self._finder)
        )
        self.devices = Peripherals(
            self.shell, self.workbench, self.cases, self.bundles, desk, self.tasks, rack or Rack()
        )
        self.phrases = PhraseHelp(self.shell, desk, self.tasks)
        self.copying = Copying(self.shell, desk, self.tasks)
        self.finding = Finding(
            self.shell, self.workbench, desk, self.tasks, lambda: self._finder, lambda: self.ways.looks.pins
        )
        self.visitor = VisitorDesk(
            self.shell, self.workbench, self.bundles, desk, self.tasks, templates, self.ways.looks.visitor
        )
        self.service = ServiceDesk(self.shell, self.workbench, desk, self.tasks, self.visitor.texts)
        self._wire()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.sync)
        self._minute = QTimer(self)
        self._minute.timeout.connect(self.refresh_status)

    def show(self) -> None:
        self.shell.resize(1366, 768)
        self.shell.show()
        self._minute.start(30_000)
        self.reload_items()
        self.refresh()
        self.cases.left.come_back()
        self._timer.start(0)

    def may_lock(self) -> bool:
        """Whether nothing typed would be lost; says so on the page when a draft cannot be written now."""
        kept = self.workbench.writing.written() and self.cases.left.written() and self.bundles.written()
        return kept and self.devices.written()

    def cover(self) -> None:
        """Out of sight with all that is typed, for the lock when it cannot be written: no window, no device."""
        close_dialogs()
        self.finding.forget()
        self.copying.stop()
        self.visitor.clear()
        self._visitor_mode = self.visitor.mode
        self.visitor.use(OFF)  # also when a display is plugged in meanwhile
        self.devices.rest()
        self.shell.hide()

    def uncover(self) -> None:
        """Back as it was, for the clerk who typed it."""
        self.shell.show()
        self.shell.activateWindow()
        self.devices.use(self.devices.rack)
        self.visitor.use(self._visitor_mode)

    def shut_down(self) -> None:
        """Finish what is under way, close the replica and the window."""
        if self._closed:
            return
        self._closed = True
        close_dialogs()
        self.files_out.stop()
        self._timer.stop()
        self._minute.stop()
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self._guard)
        self.ways.stop()
        self.copying.stop()
        self.visitor.stop()
        self.devices.stop()
        self.tasks.close()
        for keep in (self.devices.flush, self.workbench.flush, self.bundles.flush, self.cases.left.flush):
            with contextlib.suppress(KnownError):  # a full disk: lock() has asked before
                keep()
        self.desk.store.close()
        self.shell.close()
        self.shell.deleteLater()

    # -- reading -----------------------------------------------------------------------------------

    def refresh(self) -> None:
        self.workbench.refresh_lists()
        self.refresh_status()
        for page in (self.cases, self.bundles, self.outbox, self.board):
            if page.isVisible():
                page.refresh()

    def heard_revoked(self, out: Revoked) -> None:
        """The centre takes nothing from this desk any more (or does again): only 同步 is left."""
        if bool(out.at_ms) != bool(self._revoked.at_ms) or out.by != self._revoked.by:
            self._revoked = out
            self.shell.restrict("sync" if out.at_ms else "")
            self.outbox.show_revoked(out)
            self.refresh()

    def refresh_status(self) -> None:
        desk = self.desk
        self.tasks.database(lambda: read_facts(desk), self._show_status, self.shell.say)

    def reload_items(self) -> None:
        desk = self.desk

        def done(finder: ItemFinder | None) -> None:
            self._finder = finder
            self.workbench.identity.offer_areas(finder.areas() if finder is not None else ())
            self.finding.show_finder(finder)
            # What stays for the session is left out of full collections: they stopped the window for 100 ms.
            gc.freeze()
            self.refresh_status()

        self.tasks.database(lambda: item_finder(desk), done, self.shell.say)

    def _show_status(self, facts: OutboxFacts) -> None:
        now = self.desk.clock.now()
        left_ms = facts.lease_ms - now.wall_ms
        state = "expired" if left_ms <= 0 else "sending" if self._syncing and facts.rows else ""
        self.finding.read_only = left_ms <= 0
        self.workbench.show_limits(left_ms <= 0, not facts.pool.left)
        self.bundles.show_read_only(left_ms <= 0)
        state = "revoked" if self._revoked.at_ms else state or ("online" if self._online else "offline")
        catalog = self._finder.version if self._finder is not None else ""
        told = status_of(facts, now.wall_ms, connection=state, since=self._offline_since, catalog=catalog)
        self.shell.update_status(told)
        self.workbench.why.show_replica("" if self._online else told.replica)
        self.known.emit(known_of(self.desk, facts, self._finder, self.workbench.sheet, self._revoked))
        self.tasks.database(lambda: self._reminder.due(left_ms, facts.lease_ms), self.shell.remind)
        until = f"{dt.datetime.fromtimestamp(facts.lease_ms / 1000):%m-%d %H:%M}"
        self.outbox.show_lease(left_ms, until)
        self.board.show_lease_over(until if left_ms <= 0 else "")
        self.outbox.show_connection(
            "在线" if self._online else "中心离线",
            "自动补传" if self._online else f"自 {self._offline_since or '—'} 起 · 自动重试",
            "green" if self._online else "amber",
        )

    # -- reconciliation ----------------------------------------------------------------------------

    def sync(self) -> None:
        """One round in the background; a second request while it runs makes one more round."""
        if self._closed or self.outbox.paused:
            return
        if self._syncing:
            self._again = True
            return
        self._syncing = True
        desk = self.desk

        def told(done: int, whole: int) -> None:
            if self.outbox.paused and done < whole:
                raise KnownError(PAUSED)
            self.progressed.emit(done, whole)

        thorough = not self._checked.isValid() or self._checked.hasExpired(CHECK_MS)
        if thorough:
            self._checked.start()
        asked = {"thorough": thorough, "hall": self.board.isVisible()}
        self.tasks.network(lambda: reconcile(desk, told, **asked), self._synced, self._sync_failed)

    def _synced(self, report: SyncReport) -> None:
        self._syncing = False
        if self._closed:
            return
        was_online = self._online
        self._online = report.online
        if report.online != report.revoked:
            self.heard_revoked(revoked_in(report, self._revoked, self.desk.clock.now().wall_ms))
        self.board.show_online(report.online)
        if report.online:
            self._failures, self._offline_since = 0, ""
            delay = SOON_MS if self._again else report.again_ms or ONLINE_INTERVAL_MS
        else:
            if was_online or not self._offline_since:
                self._offline_since = dt.datetime.now().strftime("%H:%M")
            self._failures += 1
            delay = report.again_ms or int(retry_delay(self._failures, random.random()) * 1000)
        self._again = False
        if report.pushed or report.pulled:
            self.shell.say(f"已对齐：上传 {report.pushed}，下载 {report.pulled}")
        elif report.problems and (was_online or self._failures == 1):
            self.shell.say(report.problems[0])
        if self._finder is None or (report.catalog and report.catalog != self._finder.version):
            self.reload_items()
        self._timer.start(delay)
        self.refresh()
        if report.online:
            self.files_out.start()

    def _hold(self, held: bool) -> None:
        """暂停补传: what has gone stays at the centre, the rest waits here until it is to go on."""
        self.files_out.pause(held)
        if not held:
            self.sync()

    def _sync_failed(self, text: str) -> None:
        self._syncing = False
        self.shell.say(text)
        if not self._closed:
            self._failures += 1
            self._timer.start(int(retry_delay(self._failures, random.random()) * 1000))

    # -- wiring ------------------------------------------------------------------------------------

    def _wire(self) -> None:
        shell = self.shell
        shell.palette_requested.connect(self.open_palette)
        for wanted in (shell.sync_requested, self.outbox.sync_requested):
            wanted.connect(self.outbox.resume)
            wanted.connect(self.sync)
        self.outbox.held.connect(self._hold)
        shell.page_changed.connect(self._turned)
        self.workbench.palette_requested.connect(self.open_palette)
        self.workbench.rail.case_opened.connect(self.show_case)
        for disputed in (self.workbench.rail.disputed_opened, self.cases.settle_requested):
            disputed.connect(self._leading.settle)
        self.workbench.reception.matter_opened.connect(self._leading.open_matter)
        for opening in (self.finding.case_chosen, self.board.case_opened, self.devices.case_requested):
            opening.connect(self.show_case)
        self.board.page_opened.connect(shell.show_page)
        self.finding.bundle_chosen.connect(lambda key: self.bundles.start(key, self.workbench.applicant()))
        self.finding.person_chosen.connect(self._leading.show_person)
        self.finding.printed.connect(self.show_printed)
        self.finding.pins_changed.connect(self.ways.pin)
        self.finding.form_wanted.connect(self.devices.printing.open_form)
        for papers in (self.workbench.materials, self.bundles.papers):
            papers.form_wanted.connect(lambda name: self.devices.printing.open_form(name))
        self.workbench.bundle_draft_opened.connect(self.bundles.open_draft)
        self.bundles.opened.connect(shell.close_overlay)
        self.bundles.opened.connect(lambda: shell.show_page("bundles"))
        for page in (self.workbench, self.bundles):
            page.changed.connect(self._changed)
            page.printed.connect(self.show_printed)
        for telling in (self.workbench, self.bundles, self.board, self.cases.list, self.files_out):
            telling.said.connect(shell.say)
        self.bundles.case_opened.connect(self.show_case)
        self.cases.go_on.connect(self._leading.go_on)
        self.cases.set_requested.connect(self.bundles.open_done)
        self.cases.left.returned.connect(lambda: shell.show_page("cases"))
        self.cases.document_requested.connect(self._reprint)
        self.cases.changed.connect(self._changed)
        self.cases.files.opened.connect(lambda *told: shell.show_overlay(FileViewer(*told)))
        for asking in (self.workbench, self.cases):
            asking.copy_requested.connect(self.copying.open)
        self.copying.said.connect(self._told)
        self.copying.changed.connect(self._changed)
        self.outbox.export_requested.connect(self.stick.export)
        self.outbox.import_requested.connect(self.stick.choose)
        self.stick.changed.connect(self.refresh)
        self.progressed.connect(self.outbox.show_progress)
        self.outbox.paced.connect(shell.show_progress)
        self.files_out.progressed.connect(self.outbox.show_file_progress)
        self.files_out.sent.connect(self.refresh)
        self.outbox.case_requested.connect(self.show_case)
        self.outbox.changed.connect(self._changed)
        self.ways.devices_requested.connect(self.devices.open_setup)
        self.devices.item_requested.connect(self.finding.start)
        self.workbench.changed.connect(self.visitor.done)
        self.bundles.changed.connect(self.visitor.done_set)
        self.cases.changed.connect(self.visitor.done)
        for other in (self.visitor, self.service):
            other.changed.connect(self._changed)
            other.said.connect(shell.say)
        shell.more_acts += [
            ("", "来人屏：打开或关上预览", self.visitor.preview),
            ("", "来人屏：请来人核对所填", self.visitor.ask_check),
            ("", "服务登记：优先、代办、免费服务", self.service.open),
        ]
        self.ways.looks_changed.connect(self._place_visitor)

    def _place_visitor(self, looks: Looks) -> None:
        if looks.visitor != self.visitor.mode:
            self.visitor.use(looks.visitor)

    def _changed(self, changes: Changes) -> None:
        """Something durable happened: show it everywhere, and tell the hub soon."""
        self.refresh()
        if self._online:
            self._timer.start(SOON_MS)

    def _turned(self, page: str) -> None:
        self.refresh()
        if self._online and page == "board":  # its other windows are asked about with a round
            self._timer.start(0)

    def _told(self, text: str) -> None:
        """On the page that is shown where it has a place for it, else in the status bar."""
        shown = self.shell.current_page()
        open_here = shown == "workbench" and self.workbench.sheet is not None
        page = self.cases if shown == "cases" else self.workbench if open_here else None
        (page.notice if page is not None else self.shell).say(text)

    def open_palette(self) -> None:
        if self._revoked.at_ms:
            self.shell.say("本机授权已撤销，只能导出封存包")
            return
        if self._finder is None:
            self.reload_items()
        self.finding.open()

    def show_case(self, case_id: str) -> None:
        self._leading.show_case(case_id)

    def _reprint(self, case_id: str, op_id: str, paper: str) -> None:
        desk, templates = self.desk, self._templates
        self.tasks.database(
            lambda: print_notice(desk, case_id, op_id, templates, paper), self.show_printed, self.shell.say
        )

    def show_printed(self, printed: Printed) -> None:
        """The notice is ready: print it, keep it, or write it where the clerk chooses."""
        self.devices.printing.show(printed)
