"""The official number for cases received while the pool was empty."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, literal_column, select

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
    with desk.store.read() as conn:
        waiting = [state for state, sent_back in provisional(conn, desk.device.device) if not sent_back]
    for state in waiting:
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=state.fields)
        try:
            done.append(perform(desk, OpKind.NUMBER, entry))
        except KnownError:
            if not _has_numbers(desk):
                break
    return done


def provisional(conn: Connection, device: str) -> list[tuple[CaseState, bool]]:
    """This machine's cases without an official number, oldest first; True where the hub sent one back."""
    found: list[tuple[CaseState, bool]] = []
    # Under another identity before a recovery, the same machine gave out marks too.
    for name in identities(conn, device):
        for row in _WAITING(conn, first=mark_of(name), beyond=mark_of(name) + ":"):
            state = decode_state(row.state)
            found.append((state, _SENT_BACK(conn, case=state.case_id).first() is not None))
    return found


def mark_of(device: str) -> str:
    """How a provisional receipt of that machine begins; its serial follows."""
    return f"临-{device}-"


def _has_numbers(desk: Desk) -> bool:
    with desk.store.read() as conn:
        return remaining(conn, desk.device.division, desk.clock.now().day.year)[0] > 0
