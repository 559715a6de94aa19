"""The seal register: each printed document with a seal is one line of the audit chain."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from app.commands.context import Desk
from app.documents.render import TITLES
from app.documents.seals import SEAL_NAMES, Seal, seal_of
from models.ops import audit
from models.tables import replica as t

_ACT = "seal"


class SealUse(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a seal: which, on what document of which case, by whom and when."""

    seal: str
    name: str
    kind: str
    title: str
    case_id: str
    document_id: str
    staff: str
    at_ms: int


def record_seal(conn: Connection, desk: Desk, kind: str, case_id: str, document_id: str, at_ms: int) -> None:
    """One line for the document about to be printed; none for a kind that takes no seal.

    Call it in the transaction that hands the document out.
    """
    seal = seal_of(kind)
    if seal is None:
        return
    detail = f"{seal.value}|{kind}|{document_id}"
    audit(conn, at_ms=at_ms, staff=desk.lease.staff, act=_ACT, case_id=case_id, detail=detail)


def seal_register(desk: Desk) -> list[SealUse]:
    """Every use of a seal at this desk, oldest first."""
    wanted = select(t.audit).where(t.audit.c.act == _ACT).order_by(t.audit.c.aseq)
    with desk.store.read() as conn:
        rows = conn.execute(wanted).all()
    uses = []
    for row in rows:
        seal, kind, document_id = row.detail.split("|", 2)
        uses.append(
            SealUse(
                seal=seal,
                name=SEAL_NAMES[Seal(seal)],
                kind=kind,
                title=TITLES.get(kind, kind),
                case_id=row.case_id,
                document_id=document_id,
                staff=row.staff,
                at_ms=row.at_ms,
            )
        )
    return uses
