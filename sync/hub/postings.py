"""The hub's signed word for where a machine belongs, for a hub that was restored from an older backup.

Without it such a hub would not know that a machine had been in another hall meanwhile, and would send
back what was done there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from models.crypto import BadSignature, sign, verify
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.places import read_places
from sync.hub.prepared import Prepared
from sync.protocol import Posting, SignedPosting, posting_payload

MOST = 16  # halls that a machine may show


_ROWS = Prepared(
    select(t.device.c.scope, t.device.c.status, t.device.c.regained_epoch).where(
        t.device.c.device == bindparam("of")
    )
)


def posted(hub: Hub, conn: Connection, device: str, scope: str, window: str) -> SignedPosting | None:
    """What a machine keeps of a hall it was moved to or from; None for one that was in no other."""
    if len(_ROWS(conn, of=device).all()) < 2:
        return None
    said = Posting(device=device, scope=scope, window=window, epoch=hub.epoch(conn))
    posting = msgspec.msgpack.encode(said)
    return SignedPosting(posting=posting, signature=sign(hub.keys.signing, posting_payload(posting)))


def regain(hub: Hub, device: str, shown: Sequence[SignedPosting]) -> None:
    """Let one run of the machine's ops count in each hall that its postings tell of (sync.hub.moves).

    Only what was said before the last restore counts, once for each restore.  What is not this hub's
    word for this machine, or names a hall that there is not, is passed over.
    """
    claims = _own(hub, device, shown[:MOST])
    if not claims:
        return
    with hub.read() as conn:
        epoch = hub.epoch(conn)
        places = read_places(conn)
        wanted = [
            claim
            for claim in claims
            if claim.epoch != epoch and places.hall(claim.scope) and _unknown(conn, claim, epoch)
        ]
    if not wanted:
        return
    with hub.write() as conn:
        present = select(t.device).where(t.device.c.device == device, t.device.c.status != "moved")
        row = dict(conn.execute(present.with_for_update()).mappings().one())
        now = hub.now_ms()
        told = {"regained_ms": now, "regained_epoch": epoch}
        for claim in wanted:
            if not _unknown(conn, claim, epoch):
                continue  # learnt by another worker just now
            there = (t.device.c.scope == claim.scope, t.device.c.device == device)
            if conn.execute(update(t.device).where(*there).values(**told)).rowcount == 0:
                left = {"scope": claim.scope, "window": claim.window, "status": "moved", **told}
                conn.execute(insert(t.device).values(**row | left))
            record(conn, now, device, "device_regained", target=device, detail=claim.scope)


def _unknown(conn: Connection, claim: Posting, epoch: str) -> bool:
    """Whether this hub does not know by itself, or by this epoch's word, that the machine is in the hall."""
    rows = {row.scope: row for row in _ROWS(conn, of=claim.device)}
    row = rows.get(claim.scope)
    return row is None or (row.status == "moved" and row.regained_epoch != epoch)


def _own(hub: Hub, device: str, shown: Sequence[SignedPosting]) -> list[Posting]:
    """Those that this hub has signed for this machine."""
    found = []
    for one in shown:
        try:
            verify(hub.keys.public, posting_payload(one.posting), one.signature)
            claim = msgspec.msgpack.decode(one.posting, type=Posting)
        except (BadSignature, msgspec.MsgspecError):
            continue
        if claim.device == device:
            found.append(claim)
    return found
