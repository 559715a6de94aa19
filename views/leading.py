"""From anywhere in the window to the page where a thing is done."""

from __future__ import annotations

from app.queries.people import Matter
from models.domain.case import CaseState
from models.domain.catalog import Item
from views.cases.page import CasesPage
from views.outbox.page import OutboxPage
from views.shell import Shell
from views.workbench.page import WorkbenchPage


class Leading:
    def __init__(self, shell: Shell, workbench: WorkbenchPage, cases: CasesPage, outbox: OutboxPage) -> None:
        self._shell, self._workbench, self._cases, self._outbox = shell, workbench, cases, outbox

    def open_matter(self, matter: Matter) -> None:
        """What the visitor has not finished: 补齐 is entered on the case page, anything else goes on there."""
        self._shell.show_page("cases")
        self._cases.open_case(matter.case_id, matter.duty)

    def show_person(self, words: str) -> None:
        self._shell.show_page("cases")
        self._cases.list.search.setText(words)
        self._cases.table.setFocus()

    def show_case(self, case_id: str) -> None:
        self._shell.show_page("cases")
        self._cases.open_case(case_id)

    def settle(self, case_id: str) -> None:
        """A case that two windows changed: to its line in 同步."""
        self._shell.show_page("sync")
        self._outbox.show_case(case_id)

    def go_on(self, state: CaseState, item: Item) -> None:
        self._shell.show_page("workbench")
        self._workbench.open_case(state, item)
