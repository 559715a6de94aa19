"""F9, F12 and what comes from devices by itself: each result is said in the status bar, work goes on."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.tasks import Tasks
from devices.idcard.record import CardRecord, record_problem
from devices.rack import Rack, none_of
from views.cases.page import CasesPage
from views.peripherals.party import FROM_CARD, card_fields, compared, role_for
from views.shell import Shell
from views.workbench.page import WorkbenchPage


class Peripherals(QObject):
    """Owned by the station.  ``stop`` before dropping it."""

    def __init__(
        self, shell: Shell, workbench: WorkbenchPage, cases: CasesPage, tasks: Tasks, rack: Rack
    ) -> None:
        super().__init__(shell)
        self.shell, self.workbench, self.cases = shell, workbench, cases
        self._tasks, self.rack = tasks, rack
        self._reading = self._stopped = False
        shell.card_requested.connect(self.read_card)
        shell.camera_requested.connect(lambda: shell.say(none_of("camera").text))
        shell.next_visitor_requested.connect(self._forget)

    def stop(self) -> None:
        self._stopped = True

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
        self._tasks.device(lambda: reader.read(lambda: self._stopped), self._card, self._card_failed)

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
            self.cases.search.setText(card.name)
            self.shell.say("已按证件姓名查办件")
        elif sheet is None:
            page.waiting_party = (card_fields(card, "applicant", False), FROM_CARD)
            self.shell.say("身份证已读，按 F3 选事项后自动填入；叫下一位即清除")
        elif not sheet.editable:
            self.shell.say(compared(card, sheet.state) if sheet.state is not None else "")
        else:
            role = role_for(sheet, page.identity.focused_path())
            before = sheet.get(f"{role}.id_number")
            page.fill_party(card_fields(card, role, bool(sheet.get("applicant.address"))), FROM_CARD)
            who = "代理人" if role == "agent" else "申请人"
            changed = "，原来填的按 Ctrl+Z 找回" if before and before != card.number else ""
            self.shell.say(f"{who}已按身份证填好{changed}")

    def _forget(self) -> None:
        """The next visitor is somebody else."""
        self.workbench.waiting_party = ({}, "")
