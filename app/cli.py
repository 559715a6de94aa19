"""The command line, a supported interface (DESIGN §8): IT staff and acceptance checks use it.

Every command has --help, answers 0 only on success, and tells an error in one plain line on stderr.
Imports are made per command, and none but the lightest before the sign-in window (app.start) has painted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from models.errors import KnownError

if TYPE_CHECKING:
    import argparse


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (by default the process's own); returns the exit code.

    No traceback ever reaches the user.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        front = _front_options(argv)
        if front is not None:
            return _open_window(*front)
        args = build_parser(argv).parse_args(_profile_first(argv))
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except KnownError as error:
        print(str(error), file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from app.bugs import report_bug

        print(report_bug(error), file=sys.stderr)
        return 70


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The command line, with the many commands under ``hub`` and ``desk`` only where that word occurs."""
    from pathlib import Path

    from app.arguments import Arguments

    parser: argparse.ArgumentParser = Arguments(prog="main.py", description="泰好办 · 窗口综合受理工作站")
    _profile_option(parser)
    _devices_option(parser, "settings")
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="命令", metavar="命令")
    demo = commands.add_parser("demo", help="演示：内置中心、演示城市和工作站")
    _profile_option(demo)
    demo.add_argument("--screenshots", type=Path, metavar="DIR", help="不等人操作，把主要界面存成图片后退出")
    demo.add_argument("--manual", type=Path, metavar="DIR", help="再把手册用的图更新到这个目录")
    demo.add_argument(
        "--check",
        action="store_true",
        help="每个界面按各种主题、字号、窗口大小都存，并检查图片：截断、重叠、缺字、没有翻译，有一处就返回 1",
    )
    _devices_option(demo, "test")
    demo.set_defaults(run=_demo)
    drill = commands.add_parser("drill", help="演练：登记、断网、五大领域受理、恢复、逐项核对")
    _profile_option(drill)
    drill.add_argument("--seed", type=int, default=1, help="演练数据的种子（默认 1）")
    drill.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    drill.set_defaults(run=_drill)
    deadline = commands.add_parser("deadline", help="推算办结日期并说明怎么算的")
    deadline.add_argument("--start", required=True, metavar="DATE", help="起算日（不计入），如 2026-09-18")
    deadline.add_argument("--workdays", required=True, metavar="N", help="工作日数")
    deadline.add_argument(
        "--pause",
        action="append",
        default=[],
        metavar="程序:起:止",
        help="暂停的一段：哪天起停、哪天恢复，如 专家评审:2026-09-21:2026-09-25；还没恢复的不写；可以写多次",
    )
    deadline.add_argument("--extend", default="", metavar="N", help="经批准延长的工作日数")
    deadline.add_argument(
        "--kind", default="", metavar="类别", help="许可、不动产或者其他：按哪部法告知、暂停、延长"
    )
    deadline.add_argument("--received", action="store_true", help="起算日是收件日，同时推算最迟告知的一天")
    deadline.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    deadline.set_defaults(run=_deadline)
    simulate = commands.add_parser("simulate", help="模拟：同一套同步代码在各种故障下逐项核对")
    simulate.add_argument("--seeds", type=int, default=100, metavar="N", help="跑多少个种子（默认 100）")
    simulate.add_argument("--first", type=int, default=1, metavar="K", help="从哪个种子开始（默认 1）")
    simulate.add_argument("--seed", type=int, metavar="N", help="只跑这一个种子，逐步说出发生了什么")
    simulate.add_argument("--desks", type=int, default=8, metavar="N", help="工作站台数（默认 8，最多 32）")
    simulate.add_argument("--steps", type=int, default=400, metavar="N", help="每个种子的步数（默认 400）")
    simulate.add_argument("--jobs", type=int, default=0, metavar="N", help="进程数（默认等于核数）")
    simulate.add_argument("--stop", action="store_true", help="遇到第一处违反就停，不缩短")
    simulate.add_argument(
        "--upkeep",
        action="store_true",
        help="每个种子都有管理员的事（调大厅、恢复、核准、换密、精简，一轮当中也动手）；平时每三个种子一个",
    )
    simulate.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    simulate.set_defaults(run=_simulate)
    if "hub" in words:
        from sync.hub.cli import add_parser as add_hub

        add_hub(commands)
    else:
        commands.add_parser("hub", help="中心：建立、运行、目录、人员、工作站、备份")
    if "desk" in words:
        from app.desk_cli import add_parser as add_desk

        add_desk(commands)
    else:
        commands.add_parser("desk", help="本机工作站的命令")
    return parser


