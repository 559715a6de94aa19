"""How this desk stands with the centre beyond the line: its lease as it runs out, and a revoking (ui.md §8)."""

from __future__ import annotations

import datetime as dt

from app.commands.context import Desk
from models.device import get_meta, set_meta
from models.errors import KnownError
from views.unlock.facts import DAY_MS, day_time, span_words

DAILY_MS = 2 * DAY_MS  # from here on once a day
EACH_MS = DAY_MS  # from here on at each sign-in too
BAR_MS = 4 * 3_600_000  # from here on in the status bar all the time


class LeaseReminder:
    """Decides when the clerk is reminded; the day of the last one is kept in the replica, for each 工号."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._key = f"lease_reminded:{desk.lease.staff}"
        self._said = False  # since this sign-in

    def due(self, left_ms: int, ends_ms: int) -> str:
        """*Reads and writes the replica.*  The sentence to show now, "" for none; not due again once given."""
        if not 0 < left_ms <= DAILY_MS:
            self._said = self._said and left_ms <= DAILY_MS  # renewed: the next one counts anew
            return ""
        today = dt.datetime.fromtimestamp((ends_ms - left_ms) / 1000).date().isoformat()
        with self._desk.store.read() as conn:
            told = (get_meta(conn, self._key) or b"").decode()
        if told == today and (self._said or left_ms > EACH_MS):
            return ""
        self._said = True
        try:
            with self._desk.store.write() as conn:
                set_meta(conn, self._key, today.encode())
        except KnownError:
            pass  # the disk is full: then it is said once more tomorrow or at the next sign-in
        return (
            f"离线租约还剩 {span_words(left_ms)}（到 {day_time(ends_ms)}）。已受理的办件都有效，到期后只能查看。"
            "请在到期前联网一次，租约自动续；一直不通网，请班长导入离线授权（Alt+I）。"
        )
