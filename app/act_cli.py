"""``main.py desk act CASE …``: the acts after receipt and acceptance, without a screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.commands.context import Changes, Desk

Act = Callable[["Desk", str, argparse.Namespace], "Changes"]


def add_parser(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``act``, ``due`` and ``service`` to the ``desk`` commands."""
    act = acts.add_parser("act", help="收件、受理以后的办理：当场更正、补齐、暂停、恢复、延期、决定、送达")
    act.add_argument("case_id", metavar="办件", help="办件标识，或者受理编号")
    kinds = act.add_subparsers(title="动作", metavar="动作", required=True)

    supplied = _act(kinds, "supplied", "登记补正材料已经收齐，或者视为受理后自愿补交的材料", _supplied)
    supplied.add_argument(
        "--material",
        action="append",
        default=[],
        metavar="材料",
        help="视为受理后收到的材料标识（默认全部），可以写多次",
    )
    _act(kinds, "deem", "登记视为受理（告知期限已过）", _deem)
    pause = _act(kinds, "pause", "暂停计时：特别程序或者挂起", _pause)
    pause.add_argument("--procedure", required=True, metavar="程序", help="听证、检验、专家评审……或者挂起")
    pause.add_argument("--workdays", required=True, type=int, metavar="N", help="书面告知所需的工作日数")
    pause.add_argument("--reason", required=True, help="原因")
    pause.add_argument("--basis", default="", help="依据（挂起和清单没有列明的程序必须写）")
    pause.add_argument("--together", action="store_true", help="一件事里一并勘验的各件一起暂停")
    resume = _act(kinds, "resume", "恢复计时", _resume)
    resume.add_argument("--reason", default="", help="说明")
    resume.add_argument("--together", action="store_true", help="一件事里一并勘验的各件一起恢复")
    extend = _act(kinds, "extend", "延期（只能一次）", _extend)
    extend.add_argument("--workdays", required=True, type=int, metavar="N", help="延长的工作日数")
    extend.add_argument("--approver", required=True, help="批准的负责人")
    extend.add_argument("--reason", required=True, help="原因")
    decide = _act(kinds, "decide", "作出决定", _decide)
    decide.add_argument("decision", choices=("grant", "deny"), help="grant 准予，deny 不予")
    decide.add_argument("--reason", default="", help="理由（不予必须写）")
    decide.add_argument(
        "--fail", action="append", default=[], metavar="要点", help="不符合的审查要点标识，可以写多次"
    )
    deliver = _act(kinds, "deliver", "送达", _deliver)
    deliver.add_argument("--way", required=True, choices=("counter", "post", "electronic"), help="送达方式")
    deliver.add_argument("--recipient", required=True, help="签收人")
    deliver.add_argument("--together", action="store_true", help="一件事的结果一同发放，一张送达回证")
    deliver.add_argument("--apart", action="store_true", help="申请人要求分次领取（一件事）")

    amend = _act(kinds, "amend", "记下申请人的当场更正（受理以前；不算补正，时限不变）", _amend)
    amend.add_argument(
        "--place", required=True, metavar="处", help="form.字段、applicant.phone 或者 material.材料标识"
    )
    amend.add_argument("--was", required=True, help="原来写的")
    amend.add_argument("--now", required=True, help="更正为")
    amend.add_argument(
        "--by", required=True, choices=("applicant", "agent"), help="谁更正并在更正处签名：申请人或者代理人"
    )

    due = acts.add_parser("due", help="一件办件的时限台账，或者快到期、已超期的办件")
    due.add_argument("case_id", nargs="?", default="", metavar="办件", help="办件标识，或者受理编号")
    on_desk(due, _due)
    service = acts.add_parser("service", help="一段时间里双休日、延时和工作时间各收了多少件")
    service.add_argument("--from", dest="first", required=True, metavar="DATE", help="从这一天起")
    service.add_argument("--to", dest="last", required=True, metavar="DATE", help="到这一天止")
    on_desk(service, _service)


def _act(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, act: Act
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=text, description=text)
    parser.set_defaults(act=act)
    return on_desk(parser, _run)


