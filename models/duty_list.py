"""What is owed after acceptance, kept in a table of its own so that nothing is looked through for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from models.device import get_meta, set_meta
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.duties import Consequence, Duty, DutyKind
from models.prepared import Prepared, upsert
from models.tables import replica as t

_MARK = "duties_listed"
_ENDED = frozenset({CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})
_FORGET = Prepared(delete(t.case_duty).where(t.case_duty.c.case_id == bindparam("gone")))
_LIST = upsert(t.case_duty)


def list_duties(conn: Connection, states: Sequence[CaseState]) -> None:
    """Rewrite the rows of these cases."""
    forget_duties(conn, [state.case_id for state in states])
    _LIST.many(conn, [row for state in states for row in duty_rows(state)])


def forget_duties(conn: Connection, cases: Iterable[str]) -> None:
    _FORGET.many(conn, [{"gone": case} for case in cases])


def list_all_duties(conn: Connection) -> None:
    """Once in a replica's life: an older program may have kept cases without listing what they owe."""
    if get_meta(conn, _MARK) is not None:
        return
    for row in conn.execute(select(t.case_view.c.state)).all():
        state = decode_state(row.state)
        if state.duties:
            list_duties(conn, [state])
    set_meta(conn, _MARK, b"1")


def duty_rows(state: CaseState) -> list[dict[str, object]]:
    """What the table says of a case, by duty id."""
    ended = state.status in _ENDED
    return [
        {
            "case_id": state.case_id,
            "duty_id": duty.id,
            "kind": duty.kind,
            "due": duty.due,
            "state": _state(duty, ended=ended),
        }
        for duty in sorted(state.duties, key=lambda duty: duty.id)
    ]


def _state(duty: Duty, *, ended: bool) -> str:
    if duty.outcome in (Consequence.CREDIT, Consequence.REVOKE):
        return "false"
    # A refusal ends what was promised, not what the visitor complained of.
    return "open" if duty.open and not (ended and duty.kind != DutyKind.RATING) else "done"
