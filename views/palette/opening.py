"""Opening the palette and the guide over the window, and taking what was chosen to where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.commands.consult import print_consult
from app.commands.context import Desk
from app.queries.cases import CaseRow, find_cases
from app.queries.items import ItemFinder
from app.queries.people import PersonRow, find_people
from app.queries.search import SHORTEST_TAIL
from app.tasks import Tasks
from models.domain.catalog import Item
from views.overlay import Ground
from views.palette.guide import GuideSheet
from views.palette.rows import Action
from views.palette.sheet import PaletteSheet
from views.shell import Shell
from views.workbench.page import WorkbenchPage

SHORTEST = 2  # letters before cases and people are looked for


class Finding(QObject):
    """``case_chosen``, ``bundle_chosen`` and ``person_chosen`` (a name) after the palette closed;
    ``printed`` with what a guide printed; ``pins_changed`` for whoever keeps the settings; ``form_wanted``
    with the name of a blank form or sample and what opens the guide again."""

    case_chosen = pyqtSignal(str)
    bundle_chosen = pyqtSignal(str)
    person_chosen = pyqtSignal(str)
    printed = pyqtSignal(object)
    pins_changed = pyqtSignal(object)
    form_wanted = pyqtSignal(str, object)

    def __init__(
        self,
        shell: Shell,
        workbench: WorkbenchPage,
        desk: Desk,
        tasks: Tasks,
        finder: Callable[[], ItemFinder | None],
        pins: Callable[[], tuple[str, ...]],
    ) -> None:
        super().__init__(shell)
        self._shell, self._bench, self._desk, self._tasks = shell, workbench, desk, tasks
        self._finder, self._pins = finder, pins
        self._sheet: PaletteSheet | None = None
        self._ground: Ground | None = None
        self.read_only = False  # the lease has run out

    def open(self) -> None:
        """F3 and Ctrl+K."""
        actions = [Action(name=what, key=key, run=run) for key, what, run in self._shell.acts()]
        sheet = self._ready()
        sheet.begin(
            self._finder(),
            actions=actions,
            pins=self._pins(),
            applicant=self._bench.applicant().get("applicant.name", ""),
            read_only=self.read_only,
        )
        assert self._ground is not None
        self._shell.overlays.show_again(self._ground, sheet, sheet.clear)

    def forget(self) -> None:
        """Before the lock: close the palette and drop it with all that it may hold."""
        ground, self._ground, self._sheet = self._ground, None, None
        if ground is not None:
            if ground.isVisible():
                self._shell.close_overlay()
            ground.drop()

    def _ready(self) -> PaletteSheet:
        """The one sheet, made and dressed before it is asked for: it opens at once then."""
        if self._sheet is not None:
            return self._sheet
        sheet = PaletteSheet()
        sheet.query_changed.connect(lambda text: self._look_up(sheet, text))
        sheet.item_chosen.connect(lambda item_id: self.start(item_id))
        sheet.item_continued.connect(lambda item_id: self.start(item_id, continued=True))
        sheet.guide_requested.connect(self.open_guide)
        sheet.case_chosen.connect(self._leave_for(self.case_chosen.emit))
        sheet.bundle_chosen.connect(self.bundle_chosen)
        sheet.person_chosen.connect(lambda row: self._person(row))
        sheet.action_chosen.connect(self._act)
        sheet.pins_changed.connect(self.pins_changed)
        self._sheet, self._ground = sheet, self._shell.overlays.lay(sheet)
        return sheet

    def show_finder(self, finder: ItemFinder | None) -> None:
        """The catalogue has been read, perhaps while the palette was open."""
        sheet = self._ready()
        if sheet.isVisible():
            sheet.show_finder(finder)

    def start(self, item_id: str, *, continued: bool = False) -> None:
        """A new case, where this window may take it in; ``continued`` for the applicant at the window."""
        finder = self._finder()
        item = finder.item(item_id) if finder is not None else None
        if finder is None or item is None:
            return
        self._shell.close_overlay()
        if elsewhere := finder.elsewhere(item):
            self._shell.say(f"{item.name}：{elsewhere}，本窗不受理")
            return
        self._shell.show_page("workbench")
        self._bench.start(item, same_applicant=continued)

    def open_guide(self, item_id: str, answers: Mapping[str, str] | None = None) -> None:
        """→ in the palette: look at the guide only; ``answers`` that were given in it before."""
        finder = self._finder()
        item: Item | None = finder.item(item_id) if finder is not None else None
        if finder is None or item is None:
            return
        sheet = GuideSheet(
            item,
            finder.elsewhere(item),
            self._bench.today(),
            read_only=self.read_only,
            answers=answers,
        )

        def show_form(name: str) -> None:
            given = dict(sheet.sheet.answers)
            self.form_wanted.emit(name, lambda: self.open_guide(item_id, given))

        sheet.form_wanted.connect(show_form)
        sheet.start_requested.connect(lambda found: self.start(found))
        sheet.print_requested.connect(self._print)
        self._shell.show_overlay(sheet)

    def _print(self, item_id: str, answers: dict[str, str]) -> None:
        desk = self._desk
        self._tasks.database(
            lambda: print_consult(desk, item_id, answers), self.printed.emit, self._shell.say
        )

    def _look_up(self, sheet: PaletteSheet, text: str) -> None:
        if len(text.strip()) < SHORTEST:
            return
        desk = self._desk

        def read() -> tuple[list[CaseRow], list[PersonRow]]:
            return find_cases(desk, text, limit=20), find_people(desk, text)

        def arrived(found: tuple[list[CaseRow], list[PersonRow]]) -> None:
            if not sip.isdeleted(sheet) and self._shell.overlay_open() and sheet.query() == text:
                sheet.show_found(*found)

        self._tasks.database(read, arrived)

    def _leave_for(self, go: Callable[[str], object]) -> Callable[[str], None]:
        def left(key: str) -> None:
            self._shell.close_overlay()
            go(key)

        return left

    def _person(self, row: PersonRow) -> None:
        self._shell.close_overlay()
        self.person_chosen.emit(f"{row.name} {row.tail}" if len(row.tail) >= SHORTEST_TAIL else row.name)

    def _act(self, action: Action) -> None:
        self._shell.close_overlay()
        QTimer.singleShot(0, action.run)  # after the palette has gone, so that the focus is back
