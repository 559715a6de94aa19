"""A form of the case page over the lock: kept when the desk closes, opened again for its clerk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QLineEdit

from app.commands.context import Desk
from app.commands.open_form import OpenForm, keep_form, take_form
from app.tasks import Tasks
from models.errors import KnownError

if TYPE_CHECKING:
    from views.cases.page import CasesPage


class LeftOpen(QObject):
    """``returned`` when the clerk was on the case page at the lock."""

    returned = pyqtSignal()

    def __init__(self, page: CasesPage, desk: Desk, tasks: Tasks) -> None:
        super().__init__(page)
        self._page, self._desk, self._tasks = page, desk, tasks
        self._waiting: OpenForm | None = None  # its case is being read

    def come_back(self) -> None:
        """After signing in."""
        desk = self._desk
        self._tasks.database(lambda: take_form(desk), self._taken, self._page.notice.say)

    def _taken(self, form: OpenForm | None) -> None:
        self._waiting = form
        if form is None:
            return
        if form.shown:
            self.returned.emit()
        self._page.open_case(form.case_id)

    def read(self, case_id: str) -> None:
        """The page shows this case now."""
        form = self._waiting
        if form is None or form.case_id != case_id:
            return
        self._waiting = None
        page = self._page
        if page.acts.come_back(form.form, form.values):
            return
        if page.owed.come_back(form.form, form.about, form.values, form.marks):
            return
        page.notice.say(
            f"锁屏前填的“{form.form}”没有记入办件，现在这件办件不能办这一项了。"
            f"填过的内容：{form.words or '无'}。请看办件的经过。"
        )

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
        keep_form(self._desk, self._form())

    def _form(self) -> OpenForm | None:
        page, state = self._page, self._page.open_state()
        if state is None:
            return self._waiting
        name, values = page.acts.open_form()
        about, fields = "", page.acts.fields
        marks: dict[str, str] = {}
        if not name:
            name, about, values, marks = page.owed.open_form()
            fields = page.owed.fields
        if not name:
            return self._waiting
        lines = [field.editor.text() for field in fields.values() if isinstance(field.editor, QLineEdit)]
        return OpenForm(
            case_id=state.case_id,
            form=name,
            about=about,
            values=values,
            words="；".join(filter(None, lines)),
            marks=marks,
            shown=page.isVisibleTo(page.window()),
        )
