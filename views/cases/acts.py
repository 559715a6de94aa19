"""What may be done with a case after its receipt: up to four acts by Alt+1 … Alt+4, each with its form."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.commands import after
from app.commands.context import Changes, Desk
from app.commands.delivery import deliver, deliver_together
from app.commands.joint_visit import pause_together, resume_together
from app.queries.bundles import SetState, whole_set
from app.queries.deadlines import CaseTime
from app.tasks import Tasks
from models.domain.after import role_problem
from models.domain.case import CaseState, CaseStatus, PointMark
from models.domain.catalog import Item
from models.domain.checklist import shown_points, wanting_materials
from models.domain.ops import OpKind
from models.domain.procedures import PROCEDURE_NAMES, WAY_NAMES, Decision, DeliveryWay, Procedure
from models.domain.stoppages import procedure_cap
from models.domain.terms import extension_limit, stopped
from views.widgets import Field, KeyButton, Notice, Tag, clear_layout, label

Values = dict[str, str]
Run = Callable[[Desk, str, Values], Changes]
TOGETHER, READY, ALONE = "together", "ready", "alone"


class LaterAct(msgspec.Struct, frozen=True, kw_only=True):
    """One act as it is offered.  ``barred`` says why it cannot be done, "" where it can."""

    kind: OpKind
    name: str
    run: Run
    fields: tuple[str, ...] = ()
    barred: str = ""
    said: str = ""  # what the form says above its fields
    extents: tuple[tuple[str, str], ...] = ()  # of a member of a set: this case, or others with it


def _number(text: str) -> int:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else 0


def _pause(desk: Desk, case_id: str, v: Values) -> Changes:
    procedure = Procedure(v["procedure"]) if v["procedure"] in set(Procedure) else Procedure.SUSPENSION
    if v.get("extent") == TOGETHER:
        done = pause_together(desk, case_id, procedure, v["reason"], _number(v["workdays"]), v["basis"])
        return whole_set(case_id, done)
    return after.pause(desk, case_id, procedure, v["reason"], _number(v["workdays"]), v["basis"])


def _extend(desk: Desk, case_id: str, v: Values) -> Changes:
    return after.extend(desk, case_id, _number(v["workdays"]), v["approver"], v["reason"])


def _deny(desk: Desk, case_id: str, v: Values) -> Changes:
    points = {v["point"]: PointMark.FAIL.value} if v["point"] else {}
    return after.decide(desk, case_id, Decision.DENY, v["reason"], points)


def _deliver(desk: Desk, case_id: str, v: Values) -> Changes:
    way = DeliveryWay(v["way"]) if v["way"] in set(DeliveryWay) else DeliveryWay.COUNTER
    apart, extent = v.get("extent") in (READY, ALONE), v.get("extent")
    if extent in (TOGETHER, READY):
        return whole_set(case_id, deliver_together(desk, case_id, way, v["recipient"], apart=apart))
    return deliver(desk, case_id, way, v["recipient"], apart=apart)


def _resume(desk: Desk, case_id: str, v: Values) -> Changes:
    if v.get("extent") == TOGETHER:
        return whole_set(case_id, resume_together(desk, case_id, v["note"]))
    return after.resume(desk, case_id, v["note"])


_SUPPLIED = LaterAct(
    kind=OpKind.SUPPLIED,
    name="登记补齐",
    run=lambda desk, case_id, v: after.supplied(desk, after.entry_of(desk, case_id)),
    said="补正材料全部收齐才能登记；时限自今天起算。",
)
_HANDED_IN = LaterAct(
    kind=OpKind.SUPPLIED,
    name="登记补交",
    run=lambda desk, case_id, v: after.handed_in(desk, case_id),
    said="视为受理后申请人自愿补交的材料全部收到了，才登记。不能要求必须补交；时限不变。",
)
_DEEM = LaterAct(
    kind=OpKind.DEEM,
    name="登记视为受理",
    run=lambda desk, case_id, v: after.deem(desk, case_id),
    said="告知期限已过，依法自收件之日起视为受理；不能再要求补正。",
)
_STOP = LaterAct(
    kind=OpKind.PAUSE,
    name="暂停计时",
    run=_pause,
    fields=("procedure", "workdays", "reason", "basis"),
    said="所需时间须书面告知申请人，这段时间不计入时限。",
)
_GO_ON = LaterAct(
    kind=OpKind.RESUME,
    name="恢复计时",
    run=_resume,
    fields=("note",),
    said="自今天起继续计时；暂停当天恢复的，时限不变。",
)
_LONGER = LaterAct(
    kind=OpKind.EXTEND,
    name="延期",
    run=_extend,
    fields=("workdays", "approver", "reason"),
)
_GRANT = LaterAct(
    kind=OpKind.DECIDE,
    name="准予",
    run=lambda desk, case_id, v: after.decide(desk, case_id, Decision.GRANT),
    said="材料和审查要点全部符合的，作出准予决定。",
)
_REFUSE = LaterAct(
    kind=OpKind.DECIDE,
    name="不予",
    run=_deny,
    fields=("point", "reason"),
    said="不予决定要指明不符合的审查要点，并写明理由。",
)
_HAND_OVER = LaterAct(kind=OpKind.DELIVER, name="送达", run=_deliver, fields=("way", "recipient"))


def offered(
    state: CaseState, item: Item, timed: CaseTime, roles: tuple[str, ...], found: SetState | None = None
) -> list[LaterAct]:
    """The acts that the case's stage allows, in the order of their keys.  ``found``: the set it belongs to."""
    if state.status is CaseStatus.SUPPLEMENT:
        acts = [_SUPPLIED]
    elif state.status is CaseStatus.RECEIVED and timed.clock.deemed:
        acts = [_DEEM]
    elif state.status is CaseStatus.DECIDED:
        acts = [_HAND_OVER]
    elif state.status is not CaseStatus.ACCEPTED:
        acts = []
    elif stopped(state) is not None:
        acts = [_GO_ON]
    else:
        acts = [_with_caps(item), _with_limit(state, item), _GRANT, _REFUSE]
        if state.deemed and wanting_materials(item, state.fields):
            acts[2] = _HANDED_IN  # nothing can be granted before
    return [
        msgspec.structs.replace(
            act,
            barred=act.barred or role_problem(act.kind, roles, item),
            extents=_extents(act.kind, state.case_id, found) if found is not None else (),
        )
        for act in acts
    ]


