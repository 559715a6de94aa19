"""One reading of the outbox told twice: in the status bar, and beside the encrypted replica for the
sign-in window (:mod:`views.unlock.facts`)."""

from __future__ import annotations

import datetime as dt

from app.commands.context import Desk
from app.queries.items import ItemFinder
from sync.engine import SyncReport
from views.outbox.page import OutboxFacts
from views.standing import BAR_MS
from views.status import ShellStatus
from views.unlock.facts import Known, Revoked, ago_words, day_time, span_words
from views.workbench.sheet import Sheet


def known_of(
    desk: Desk, facts: OutboxFacts, finder: ItemFinder | None, sheet: Sheet | None, out: Revoked
) -> Known:
    """Counts and times only; of a case left open no more than which 办理项 it is."""
    return Known(
        staff=desk.lease.staff,
        synced_ms=facts.synced_ms,
        catalog=finder.version if finder is not None else "",
        items=len(finder) if finder is not None else 0,
        numbers=facts.pool.left,
        waiting=len(facts.waiting),
        attention=len(facts.attention),
        size=facts.size,
        lease_ms=facts.lease_ms,
        open_item=sheet.item.name if sheet is not None else "",
        open_ms=desk.clock.now().wall_ms if sheet is not None else 0,
        revoked_ms=out.at_ms,
        revoked_by=out.by,
        revoked_heard=out.heard,
        domains=";".join("=".join(pair) for pair in finder.domains()) if finder is not None else "",
    )


def machine_facts(desk: Desk, finder: ItemFinder | None) -> tuple[tuple[str, str], ...]:
    """About this machine, for the settings."""
    device, version = desk.device, finder.version if finder is not None else "—"
    places = (("大厅", device.hall_name), ("窗口", device.window_name))
    return (*places, ("设备标识", device.device), ("本机目录", version))


def revoked_in(report: SyncReport, before: Revoked, now_ms: int) -> Revoked:
    """What a round has told of it; the time of the first hearing stays where the centre tells none."""
    if not report.revoked:
        return Revoked()
    if report.revoked_ms:
        return Revoked(report.revoked_ms, report.revoked_by)
    return before if before.at_ms else Revoked(now_ms, report.revoked_by, heard=True)


def status_of(facts: OutboxFacts, now_ms: int, *, connection: str, since: str, catalog: str) -> ShellStatus:
    """The status bar of the workstation."""
    left, at = facts.lease_ms - now_ms, dt.datetime.fromtimestamp(facts.synced_ms / 1000)
    ago = ago_words(now_ms - facts.synced_ms)
    return ShellStatus(
        connection=connection,
        since=since,
        waiting=len(facts.waiting),
        attention=len(facts.attention),
        numbers=facts.pool.left,
        catalog=catalog,
        replica=f"{at:%H:%M}（{ago}）" if facts.synced_ms else "",
        lease=f"离线租约剩 {span_words(left)}" if left > 0 else "离线租约到期",
        lease_near=left <= BAR_MS,
        clock=day_time(now_ms),
    )
