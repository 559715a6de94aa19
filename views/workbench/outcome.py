"""Step 6 and the sheets that an outcome needs: check the answers, then the one consequential act."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from models.domain.amendment import CONFIRMED_NAMES, ConfirmedBy
from models.domain.fields import mask_value
from models.domain.ids import ID_KIND_NAMES, IdKind, mask_id, mask_phone, mask_uscc
from models.domain.ops import CLAUSE_NAMES, RefusalClause
from views.theme import scaled
from views.widgets import Field, KeyButton, clear_layout, label
from views.widgets.masked import MaskedValue
from views.workbench.sheet import Sheet

_APPLICANT = (ConfirmedBy.APPLICANT.value, CONFIRMED_NAMES[ConfirmedBy.APPLICANT])


class AcceptStep(QWidget):
    """Check-answers view: nothing to fill, everything to see before Ctrl+Enter.

    ``revealed`` with the path of a masked number that was shown in full.
    """

    revealed = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 8, 16, 8)
        self._grid.setVerticalSpacing(4)
        self._shape: tuple[object, ...] = ()
        self._values: list[MaskedValue | QLabel] = []

    def load(self, sheet: Sheet) -> None:
        organisation = sheet.get("applicant.id_kind") == IdKind.USCC
        number = sheet.get("applicant.id_number")
        kind = sheet.get("applicant.id_kind")
        known = ID_KIND_NAMES[IdKind(kind)] if kind in set(IdKind) else "证件"
        summaries = sheet.summaries()
        lines = [
            ("申请人", sheet.get("applicant.name") or "—"),
            (known, number or "—"),
            ("联系电话", sheet.get("applicant.phone") or "—"),
            ("代理人", sheet.get("agent.name") or "无"),
            ("材料", summaries["materials"]),
            ("审查要点", summaries["points"]),
        ]
        phone = sheet.get("applicant.phone")
        masks = {
            1: ("applicant.id_number", (mask_uscc if organisation else mask_id)(number) if number else "—"),
            2: ("applicant.phone", mask_phone(phone) if phone else "—"),
        }
        for spec in sheet.form_fields():
            path = f"form.{spec.id}"
            if (told := sheet.get(path)) and (masked := mask_value(spec, told)) != told:
                masks[len(lines)] = (path, masked)
            lines.append((spec.label, f"{told} {spec.unit}".rstrip() if told else "—"))
        shape = (sheet.case_id, scaled(110), [name for name, _ in lines], sorted(masks))
        if shape != self._shape:
            self._shape = shape
            self._make([name for name, _ in lines], {place: path for place, (path, _) in masks.items()})
        for place, ((_, text), value) in enumerate(zip(lines, self._values, strict=True)):
            if isinstance(value, MaskedValue):
                value.show_value(text, masks[place][1])
            elif value.text() != text:
                value.setText(text)

    def _make(self, names: list[str], masked: dict[int, str]) -> None:
        """The places of the values; ``masked``: paths of those that are shown masked."""
        clear_layout(self._grid)
        self._values = []
        for place, name in enumerate(names):
            row, column = divmod(place, 2)
            head = label(name, "caption", wrap=True)
            head.setFixedWidth(scaled(110))
            self._grid.addWidget(head, row, column * 2)
            value: MaskedValue | QLabel = label("", "body", wrap=True)
            if place in masked:
                value = MaskedValue(name, "—", "—")
                value.revealed.connect(partial(self.revealed.emit, masked[place]))
            self._grid.addWidget(value, row, column * 2 + 1)
            self._values.append(value)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)

    def focus_path(self, path: str) -> None:
        self.setFocus()


class OutcomeForm(QWidget):
    """What 不予受理, 一次性告知, 撤回 or 当场更正 must say; opens inside the page, below the steps.

    ``edited`` with all that the clerk has changed in it; given to the same form again as ``before``.
    """

    edited = pyqtSignal(dict)

    refused = pyqtSignal(str, str, str)
    supplemented = pyqtSignal(str)
    amended = pyqtSignal(str, str, str, str)
    withdrawn = pyqtSignal(str)
    cancelled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 10, 16, 10)
        self._form = ""
        self._fields: dict[str, Field] = {}
        self._changed: dict[str, str] = {}

    def open_refusal(self, sheet: Sheet, before: dict[str, str]) -> None:
        self._empty("refuse")
        failed = sheet.failed()
        self._box.addWidget(label("不予受理", "section"))
        told = "；".join(p.text for p in failed) or "还没有“不符合”的审查要点，请先在第 5 步判定。"
        self._box.addWidget(label(f"不符合的要点：{told}", "body", wrap=True))
        clause = Field(
            "法定理由",
            kind="choice",
            choices=tuple((c.value, t) for c, t in CLAUSE_NAMES.items()),
            required=True,
        )
        ids = {p.id for p in failed}
        suggested = RefusalClause.NOT_NEEDED if "G1" in ids else RefusalClause.NOT_COMPETENT
        clause.set_value((suggested if ids & {"G1", "G2"} else RefusalClause.NOT_ELIGIBLE).value)
        reason = Field("具体理由（印在通知书上）", required=True)
        reason.editor.setProperty("phrases", "不予受理理由")
        redirect = Field("应向哪个机关申请（不属于本机关职权时必填）")
        for field in (clause, reason, redirect):
            self._box.addWidget(field)
        self._keep({"clause": clause, "reason": reason, "redirect": redirect}, before)
        self._buttons(
            "出具不予受理通知书", lambda: self.refused.emit(clause.value(), reason.value(), redirect.value())
        )
        reason.editor.setFocus()

    def open_supplement(self, sheet: Sheet, before: dict[str, str], preset: str) -> None:
        """``preset``: the day that the list presets for what is to be brought, "" where it presets none."""
        self._empty("supplement")
        lines = sheet.missing_lines()
        self._box.addWidget(label(f"一次性告知：{len(lines)} 项一次告全，只能告知一次", "section"))
        names = "、".join(line.name for line in lines[:4]) + ("等" if len(lines) > 4 else "")
        self._box.addWidget(label(f"要补正的：{names}", "body", wrap=True))
        until = Field("补正期限（最后一天，印在告知书上；不填的按本厅写法，由人手填）", kind="date")
        until.set_value(preset)
        self._box.addWidget(until)
        self._keep({"until": until}, before)
        self._buttons("出具一次性告知书", self.issue)
        until.editor.setFocus()

    @property
    def telling(self) -> bool:
        """Whether an 一次性告知 is open."""
        return self._form == "supplement"

    def issue(self) -> None:
        """What the button of an open 一次性告知 does; nothing where none is open."""
        if self.telling:
            self.supplemented.emit(self._fields["until"].value())

    def open_withdrawal(self, before: dict[str, str]) -> None:
        self._empty("withdraw")
        self._box.addWidget(label("撤回申请", "section"))
        reason = Field("申请人的理由", required=True)
        reason.editor.setProperty("phrases", "撤回理由")
        self._box.addWidget(reason)
        self._keep({"reason": reason}, before)
        self._buttons("撤回这件", lambda: self.withdrawn.emit(reason.value()))
        reason.editor.setFocus()

    def open_amendment(self, sheet: Sheet, before: dict[str, str], path: str = "") -> None:
        """``path``: the place the clerk was at; else the first.  What was typed before of another place is
        not asked back there."""
        self._empty("amend")
        self._box.addWidget(label("当场更正", "section"))
        told = "申请材料有可以当场更正的错误，由申请人当场改好，在更正处签名、注明日期。不算补正，时限不变。"
        self._box.addWidget(label(told, "body", wrap=True))
        places = sheet.places()
        place = Field("更正处", kind="choice", choices=places, required=True)
        was = Field("原来写的", required=True)
        now = Field("更正为", required=True)
        by = Field(
            "谁更正并签名",
            kind="choice",
            choices=tuple(CONFIRMED_NAMES.items()) if sheet.get("agent.name") else (_APPLICANT,),
            required=True,
        )

        def chosen(value: str) -> None:
            """A field brings what it says now; a paper's words only the clerk can read."""
            was.set_value("" if value.startswith("material.") else sheet.get(value))

        place.edited.connect(chosen)
        known = {key for key, _ in places}
        if path in known and before.get("place", path) != path:
            before = {}
        start = path if path in known else places[0][0]
        place.set_value(before.get("place", start) if before.get("place", start) in known else start)
        chosen(place.value())
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for at, field in enumerate((place, by, was, now)):
            grid.addWidget(field, at // 2, at % 2)
        self._box.addLayout(grid)
        self._keep({"place": place, "was": was, "now": now, "by": by}, before)
        self._buttons(
            "记下当场更正",
            lambda: self.amended.emit(place.value(), was.value(), now.value(), by.value()),
        )
        (now if was.value() else was).editor.setFocus()

    def _empty(self, form: str) -> None:
        clear_layout(self._box)
        self._form, self._fields, self._changed = form, {}, {}

    def _keep(self, fields: dict[str, Field], before: dict[str, str]) -> None:
        """Give back what was typed; tell of what is typed from now on."""
        self._fields = fields
        self._changed = {name: told for name, told in before.items() if name in fields}
        for name, told in self._changed.items():
            fields[name].set_value(told)
        for name, field in fields.items():
            field.edited.connect(partial(self._note, name))

    def _note(self, name: str, told: str) -> None:
        self._changed = self._changed | {name: told}
        if "place" in self._fields:
            if name == "place":  # the words before were about another one
                self._changed.pop("was", None)
            self._changed["place"] = self._fields["place"].value()
        self.edited.emit(dict(self._changed))

    def _buttons(self, text: str, act: Callable[[], None]) -> None:
        row = QHBoxLayout()
        row.addStretch()
        back = KeyButton("返回")
        back.run.connect(self.cancelled)
        go = KeyButton(text, kind="primary")

        go.run.connect(act)
        row.addWidget(back)
        row.addWidget(go)
        self._box.addLayout(row)
