"""What the status bar says, and its fixed words for how the desk stands with the centre (ui.md §4)."""

from __future__ import annotations

import msgspec

LEASE_OVER = "离线租约到期，现在只能查看。已受理的办件都有效，已填内容都在草稿里。请联网续约，或者请班长导入离线授权（Alt+I）。"

FEW_NUMBERS = 20
NO_NUMBERS = "受理编号已用完，现在不能受理；已发的编号都有效，已填内容都保存了。可以先收件、出收件凭证。请联网补号，或者导入号段包（Alt+I）。"


def numbers_tone(left: int) -> str:
    """Few are amber, none is red: nothing can be accepted then."""
    return "red" if not left else "amber" if left < FEW_NUMBERS else ""


class ShellStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the status bar says; times are local HH:MM, ``since`` is "" while online."""

    connection: str = "offline"  # online | sending | offline | expired | revoked
    since: str = ""
    waiting: int = 0
    attention: int = 0
    numbers: int = 0
    catalog: str = ""
    replica: str = ""
    lease: str = ""
    lease_near: bool = False  # four hours left or fewer: never left out of the bar
    clock: str = ""


CONNECTION = {
    "online": ("在线", "green"),
    "sending": ("正在补传", "green"),
    "offline": ("中心离线", "amber"),
    "expired": ("租约到期·只读", "red"),
    "revoked": ("已撤销", "red"),
}
