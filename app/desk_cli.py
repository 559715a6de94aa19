"""``main.py desk …``: the desk without a screen, through the same use cases as the window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app import act_cli, copy_cli, guide_cli, machine_cli, papers_cli, sync_cli, templates_cli
from app.desk_files_cli import add_commands
from app.desk_tasks_cli import add_commands as add_task_commands
from models.errors import KnownError

if TYPE_CHECKING:
    from app.commands.bundle import BundleReport
    from app.commands.context import Desk
    from app.config import Profile


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    desk = commands.add_parser("desk", help="本机工作站的命令")
    acts = desk.add_subparsers(title="命令", metavar="命令", required=True)

    enroll = _command(acts, "enroll", "把本机登记到中心", _enroll)
    enroll.add_argument("--hub", required=True, metavar="URL", help="中心地址")
    enroll.add_argument("--code", required=True, help="管理员给的一次性登记码")
    enroll.add_argument("--ca", default="", metavar="FILE", help="内网证书机构的证书")
    intake = _command(acts, "intake", "按窗口的同一套规则收办一批办件（每行一个 JSON）", _intake)
    intake.add_argument("file", type=Path, metavar="FILE.jsonl")
    event = _command(acts, "event", "一次受理一批“一件事”（每行一个 JSON）", _event)
    event.add_argument("file", type=Path, metavar="FILE.jsonl")
    cases = _command(acts, "cases", "列出或查找办件", _cases)
    cases.add_argument("text", nargs="?", default="", help="编号、姓名、首字母、证件尾号或者事项")
    cases.add_argument("--limit", type=int, default=50, help="最多列出几件（默认 50）")
    sync_cli.add_commands(lambda name, text, run: _command(acts, name, text, run), open_desk)
    bundles = acts.add_parser("bundle", help="摆渡包：不联网时用移动介质与中心对账")
    ways = bundles.add_subparsers(title="命令", metavar="命令", required=True)
    out = _command(ways, "export", "把待传的办件写成摆渡包", _bundle_export)
    out.add_argument("file", type=Path, metavar="FILE")
    back = _command(ways, "import", "读入中心发回的摆渡包", _bundle_import)
    back.add_argument("file", type=Path, metavar="FILE")
    machine_cli.add_commands(lambda name, text, run: _command(acts, name, text, run))
    history = _command(acts, "history", "从中心读取一件办件的全部经过", _history)
    history.add_argument("case_id", metavar="办件标识")
    add_commands(lambda name, text, run: _command(acts, name, text, run), open_desk)
    add_task_commands(lambda name, text, run: _command(acts, name, text, run), open_desk)
    act_cli.add_parser(acts)
    templates_cli.add_parser(acts)
    guide_cli.add_commands(lambda name, text, run: _command(acts, name, text, run), open_desk)
    copy_cli.add_commands(lambda name, text, run: _command(acts, name, text, run), open_desk)
    papers_cli.add_command(lambda name, text, run: _command(acts, name, text, run), open_desk)
    _command(acts, "verify", "核对本机副本：完整性、留痕链、编号、投影", _verify)


def _command(
    acts: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    return act_cli.on_desk(acts.add_parser(name, help=text, description=text), run)


def profile_of(args: argparse.Namespace) -> Profile:
    from app.config import Profile, default_profile

    return Profile(args.profile) if args.profile is not None else default_profile()


def staff_of(args: argparse.Namespace, profile: Profile) -> str:
    from app.config import read_settings

    staff: str = args.staff or read_settings(profile).last_staff
    if not staff:
        raise KnownError("没有说明是哪位工作人员。没有改动。请加上 --staff 工号。")
    return staff


def open_desk(args: argparse.Namespace) -> Desk:
    from app.cli import ask_password
    from app.commands.sign_in import sign_in

    profile = profile_of(args)
    profile.read_device()
    return sign_in(profile, staff_of(args, profile), ask_password("口令："))


def _enroll(args: argparse.Namespace) -> int:
    import msgspec

    from app.cli import ask_password, print_json
    from app.commands.enrol import enrol
    from app.config import read_settings, write_settings

    profile = profile_of(args)
    staff = staff_of(args, profile)
    reply = enrol(profile, args.hub, args.code, staff, ask_password("口令："), ca_file=args.ca)
    write_settings(profile, msgspec.structs.replace(read_settings(profile), last_staff=staff))
    if args.json:
        print_json(
            {"device": reply.device, "status": reply.status, "hall": reply.hall_name, "window": reply.window}
        )
    else:
        print(f"本机已登记为 {reply.device}（{reply.hall_name} {reply.window_name}）。")
        if reply.status == "pending":
            print("还要等管理员批准；批准后即可登录。")
    return 0


def _intake(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.commands.batch import intake_file

    desk = open_desk(args)
    try:
        report = intake_file(desk, args.file)
    finally:
        desk.store.close()
    if args.json:
        print_json(report.as_json())
    else:
        print(f"办理 {report.accepted} 件，没有办成 {report.refused} 件。")
        for line, reason in report.problems:
            print(f"第 {line} 行：{reason}")
    return 1 if report.problems else 0


def _event(args: argparse.Namespace) -> int:
    from app.commands.event import event_file, tell_events

    desk = open_desk(args)
    try:
        return tell_events(event_file(desk, args.file), as_json=args.json)
    finally:
        desk.store.close()


def _cases(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.queries.cases import find_cases
    from models.domain.case import STATUS_NAMES
    from models.domain.numbers import group_number

    desk = open_desk(args)
    try:
        rows = find_cases(desk, args.text, limit=args.limit)
    finally:
        desk.store.close()
    if args.json:
        print_json(
            {
                "cases": [
                    {
                        "case_id": r.case_id,
                        "number": r.number,
                        "receipt": r.receipt,
                        "item": r.item_name,
                        "applicant": r.applicant,
                        "status": r.status.value,
                        "sync": r.sync,
                        "received_on": r.received_on,
                    }
                    for r in rows
                ]
            }
        )
    else:
        for r in rows:
            waits = f"{r.receipt}（待换发受理编号）" if r.receipt else "—"
            number = group_number(r.number) if r.number else waits
            print(f"{number}\t{r.item_name}\t{r.applicant}\t{STATUS_NAMES[r.status]}\t{_SYNC[r.sync]}")
    return 0


_SYNC = {"synced": "已同步", "pending": "待同步", "attention": "要您处理"}


def _history(args: argparse.Namespace) -> int:
    import msgspec

    from app.cli import print_json
    from app.commands.history import fetch_history
    from app.queries.cases import read_case
    from models.domain.ops import OP_NAMES

    desk = open_desk(args)
    try:
        fetch_history(desk, args.case_id)
        page = read_case(desk, args.case_id)
    finally:
        desk.store.close()
    lines = page.history if page is not None else ()
    if args.json:
        print_json({"history": [msgspec.to_builtins(line) for line in lines]})
    else:
        for line in lines:
            print(f"{OP_NAMES.get(line.kind, line.kind)}\t{line.staff}\t{line.sync}\t{line.reason}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.commands.verify import verify_replica

    desk = open_desk(args)
    try:
        problems = verify_replica(desk)
    finally:
        desk.store.close()
    if args.json:
        print_json({"ok": not problems, "problems": problems})
    else:
        print("核对通过。" if not problems else "\n".join(problems))
    return 1 if problems else 0


def _bundle_export(args: argparse.Namespace) -> int:
    from app.commands.bundle import export_bundle

    return _carried(args, export_bundle, "已写出 {ops} 步，{size} 字节。办件仍在本机，等中心的答复。")


def _bundle_import(args: argparse.Namespace) -> int:
    from app.commands.bundle import import_bundle

    return _carried(
        args,
        import_bundle,
        "已读入：收到 {pulled} 步，编号 {numbers} 个，不一致 {conflicts}，待传 {pending}。",
    )


def _carried(args: argparse.Namespace, act: Callable[[Desk, Path], BundleReport], sentence: str) -> int:
    import msgspec

    from app.cli import print_json

    desk = open_desk(args)
    try:
        report = act(desk, args.file)
    finally:
        desk.store.close()
    facts = msgspec.to_builtins(report)
    if args.json:
        print_json(facts)
    else:
        print(sentence.format(**facts))
    for problem in report.problems:
        print(problem, file=sys.stderr)
    return 1 if report.problems else 0
