"""``main.py desk sync|numbers|outbox|conflicts``: the sync centre without a screen."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.desk_files_cli import Command, Open
from models.errors import KnownError

if TYPE_CHECKING:
    from app.commands.context import Desk
    from app.queries.outbox import ConflictRow
    from sync.engine import SyncReport


def add_commands(command: Command, open_desk: Open) -> None:
    """Add the commands; ``command`` makes a parser of a name, a help text and what runs it."""

    def opened(run: Callable[[argparse.Namespace, Desk], int]) -> Callable[[argparse.Namespace], int]:
        def act(args: argparse.Namespace) -> int:
            desk = open_desk(args)
            try:
                return run(args, desk)
            finally:
                desk.store.close()

        return act

    command("sync", "立即与中心对账一次", opened(_sync))
    numbers = "本机的受理编号：还剩多少、何时到期、哪些临时收件号待换发或待重印"
    command("numbers", numbers, opened(_numbers))
    outbox = "列出中心还没办结对账的办件和原因、没传完的附件，自动合并的也列出"
    command("outbox", outbox, opened(_outbox))
    conflicts = command("conflicts", "列出两边不一致、要人决定的地方，或者裁定一处", opened(_conflicts))
    conflicts.add_argument("--settle", default="", metavar="ID", help="裁定这一处（编号见列表）")
    conflicts.add_argument(
        "--take", choices=("base", "mine", "theirs"), help="用基准、这边还是中心的值；整件的只能以中心为准"
    )
    conflicts.add_argument("--value", help="都不用，改写成这个值")
    conflicts.add_argument("--reason", default="", help="裁定的理由，记入办件")


class _Progress:
    """How far a long round has come, on a terminal only; with the time the rest takes at this pace."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        if not sys.stderr.isatty() or total == 0:
            return
        spent = time.monotonic() - self._began
        left = f"，约 {max(1, round(spent * (total - done) / done))} 秒" if 0 < done < total else ""
        print(f"\r\033[K正在传：{done}/{total} 步{left}", end="", file=sys.stderr, flush=True)
        self._shown = True

    def end(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _sync(args: argparse.Namespace, desk: Desk) -> int:
    from app.cli import print_json
    from app.commands.reconcile import reconcile

    progress = _Progress()
    report = reconcile(desk, progress)
    progress.end()
    if args.json:
        names = ("pushed", "pulled", "conflicts", "rejected", "pending", "numbers", "repaired", "purged")
        print_json({name: getattr(report, name) for name in names})
    else:
        print(_told(report))
    for problem in report.problems:
        print(problem, file=sys.stderr)
    return 1 if report.problems else 0


def _told(report: SyncReport) -> str:
    also = (
        (report.numbers, "领到编号 {} 个"),
        (report.repaired, "重读有误的办件 {} 件"),
        (report.purged, "清除原大厅办件 {} 件"),
    )
    return (
        f"上传 {report.pushed}，下载 {report.pulled}，不一致 {report.conflicts}，"
        f"退回 {report.rejected}，待传 {report.pending}"
        + "".join(f"，{words.format(count)}" for count, words in also if count)
        + "。"
    )


def _numbers(args: argparse.Namespace, desk: Desk) -> int:
    import msgspec

    from app.cli import print_json
    from app.queries.numbers import read_numbers
    from models.domain.numbers import group_number

    facts = read_numbers(desk)
    if args.json:
        print_json(msgspec.to_builtins(facts))
        return 0
    for pool in facts.pools:
        rest = "已过期，不再使用" if pool.expired else f"用到 {pool.expires}"
        print(f"{pool.year} 年：还剩 {pool.left} 个，{rest}{'；联网后自动补领' if pool.low else ''}")
    for case in facts.waiting:
        how = "中心退回，请到待办核对" if case.sent_back else "待换发受理编号，联网后自动换发"
        print(f"{case.receipt}\t{case.item_name}\t{how}")
    for case in facts.to_print:
        print(f"{group_number(case.number)}\t{case.item_name}\t原 {case.receipt}，请重新打印文书交给申请人")
    return 0


def _outbox(args: argparse.Namespace, desk: Desk) -> int:
    import msgspec

    from app.cli import print_json
    from app.queries.files import read_unsent
    from app.queries.outbox import (
        SLOW_LINE,
        last_sync_ms,
        lease_ms,
        read_merged,
        read_outbox,
        seconds_to_send,
    )
    from models.domain.ops import OP_NAMES

    rows, files, merged = read_outbox(desk), read_unsent(desk), read_merged(desk)
    size = sum(r.size for r in rows if r.state == "pending") + sum(f.size - f.sent for f in files)
    if args.json:
        print_json(
            {
                "outbox": msgspec.to_builtins(rows),
                "files": msgspec.to_builtins(files),
                "merged": msgspec.to_builtins(merged),
                "bytes": size,
                "seconds": seconds_to_send(size),
                "last_sync_ms": last_sync_ms(desk),
                "lease_ms": lease_ms(desk),
            }
        )
        return 0
    for r in rows:
        print(f"{r.number or '—'}\t{r.item_name}\t{r.reason}\t{r.size} B")
    for f in files:
        print(f"附件\t{f.title}\t{f.words}\t{f.sent}/{f.size} B")
    for m in merged:
        kind = OP_NAMES.get(m.kind, m.kind)
        told = f"“{kind}”已采用，请核对：{m.reason}" if m.flagged else f"“{kind}”已自动合并，不用处理"
        print(f"{m.number or '—'}\t{m.item_name}\t{told}\t{'、'.join(m.names) or '—'}")
    eta = f"，联网后约 {seconds_to_send(size)} 秒传完（按 {SLOW_LINE // 1024} KB/秒算）" if size else ""
    print(
        f"待同步 {len(rows)} 件、附件 {len(files)} 份，约 {size / 1024:.1f} KB{eta}；已自动合并 {len(merged)} 步。"
    )
    print(f"{_when(last_sync_ms(desk)) or '还没有'}与中心对齐；离线租约到 {_when(lease_ms(desk))}。")
    return 0


def _when(ms: int) -> str:
    """Day and time of day here, "" for never."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(ms / 1000)) if ms else ""


def _conflicts(args: argparse.Namespace, desk: Desk) -> int:
    import msgspec

    from app.cli import print_json
    from app.commands.resolve import resolve
    from app.queries.outbox import read_conflicts

    rows = read_conflicts(desk)
    if args.settle:
        clash = next((r.conflict for r in rows if r.conflict.conflict_id == args.settle), None)
        if clash is None:
            raise KnownError("没有这处不一致，或者已经定过。办件没有改动。请重新列出后再裁定。")
        if clash.path and (args.take is None) == (args.value is None):
            raise KnownError("请写明用哪个值：--take base、mine、theirs，或者 --value。办件没有改动。")
        taken = getattr(clash, args.take) if args.take else args.value or ""
        resolve(desk, args.settle, taken if clash.path else "", args.reason)
        rows = read_conflicts(desk)
    if args.json:
        print_json({"conflicts": [msgspec.to_builtins(r) for r in rows]})
        return 0
    if args.settle:
        print(f"已定好，没选的值留在办件历史里。联网后告诉中心。还有 {len(rows)} 处。")
    for r in rows:
        print(f"{r.number or '—'}\t{r.item_name}\t{_disagreement(r)}")
    return 0


def _disagreement(row: ConflictRow) -> str:
    c = row.conflict
    if not c.path:
        return f"{c.conflict_id}\t{c.reason}"
    base, mine, theirs = row.said
    return f"{c.conflict_id}\t{row.name}：基准“{base}”，这边“{mine}”，中心“{theirs}”"
