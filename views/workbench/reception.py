"""Before an item is chosen: who stands at the window, and what of theirs is not finished.

The bench shows it when no case is open (F7).  A card fills it; Enter confirms, or opens the first
unfinished matter; the next item started takes the applicant over.
"""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.commands.context import Desk
from app.queries.people import Matter, Seen, seen_before
from app.tasks import Tasks
from models.domain.catalog import Item
from views.widgets import ActTable, Cell, KeyButton, Rule, label
from views.workbench.identity import IdentityStep
from views.workbench.sheet import Sheet

_ANY = Item(id="", name="")  # takes every kind of applicant
_HEADS = ("没办完的事", "要做什么", "最晚")


class Reception(QFrame):
    """``matter_opened`` with a Matter; ``item_wanted`` when the clerk goes on to the palette."""

    matter_opened = pyqtSignal(object)
    item_wanted = pyqtSignal()

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._tasks = desk, tasks
        self.seen = Seen()
        self._source = ""
        self._matters: dict[str, Matter] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 8, 0, 8)
        box.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(16, 2, 16, 2)
        head.addWidget(label("先认人", "section"))
        self._told = label("按 F9 读身份证，或者手填；也可以直接按 F3 找事项", "secondary", wrap=True)
        head.addWidget(self._told, 1)
        box.addLayout(head)
        self.identity = IdentityStep()
        self.identity.edited.connect(self._edited)
        self.identity.go.hide()  # the button below leads on
        self.identity.entered.connect(self._entered)
        box.addWidget(self.identity)
        box.addWidget(Rule())
        self.table = ActTable(_HEADS, "这个人没办完的事")
        self.table.set_widths(0, 260, 120)
        self.table.opened.connect(self._open)
        box.addWidget(self.table)
        row = QHBoxLayout()
        row.setContentsMargins(16, 4, 16, 4)
        row.addStretch()
        self._find = KeyButton("给这个人找事项", kind="primary", shows="F3")
        self._find.run.connect(self.item_wanted)
        row.addWidget(self._find)
        box.addLayout(row)
        box.addStretch()
        scroll.setWidget(inner)
        scroll.setFocusPolicy(scroll.focusPolicy().NoFocus)
        outer.addWidget(scroll)
        self._sheet = self._blank()
        self.clear()

    @property
    def party(self) -> tuple[dict[str, str], str]:
        """What is known of the applicant now, and where it came from ("" = typed)."""
        return dict(self._sheet.fields), self._source

    def clear(self) -> None:
        """The next visitor is somebody else."""
        self._sheet, self._source, self.seen = self._blank(), "", Seen()
        self.identity.load(self._sheet)
        self._show(Seen())

    def show_party(self, values: dict[str, str], source: str) -> None:
        """Filled from a device; what earlier cases say is looked up, and Enter means the next thing."""
        self._sheet = self._blank()
        self._source = source
        self._sheet.put_all(values, source)
        self.identity.load(self._sheet)
        self._find.setFocus()
        self._look_up()

    def focus_first(self) -> None:
        """F7: begin where one types."""
        self.identity.focus_path("applicant.name")

    def go_on(self) -> None:
        """Enter: the first unfinished matter if there is one, else the item."""
        if self._matters:
            self._open(self.table.current_key())
        else:
            self._find.setFocus()

    def _blank(self) -> Sheet:
        return Sheet("", _ANY, self._desk.clock.now().day)

    def _edited(self, path: str, value: str) -> None:
        self._source = ""
        if not self._sheet.put(path, value):
            return
        if path == "applicant.kind":
            wanted = "uscc" if value == "organisation" else "resident_id"
            self._sheet.put("applicant.id_kind", wanted)
            self.identity.fields["applicant.id_kind"].set_value(wanted)
        self.identity.check(self._sheet)
        if path == "applicant.id_number" and len(value) >= 18:
            self._look_up()

    def _entered(self, path: str) -> None:
        """Enter in a field: the next one that is missing, else on."""
        following = self.identity.following(self._sheet, path)
        if following:
            self.identity.focus_path(following)
        else:
            self.go_on()

    def _look_up(self) -> None:
        desk, number = self._desk, self._sheet.get("applicant.id_number")
        self._tasks.database(lambda: seen_before(desk, number), lambda seen: self._found(number, seen))

    def _found(self, number: str, seen: Seen) -> None:
        if number != self._sheet.get("applicant.id_number"):
            return
        self.seen = seen
        for path, (value, source) in seen.values.items():
            if path.startswith("applicant.") and not self._sheet.get(path):
                self._sheet.put_all({path: value}, source)
                if path in self.identity.fields:
                    self.identity.fields[path].set_value(value)
                    self.identity.fields[path].show_source(source)
        self._show(seen)

    def _show(self, seen: Seen) -> None:
        self._matters = {f"{m.case_id}/{m.duty}": m for m in seen.matters}
        self.table.setVisible(bool(self._matters))
        self.table.show_rows(
            [(k, (Cell(m.item_name), Cell(m.what), Cell(m.due or "—"))) for k, m in self._matters.items()]
        )
        self.table.setFixedHeight(self.table.height_for(5))
        if self._matters:
            self.table.selectRow(0)
            if self._find.hasFocus():
                self.table.setFocus()
            self._told.setText(f"来办过 {seen.cases} 件，{len(self._matters)} 件没办完，Enter 打开")
        elif seen.cases:
            self._told.setText(f"来办过 {seen.cases} 件，填过的会带出来，注明来源和日期")
        else:
            self._told.setText("按 F9 读身份证，或者手填；也可以直接按 F3 找事项")

    def _open(self, key: str) -> None:
        if key in self._matters:
            self.matter_opened.emit(self._matters[key])
