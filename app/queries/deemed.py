"""视为受理 that nobody has told the applicant of yet: recorded here, the notice not printed."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, exists, select

from app.commands.context import Desk
from app.queries.deadlines import DueRow, due_rows
from models.domain.ops import OpKind
from models.tables import replica as t

TO_TELL = "已视为受理，受理通知书还没有出具"
_REFUSED = ("rejected", "quarantined")


def deemed_to_tell(desk: Desk, today: dt.date | None = None) -> list[DueRow]:
    """Cases that this machine put on record as accepted by silence and whose notice it has not printed."""
    with desk.store.read() as conn:
        cases = _untold(conn)
    rows = due_rows(desk, cases, today)
    return [
        msgspec.structs.replace(rows[case], text=TO_TELL, tone="red", left=0)
        for case in cases
        if case in rows
    ]


def _untold(conn: Connection) -> list[str]:
    printed = exists().where(t.document.c.op_id == t.op.c.op_id)
    query = (
        select(t.op.c.case_id)
        .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
        .where(t.op.c.kind == OpKind.DEEM.value, t.op_status.c.state.not_in(_REFUSED), ~printed)
        .order_by(t.op.c.dseq)
    )
    return [str(case) for (case,) in conn.execute(query)]
