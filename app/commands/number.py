"""The official number for cases received while the pool was empty."""

from __future__ import annotations

from sqlalchemy import bindparam, literal_column, select

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from models.domain.case import CaseStatus, decode_state
from models.domain.ops import OpKind
from models.errors import KnownError
from models.prepared import Prepared
from models.tables import replica as t

# Only the desk that gave the mark out replaces it, so that no two desks number one case.
_WAITING = Prepared(
    select(t.case_view.c.state)
    .where(
        t.case_view.c.number == literal_column("''"),
        t.case_view.c.receipt >= bindparam("first"),
        t.case_view.c.receipt < bindparam("beyond"),
        t.case_view.c.status != literal_column(f"'{CaseStatus.VOIDED.value}'"),
    )
    .order_by(t.case_view.c.receipt)
)


def number_waiting(desk: Desk) -> list[Changes]:
    """Give this desk's provisional receipts their official numbers, oldest first; call it after a sync.

    Ends without an error when the numbers run out or this desk may not act now; the next call goes on.
    """
    mark = f"临-{desk.device.device}-"
    with desk.store.read() as conn:
        states = [decode_state(row.state) for row in _WAITING(conn, first=mark, beyond=mark + ":")]
    done: list[Changes] = []
    for state in states:
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=state.fields)
        try:
            done.append(perform(desk, OpKind.NUMBER, entry))
        except KnownError:
            break
    return done
