"""Changes to what was entered: 更正 after acceptance, and a person's decision between two versions.

Neither touches what was judged: materials, review points and identity stay as they were accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.case import PRE_ACCEPTANCE, STATUS_NAMES, CaseState, CaseStatus, Note
from models.domain.checklist import gaps
from models.domain.ops import Op, OpKind
from models.domain.other_system import PREFIX as OTHER_SYSTEM
from models.domain.verdict import Refusal, Rules
from models.domain.verdict import need_status as _need_status

CORRECTABLE = ("applicant.phone", "applicant.address", "agent.", "form.")


def with_note(state: CaseState, op: Op, text: str) -> CaseState:
    """The state with a remark of the act appended."""
    note = Note(op_id=op.op_id, text=text, staff=op.staff, at_ms=op.time.wall_ms)
    return msgspec.structs.replace(state, notes=(*state.notes, note))


def _correct(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """更正 of what does not decide the case; what was judged stays as it was judged."""
    problem = _need_status(before, op, frozenset({CaseStatus.ACCEPTED}))
    if problem is not None:
        return problem
    if any(not path.startswith(CORRECTABLE) for path in op.changes):
        return Refusal(code="not_correctable", message="受理后只能更正联系方式、代理人和表单内容。")
    if not op.act.reason.strip():
        return Refusal(code="reason", message="更正须写明原因。")
    return _spoilt(before, state, op, rules) or with_note(state, op, f"更正：{op.act.reason}")


def _spoilt(before: CaseState, state: CaseState, op: Op, rules: Rules) -> Refusal | None:
    """A change after acceptance may not take away what the acceptance stands on."""
    was = {gap.path for gap in gaps(rules.item, before.fields, op.time.day)}
    new = [gap for gap in gaps(rules.item, state.fields, op.time.day) if gap.path not in was]
    if not new:
        return None
    text = f"这样更正以后，{new[0].label}不成立（{new[0].reason}）。没有更正，办件没有改动。请核对后再改。"
    return Refusal(code="spoilt", message=text)


def _resolve(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """A person's choice between two versions; the one not chosen stays in the conflict row.

    It can put nothing into a case that no act of an editor could: what was judged stays as it was judged.
    """
    if not op.act.conflict:
        return Refusal(code="no_conflict", message="没有指明裁定的是哪一处不一致。")
    if before.status not in PRE_ACCEPTANCE:
        disputed = [path for path in op.changes if not path.startswith(OTHER_SYSTEM)]
        open_ = CORRECTABLE if before.status is CaseStatus.ACCEPTED else ()
        if any(not path.startswith(open_) if open_ else True for path in disputed):
            text = f"本办件{STATUS_NAMES[before.status]}，这一处不能再改，只能以中心的内容为准。没有改动。"
            return Refusal(code="not_correctable", message=text)
        if disputed and (problem := _spoilt(before, state, op, rules)) is not None:
            return problem
    return with_note(state, op, f"比对裁定：{op.act.reason}") if op.act.reason.strip() else state


HANDLERS: Mapping[str, Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]] = {
    OpKind.CORRECT: _correct,
    OpKind.RESOLVE: _resolve,
}
