"""F9, F12 and what comes from devices by itself: each result is said in the status bar, work goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6 import sip
from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from app.commands.context import Desk
from app.config import DeviceChoices
from app.queries.cases import CaseRow, find_cases
from app.tasks import Tasks
from devices.base import DeviceError, State, Status
from devices.codes.meaning import Code, CodeKind, meanings
from devices.codes.picture import codes_in
from devices.idcard.record import CardRecord, record_problem
from devices.images import to_pixels
from devices.pages.page import PaperFile
from devices.rack import Rack, none_of
from models.domain.case import Receipt
from models.domain.ids import IdKind
from models.errors import KnownError
from models.progress import Progress
from views.bundle.page import BundlePage
from views.cases.page import CasesPage
from views.peripherals.capture import Capture, Target
from views.peripherals.capture_sheet import CaptureSheet
from views.peripherals.codes import WedgeFilter
from views.peripherals.health import Health
from views.peripherals.incoming import Incoming, Job
from views.peripherals.keeping import keep_now
from views.peripherals.party import FROM_CARD, FROM_CODE, card_fields, compared, number_fields, role_for
from views.peripherals.printing import Printing
from views.peripherals.setup_sheet import SetupSheet
from views.peripherals.watching import Watching
from views.shell import Shell
from views.workbench.page import WorkbenchPage


class Peripherals(QObject):
    """Owned by the station.  ``stop`` before dropping it.

    ``case_requested`` and ``item_requested`` with what a scanned code leads to.
    """

    case_requested = pyqtSignal(str)
    item_requested = pyqtSignal(str)
    chosen = pyqtSignal(object)  # DeviceChoices, to be kept

    def __init__(
        self,
        shell: Shell,
        workbench: WorkbenchPage,
        cases: CasesPage,
        bundles: BundlePage,
        desk: Desk,
        tasks: Tasks,
        rack: Rack,
    ) -> None:
        super().__init__(shell)
        self._desk = desk
        self.shell, self.workbench, self.cases, self.bundles = shell, workbench, cases, bundles
        self._tasks, self.rack = tasks, rack
        self._reading = self._stopped = False
        shell.card_requested.connect(self.read_card)
        self._looking = False
        self._captures: dict[tuple[str, str], Capture] = {}
        self._sheet: CaptureSheet | None = None
        self.incoming = Incoming(desk, tasks, workbench, cases)
        self.incoming.said.connect(shell.say)
        self.health = Health(tasks, self)
        self.health.changed.connect(shell.show_devices)
        self.health.returned.connect(self._read_codes)
        self.printing = Printing(shell, desk, tasks, rack, self.health)
        self.watching = Watching(tasks, self)
        self.watching.said.connect(shell.say)
        self.watching.offered.connect(self._offer)
        materials = workbench.materials
        materials.dropped.connect(self._dropped)
        materials.table.moved.connect(self._offer)
        materials.offer.taken.connect(self._take_offered)
        materials.offer.left.connect(self.watching.leave)
        self.wedge = WedgeFilter(workbench, lambda text: bool(meanings(text, workbench.today())), self)
        self.wedge.scanned.connect(self.code)
        self.use(rack)
        shell.camera_requested.connect(self.capture)
        shell.next_visitor_requested.connect(self._forget)

    def use(self, rack: Rack) -> None:
        """Other devices from now on; nothing under way is lost."""
        self._release()
        self.rack = self.printing.rack = rack
        self.watching.watch(rack.choices.watched)
        self.wedge.use(rack.wedge(), rack.code_prefix())
        self.health.use(rack)
        self._read_codes("codes")

    def _read_codes(self, kind: str) -> None:
        """From the beginning, and again when the scanner was gone and is back."""
        if kind == "codes" and (reader := self.rack.code_reader()) is not None:
            try:
                reader.start(self.code, self._codes_lost)
            except DeviceError as error:
                self._codes_lost(str(error), error.state)

    def _codes_lost(self, text: str, state: State = State.ABSENT) -> None:
        self.shell.say(text)
        self.health.tell("codes", Status(state=state, text=text))

    def stop(self) -> None:
        """Devices are let go; what runs off the GUI thread ends soon.  :meth:`flush` comes after it."""
        self._stopped = True
        self.watching.stop()
        self.health.rest()
        self._release()
        self.wedge.use(False, "")
        for capture in self._captures.values():
            capture.cancel()

    def discard(self) -> None:
        """Pages taken and not stored are let go: somebody only wanted to look."""
        for capture in self._captures.values():
            capture.cancel()
        self._captures.clear()

    def _release(self) -> None:
        for device in (self.rack.camera(), self.rack.code_reader()):
            if device is not None:
                device.stop()

    def rest(self) -> None:
        """While the screen is covered: no card, code or picture goes into a case that nobody sees."""
        self._release()
        self.wedge.use(False, "")
        self.health.rest()

    def written(self) -> bool:
        """Whether no page is in memory only: writes what was taken and not stored; says why it cannot."""
        try:
            self.flush()
        except KnownError as error:
            self.shell.say(str(error))
            return False
        return True

    def flush(self) -> None:
        """Pages that were taken and not stored go into their cases now.  Raises KnownError; those stay."""
        for key, capture in list(self._captures.items()):
            capture.finish()
            if capture.pages:
                keep_now(self._desk, self.workbench, capture)
            del self._captures[key]

    def open_setup(self) -> None:
        """设置 → 设备."""
        sheet = SetupSheet(self.rack.choices, self._tasks)

        def chosen(choices: DeviceChoices) -> None:
            self.use(Rack(choices))
            self.chosen.emit(choices)

        sheet.chosen.connect(chosen)
        sheet.closed.connect(self.shell.close_overlay)
        self.shell.show_overlay(sheet)

    # -- the card --------------------------------------------------------------------------------

    def read_card(self) -> None:
        """F9, wherever the focus is: identity of the open case, or of the case that comes next."""
        reader = self.rack.card_reader()
        if self._reading:
            return
        if reader is None:
            self.shell.say(none_of("card_reader").text)
            return
        self._reading = True
        self.shell.say("正在读身份证，请把证件放平")
        work = self.health.watched("card_reader", lambda: reader.read(lambda: self._stopped))
        self._tasks.device(work, self._card, self._card_failed, of="card_reader")

    def _card_failed(self, text: str) -> None:
        self._reading = False
        self.shell.say(text)

    def _card(self, card: CardRecord) -> None:
        self._reading = False
        page = self.workbench
        if problem := record_problem(card, page.today()):
            self.shell.say(problem)
            return
        sheet = page.sheet
        if self.shell.current_page() == "cases":
            self.cases.list.search.setText(card.name)
            self.shell.say("已按证件姓名查办件")
        elif self._fill_set(card_fields(card, "applicant", True), FROM_CARD):
            self.shell.say("申请人已按身份证填好，按 Ctrl+Z 撤销")
        elif sheet is None:
            page.waiting_party = (card_fields(card, "applicant", False), FROM_CARD)
            self.shell.say("身份证已读，按 F3 选事项后自动填入；叫下一位即清除")
        elif not sheet.editable:
            self.shell.say(compared(card, sheet.state) if sheet.state is not None else "")
        else:
            role = role_for(sheet, page.identity.focused_path())
            before = sheet.get(f"{role}.id_number")
            self.shell.show_page("workbench")
            page.fill_party(card_fields(card, role, bool(sheet.get("applicant.address"))), FROM_CARD)
            who = "代理人" if role == "agent" else "申请人"
            changed = "，原来填的按 Ctrl+Z 找回" if before and before != card.number else ""
            self.shell.say(f"{who}已按身份证填好{changed}")

    # -- codes -----------------------------------------------------------------------------------

    def code(self, text: str) -> None:
        """A scanned code, wherever the focus is: the case opens, or the identity step is filled."""
        found = meanings(text, self.workbench.today())
        if not found:
            self.shell.say("这个码在这里没有对应的办件或者主体，没有填入")
            return
        first = found[0]
        if first.kind is CodeKind.CASE:
            desk = self._desk

            def show(rows: list[CaseRow]) -> None:
                row = next((r for r in rows if r.number == first.value), None)
                if row is not None:
                    self.shell.close_overlay()
                    self.case_requested.emit(row.case_id)
                    self.shell.say("已按扫码打开办件")
                elif len(found) > 1:
                    self._fill_number(found[1])
                else:
                    self.shell.say("本机没有这个编号的办件。联网同步后再扫，或者按 Alt+B 查找")

            self._tasks.database(lambda: find_cases(desk, first.value, limit=5), show, self.shell.say)
        elif first.kind is CodeKind.ITEM:
            self.item_requested.emit(first.value)
        else:
            self._fill_number(first)

    def _fill_number(self, code: Code) -> None:
        page = self.workbench
        kind = IdKind.USCC if code.kind is CodeKind.USCC else IdKind.RESIDENT_ID
        name = "统一社会信用代码" if kind is IdKind.USCC else "身份证号"
        if self._fill_set(number_fields(kind, code.value, "applicant"), FROM_CODE):
            self.shell.say(f"{name}已按扫码填好，按 Ctrl+Z 撤销")
        elif page.sheet is None:
            page.waiting_party = (number_fields(kind, code.value, "applicant"), FROM_CODE)
            self.shell.say(f"{name}已扫，按 F3 选事项后自动填入；叫下一位即清除")
        elif page.sheet.editable:
            role = role_for(page.sheet, page.identity.focused_path())
            self.shell.show_page("workbench")
            page.fill_party(number_fields(kind, code.value, role), FROM_CODE)
            self.shell.say(f"{name}已按扫码填好，按 Ctrl+Z 撤销")
        else:
            self.shell.say("这一件已经办过，不能再改，没有填入")

    def _fill_set(self, values: dict[str, str], source: str) -> bool:
        """On the page of a 一件事 the applicant of the open set is meant; False elsewhere."""
        if self.shell.current_page() != "bundles" or self.bundles.sheet is None:
            return False
        self.bundles.fill_party(values, source)
        return True

    def _look_for_codes(self, sheet: CaptureSheet, image: QImage) -> None:
        """Codes under the camera are offered, not taken: a paper there may be somebody else's."""
        if self._looking:
            return
        self._looking = True
        today = self.workbench.today()

        def look() -> str:
            return next((text for text in codes_in(to_pixels(image)) if meanings(text, today)), "")

        def done(text: str) -> None:
            self._looking = False
            if not sip.isdeleted(sheet):
                sheet.offer_code(text)

        def failed(_: str) -> None:
            self._looking = False

        self._tasks.network(look, done, failed)

    # -- pages -----------------------------------------------------------------------------------

    def capture(self) -> None:
        """F12: open the camera for the material under the cursor; open already, take a page."""
        if self._sheet is not None and not sip.isdeleted(self._sheet) and self._sheet.isVisible():
            self._sheet.shoot()
            return
        if self.shell.overlay_open():
            return
        camera, scanner = self.rack.camera(), self.rack.scanner()
        if camera is None and scanner is None:
            self.shell.say(none_of("camera").text)
            return
        target = self._target()
        if target is None:
            status = camera.status() if camera is not None else None
            nowhere = "没有打开办件，拍了没有地方存。请先按 F3 选事项，或者打开一件办件"
            self.shell.say(nowhere if status is None or status.ready else status.text)
            return
        key = (target.case_id, target.material)
        capture = self._captures.get(key)
        if capture is None:
            capture = self._captures[key] = Capture(target, self._tasks, self, self.health.watched)
            capture.said.connect(self.shell.say)
        elif capture.pages:
            self.shell.say(f"上次拍的 {len(capture.pages)} 页还在，接着拍或者存入")
        sheet = self._sheet = CaptureSheet(capture, camera, scanner)
        sheet.store.connect(lambda: self._store(capture))
        sheet.scanned.connect(lambda image: self._look_for_codes(sheet, image))
        sheet.camera_lost.connect(self.health.camera_lost)
        sheet.scanned.connect(lambda _: self.health.tell("camera", Status(state=State.READY, text="")))
        sheet.code_used.connect(self.code)
        self.shell.show_overlay(sheet)

    def _target(self) -> Target | None:
        page = self.workbench
        if self.shell.current_page() == "cases":
            state = self.cases.open_state()
            if state is None:
                return None
            awaited, called = self.cases.owed.awaited()  # 补齐 is being entered: the page is of that material
            return Target(state.case_id, state.item_id, awaited, called or state.item_name)
        sheet = page.sheet
        if self.shell.current_page() != "workbench" or sheet is None:
            return None
        if page.step != "materials":
            page.open_step("materials")
        material = page.materials.current()
        name = material.name if material is not None else sheet.item.name
        return Target(sheet.case_id, sheet.item.id, material.id if material is not None else "", name)

    def _store(self, capture: Capture) -> None:
        """Seal the pages into the case as one file; only then are they let go here."""
        pages, target = capture.pages, capture.target
        if not pages or capture.working:
            return
        self.shell.close_overlay()

        def forget() -> None:
            self._captures.pop((target.case_id, target.material), None)
            capture.deleteLater()

        def make(progress: Progress) -> PaperFile:
            from devices.pages.pipeline import one_file

            return PaperFile(data=one_file(pages)[0], pages=len(pages), name=target.title)

        self.incoming.add(Job(target, make, Receipt.SCAN, forget))

    # -- files -----------------------------------------------------------------------------------

    def _dropped(self, material: str, files: list[Path]) -> None:
        self._take_files(files, Receipt.ELECTRONIC, lambda path: None)

    def _take_offered(self, files: list[Path]) -> None:
        self._take_files(files, Receipt.SCAN, self.watching.put_away)

    def _take_files(self, files: list[Path], receipt: Receipt, then: Callable[[Path], None]) -> None:
        """Into the material under the cursor; what is typed meanwhile and the other files go on."""
        target = self._target()
        if target is None:
            self.shell.say("没有打开办件，文件没有收。原文件没有动。请先打开办件")
            return
        for path in files:
            self.incoming.add_file(target, path, receipt, partial(then, path))

    def _offer(self, *_: object) -> None:
        materials = self.workbench.materials
        current = materials.current()
        materials.offer.show_files(self.watching.files, current.name if current is not None else "")

    def _forget(self) -> None:
        """The next visitor is somebody else."""
        self.workbench.waiting_party = ({}, "")
