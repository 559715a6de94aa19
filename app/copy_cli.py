"""``main.py desk copy``, ``backfill`` and ``unmatched``: typing a case into a department's system (二次录入)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.desk_files_cli import Command, Open
from models.errors import KnownError

if TYPE_CHECKING:
    from app.commands.context import Desk
    from app.queries.other_systems import CopyCase
    from models.domain.other_system import OtherSystem


def add_commands(command: Command, open_desk: Open) -> None:
    """Add the commands through the caller's own way of adding and opening."""
    copy = command(
        "copy",
        "一件办件要录入部门系统的各项，按对方的顺序；证件号码和电话只显示一部分",
        lambda args: _copy(args, open_desk),
    )
    copy.add_argument("case_id", metavar="办件", help="办件标识，或者受理编号")
    _system_option(copy)
    copy.add_argument("--plain", action="store_true", help="显示全部内容，留痕")
    copy.add_argument(
        "--out", type=Path, metavar="FILE", help="导出录入包（.xlsx 或者 .csv，含全部内容），留痕"
    )
    back = command("backfill", "回填部门系统给的编号", lambda args: _backfill(args, open_desk))
    back.add_argument("case_id", metavar="办件", help="办件标识，或者受理编号")
    back.add_argument("number", metavar="编号", help="对方系统显示的编号")
    _system_option(back)
    rest = command(
        "unmatched", "列出已受理、还没有部门系统编号的办件", lambda args: _unmatched(args, open_desk)
    )
    rest.add_argument("text", nargs="?", default="", help="只列事项、申请人或者编号里有这些字的")


def _system_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--system", default="", metavar="标识", help="录入哪个系统（默认清单里的第一个）")


def _copy(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.copy_out import export_package, note_copied
    from models.domain.other_system import fill, masked

    desk = open_desk(args)
    try:
        case = _case(desk, args.case_id)
        system = _system(case, args.system)
        fields = fill(system, case.item, case.state)
        if args.out is not None:
            if args.out.suffix.lower() not in (".xlsx", ".csv"):
                raise KnownError("录入包只能是 .xlsx 或者 .csv，没有导出。办件没有改动。请改文件名后再试。")
            export_package(desk, case.state, system, fields, args.out)
        if args.plain:
            note_copied(desk, case.state.case_id, system, [field.heading for field in fields if field.value])
    finally:
        desk.store.close()
    shown = [(f.heading, f.value if args.plain else masked(f), f.problem) for f in fields]
    if args.json:
        print_json(
            {
                "case_id": case.state.case_id,
                "system": system.id,
                "name": system.name,
                "fields": [{"heading": h, "value": v, "problem": p} for h, v, p in shown],
                "problems": list(case.problems),
                "file": str(args.out or ""),
            }
        )
        return 0
    print(system.name)
    for place, (heading, value, problem) in enumerate(shown, start=1):
        check = f"\t请核对：{problem}" if problem else ""
        print(f"{place}\t{heading}\t{value}{check}")
    if args.out is not None:
        print("录入包已导出，导出已留痕。用完请删掉。")
    return 0


def _backfill(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.copy_out import backfill

    desk = open_desk(args)
    try:
        case = _case(desk, args.case_id)
        system = _system(case, args.system)
        done = backfill(desk, case.state.case_id, system, args.number)
    finally:
        desk.store.close()
    number = "".join(args.number.split())
    if args.json:
        print_json({"case_id": done.case_id, "op_id": done.op_id, "system": system.id, "number": number})
    else:
        print(f"{system.number} {number} 已回填到办件。")
    return 0


def _unmatched(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.queries.other_systems import unmatched
    from models.domain.numbers import group_number

    desk = open_desk(args)
    try:
        rows = unmatched(desk, args.text)
    finally:
        desk.store.close()
    if args.json:
        print_json(
            {
                "unmatched": [
                    {
                        "case_id": one.row.case_id,
                        "number": one.row.number,
                        "item": one.row.item_name,
                        "applicant": one.row.applicant,
                        "received_on": one.row.received_on,
                        "system": one.system.id,
                        "name": one.system.name,
                    }
                    for one in rows
                ]
            }
        )
        return 0
    for one in rows:
        number = group_number(one.row.number) if one.row.number else one.row.receipt
        print(f"{number}\t{one.row.item_name}\t{one.row.applicant}\t{one.system.name}\t{one.row.case_id}")
    return 0


def _case(desk: Desk, wanted: str) -> CopyCase:
    """Raises KnownError: no such case here, or it cannot be typed anywhere yet."""
    from app.act_cli import find_case
    from app.queries.other_systems import READY, read_copy

    case = read_copy(desk, find_case(desk, wanted))
    if case is None:
        raise KnownError("本机没有这件办件所用的目录版本，列不出各项。办件没有改动。请联网同步后再试。")
    if case.state.status not in READY:
        raise KnownError("这件还没有收件，没有编号可录。办件没有改动。收件或者受理后再录入部门系统。")
    return case


def _system(case: CopyCase, wanted: str) -> OtherSystem:
    if not wanted:
        return case.systems[0]
    found = next((system for system in case.systems if system.id == wanted), None)
    if found is None:
        known = "、".join(f"{system.id}（{system.name}）" for system in case.systems)
        raise KnownError(f"这件不录入“{wanted[:40]}”。办件没有改动。可以写：{known}。")
    return found