def _front_options(argv: Sequence[str]) -> tuple[str, bool] | None:
    """(profile, test devices) where the workstation itself is asked for and nothing else, told without
    argparse, which takes longer than painting the window; None for anything else."""
    folder, devices = "", "settings"
    rest = list(argv)
    while rest:
        name, told, value = rest.pop(0).partition("=")
        if name not in ("--profile", "--devices"):
            return None
        if not told:
            value = rest.pop(0) if rest else ""
        if not value or value.startswith("-"):
            return None
        if name == "--profile":
            folder = value
        else:
            devices = value
    return (folder, devices == "test") if devices in ("settings", "test") else None


def ask_password(prompt: str) -> str:
    """From TAIHAOBAN_PASSWORD, else from the terminal; never from an argument."""
    password = os.environ.get("TAIHAOBAN_PASSWORD")
    if password is not None:
        return password
    from getpass import getpass

    if not sys.stdin.isatty():
        raise KnownError("没有口令。没有改动。请在终端里运行，或者设置环境变量 TAIHAOBAN_PASSWORD。")
    return getpass(prompt)


def print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False))


def _profile_option(parser: argparse.ArgumentParser) -> None:
    from pathlib import Path

    parser.add_argument(
        "--profile", type=Path, default=None, metavar="DIR", help="资料目录（默认在用户目录下）"
    )


def _devices_option(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--devices",
        choices=("settings", "test"),
        default=default,
        help=f"设备：settings 按设置，test 试验设备（演示数据，不接真机）；默认 {default}",
    )


def _profile_first(argv: list[str]) -> list[str]:
    """``main.py --profile DIR desk cases`` and ``main.py desk cases --profile DIR`` mean the same."""
    if len(argv) > 2 and argv[0] == "--profile" and not argv[2].startswith("-"):
        return [*argv[2:], *argv[:2]]
    return argv


def _window(args: argparse.Namespace) -> int:
    return _open_window(str(args.profile or ""), args.devices == "test")


def _open_window(folder: str, test_devices: bool) -> int:
    from app.start import run_workstation

    return run_workstation(folder, test_devices=test_devices)


def _demo(args: argparse.Namespace) -> int:
    from app.demo import run_demo

    return run_demo(
        args.profile,
        args.screenshots,
        check=args.check,
        test_devices=args.devices == "test",
        manual=args.manual,
    )


def _drill(args: argparse.Namespace) -> int:
    from app.drill import run_drill

    return run_drill(args.profile, args.seed, as_json=args.json)


def _simulate(args: argparse.Namespace) -> int:
    from app.simulate import run_simulate

    return run_simulate(
        args.seeds,
        args.first,
        args.desks,
        args.steps,
        args.jobs,
        stop=args.stop,
        as_json=args.json,
        upkeep=args.upkeep,
        seed=args.seed,
    )


def _deadline(args: argparse.Namespace) -> int:
    from app.commands.deadline import explain_deadline

    answer = explain_deadline(
        args.start,
        args.workdays,
        pauses=args.pause,
        extend=args.extend,
        received=args.received,
        kind=args.kind,
    )
    if args.json:
        print_json(answer)
    else:
        mark = "（待日历，暂定）" if answer["provisional"] else ""
        due = f"时限暂停，最早 {answer['due']}" if answer.get("paused") else answer["due"] + mark
        print(f"{answer['start']} 起，{args.workdays} 个工作日：{due}")
        for line in answer["explanation"]:
            print(f"  {line}")
    return 0
