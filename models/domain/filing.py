"""附件 of a case: a file's facts come in, or it is taken out of use; nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from models.domain.case import PRE_ACCEPTANCE, STATUS_NAMES, CaseState, CaseStatus
from models.domain.files import file_problem
from models.domain.ops import Op, OpKind
from models.domain.verdict import Refusal, Rules

_NO_FILES = frozenset({CaseStatus.WITHDRAWN, CaseStatus.VOIDED})


def _attach(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    """附件: a file for a listed material, or for the case as a whole; files of several desks are united."""
    file = op.act.file
    if before.status in _NO_FILES or (op.changes and before.status not in PRE_ACCEPTANCE):
        return Refusal(code="status", message=f"本办件{STATUS_NAMES[before.status]}，不能再附文件。")
    problem = "没有附件的内容，没有采用。" if file is None else file_problem(file)
    if file is None or problem:
        return Refusal(code="file", message=problem)
    if file.material and rules.item.material(file.material) is None:
        return Refusal(code="not_listed", message="实施清单里没有这份材料，附件没有归到它名下。请另选材料。")
    signed = msgspec.structs.replace(
        file, op_id=op.op_id, staff=op.staff, device=op.device, at_ms=op.time.wall_ms, void=""
    )
    return msgspec.structs.replace(state, files=(*state.files, signed))


def _detach(before: CaseState, state: CaseState, op: Op, rules: Rules) -> CaseState | Refusal:
    if not any(file.file_id == op.act.file_id for file in before.files):
        return Refusal(code="no_file", message="本办件没有这份附件，没有改动。")
    if not op.act.reason.strip():
        return Refusal(code="reason", message="作废附件须写明原因。")
    if op.changes and before.status not in PRE_ACCEPTANCE:
        return Refusal(code="no_edit", message="作废附件不能同时改动已受理的内容，没有作废。")
    files = tuple(
        msgspec.structs.replace(file, void=op.act.reason)
        if file.file_id == op.act.file_id and not file.void
        else file
        for file in state.files
    )
    return msgspec.structs.replace(state, files=files)


HANDLERS: Mapping[str, Callable[[CaseState, CaseState, Op, Rules], CaseState | Refusal]] = {
    OpKind.ATTACH: _attach,
    OpKind.DETACH: _detach,
}
