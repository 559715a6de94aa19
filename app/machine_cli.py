"""``main.py desk recover|hub|rekey``: a new identity, the hub elsewhere, or a new key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

Command = Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """Add the commands; ``command`` makes a parser of a name, a help text and what runs it."""
    recover = command("recover", "记录与中心接不上时，用恢复码换新身份接着办", _recover)
    recover.add_argument("--code", required=True, help="管理员用 hub device release 发的恢复码")
    hub = command("hub", "中心换了地址或者根证书：核对是同一个中心以后记下", _hub)
    hub.add_argument("--url", default="", metavar="URL", help="中心的新地址")
    hub.add_argument("--ca", default="", metavar="FILE", help="内网证书机构的新根证书（PEM）")
    command("rekey", "换密：用新密钥重新加密本机副本（先关闭窗口；其他人员要联网登录一次）", _rekey)


def _recover(args: argparse.Namespace) -> int:
    from app.cli import ask_password, print_json
    from app.commands.recover import recover
    from app.desk_cli import profile_of, staff_of

    profile = profile_of(args)
    done = recover(profile, args.code, staff_of(args, profile), ask_password("口令："))
    if args.json:
        print_json(
            {
                "device": done.device,
                "former": done.former,
                "offered": done.offered,
                "doubled": done.doubled,
                "pending": done.report.pending,
                "kept": done.kept.name,
            }
        )
    else:
        print(
            f"本机现为 {done.device}（原 {done.former}）。中心没有的 {done.offered} 步已补传，"
            f"还待传 {done.report.pending} 步。原副本另存为 {done.kept.name}。"
        )
        if done.doubled:
            print(f"有 {done.doubled} 个已印的编号在另一台副本上也印过，请按待办重新受理并重印通知书。")
    for problem in done.report.problems:
        print(problem, file=sys.stderr)
    return 1 if done.report.problems else 0


def _hub(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.commands.enrol import change_hub
    from app.desk_cli import profile_of

    facts = change_hub(profile_of(args), args.url, args.ca)
    if args.json:
        print_json({"hub": facts.hub_url, "ca": bool(facts.ca_file)})
    else:
        trusted = "本机存的内网根证书" if facts.ca_file else "公共证书机构"
        how = f"按{trusted}核对" if facts.hub_url.startswith("https") else "在本机上，不经网络"
        print(f"中心地址：{facts.hub_url}，{how}。已联通，是本机登记过的中心。")
    return 0


def _rekey(args: argparse.Namespace) -> int:
    from app.cli import ask_password, print_json
    from app.commands.rekey import rekey
    from app.desk_cli import profile_of, staff_of

    profile = profile_of(args)
    done = rekey(profile, staff_of(args, profile), ask_password("口令："))
    if args.json:
        print_json({"ok": True, "staff": list(done.staff)})
    else:
        print("已用新密钥重新加密本机副本，下次联网时告诉中心。")
        if done.staff:
            print(f"工号 {'、'.join(done.staff)} 要联网登录一次，才能再用本机。")
    return 0
