"""``main.py desk tasks``, ``desk made-up`` and ``desk check``: what acceptances on trust left owing."""

from __future__ import annotations

import argparse

from app.desk_files_cli import Command, Open, case_entry


def add_commands(command: Command, open_desk: Open) -> None:
    """Add the commands through the caller's own way of adding and opening."""
    tasks = command(
        "tasks",
        "列出视为受理待出通知书、补正期限已过、容缺待补、承诺待核查的办件，先到期的在前",
        lambda args: _tasks(args, open_desk),
    )
    tasks.add_argument("--overdue", action="store_true", help="只列已经逾期的")
    made = command("made-up", "容缺补齐：后补的材料已经收到", lambda args: _made_up(args, open_desk))
    made.add_argument("case_id", metavar="办件标识")
    made.add_argument("duty", metavar="事项", help="desk tasks 列出的标识，例如 deferral:M2")
    made.add_argument(
        "--form", default="paper", choices=("paper", "scan", "certificate", "electronic"), help="怎样收到的"
    )
    made.add_argument("--note", default="", help="说明")
    check = command("check", "登记承诺的核查结果", lambda args: _check(args, open_desk))
    check.add_argument("case_id", metavar="办件标识")
    check.add_argument("duty", metavar="事项", help="desk tasks 列出的标识，例如 commitment:M3")
    check.add_argument("--found", required=True, help="查到的情况")
    check.add_argument(
        "--false", choices=("rectify", "revoke", "credit"), help="不实，处理为限期整改、撤销或者记入信用"
    )
    check.add_argument("--due", default="", help="限期整改到哪一天（年-月-日）")


def _tasks(args: argparse.Namespace, open_desk: Open) -> int:
    import msgspec

    from app.cli import print_json
    from app.queries.deadlines import lapsed_corrections
    from app.queries.deemed import deemed_to_tell
    from app.queries.tasks import credit_proposals, read_tasks
    from models.domain.correction import LAPSED_CHOICES

    desk = open_desk(args)
    try:
        today = desk.clock.now().day
        tasks = read_tasks(desk, today, overdue_only=args.overdue)
        proposals = credit_proposals(desk)
        untold = [] if args.overdue else deemed_to_tell(desk, today)
        lapsed = lapsed_corrections(desk, today)
    finally:
        desk.store.close()
    if args.json:
        facts = {"tasks": tasks, "credit_proposals": proposals, "deemed": untold, "lapsed": lapsed}
        print_json({name: msgspec.to_builtins(rows) for name, rows in facts.items()})
        return 0
    for row in untold:
        print(f"{row.number or row.receipt}\t视为受理\t{row.text}，用 desk papers 出具\t{row.case_id}")
    for row in lapsed:
        print(f"{row.number or row.receipt}\t补正期满\t补正期限 {row.due} 已过，请决定怎样办\t{row.case_id}")
    if lapsed:
        print(LAPSED_CHOICES)
    for one in tasks:
        late = "已逾期" if one.overdue else "期限"
        print(f"{one.number}\t{one.kind_name}\t{one.what}\t{late} {one.due}\t{one.case_id}\t{one.duty}")
    for case in proposals:
        print(f"{case.number}\t承诺不实（{case.outcome}），请督查人员决定是否列入失信名单\t{case.what}")
    return 0


def _made_up(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.promises import make_up
    from models.domain.case import Receipt

    desk = open_desk(args)
    try:
        changes = make_up(desk, case_entry(desk, args.case_id), args.duty, Receipt(args.form), args.note)
    finally:
        desk.store.close()
    if args.json:
        print_json({"case_id": changes.case_id, "op_id": changes.op_id})
    else:
        print("已登记补齐。")
    return 0


def _check(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.promises import check_false, check_true
    from models.domain.duties import Consequence

    desk = open_desk(args)
    try:
        entry = case_entry(desk, args.case_id)
        if args.false:
            changes = check_false(desk, entry, args.duty, args.found, Consequence(args.false), args.due)
        else:
            changes = check_true(desk, entry, args.duty, args.found)
    finally:
        desk.store.close()
    if args.json:
        print_json({"case_id": changes.case_id, "op_id": changes.op_id})
    else:
        print("已登记核查结果。")
    return 0
