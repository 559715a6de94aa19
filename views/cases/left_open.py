"""The forms of the case page while they are filled in: written as they are typed, given back whenever their case
is shown again: after another row, the lock, or a power cut."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLineEdit

from app.commands.context import Desk
from app.commands.open_form import OpenForm, Place, keep_forms, read_forms
from app.tasks import Tasks
from models.errors import KnownError
from views.cases.acts import LaterActs
from views.cases.owed import OwedPanel

if TYPE_CHECKING:
    from views.cases.page import CasesPage

AGAIN_MS = 3000  # what could not be written is tried again


class LeftOpen(QObject):
    """``returned`` when the clerk was on the case page when the desk was left; ``kept`` after each writing."""

    returned = pyqtSignal()
    kept = pyqtSignal()

    def __init__(self, page: CasesPage, desk: Desk, tasks: Tasks) -> None:
        super().__init__(page)
        self._page, self._desk, self._tasks = page, desk, tasks
        self._forms: dict[Place, OpenForm] = {}  # all that is half filled in
        self._queue: dict[Place, OpenForm | None] = {}  # what of it is not written yet
        self._queued, self._one_writer = threading.Lock(), threading.Lock()
        self._writing = self._failing = False
        self._panels: tuple[LaterActs | OwedPanel, ...] = ()
        self._back: OpenForm | None = None  # what is being given back
        self._told = ""
        self._focus = ""  # the case whose form takes the focus when it is back
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._write)

    def watch(self) -> None:
        """Once the forms are there."""
        self._panels = (self._page.acts, self._page.owed)
        for panel in self._panels:
            panel.begun.connect(partial(self._fill, panel))
            panel.edited.connect(partial(self._keep, panel))
            panel.closing.connect(partial(self._keep, panel, away=True))
            panel.ended.connect(lambda *place: self._put(place, None))

    # -- giving back -----------------------------------------------------------------------------

    def come_back(self) -> None:
        """After signing in."""
        desk = self._desk
        self._tasks.database(lambda: read_forms(desk), self._read_all, self._page.notice.say)

    def _read_all(self, forms: list[OpenForm]) -> None:
        self._forms = {form.place: form for form in forms} | self._forms
        latest = next((form for form in reversed(forms) if form.open), None)
        if latest is None:
            return
        if latest.shown:
            self._focus = latest.case_id
            self.returned.emit()
        self._page.open_case(latest.case_id)

    def read(self, case_id: str) -> None:
        """The page shows this case now: what was left in a form of it stands there again."""
        mine = [form for form in self._forms.values() if form.case_id == case_id]
        if not mine or any(panel.occupied() for panel in self._panels):
            return
        focus = self._focus == case_id
        if focus:
            self._focus = ""
        for form in sorted(mine, key=lambda one: one.at_ms, reverse=True):
            panel = next((panel for panel in self._panels if panel.allows(form.form, form.about)), None)
            if panel is None:
                self._tell(form)
            elif not form.away and not panel.occupied():
                self._back = form
                panel.come_back(form.form, form.about, focus=focus)
                self._back = None
                if not form.open:
                    self._told = f"“{form.name}”上次没有办完，填过的内容都放回来了。不办了请按“清空这张表”。"
                    self._page.notice.say(self._told, "blue")

    def _fill(self, panel: LaterActs | OwedPanel) -> None:
        """A form was opened: with what was typed in it before."""
        now = self._form_of(panel)
        kept = self._back or (self._forms.get(now.place) if now is not None else None)
        if now is None or kept is None:
            return
        panel.fill(kept.values, kept.marks)
        if kept.place != now.place:  # named as earlier programs did
            self._put(kept.place, None)
        self._keep(panel)

    def _tell(self, form: OpenForm) -> None:
        self._page.notice.say(
            f"以前填的“{form.name or form.form}”没有记入办件，现在这件办件不能办这一项了。"
            f"填过的内容：{form.words or '无'}。请看办件的经过。"
        )
        self._put(form.place, None)

    # -- keeping ---------------------------------------------------------------------------------

    def _keep(self, panel: LaterActs | OwedPanel, *, away: bool = False, open: bool = True) -> None:
        """Something was typed or chosen; ``away``: the clerk closes the form."""
        form = self._form_of(panel)
        if form is not None:
            kept = msgspec.structs.replace(form, open=open and not away, away=away)
            self._put(form.place, kept if panel.touched() else None)

    def leave(self, case_id: str) -> list[OpenForm]:
        """Before the page shows ``case_id`` ("" none): what is half filled in stays kept.

        Returns the forms that are open, where it is the same case that is read again.
        """
        state = self._page.open_state()
        if state is None:
            return []
        if state.case_id == case_id:
            return self._all_open()
        for panel in self._panels:
            self._keep(panel, open=False)
        if self._told and self._page.notice.text() == self._told:
            self._page.notice.hide()  # it was about that case
        return []

    def still_there(self, before: list[OpenForm]) -> None:
        """After the same case was read again: an act that it does not allow any more is told with its words."""
        places = {form.place for form in self._all_open()}
        for form in before:
            if form.place not in places:
                self._tell(form)

    def written(self) -> bool:
        """Whether what is typed can be left: writes it; says why not."""
        try:
            self.flush()
        except KnownError as error:
            self._page.notice.say(str(error))
            return False
        return True

    def flush(self) -> None:
        """At the lock.  Raises KnownError when it cannot be written: it stays on the page."""
        for form in self._all_open():
            self._note(form.place, form)
        self._write_out()

    def _put(self, place: Place, form: OpenForm | None) -> None:
        if self._note(place, form):
            self._write()

    def _note(self, place: Place, form: OpenForm | None) -> bool:
        """Whether it is anything new."""
        before = self._forms.get(place)
        if form is not None:
            if before is not None and msgspec.structs.replace(form, at_ms=before.at_ms) == before:
                return False
            self._forms[place] = form
        elif self._forms.pop(place, None) is None:
            return False
        with self._queued:
            self._queue[place] = form
        return True

    def _write(self) -> None:
        """One writing at a time; what comes meanwhile follows at once."""
        if self._writing or not self._queue:
            return
        self._writing = True

        def done(_: None) -> None:
            self._writing = self._failing = False
            self._write()
            self.kept.emit()

        def failed(text: str) -> None:
            self._writing = False
            if not self._failing:
                self._failing = True
                self._page.notice.say(text)
            self._again.start()

        self._tasks.database(self._write_out, done, failed)

    def _write_out(self) -> None:
        """On any thread: the newest of each form."""
        with self._one_writer:
            with self._queued:
                forms = dict(self._queue)
            if not forms:
                return
            keep_forms(self._desk, forms)
            with self._queued:
                self._queue = {
                    place: form
                    for place, form in self._queue.items()
                    if place not in forms or form is not forms[place]
                }

    def _all_open(self) -> list[OpenForm]:
        return [form for panel in self._panels if (form := self._form_of(panel)) is not None]

    def _form_of(self, panel: LaterActs | OwedPanel) -> OpenForm | None:
        """What is open in it and not just being done."""
        page, state = self._page, self._page.open_state()
        (form, name), about, values, marks = panel.open_form()
        if state is None or not form:
            return None
        editors = [field.editor for field in panel.fields.values()]
        lines = [editor.text() for editor in editors if isinstance(editor, QLineEdit)]
        return OpenForm(
            case_id=state.case_id,
            form=form,
            name=name,
            about=about,
            values=values,
            words="；".join(filter(None, lines)),
            marks=marks,
            shown=page.isVisibleTo(page.window()),
            at_ms=self._desk.clock.now().wall_ms,
        )
