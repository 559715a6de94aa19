"""Step 3: the one form; a value is checked as it is typed and normalised when the field is left."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from models.domain.catalog import Field as FormField
from models.domain.catalog import FieldType
from models.domain.fields import PRIVATE_TYPES, check_value, mask_value
from views.widgets import Field, KeyButton, clear_layout, label
from views.workbench.bounds import BOUNDS_HINT, is_place, offer_bounds
from views.workbench.sheet import Sheet

_CODES = {
    FieldType.INTEGER,
    FieldType.DECIMAL,
    FieldType.DATE,
    FieldType.PHONE,
    FieldType.RESIDENT_ID,
    FieldType.USCC,
}


class FormStep(QWidget):
    edited = pyqtSignal(str, str)
    finished = pyqtSignal()
    entered = pyqtSignal(str)
    amend_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 8, 16, 10)
        self.fields: dict[str, Field] = {}
        self._specs: dict[str, FormField] = {}
        self._sheet: Sheet | None = None

    def load(self, sheet: Sheet) -> None:
        """Fields are made anew for another case, and where another form is asked for now."""
        specs = {f.id: f for f in sheet.form_fields()}
        if sheet is not self._sheet or specs != self._specs:
            self._sheet, self._specs = sheet, specs
            self._make_all()
        for spec in specs.values():
            path = f"form.{spec.id}"
            self.fields[spec.id].renew(sheet.get(path), sheet.sources.get(path, self._hint(spec)))

    def _make_all(self) -> None:
        clear_layout(self._box)
        self.fields.clear()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        place = 0
        for spec in self._specs.values():
            wide = spec.type is FieldType.MULTILINE
            place += place % 2 if wide else 0
            field = self._make(spec)
            grid.addWidget(field, place // 2, place % 2, 1, 2 if wide else 1, Qt.AlignmentFlag.AlignTop)
            place += 2 if wide else 1
            self.fields[spec.id] = field
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self._box.addLayout(grid)
        if not self.fields:
            self._box.addWidget(label("本事项没有另外要填的字段。", "secondary"))
        go = KeyButton("下一步", kind="primary")
        go.run.connect(self.finished)
        amend = KeyButton("当场更正", kind="quiet")
        amend.setToolTip("Alt+E")
        amend.run.connect(self.amend_wanted)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(amend)
        row.addWidget(go)
        self._box.addLayout(row)

    def _make(self, spec: FormField) -> Field:
        kind = "choice" if spec.type is FieldType.CHOICE else "text"
        kind = "multiline" if spec.type is FieldType.MULTILINE else "code" if spec.type in _CODES else kind
        name = f"{spec.label}（{spec.unit}）" if spec.unit else spec.label
        field = Field(
            name,
            kind=kind,
            choices=tuple((c, c) for c in spec.choices),
            required=spec.required,
            hint=self._hint(spec),
            mask=partial(mask_value, spec) if spec.type in PRIVATE_TYPES else None,
        )
        field.edited.connect(lambda value: self._changed(spec, value))
        field.entered.connect(lambda: self.entered.emit(spec.id))
        if is_place(spec):
            offer_bounds(field)
        return field

    def _hint(self, spec: FormField) -> str:
        return spec.hint or (BOUNDS_HINT if is_place(spec) else "")

    def _changed(self, spec: FormField, value: str) -> None:
        if self._sheet is None:
            return
        checked = check_value(spec, value, self._sheet.today)
        # A wrong value is kept as typed, so that nothing entered is lost; it cannot be accepted.
        self.edited.emit(f"form.{spec.id}", value if checked.error else checked.value)
        self.fields[spec.id].show_error(checked.error if value.strip() else "")
        self.fields[spec.id].show_source(self._hint(spec))

    def check(self, sheet: Sheet) -> None:
        """Show every sentence, also for what was never touched."""
        for key, spec in self._specs.items():
            self.fields[key].show_error(check_value(spec, sheet.get(f"form.{key}"), sheet.today).error)

    def following(self, sheet: Sheet, field: str) -> str:
        """Where Enter in ``field`` leads: the next one that is missing or wrong, "" when none is."""
        order = list(self._specs)
        at = order.index(field) + 1 if field in order else 0
        return next(
            (
                key
                for key in [*order[at:], *order[:at]]
                if check_value(self._specs[key], sheet.get(f"form.{key}"), sheet.today).error
            ),
            "",
        )

    def focus_path(self, path: str) -> None:
        field = self.fields.get(path.removeprefix("form."))
        if field is None and self._sheet is not None:
            field = next((f for k, f in self.fields.items() if not self._sheet.get(f"form.{k}")), None)
        if field is not None:
            field.editor.setFocus()
