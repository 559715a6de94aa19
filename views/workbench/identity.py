"""Step 1: who applies, and who acts for them."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from models.domain.catalog import ApplicantKind
from models.domain.competence import APPLICANT_DIVISION
from models.domain.ids import ID_KIND_NAMES, IdKind, mask_by_path
from models.domain.party import party_problems
from views.widgets import Field, KeyButton, clear_layout, label
from views.workbench.sheet import Sheet

_KINDS = ((ApplicantKind.PERSON.value, "自然人"), (ApplicantKind.ORGANISATION.value, "法人或其他组织"))
_PERSON_IDS = tuple((k.value, name) for k, name in ID_KIND_NAMES.items() if k is not IdKind.USCC)


class IdentityStep(QWidget):
    edited = pyqtSignal(str, str)
    finished = pyqtSignal()
    entered = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 16, 10)
        box.setSpacing(8)
        self.fields: dict[str, Field] = {}
        self._touched: set[str] = set()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        self._add(grid, 0, 0, "applicant.kind", "申请人类型", kind="choice", choices=_KINDS, required=True)
        self._add(grid, 0, 1, "applicant.name", "申请人姓名或名称", required=True)
        self._add(grid, 0, 2, "applicant.phone", "联系电话", kind="code", required=True)
        ids = (*_PERSON_IDS, (IdKind.USCC.value, ID_KIND_NAMES[IdKind.USCC]))
        self._add(grid, 1, 0, "applicant.id_kind", "证件类型", kind="choice", choices=ids, required=True)
        self._add(grid, 1, 1, "applicant.id_number", "证件号码", kind="code", required=True)
        self._add(grid, 1, 2, "applicant.address", "联系地址")
        box.addLayout(grid)
        self._place = QHBoxLayout()
        box.addLayout(self._place)
        self._areas: tuple[tuple[str, str], ...] = ()
        line = QHBoxLayout()
        line.addWidget(label("代理人", "strong"))
        line.addWidget(label("没有代理人就留空", "caption"))
        line.addStretch()
        box.addLayout(line)
        agent = QGridLayout()
        agent.setHorizontalSpacing(12)
        self._add(agent, 0, 0, "agent.name", "代理人姓名")
        self._add(agent, 0, 1, "agent.id_kind", "证件类型", kind="choice", choices=_PERSON_IDS)
        self._add(agent, 0, 2, "agent.id_number", "证件号码", kind="code")
        self._add(agent, 0, 3, "agent.phone", "联系电话", kind="code")
        box.addLayout(agent)
        self.go = KeyButton("下一步", kind="primary")
        self.go.run.connect(self.finished)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.go)
        box.addLayout(row)

    def _add(
        self,
        grid: QGridLayout,
        row: int,
        column: int,
        path: str,
        name: str,
        *,
        kind: str = "text",
        choices: tuple[tuple[str, str], ...] = (),
        required: bool = False,
    ) -> None:
        private = path.endswith((".id_number", ".phone"))
        mask = partial(mask_by_path, path) if private else None
        field = Field(name, kind=kind, choices=choices, required=required, mask=mask)
        field.edited.connect(lambda value: self._changed(path, value))
        field.entered.connect(lambda: self.entered.emit(path))
        self.fields[path] = field
        grid.addWidget(field, row, column, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(column, 1)

    def offer_areas(self, areas: tuple[tuple[str, str], ...]) -> None:
        """Where an applicant of an item that is 通办 may come from: (区划, name of its hall)."""
        if areas == self._areas:
            return
        self._areas = areas
        clear_layout(self._place)
        self.fields.pop(APPLICANT_DIVISION, None)
        if len(areas) > 1:
            field = Field("申请人属于哪个区域（通办事项；不选就是本大厅）", kind="choice", choices=areas)
            field.edited.connect(lambda value: self._changed(APPLICANT_DIVISION, value))
            field.hide()
            self.fields[APPLICANT_DIVISION] = field
            self._place.addWidget(field)

    def _changed(self, path: str, value: str) -> None:
        self._touched.add(path)
        self.fields[path].show_source("")
        self.edited.emit(path, value.strip() if not path.endswith("name") else value)

    def load(self, sheet: Sheet) -> None:
        self._touched.clear()
        if (area := self.fields.get(APPLICANT_DIVISION)) is not None:
            area.setVisible(bool(sheet.item.shared_scope))
        for path, field in self.fields.items():
            field.set_value(sheet.get(path))
            field.show_source(sheet.sources.get(path, ""))
        self.check(sheet)

    def check(self, sheet: Sheet, *, everything: bool = False) -> None:
        """Sentences below what was touched (or all): what was typed stays as it is."""
        problems = {path: reason for path, _, reason in party_problems(sheet.item, sheet.fields, sheet.today)}
        for path, field in self.fields.items():
            value = sheet.get(path)
            told = problems.get(path, "") if everything or (path in self._touched and value) else ""
            field.show_error(told)

    def focus_path(self, path: str) -> None:
        self.fields.get(path, self.fields["applicant.kind"]).editor.setFocus()

    def focused_path(self) -> str:
        """The field that has the focus, "" when none has."""
        return next((path for path, field in self.fields.items() if field.editor.hasFocus()), "")

    def following(self, sheet: Sheet, path: str) -> str:
        """Where Enter in ``path`` leads: the next field that is missing or wrong, "" when none is."""
        wanting = {p for p, _, _ in party_problems(sheet.item, sheet.fields, sheet.today)}
        order = list(self.fields)
        at = order.index(path) + 1 if path in order else 0
        return next((p for p in [*order[at:], *order[:at]] if p in wanting), "")

    def first_open(self, sheet: Sheet) -> str:
        problems = party_problems(sheet.item, sheet.fields, sheet.today)
        return problems[0][0] if problems else "applicant.name"
