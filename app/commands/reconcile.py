"""One reconciliation as a desk needs it: the round, and what only becomes possible after it."""

from __future__ import annotations

from collections.abc import Callable

from app.commands.after import record_deemed
from app.commands.context import Desk
from app.commands.forms import sweep_forms
from app.commands.number import number_waiting
from app.commands.sign_in import take_leases
from sync.attachments import sweep
from sync.engine import SyncEngine, SyncReport


def reconcile(
    desk: Desk,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    thorough: bool = True,
    hall: bool = False,
) -> SyncReport:
    """Push, pull and refill; then number what waits for a number, and tell the hub of it at once.

    Never raises for what a network or a hub can do.  ``on_progress`` takes (done, all) ops; ``thorough`` and
    ``hall`` as for :class:`SyncEngine`.
    """
    engine = SyncEngine(
        desk.store,
        desk.device,
        desk.device_key,
        desk.rulebook,
        desk.clock,
        on_progress=on_progress,
        thorough=thorough,
        hall=hall,
    )
    report = engine.run()
    if report.purged:
        sweep(desk.store, desk.vault, 0.0)
    elif thorough:
        sweep(desk.store, desk.vault)
    if thorough:
        sweep_forms(desk)
    if report.leases is not None:
        report.problems += take_leases(desk, report.leases, report.leases_ms)
    if report.online and (number_waiting(desk) + record_deemed(desk)):
        again = engine.run()
        again.pushed += report.pushed
        again.pulled += report.pulled
        again.numbers += report.numbers
        again.problems = report.problems + again.problems
        return again
    return report
