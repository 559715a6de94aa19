"""Who took a machine's right to send away, and when: out of the audit chain, which alone tells it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select

from sync.hub import tables as t

REVOKED = "device_revoked"  # the act's name in the audit chain


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """``at_ms`` 0 and ``by`` "" where the record does not tell."""

    at_ms: int = 0
    by: str = ""


def revocation(conn: Connection, lineage: Collection[str]) -> Revocation:
    """The one of a machine: it, or one that it was before a recovery (:func:`sync.hub.devices.lineage`)."""
    return next(iter(revocations(conn, lineage).values()), Revocation())


def revocations(conn: Connection, devices: Collection[str]) -> dict[str, Revocation]:
    """By machine, the first time each was revoked: a second time changes nothing."""
    if not devices:
        return {}
    audit, staff = t.audit.c, t.staff.c
    rows = conn.execute(
        select(audit.target, audit.at_ms, audit.actor, staff.name)
        .join_from(t.audit, t.staff, staff.staff == audit.actor, isouter=True)
        .where(audit.act == REVOKED, audit.target.in_(devices))
        .order_by(audit.aseq)
    )
    found: dict[str, Revocation] = {}
    for row in rows:
        by = f"{row.name}（{row.actor}）" if row.name else ""
        found.setdefault(row.target, Revocation(at_ms=row.at_ms, by=by))
    return found
