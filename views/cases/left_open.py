"""The forms of the case page while they are filled in: written as they are typed, given back whenever their case
is shown again: after another row, the lock, or a power cut."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QLineEdit

from app.commands.context import Desk
from app.commands.open_form import OpenForm, keep_forms, read_forms
from app.tasks import Tasks
from models.errors import KnownError

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
        self._forms: dict[str, OpenForm] = {}  # by case: all that is half filled in
        self._queue: dict[str, OpenForm | None] = {}  # what of it is not written yet
        self._queued, self._one_writer = threading.Lock(), threading.Lock()
        self._writing = self._failing = False
        self._focus = ""  # the case whose form takes the focus when it is back
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._write)

    def watch(self) -> None:
        """Once the forms are there."""
        for panel in (self._page.acts, self._page.owed):
            panel.edited.connect(self.keep)
            panel.ended.connect(self._drop)

    # -- giving back -----------------------------------------------------------------------------

    def come_back(self) -> None:
        """After signing in."""
        desk = self._desk
        self._tasks.database(lambda: read_forms(desk), self._read_all, self._page.notice.say)

    def _read_all(self, forms: list[OpenForm]) -> None:
        self._forms = {form.case_id: form for form in forms} | self._forms
        latest = next((form for form in reversed(forms) if form.open), None)
        if latest is None:
            return
        if latest.shown:
            self._focus = latest.case_id
            self.returned.emit()
        self._page.open_case(latest.case_id)

    def read(self, case_id: str) -> None:
        """The page shows this case now: what was left in a form of it stands there again."""
        form, page = self._forms.get(case_id), self._page
        if form is None or page.acts.occupied() or page.owed.occupied():
            return
        focus = self._focus == case_id
        if focus:
            self._focus = ""
        back = page.acts.come_back(form.form, form.values, focus=focus) or page.owed.come_back(
            form.form, form.about, form.values, form.marks, focus=focus
        )
        if not back:
            self._tell(form)
        elif not form.open:
            self._put(case_id, msgspec.structs.replace(form, open=True))
            told = f"“{form.name}”上次没有办完，填过的内容都放回来了。不办了请按“返回”。"
            page.notice.say(told, "blue")

    def _tell(self, form: OpenForm) -> None:
        self._page.notice.say(
            f"以前填的“{form.name or form.form}”没有记入办件，现在这件办件不能办这一项了。"
            f"填过的内容：{form.words or '无'}。请看办件的经过。"
        )
        self._drop(form.case_id)

    # -- keeping ---------------------------------------------------------------------------------

    def keep(self) -> None:
        """Something was typed or chosen."""
        form = self._form()
        if form is not None:
            self._put(form.case_id, form if self._touched() else None)

    def leave(self, case_id: str) -> OpenForm | None:
        """Before the page shows ``case_id`` ("" none): what is half filled in stays kept.

        Returns the form that is open, where it is the same case that is read again.
        """
        form = self._form()
        if form is None or form.case_id == case_id:
            return form
        self._put(form.case_id, msgspec.structs.replace(form, open=False) if self._touched() else None)
        return None

    def still_there(self, form: OpenForm | None) -> None:
        """After the same case was read again: an act that it does not allow any more is told with its words."""
        page = self._page
        if form is not None and not page.acts.occupied() and not page.owed.occupied():
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
        form = self._form()
        if form is not None:
            self._note(form.case_id, form)
        self._write_out()

    def _drop(self, case_id: str) -> None:
        """Done, or given up on purpose."""
        self._put(case_id, None)

    def _put(self, case_id: str, form: OpenForm | None) -> None:
        if self._note(case_id, form):
            self._write()

    def _note(self, case_id: str, form: OpenForm | None) -> bool:
        """Whether it is anything new."""
        before = self._forms.get(case_id)
        if form is not None:
            if before is not None and msgspec.structs.replace(form, at_ms=before.at_ms) == before:
                return False
            self._forms[case_id] = form
        elif self._forms.pop(case_id, None) is None:
            return False
        with self._queued:
            self._queue[case_id] = form
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
        """On any thread: the newest of each case."""
        with self._one_writer:
            with self._queued:
                forms = dict(self._queue)
            if not forms:
                return
            keep_forms(self._desk, forms)
            with self._queued:
                self._queue = {
                    case_id: form
                    for case_id, form in self._queue.items()
                    if case_id not in forms or form is not forms[case_id]
                }

    def _touched(self) -> bool:
        return self._page.acts.touched() or self._page.owed.touched()

    def _form(self) -> OpenForm | None:
        """What is open and not just being done."""
        page, state = self._page, self._page.open_state()
        if state is None:
            return None
        (form, name), values = page.acts.open_form()
        about, fields = "", page.acts.fields
        marks: dict[str, str] = {}
        if not form:
            (form, name), about, values, marks = page.owed.open_form()
            fields = page.owed.fields
        if not form:
            return None
        lines = [field.editor.text() for field in fields.values() if isinstance(field.editor, QLineEdit)]
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
