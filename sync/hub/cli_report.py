"""``hub report reform``, ``hub register import`` and ``hub staff import``."""

from __future__ import annotations

import argparse

import msgspec

from models.domain.catalog import DOMAIN_NAMES, Domain
from models.domain.reform import Total
from models.errors import KnownError
from sync.hub import reform, registers
from sync.hub.cli_kit import opened, say
from sync.hub.register_format import STAFF
from sync.hub.supervise import due_cases


def report_reform(args: argparse.Namespace) -> int:
    if bool(args.earlier) != bool(args.later):
        raise KnownError("比较两版目录要同时写 --from 和 --to，没有统计。")
    with opened(args) as hub:
        report = (
            reform.version_report(hub, args.earlier, args.later)
            if args.earlier
            else reform.reform_report(hub)
        )
    if args.csv is not None:
        reform.write_csv(report, args.csv)
    return say(args, msgspec.to_builtins(report), _text(report))


_PHASES = {"telling": "告知", "decided": "送达", "paused": "恢复计时"}


def report_due(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = due_cases(hub, within=args.within, hall=args.hall, deemed=args.deemed)
    late = sum(one.left < 0 for one in found)
    lapsed = sum(one.phase == "lapsed" for one in found)
    soon = len(found) - late - lapsed
    lines = [f"已超期 {late} 件，{args.within} 个工作日内到期 {soon} 件，补正期限已过待决定 {lapsed} 件。"]
    if args.deemed:
        lines = [f"视为受理还没有办结 {len(found)} 件，其中已超期 {late} 件。"]
    for one in found:
        if one.phase == "lapsed":
            lines.append(f"  {one.due}  {one.hall}  {one.number}  {one.item_name}  补正期限已过，待决定")
            continue
        when = f"超期 {-one.left} 个工作日" if one.left < 0 else f"还有 {one.left} 个工作日"
        fit = "；审查要点全部符合，应当准予" if one.passed else ""
        if one.deemed:
            fit += f"；视为受理，受理通知书{'已登记出具' if one.told else '还没有出具，由收件窗口出具'}"
        lines.append(
            f"  {one.due}  {one.hall}  {one.number}  {one.item_name}  {_PHASES.get(one.phase, '办结')}{when}{fit}"
        )
    return say(
        args,
        {"late": late, "lapsed": lapsed, "cases": [msgspec.to_builtins(one) for one in found]},
        "\n".join(lines),
    )


def register_import(args: argparse.Namespace) -> int:
    return _imported(args, "")


def staff_import(args: argparse.Namespace) -> int:
    return _imported(args, STAFF)


def _imported(args: argparse.Namespace, only: str) -> int:
    if only and args.file.is_dir():
        raise KnownError(f"“{args.file.name}”是目录，登记没有改动。请写{only}的文件。")
    with opened(args) as hub:
        result = registers.import_registers(hub, args.file, only)
    done = "已装入" if result.loaded else "没有装入，原有登记不变。请改正下面各行后再导入"
    lines = [f"读到 {result.rows} 行，{done}。"]
    lines += [f"  {p.file} 第 {p.row} 行 · {p.field or '整行'} · {p.reason}" for p in result.problems]
    say(args, msgspec.to_builtins(result), "\n".join(lines))
    return 0 if result.loaded else 1


def _text(report: reform.ReformReport) -> str:
    compared = f"{report.earlier} → {report.version}" if report.earlier else f"目录 {report.version}"
    lines = [f"三减一并报告（{compared}）"]
    for one in report.figures.values():
        value = "没有数据" if one.value is None else f"{one.value} {one.unit}"
        change = f"（{one.before} → {one.after}）" if one.before is not None else ""
        lines.append(f"  {one.name}：{value}{change}{'  [演示数据]' if one.demo else ''}  ← {one.source}")
    lines += [f"  {DOMAIN_NAMES[Domain(name)]}：{_sums(part)}" for name, part in report.domains.items()]
    for worse in report.total.increases:
        lines.append(f"  增加：{worse.item} {reform.MEASURE_NAMES[worse.measure]} +{worse.more}")
    if report.added or report.removed:
        lines.append(f"  新增办理项 {len(report.added)} 个，取消 {len(report.removed)} 个，不参加对比。")
    return "\n".join(lines)


def _sums(part: Total) -> str:
    return (
        f"{part.items} 个办理项，减材料 {part.materials.saved}，减环节 {part.stages.saved}，"
        f"减时限 {part.workdays.saved}，合并 {part.merged}"
    )
