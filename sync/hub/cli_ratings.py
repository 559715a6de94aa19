"""``hub rating import``, ``hub report ratings`` and ``hub report service``."""

from __future__ import annotations

import argparse
import getpass

import msgspec

from models.domain.rating_counts import Rates
from models.domain.visit import LEVELS
from models.service_texts import service_texts
from sync.hub import ratings, service_report
from sync.hub.cli_kit import opened, say


def rating_import(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        done = ratings.import_ratings(hub, args.file, days=args.days, actor=getpass.getuser())
    lines = [f"读到 {done.rows} 条评价，采用 {done.loaded} 条，以前读过 {done.known} 条。"]
    lines += [f"  第 {one.row} 行 · {one.reason}" for one in done.problems]
    say(args, msgspec.to_builtins(done), "\n".join(lines))
    return 1 if done.problems else 0


def report_ratings(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        report = service_report.rating_report(hub, since=args.since, until=args.until, hall=args.hall)
    lines = [f"各渠道合计：{_rates(report.total)}"]
    lines += [f"  {hall}：{_rates(one)}" for hall, one in report.halls.items()]
    for name, levels in report.channels.items():
        if any(levels.values()):
            lines.append(f"  {name}：" + "，".join(f"{LEVELS[int(k)]} {n}" for k, n in levels.items()))
    for one in report.bad:
        state = (
            f"已于 {one.done_on} 办结"
            if one.done_on
            else f"{'已逾期，' if one.overdue else ''}{one.due} 前整改"
        )
        lines.append(f"  差评 {one.day} {one.hall} {one.number} {LEVELS[one.level]}（{one.channel}）{state}")
        lines += [f"      理由 {reason}" for reason in one.reasons]
        lines += [f"      核对 {fact.reason}：{fact.text}" for fact in one.facts]
    return say(args, msgspec.to_builtins(report), "\n".join(lines))


def report_service(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        counts = service_report.service_report(hub, since=args.since, until=args.until, hall=args.hall)
    texts = service_texts()
    lines = [
        f"收件 {counts.cases} 件。",
        f"双休日、节假日收件 {counts.weekend_cases} 件，出具文书 {counts.weekend_acts} 次。",
        f"延时收件 {counts.overtime_cases} 件，出具文书 {counts.overtime_acts} 次。",
        f"代办 {counts.agency_cases} 件；优先服务 {counts.priority_cases} 件。",
    ]
    lines += [f"  {texts.ground(key)} {n} 件" for key, n in counts.priority.items()]
    lines.append(f"免费服务 {counts.free_count} 份，合 ¥{counts.free_fen / 100:,.2f}。")
    lines += [
        f"  {one.name} {one.count} {one.unit} × ¥{one.unit_fen / 100:.2f} = ¥{one.fen / 100:,.2f}"
        for one in counts.free
    ]
    return say(args, msgspec.to_builtins(counts), "\n".join(lines))


def _rates(one: Rates) -> str:
    """The three rates, always together."""

    def share(value: float | None) -> str:
        return "—" if value is None else f"{value:.1f}%"

    return (
        f"办理 {one.visits} 次，评价 {one.rated} 次；好评率 {share(one.good_rate)}，"
        f"主动评价好评率 {share(one.active_good_rate)}，未评率 {share(one.unrated_rate)}"
    )
