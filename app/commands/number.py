"""The official number for cases received while the pool was empty."""

from __future__ import annotations

from sqlalchemy import bindparam, literal_column, select

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from models.device import identities
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.ops import OpKind
from models.errors import KnownError
from models.prepared import Prepared
from models.tables import replica as t
from sync.leases import remaining

# Only the machine that gave the mark out replaces it, so that no two desks number one case.
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
_SENT_BACK = Prepared(
    select(t.op.c.op_id)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(
        t.op.c.case_id == bindparam("case"),
        t.op.c.kind == literal_column(f"'{OpKind.NUMBER.value}'"),
        t.op_status.c.state.in_([literal_column("'rejected'"), literal_column("'quarantined'")]),
    )
)


def number_waiting(desk: Desk) -> list[Changes]:
    """Give this machine's provisional receipts their official numbers, oldest first; call it after a sync.

    Ends without an error when the numbers run out; the next call goes on.  A case that cannot be
    numbered now is passed over; one whose numbering the hub sent back is left to a person.
    """
    done: list[Changes] = []
    for state in waiting_cases(desk):
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=state.fields)
        try:
            done.append(perform(desk, OpKind.NUMBER, entry))
        except KnownError:
            if not _has_numbers(desk):
                break
    return done


def waiting_cases(desk: Desk) -> list[CaseState]:
    """This machine's cases that :func:`number_waiting` will number, oldest first."""
    found: list[CaseState] = []
    with desk.store.read() as conn:
        # Under another identity before a recovery, the same machine gave out marks too.
        for device in identities(conn, desk.device.device):
            mark = f"临-{device}-"
            states = (decode_state(row.state) for row in _WAITING(conn, first=mark, beyond=mark + ":"))
            found += [state for state in states if _SENT_BACK(conn, case=state.case_id).first() is None]
    return found


def _has_numbers(desk: Desk) -> bool:
    with desk.store.read() as conn:
        return remaining(conn, desk.device.division, desk.clock.now().day.year)[0] > 0
