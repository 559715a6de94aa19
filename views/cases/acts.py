"""What may be done with a case after its receipt: up to four acts by Alt+1 … Alt+4, each with its form."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands.context import Changes, Desk
from app.queries.bundles import SetState
from app.queries.deadlines import CaseTime
from app.tasks import Tasks
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.checklist import shown_points
from models.domain.ops import OpKind
from models.domain.procedures import PROCEDURE_NAMES, WAY_NAMES, DeliveryWay
from views.cases.offered import LaterAct, Values, offered
from views.widgets import Field, KeyButton, Notice, Tag, clear_layout, label


class LaterActs(QWidget):
    """``changed`` with Changes after an act; ``opened`` while its form is open, so that others wait.

    ``begun`` after a form was opened, ``edited`` after each change in it, ``closing`` before it is put away with
    what is in it, ``ended`` with case, form and "": it is done, or was emptied on purpose.
    """

    changed = pyqtSignal(object)
    opened = pyqtSignal(bool)
    begun = pyqtSignal()
    edited = pyqtSignal()
    closing = pyqtSignal()
    ended = pyqtSignal(str, str, str)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._state: CaseState | None = None
        self._item: Item | None = None
        self._acts: list[LaterAct] = []
        self._busy = False
        self._open_act: LaterAct | None = None  # the one whose form is open
        self._begun: Values = {}  # what stood in the form when it was opened
        self.fields: dict[str, Field] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 6, 14, 4)
        box.setSpacing(4)
        self.notice = Notice()
        box.addWidget(self.notice)
        self._form = QVBoxLayout()
        box.addLayout(self._form)
        self.tag = Tag("")
        box.addWidget(self.tag, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addStretch()
        self.buttons: list[KeyButton] = []
        for place in range(4):
            button = KeyButton("", f"Alt+{place + 1}", "quiet")
            button.run.connect(lambda at=place: self._open(at))
            button.blocked.connect(lambda reason: self.notice.say(reason))
            self.buttons.append(button)
            row.addWidget(button)
        box.addLayout(row)
        self.hide()

    def show_case(
        self,
        state: CaseState | None,
        item: Item | None,
        timed: CaseTime | None,
        found: SetState | None = None,
    ) -> None:
        same = state is not None and self._state is not None and state.case_id == self._state.case_id
        if not same:
            self.notice.hide()
        self._state, self._item = state, item
        self._acts = []
        if state is not None and item is not None and timed is not None:
            self._acts = offered(state, item, timed, self._desk.lease.roles, found)
        if not same or self._place(self._open_id()) < 0:  # read again, it keeps what is being typed
            self._close()
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(self._acts))
            if place < len(self._acts):
                button.set_text(self._acts[place].name)
                button.gate(self._acts[place].barred)
        text, tone = (timed.row.text, timed.row.tone) if timed is not None else ("", "")
        self.tag.setVisible(bool(text))
        self.tag.show_state(text, tone or "neutral")
        self.setVisible(bool(text or self._acts))

    def open_form(self) -> tuple[tuple[str, str], str, Values, dict[str, str]]:
        """As in :class:`views.cases.owed.OwedPanel`; an act is about the whole case and judges no point."""
        act = self._open_act
        if self._busy or act is None:
            return ("", ""), "", {}, {}
        return (act.id, act.name), "", self._values(), {}

    def touched(self) -> bool:
        """Whether something was entered in the open form."""
        return self._open_act is not None and self._values() != self._begun

    def form_open(self) -> bool:
        return self._open_act is not None

    def occupied(self) -> bool:
        """A form is open, or its act is being done."""
        return self._busy or self._open_act is not None

    def allows(self, form: str, _: str = "") -> bool:
        """Whether the case allows this act now."""
        return self._place(form) >= 0

    def come_back(self, form: str, _: str = "", *, focus: bool = False) -> bool:
        """Open the form of an act anew; False where the case does not allow the act any more."""
        place = self._place(form)
        if place >= 0:
            self._open(place, focus=focus)
        return place >= 0

    def fill(self, values: Values, _: dict[str, str]) -> None:
        """What was typed before, into the open form."""
        for field, value in values.items():
            if field in self.fields:
                self.fields[field].set_value(value)

    def _values(self) -> Values:
        return {name: field.value() for name, field in self.fields.items()}

    def _open_id(self) -> str:
        return self._open_act.id if self._open_act is not None else ""

    def _place(self, form: str) -> int:
        """By id; earlier programs kept the name."""
        named = ((at, act) for at, act in enumerate(self._acts) if not act.barred)
        return next((at for at, act in named if form in (act.id, act.name)), -1)

    def _open(self, place: int, *, focus: bool = True) -> None:
        if self._state is None or self._item is None or self._busy or place >= len(self._acts):
            return
        act = self._acts[place]
        if self._open_act is not None:
            self.closing.emit()
        self._close()
        self._open_act = act
        self.notice.hide()
        self._form.addWidget(label(act.name, "section"))
        if act.said:
            self._form.addWidget(label(act.said, "caption", wrap=True))
        if act.extents:
            extent = Field("办理范围", kind="choice", choices=act.extents, required=True)
            extent.set_value(act.extents[0][0])
            self.fields["extent"] = extent
            self._form.addWidget(extent)
        for name in act.fields:
            self.fields[name] = self._field(name, self._state, self._item)
            self._form.addWidget(self.fields[name])
        row = QHBoxLayout()
        if self.fields:
            empty = KeyButton("清空这张表", kind="quiet")
            empty.run.connect(self._give_up)
            row.addWidget(empty)
        row.addStretch()
        back = KeyButton("返回", "Esc")
        back.run.connect(self._put_away)
        go = KeyButton(f"确定{act.name}", "Ctrl+Return", "primary")
        go.run.connect(lambda: self._run(act))
        row.addWidget(back)
        row.addWidget(go)
        self._form.addLayout(row)
        self._begun = self._values()
        for field in self.fields.values():
            field.edited.connect(lambda _: self.edited.emit())
        self.opened.emit(True)
        self.begun.emit()
        first = next(iter(self.fields.values()), None)
        if focus:
            (first.editor if first is not None else go).setFocus()

    def _field(self, name: str, state: CaseState, item: Item) -> Field:
        if name == "procedure":
            choices = tuple((code.value, text) for code, text in PROCEDURE_NAMES.items())
            return Field("程序", kind="choice", choices=choices, required=True)
        if name == "way":
            field = Field(
                "送达方式",
                kind="choice",
                choices=tuple((code.value, text) for code, text in WAY_NAMES.items()),
                required=True,
            )
            field.set_value(DeliveryWay.COUNTER.value)
            return field
        if name == "point":
            points = shown_points(item, state.answers)
            return Field("不符合的审查要点", kind="choice", choices=tuple((p.id, p.text) for p in points))
        if name == "workdays":
            return Field("工作日数", kind="code", required=True)
        if name == "recipient":
            field = Field("签收人", required=True)
            field.set_value(state.value("agent.name") or state.value("applicant.name"))
            return field
        labels = {
            "reason": "原因（写入告知书）",
            "basis": "依据（挂起必填）",
            "approver": "批准的负责人",
            "note": "说明",
        }
        return Field(labels[name], required=name in ("reason", "approver"))

    def _run(self, act: LaterAct) -> None:
        if self._state is None or self._busy:
            return
        desk, case_id = self._desk, self._state.case_id
        values = self._values()
        if act.kind is OpKind.PAUSE and not values["procedure"]:
            self.notice.say("请选定暂停计时的程序。办件没有改动。")
            return
        self._busy = True

        def done(changes: Changes) -> None:
            self._busy = False
            if self._state is not None and self._state.case_id == case_id:
                self._close()
            self.ended.emit(case_id, act.id, "")
            self.changed.emit(changes)

        def failed(text: str) -> None:
            self._busy = False
            self.notice.say(text)

        self._tasks.database(lambda: act.run(desk, case_id, values), done, failed)

    def _put_away(self) -> None:
        """What was typed stands there again when the act is asked for again."""
        self.closing.emit()
        self._close()

    def _give_up(self) -> None:
        """On purpose: what was typed is gone, nothing was done."""
        act = self._open_act
        self._close()
        if self._state is not None and act is not None:
            self.ended.emit(self._state.case_id, act.id, "")

    def _close(self) -> None:
        """Put the form away; nothing was done."""
        was_open = self._form.count() > 0
        self.fields, self._open_act = {}, None
        clear_layout(self._form)
        if was_open:
            self.opened.emit(False)
