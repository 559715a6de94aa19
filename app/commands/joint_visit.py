"""一并勘验: one date for several members of a set; their clocks stop and go on for the same days."""

from __future__ import annotations

import msgspec

from app.commands.act import perform_in
from app.commands.after import entry_of
from app.commands.context import Desk
from app.queries.bundles import SetState, set_state
from models.domain.case import CaseStatus, Later
from models.domain.ops import Act, OpKind
from models.domain.procedures import Procedure
from models.errors import KnownError


def pause_together(
    desk: Desk, case_id: str, procedure: Procedure, reason: str, workdays: int, basis: str = ""
) -> SetState:
    """Stop the clock of every accepted member that is marked 一并勘验, all or none.

    The procedure must be one that the law leaves out of the limit (行政许可法 第四十五条).  Raises KnownError.
    """
    act = Act(reason=reason.strip(), later=Later(procedure=procedure, workdays=workdays, basis=basis.strip()))
    return _together(desk, case_id, OpKind.PAUSE, act)


def resume_together(desk: Desk, case_id: str, reason: str = "") -> SetState:
    """恢复计时 for the same members, from today on."""
    return _together(desk, case_id, OpKind.RESUME, Act(reason=reason.strip()))


def _together(desk: Desk, case_id: str, kind: OpKind, act: Act) -> SetState:
    with desk.store.read() as conn:
        found = set_state(conn, desk, case_id)
    members = [m for m in found.members if m.joint_visit] if found is not None else []
    entries = [entry_of(desk, m.case_id) for m in members if m.status == CaseStatus.ACCEPTED]
    if not entries:
        raise KnownError("没有已受理、要一并勘验的成员。办件没有改动。")
    act = msgspec.structs.replace(
        act, later=msgspec.structs.replace(act.later, together=tuple(entry.case_id for entry in entries))
    )
    with desk.store.write() as conn:
        for entry in entries:
            perform_in(conn, desk, kind, entry, act)
        done = set_state(conn, desk, case_id)
    assert done is not None
    return done
