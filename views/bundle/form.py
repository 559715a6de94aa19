"""Centre card: who applies, and the one form; a field that serves several members is typed once."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from models.domain.catalog import ApplicantKind, FieldType
from models.domain.catalog import Field as FormField
from models.domain.fields import PRIVATE_TYPES, check_value, mask_value
from models.domain.ids import ID_KIND_NAMES, mask_by_path
from views.bundle.sheet import SetSheet
from views.theme import set_kind
from views.widgets import Card, Field, KeyCap, Rule, label
from views.widgets.elided import ElidedLabel

_CODES = {
    FieldType.INTEGER, FieldType.DECIMAL, FieldType.DATE, FieldType.PHONE, FieldType.RESIDENT_ID,
    FieldType.USCC,
}  # fmt: skip
_LINES = 3  # of a field that takes several: the rest scrolls
_PRIVATE = {"applicant.id_number", "applicant.phone"}
_KINDS = ((ApplicantKind.PERSON.value, "自然人"), (ApplicantKind.ORGANISATION.value, "法人或其他组织"))
_IDENTITY = (
    ("applicant.kind", "申请人类型", "choice", _KINDS),
    ("applicant.name", "申请人", "text", ()),
    ("applicant.id_kind", "证件类型", "choice", tuple((k.value, n) for k, n in ID_KIND_NAMES.items())),
    ("applicant.id_number", "证件号码", "code", ()),
    ("applicant.phone", "联系电话", "code", ()),
)


class FormCard(Card):
    """``edited`` with a path and a value as typed; ``finished`` on Enter when nothing is missing here."""

    edited = pyqtSignal(str, str)
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.setSpacing(8)
        head.addWidget(label("一张表", "section"))
        self._facts = ElidedLabel("", "secondary")
        head.addWidget(self._facts)
        head.addStretch()
        self._gap = label("", "amber")
        head.addWidget(self._gap)
        self._key = KeyCap("F8")
        head.addWidget(self._key)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(6, 8, 6, 8)
        self._box.setSpacing(6)
        self._scroll.setWidget(inner)
        self.body.addWidget(self._scroll, 1)
        self.fields: dict[str, Field] = {}
        self._specs: dict[str, FormField] = {}
        self._touched: set[str] = set()
        self._typing = ""  # the path of the edit under way: its text stays as the hand has it
        self._order: list[Field] = []
        self._sheet: SetSheet | None = None
        self._box.addStretch()
        for path, name, kind, choices in _IDENTITY:
            self._add(
                path,
                name,
                kind,
                choices,
                required=True,
                source="用于 全部成员" if path == "applicant.name" else "",
            )

    def load(self, sheet: SetSheet) -> None:
        """Show the fields of the sheet; editors that stay keep their place, text and focus."""
        fresh = self._sheet is None or self._sheet.set_id != sheet.set_id
        self._sheet = sheet
        if fresh:
            self._touched.clear()
        specs = {f"form.{f.field.id}": f for f in sheet.plan.form.fields}
        for path in [
            p
            for p in self.fields
            if p.startswith("form.") and self._specs.get(p) != (specs[p].field if p in specs else None)
        ]:
            gone = self.fields.pop(path)
            self._specs.pop(path, None)
            gone.hide()
            self._box.removeWidget(gone)  # now: it would take a place until it is deleted
            gone.deleteLater()
        for path, form_field in specs.items():
            spec = form_field.field
            if path not in self.fields:
                kind = _editor_of(spec.type)
                name = f"{spec.label}（{spec.unit}）" if spec.unit else spec.label
                choices = tuple((c, c) for c in spec.choices)
                self._specs[path] = spec
                self._add(path, name, kind, choices, required=spec.required)
            self.fields[path].show_source(
                f"新填 · 用于 {len(form_field.members)} 项"
                if len(form_field.members) > 1
                else "新填 · 用于 1 项"
            )
        self._arrange([*[path for path, *_ in _IDENTITY], *specs])
        for path, field in self.fields.items():
            if fresh or (path != self._typing and field.value() != sheet.get(path)):
                field.set_value(sheet.get(path))
        self.check()

    def _arrange(self, order: list[str]) -> None:
        """On the screen and under Tab as the form has them, wherever the last answer put new ones between."""
        fields = [self.fields[path] for path in order]
        if fields == self._order:
            return
        self._order = fields
        for place, field in enumerate(fields):
            if self._box.indexOf(field) != place:
                self._box.removeWidget(field)
                self._box.insertWidget(place, field)
                field.show()  # at once, so that F8 can go there
            field.raise_()  # last of its parent's children: Tab and screen readers go by their order

    def check(self, *, everything: bool = False) -> None:
        """Sentences below what was touched (or all), and the counts in the head."""
        sheet = self._sheet
        if sheet is None:
            return
        open_gaps = [g for g in sheet.plan.open_gaps if g.step in ("identity", "form")]
        reasons = {gap.path: gap.reason for gap in open_gaps} | sheet.identity_problems()
        for path, field in self.fields.items():
            spec, value = self._specs.get(path), sheet.get(path)
            told = reasons.get(path, "")
            if spec is not None and value and not told:
                told = check_value(spec, value, sheet.today).error
            shown = everything or (path in self._touched and value)
            field.show_error(told if shown else "")
        form = sheet.plan.form
        again = form.apart - len(form.fields)
        self._facts.setText(
            f"{len(sheet.plan.members)} 项共 {form.apart} 个字段 → {len(form.fields)} 个，少填 {again} 次"
            if sheet.plan.members
            else "先回答情形问题"
        )
        self._gap.setText(f"还差 {len(open_gaps)} 个" if open_gaps else "✓ 填齐")
        set_kind(self._gap, "role", "amber" if open_gaps else "green")
        self._key.setVisible(bool(open_gaps))

    def focus_path(self, path: str = "") -> None:
        field = self.fields.get(path) or next(
            (f for p, f in self.fields.items() if self._sheet is not None and not self._sheet.get(p)), None
        )
        if field is not None:
            field.editor.setFocus()
            self._scroll.ensureWidgetVisible(field, 0, 40)

    def _entered(self, path: str) -> None:
        """Enter: the next field that is missing or wrong, else on to the papers."""
        if self._sheet is None:
            return
        order = [p for p, _, _, _ in _IDENTITY] + [f"form.{f.field.id}" for f in self._sheet.plan.form.fields]
        wanting = {g.path for g in self._sheet.plan.open_gaps if g.step in ("identity", "form")}
        wanting |= set(self._sheet.identity_problems())
        at = order.index(path) + 1 if path in order else 0
        following = next((p for p in [*order[at:], *order[:at]] if p in wanting and p in self.fields), "")
        if following == path:
            self.check(everything=True)
        elif following:
            self.focus_path(following)
        else:
            self.finished.emit()

    def _add(
        self,
        path: str,
        name: str,
        kind: str,
        choices: tuple[tuple[str, str], ...],
        *,
        required: bool,
        source: str = "",
    ) -> None:
        spec = self._specs.get(path)
        mask = partial(mask_by_path, path) if path in _PRIVATE else None
        if spec is not None and spec.type in PRIVATE_TYPES:
            mask = partial(mask_value, spec)
        field = Field(
            name, kind=kind, choices=choices, required=required, hint=source, beside=True, mask=mask
        )
        field.edited.connect(lambda value: self._changed(path, value))
        field.entered.connect(lambda: self._entered(path))
        if isinstance(field.editor, QLineEdit):
            field.editor.editingFinished.connect(lambda: self._left(path))
        elif isinstance(field.editor, QPlainTextEdit):
            field.editor.setFixedHeight(_LINES * field.editor.fontMetrics().lineSpacing() + 16)
        self.fields[path] = field
        self._box.insertWidget(self._box.count() - 1, field)  # before the stretch

    def _left(self, path: str) -> None:
        """What was typed becomes what is stored of it."""
        field, sheet = self.fields.get(path), self._sheet
        if field is not None and sheet is not None and field.value() != sheet.get(path):
            field.set_value(sheet.get(path))

    def _changed(self, path: str, value: str) -> None:
        self._touched.add(path)
        spec = self._specs.get(path)
        if spec is not None and self._sheet is not None:
            checked = check_value(spec, value, self._sheet.today)
            value = value if checked.error else checked.value
        self._typing = path
        self.edited.emit(path, value)
        self._typing = ""


def _editor_of(kind: FieldType) -> str:
    if kind is FieldType.MULTILINE:
        return "multiline"
    return "choice" if kind is FieldType.CHOICE else "code" if kind in _CODES else "text"
