"""The wire's messages about the machines of a hall, for whoever leads it; asked for only while the board is open.

An older hub does not serve it (404 ``not_served``), an older desk never asks.
"""

from __future__ import annotations

from sync.protocol import Message


class Machine(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One machine of the hall.  ``seen_ms``: when the hub last heard from it; ``revoked_ms`` 0: it was not.

    ``revoked_by`` is the administrator's name and 工号, "" where the hub does not know who it was.
    """

    device: str
    window: str
    seen_ms: int
    revoked_ms: int = 0
    revoked_by: str = ""


class MachinesReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    hub_time_ms: int
    machines: tuple[Machine, ...] = ()