def on_desk(
    parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """The parser of a command that works on a replica: whose, for whom, and how it answers."""
    parser.add_argument(
        "--profile", type=Path, default=None, metavar="DIR", help="资料目录（默认在用户目录下）"
    )
    parser.add_argument("--staff", default="", help="工号（默认上次登录的）")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    parser.set_defaults(run=run)
    return parser


def _run(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.desk_cli import open_desk
    from app.queries.deadlines import read_time
    from models.domain.case import STATUS_NAMES

    desk = open_desk(args)
    try:
        case_id = find_case(desk, args.case_id)
        act: Act = args.act
        done = act(desk, case_id, args)
        timed = read_time(desk, case_id)
    finally:
        desk.store.close()
    row = timed.row if timed is not None else None
    if args.json:
        facts = {"case_id": case_id, "op_id": done.op_id, "status": row.status.value if row else ""}
        print_json(facts | {"due": row.due if row else "", "text": row.text if row else ""})
    elif row is not None:
        print(f"{STATUS_NAMES[row.status]}{'，' + row.text if row.text else ''}。")
    return 0


def _due(args: argparse.Namespace) -> int:
    import msgspec

    from app.cli import print_json
    from app.desk_cli import open_desk
    from app.queries.deadlines import announced, read_time
    from models.domain.numbers import group_number
    from models.errors import KnownError

    desk = open_desk(args)
    try:
        timed = read_time(desk, find_case(desk, args.case_id)) if args.case_id else None
        if args.case_id and timed is None:
            raise KnownError("本机没有这件办件所用的目录版本，推算不了时限。请联网同步后再试。")
        rows = [] if args.case_id else announced(desk)
    finally:
        desk.store.close()
    if timed is not None:
        lines = [msgspec.to_builtins(line) for line in timed.clock.lines]
        if args.json:
            print_json({"case": msgspec.to_builtins(timed.row), "lines": lines})
        else:
            for line in timed.clock.lines:
                print(f"{line.text}{'（' + line.basis + '）' if line.basis else ''}")
    elif args.json:
        print_json({"due": [msgspec.to_builtins(row) for row in rows]})
    else:
        for row in rows:
            print(f"{group_number(row.number) if row.number else row.receipt}\t{row.item_name}\t{row.text}")
    return 0


def _service(args: argparse.Namespace) -> int:
    import msgspec

    from app.cli import print_json
    from app.commands.deadline import read_day
    from app.desk_cli import open_desk
    from app.queries.deadlines import count_service

    first, last = read_day(args.first, "起日"), read_day(args.last, "止日")
    desk = open_desk(args)
    try:
        counted = count_service(desk, first, last)
    finally:
        desk.store.close()
    if args.json:
        print_json(msgspec.to_builtins(counted))
    else:
        print(
            f"工作时间 {counted.regular} 件，延时 {counted.overtime} 件，"
            f"双休日、节假日 {counted.weekend} 件（{counted.days} 天）。"
        )
    return 0


def find_case(desk: Desk, wanted: str) -> str:
    """The case by its id or its number.  Raises KnownError for none."""
    from sqlalchemy import select

    from models.errors import KnownError
    from models.tables import replica as t

    plain = wanted.replace(" ", "")
    with desk.store.read() as conn:
        for column in (t.case_view.c.case_id, t.case_view.c.number):
            found = conn.execute(select(t.case_view.c.case_id).where(column == plain)).scalar()
            if found and plain:
                return str(found)
    raise KnownError("本机没有这件办件。没有改动。请核对标识或者编号，或者联网同步后再试。")


def _supplied(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after

    if after.is_deemed_accepted(desk, case_id):
        return after.handed_in(desk, case_id, args.material)
    return after.supplied(desk, after.entry_of(desk, case_id))


def _amend(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after, intake

    return intake.amend(desk, after.entry_of(desk, case_id), args.place, args.was, args.now, args.by)


def _deem(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after

    return after.deem(desk, case_id)


def _pause(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after
    from app.commands.joint_visit import pause_together
    from app.queries.bundles import whole_set
    from models.domain.procedures import PROCEDURE_NAMES, Procedure
    from models.errors import KnownError

    known = {name: code for code, name in PROCEDURE_NAMES.items()} | {code.value: code for code in Procedure}
    procedure = known.get(args.procedure)
    if procedure is None:
        names = "、".join(PROCEDURE_NAMES.values())
        raise KnownError(f"不认识的程序“{args.procedure[:20]}”。办件没有改动。可以写：{names}。")
    if args.together:
        return whole_set(
            case_id, pause_together(desk, case_id, procedure, args.reason, args.workdays, args.basis)
        )
    return after.pause(desk, case_id, procedure, args.reason, args.workdays, args.basis)


def _resume(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after
    from app.commands.joint_visit import resume_together
    from app.queries.bundles import whole_set

    if args.together:
        return whole_set(case_id, resume_together(desk, case_id, args.reason))
    return after.resume(desk, case_id, args.reason)


def _extend(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after

    return after.extend(desk, case_id, args.workdays, args.approver, args.reason)


def _decide(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands import after
    from models.domain.case import PointMark
    from models.domain.procedures import Decision

    points = dict.fromkeys(args.fail, PointMark.FAIL.value)
    return after.decide(desk, case_id, Decision(args.decision), args.reason, points)


def _deliver(desk: Desk, case_id: str, args: argparse.Namespace) -> Changes:
    from app.commands.delivery import deliver, deliver_together
    from app.queries.bundles import whole_set
    from models.domain.procedures import DeliveryWay

    way = DeliveryWay(args.way)
    if args.together:
        return whole_set(case_id, deliver_together(desk, case_id, way, args.recipient, apart=args.apart))
    return deliver(desk, case_id, way, args.recipient, apart=args.apart)
