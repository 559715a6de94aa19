"""The desk of a simulated machine, as the window's own commands take it."""

from __future__ import annotations

from app.commands.context import Desk
from sync.protocol import SignInLease
from sync.sim.world import Machine

FOREVER_MS = 2**52


def desk_of(machine: Machine) -> Desk:
    """Somebody is signed in at the machine, with every role, for ever."""
    facts = machine.facts
    return Desk(
        store=machine.store,
        device=facts,
        lease=SignInLease(
            lease_id="L",
            device=facts.device,
            staff=f"T-{facts.window}",
            name="样例",
            roles=("window", "reviewer"),
            domains=(),
            scope=facts.scope,
            window=facts.window,
            issued_ms=0,
            expires_ms=FOREVER_MS,
        ),
        clock=machine.clock,
        rulebook=machine.rulebook,
        device_key=machine.key,
        kept=machine.vault,
    )