def _extents(kind: OpKind, case_id: str, found: SetState) -> tuple[tuple[str, str], ...]:
    """一并勘验 and 一同发证: for how many of the set the act may be done at once, the usual one first."""
    if kind in (OpKind.PAUSE, OpKind.RESUME):
        joint = [m for m in found.members if m.joint_visit and m.status == CaseStatus.ACCEPTED]
        if len(joint) < 2 or case_id not in {m.case_id for m in joint}:
            return ()
        return ((TOGETHER, f"一并勘验的 {len(joint)} 件一起"), (ALONE, "只这一件"))
    if kind is not OpKind.DELIVER:
        return ()
    ready = sum(m.status == CaseStatus.DECIDED for m in found.members)
    return (
        (TOGETHER, "一同发证：这一套的结果一次发"),
        (READY, f"申请人要求分次领取：先发已决定的 {ready} 件"),
        (ALONE, "申请人要求分次领取：只发这一件"),
    )


def _with_caps(item: Item) -> LaterAct:
    """Stopping the clock, with the most that the list allows each procedure."""
    capped = [(name, cap[0]) for code, name in PROCEDURE_NAMES.items() if (cap := procedure_cap(item, code))]
    told = "".join(f"{name}不超过 {most} 个工作日，超过的计入时限。" for name, most in capped)
    return msgspec.structs.replace(_STOP, said=_STOP.said + told)


def _with_limit(state: CaseState, item: Item) -> LaterAct:
    most = extension_limit(item)
    barred = "" if most else "清单没有写明本事项可以延期的依据，不能延期。"
    if state.prolonged:
        barred = "本办件已经延期过，依法只能延一次。"
    return msgspec.structs.replace(
        _LONGER, barred=barred, said=f"经负责人批准，可以延长 1 到 {most} 个工作日，只能延一次。"
    )


class LaterActs(QWidget):
    """``changed`` with Changes after an act; ``opened`` while its form is open, so that others wait."""

    changed = pyqtSignal(object)
    opened = pyqtSignal(bool)

    def __init__(self, desk: Desk, tasks: Tasks) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._state: CaseState | None = None
        self._item: Item | None = None
        self._acts: list[LaterAct] = []
        self._busy = False
        self._name = ""  # the act whose form is open
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
        if not same or self._place(self._name) < 0:  # read again, it keeps what is being typed
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

    def open_form(self) -> tuple[str, dict[str, str]]:
        """The act whose form is open, with what stands in it; "" when none is, or it is just being done."""
        if self._busy or not self._name:
            return "", {}
        return self._name, {name: field.value() for name, field in self.fields.items()}

    def form_open(self) -> bool:
        return bool(self._name)

    def come_back(self, name: str, values: Values) -> bool:
        """Open the form of an act as it was left; False where the case does not allow the act any more."""
        place = self._place(name)
        if place < 0:
            return False
        self._open(place)
        for field, value in values.items():
            if field in self.fields:
                self.fields[field].set_value(value)
        return True

    def _place(self, name: str) -> int:
        return next((at for at, act in enumerate(self._acts) if act.name == name and not act.barred), -1)

    def _open(self, place: int) -> None:
        if self._state is None or self._item is None or self._busy or place >= len(self._acts):
            return
        act = self._acts[place]
        self._close()
        self._name = act.name
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
        row.addStretch()
        back = KeyButton("返回", "Esc")
        back.run.connect(self._close)
        go = KeyButton(f"确定{act.name}", "Ctrl+Return", "primary")
        go.run.connect(lambda: self._run(act))
        row.addWidget(back)
        row.addWidget(go)
        self._form.addLayout(row)
        self.opened.emit(True)
        first = next(iter(self.fields.values()), None)
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
        values = {name: field.value() for name, field in self.fields.items()}
        if act.kind is OpKind.PAUSE and not values["procedure"]:
            self.notice.say("请选定暂停计时的程序。办件没有改动。")
            return
        self._busy = True

        def done(changes: Changes) -> None:
            self._busy = False
            self._close()
            self.changed.emit(changes)

        def failed(text: str) -> None:
            self._busy = False
            self.notice.say(text)

        self._tasks.database(lambda: act.run(desk, case_id, values), done, failed)

    def _close(self) -> None:
        """Put the form away; what was typed in it is gone, nothing was done."""
        was_open = self._form.count() > 0
        self.fields, self._name = {}, ""
        clear_layout(self._form)
        if was_open:
            self.opened.emit(False)
