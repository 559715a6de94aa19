"""小票: a slip of an act for the receipt printer."""

from __future__ import annotations

from sqlalchemy import select

from app.commands.context import Desk
from app.documents.render import TITLES
from app.documents.slip import Slip, case_slip
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import decode_state
from models.errors import KnownError
from models.ops import audit
from models.tables import replica as t


def print_slip(desk: Desk, document_id: str) -> Slip:
    """The slip that goes with a kept notice; on record like every print.  Raises KnownError."""
    with desk.store.read() as conn:
        row = conn.execute(
            select(t.document.c.case_id, t.document.c.op_id).where(t.document.c.document_id == document_id)
        ).first()
        data = (
            conn.execute(select(t.case_view.c.state).where(t.case_view.c.case_id == row.case_id)).scalar()
            if row is not None
            else None
        )
        hall = read_directory(get_meta(conn, "directory")).hall(desk.device.scope)
    state = decode_state(data) if data is not None else None
    notice = (
        next((n for n in state.notices if n.op_id == row.op_id), None)
        if state is not None and row is not None
        else None
    )
    if state is None or notice is None:
        raise KnownError("这份文书没有小票。办件没有改动。请打印 A4 文书。")
    slip = case_slip(
        TITLES.get(notice.kind, "凭证"), state, notice, desk.device.hall_name, hall.phone if hall else ""
    )
    with desk.store.write() as conn:
        audit(
            conn,
            at_ms=desk.clock.now().wall_ms,
            staff=desk.lease.staff,
            act="print",
            case_id=state.case_id,
            detail=f"slip:{document_id}",
        )
    return slip
