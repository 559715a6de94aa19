"""The acts after the receipt: which of them a case allows, what each asks, and the command that does it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.commands import after
from app.commands.context import Changes, Desk
from app.commands.delivery import deliver, deliver_together
from app.commands.joint_visit import pause_together, resume_together
from app.queries.bundles import SetState, whole_set
from app.queries.deadlines import CaseTime
from models.domain.after import role_problem
from models.domain.case import CaseState, CaseStatus, PointMark
from models.domain.catalog import Item
from models.domain.checklist import wanting_materials
from models.domain.ops import OpKind
from models.domain.procedures import PROCEDURE_NAMES, Decision, DeliveryWay, Procedure
from models.domain.stoppages import procedure_cap
from models.domain.terms import extension_limit, stopped

Values = dict[str, str]
Run = Callable[[Desk, str, Values], Changes]
TOGETHER, READY, ALONE = "together", "ready", "alone"


class LaterAct(msgspec.Struct, frozen=True, kw_only=True):
    """One act as it is offered.  ``barred`` says why it cannot be done, "" where it can.

    What was typed in its form is kept under ``id``, which therefore never changes.
    """

    id: str
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
    id="supplied",
    kind=OpKind.SUPPLIED,
    name="登记补齐",
    run=lambda desk, case_id, v: after.supplied(desk, after.entry_of(desk, case_id)),
    said="补正材料全部收齐才能登记；时限自今天起算。",
)
_HANDED_IN = LaterAct(
    id="handed_in",
    kind=OpKind.SUPPLIED,
    name="登记补交",
    run=lambda desk, case_id, v: after.handed_in(desk, case_id),
    said="视为受理后申请人自愿补交的材料全部收到了，才登记。不能要求必须补交；时限不变。",
)
_DEEM = LaterAct(
    id="deem",
    kind=OpKind.DEEM,
    name="登记视为受理",
    run=lambda desk, case_id, v: after.deem(desk, case_id),
    said="告知期限已过，依法自收件之日起视为受理；不能再要求补正。",
)
_STOP = LaterAct(
    id="pause",
    kind=OpKind.PAUSE,
    name="暂停计时",
    run=_pause,
    fields=("procedure", "workdays", "reason", "basis"),
    said="所需时间须书面告知申请人，这段时间不计入时限。",
)
_GO_ON = LaterAct(
    id="resume",
    kind=OpKind.RESUME,
    name="恢复计时",
    run=_resume,
    fields=("note",),
    said="自今天起继续计时；暂停当天恢复的，时限不变。",
)
_LONGER = LaterAct(
    id="extend",
    kind=OpKind.EXTEND,
    name="延期",
    run=_extend,
    fields=("workdays", "approver", "reason"),
)
_GRANT = LaterAct(
    id="grant",
    kind=OpKind.DECIDE,
    name="准予",
    run=lambda desk, case_id, v: after.decide(desk, case_id, Decision.GRANT),
    said="材料和审查要点全部符合的，作出准予决定。",
)
_REFUSE = LaterAct(
    id="deny",
    kind=OpKind.DECIDE,
    name="不予",
    run=_deny,
    fields=("point", "reason"),
    said="不予决定要指明不符合的审查要点，并写明理由。",
)
_HAND_OVER = LaterAct(
    id="deliver", kind=OpKind.DELIVER, name="送达", run=_deliver, fields=("way", "recipient")
)


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
