"""What an administrator must know of a hub: alarms, what waits, whether all that is stored is as it came in."""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import func, select

from sync.hub import tables as t
from sync.hub.audit import first_broken
from sync.hub.database import Hub
from sync.hub.stored import altered

CHINA = dt.timezone(dt.timedelta(hours=8))
NEWEST = 200


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """``at`` is local time, ISO 8601."""

    at: str
    kind: str
    scope: str
    device: str
    message: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """``audit_broken`` is the first audit row that does not fit, None for a whole chain.

    ``altered`` names acts and cases that are not what the hub once took in (:mod:`sync.hub.stored`).
    """

    audit_broken: int | None
    altered: tuple[str, ...]
    held: int
    conflicts: int
    alarms: tuple[Alarm, ...]


def check(hub: Hub) -> Check:
    """*Reads everything stored.*  Of the alarms the newest 200, newest first."""
    found = altered(hub)
    held = select(func.count()).select_from(t.op_log).where(t.op_log.c.outcome == "held")
    open_conflicts = select(func.count()).select_from(t.conflict).where(t.conflict.c.resolved_by == "")
    newest = select(t.alarm).order_by(t.alarm.c.at_ms.desc(), t.alarm.c.alarm_id.desc()).limit(NEWEST)
    with hub.read() as conn:
        return Check(
            audit_broken=first_broken(conn),
            altered=found,
            held=conn.execute(held).scalar_one(),
            conflicts=conn.execute(open_conflicts).scalar_one(),
            alarms=tuple(
                Alarm(
                    at=dt.datetime.fromtimestamp(row.at_ms / 1000, CHINA).isoformat(" ", "seconds"),
                    kind=row.kind,
                    scope=row.scope,
                    device=row.device,
                    message=row.message,
                )
                for row in conn.execute(newest)
            ),
        )
