"""What a hall's board asks of the hub: when each machine was last heard from, and which are revoked."""

from __future__ import annotations

from sqlalchemy import select

from sync.hall_protocol import Machine, MachinesReply
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.devices import Device, lineage
from sync.hub.revocations import Revocation, revocations


def machines_of(hub: Hub, caller: Device) -> MachinesReply:
    """The working and the revoked machines of the caller's hall, by window."""
    device = t.device.c
    with hub.read() as conn:
        rows = conn.execute(
            select(device.device, device.window, device.status, device.seen_ms)
            .where(device.scope == caller.scope, device.status.in_(("approved", "frozen", "revoked")))
            .order_by(device.window, device.device)
        ).all()
        gone = {row.device: lineage(conn, row.device) for row in rows if row.status == "revoked"}
        told = revocations(conn, {name for names in gone.values() for name in names})
    machines = []
    for row in rows:
        out = next((told[name] for name in gone.get(row.device, ()) if name in told), Revocation())
        machines.append(
            Machine(
                device=row.device,
                window=row.window,
                seen_ms=row.seen_ms,
                revoked_ms=(out.at_ms or row.seen_ms or 1) if row.device in gone else 0,
                revoked_by=out.by,
            )
        )
    return MachinesReply(hub_time_ms=hub.now_ms(), machines=tuple(machines))
