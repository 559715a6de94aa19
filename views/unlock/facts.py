"""What a desk leaves beside its encrypted replica for the sign-in window: times and counts, no applicant's name.

Nothing slow to import, as the window itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

DAY_MS = 86_400_000
LEASE_DAYS = 7  # as :mod:`sync.plan` has it; a test compares them
MAX_TRIES = 5  # as :mod:`models.keys` has it; so does a test


class Known(NamedTuple):
    """As of the last time the desk was open; 0, -1 and "" where nothing is known.  Times in Unix ms.

    ``lease_ms`` is that of ``staff``, a 工号.  ``open_item`` is the 办理项 of a case left open, ``open_ms``
    when it was saved.  ``revoked_ms``: since when the centre takes nothing from this desk any more, and
    ``revoked_by`` whom (an administrator's name and 工号); ``revoked_heard``: no time was told, only heard then.
    ``attention`` cases want a person.
    ``domains`` is what ``staff`` may take in at this window: ``market=市场准入;…``.
    """

    staff: str = ""
    synced_ms: int = 0
    catalog: str = ""
    items: int = 0
    numbers: int = -1
    waiting: int = -1
    size: int = 0
    lease_ms: int = 0
    open_item: str = ""
    open_ms: int = 0
    revoked_ms: int = 0
    domains: str = ""
    attention: int = 0
    revoked_by: str = ""
    revoked_heard: bool = False


class Revoked(NamedTuple):
    """That the centre takes nothing from this desk any more: since when (Unix ms; 0: it does), and by whom.

    ``heard``: the centre told no time, ``at_ms`` is when this desk heard of it.
    """

    at_ms: int = 0
    by: str = ""
    heard: bool = False

    def when(self) -> str:
        """09-25 10:40 撤销, or the time of hearing said as such."""
        at = dt.datetime.fromtimestamp(self.at_ms / 1000)
        return f"{at:%m-%d %H:%M} {'得知' if self.heard else '撤销'}"

    def whom_to_call(self) -> str:
        """Who is to be asked; the administrator by name where the centre told it."""
        return f"请联系撤销的人：{self.by}，或者班长" if self.by else "请联系班长或者系统管理员"


def revoked_of(known: Known) -> Revoked:
    return Revoked(known.revoked_ms, known.revoked_by, known.revoked_heard)


def sealed_words(waiting: int) -> str:
    """What is sealed on a revoked desk; ``waiting`` cases have not been sent, -1 where that is not known."""
    if waiting > 0:
        return f"未传的 {waiting} 件已封存在本机"
    return "办件都已传到中心，本机副本已封存" if waiting == 0 else "本机的办件已封存"


def known_from(data: dict[str, Any]) -> Known:
    """What can be used of a file that anybody may have changed; the rest is as if never known."""
    empty = Known()
    kinds = {name: type(value) for name, value in empty._asdict().items()}
    return empty._replace(**{k: v for k, v in data.items() if k in kinds and type(v) is kinds[k]})


def day_time(ms: int) -> str:
    """2026-09-18 周五 10:10, or — for none."""
    if not ms:
        return "—"
    at = dt.datetime.fromtimestamp(ms / 1000)
    return f"{at:%Y-%m-%d} 周{'一二三四五六日'[at.weekday()]} {at:%H:%M}"


def lease_cells(now_ms: int, end_ms: int) -> list[tuple[str, str, str]]:
    """Day, word and kind of each day of a lease from today to its end; none once it has run out."""
    if end_ms <= now_ms:
        return []
    today, end = (dt.datetime.fromtimestamp(ms / 1000) for ms in (now_ms, end_ms))
    cells = []
    for at in range(min((end.date() - today.date()).days, LEASE_DAYS) + 1):
        day = today.date() + dt.timedelta(days=at)
        last = day == end.date()
        word = f"{end:%H:%M}" if last else "今天" if not at else "可用"
        kind = "makeup" if last else "due" if not at else "open"
        cells.append((f"{day.day} {'一二三四五六日'[day.weekday()]}", word, kind))
    return cells


def span_words(ms: int) -> str:
    """22 分, 1 时 43 分, 6 天 23 时: how every screen writes a time span (ui.md §7)."""
    minutes = max(ms, 0) // 60_000
    if minutes < 60:
        return f"{minutes} 分"
    if minutes < 24 * 60:
        return f"{minutes // 60} 时 {minutes % 60} 分"
    return f"{minutes // 1440} 天 {minutes % 1440 // 60} 时"


def ago_words(ms: int) -> str:
    """26 分前, and 刚刚 within the minute."""
    return f"{span_words(ms)}前" if ms >= 60_000 else "刚刚"


def scope_choices(domains: str) -> list[tuple[str, str]]:
    """(domain or "" for all, words) of 今天的受理范围; none when it is not known."""
    pairs = [pair.split("=", 1) for pair in domains.split(";") if "=" in pair]
    if not pairs:
        return []
    if len(pairs) == 1:
        return [("", f"只办{pairs[0][1]}（本窗授权）")]
    whole = "全科无差别综合受理（五大领域）" if len(pairs) == 5 else f"本窗全部授权（{len(pairs)} 个领域）"
    return [("", whole), *((value, f"今天只收{name}") for value, name in pairs)]


def tries_words(left: int, locked_until_ms: int, now_ms: int) -> str:
    """What a wrong password would mean; ``left`` below 0 when this machine does not know the clerk."""
    if locked_until_ms > now_ms:
        return f"连错 {MAX_TRIES} 次，已锁定，还要 {-(-(locked_until_ms - now_ms) // 60_000)} 分钟；数据不会清除。"
    again = f"还可再试 {left} 次；" if left >= 0 else ""
    return f"{again}连错 {MAX_TRIES} 次锁 15 分钟，数据不会清除。"


def size_words(size: int) -> str:
    """KB or MB with one decimal; ``size`` in bytes."""
    return f"{size / 1024:.1f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
