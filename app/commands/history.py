"""The whole story of a case that came with a snapshot: fetched from the hub when somebody asks."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from app.commands.context import Desk
from models.errors import KnownError
from models.ops import last_op
from models.tables import replica as t
from sync.client import HubClient


def fetch_history(desk: Desk, case_id: str) -> int:
    """Store what the hub has of this case's acts; returns how many.  The case page shows them then.

    Raises KnownError when the case is not here or the hub gives no answer; nothing has changed then.
    """
    with desk.store.read() as conn:
        known = conn.execute(select(t.case_view.c.case_id).where(t.case_view.c.case_id == case_id)).first()
        dseq = last_op(conn)[0]
    if known is None:
        raise KnownError("本机没有这件办件，没有读取经过。请核对办件标识。")
    facts = desk.device
    with HubClient(facts.hub_url, ca_file=facts.ca_file, clock=desk.clock) as client:
        client.open_session(facts.device, desk.device_key, dseq, facts.hub_key)
        entries = client.history(case_id).entries
    with desk.store.write() as conn:
        if entries:
            conn.execute(delete(t.case_history).where(t.case_history.c.case_id == case_id))
            # Negative: before whatever the feed brings afterwards.
            rows = [
                {
                    "op_id": entry.op_id,
                    "case_id": case_id,
                    "seq": place - len(entries),
                    "outcome": entry.outcome.value,
                    "reason": entry.reason,
                    "data": entry.op,
                }
                for place, entry in enumerate(entries)
            ]
            conn.execute(insert(t.case_history), rows)
    return len(entries)
