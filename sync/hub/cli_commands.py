"""What each ``hub`` command does.  Every function takes the parsed arguments and returns the exit code."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from models.domain.numbers import group_number
from models.errors import KnownError
from models.files import write_out
from sync.bundle import MAX_BYTES
from sync.hub import backup as backups
from sync.hub import bundle as bundles
from sync.hub import compact as compaction
from sync.hub import files as hub_files
from sync.hub import ledger, moves, people, publish, recovery, setup
from sync.hub.calendar_file import read_calendar
from sync.hub.check import check as check_hub
from sync.hub.cli_kit import opened, password_of, say
from sync.hub.credit import import_credit
from sync.hub.database import init_hub, system_ms
from sync.hub.serving import Serving
from sync.hub.visits import tell_all_unfinished

DEMO_CITY = Path(__file__).resolve().parents[2] / "resources" / "city" / "taian"


def init(args: argparse.Namespace) -> int:
    folder: Path | None = DEMO_CITY if args.demo_city else args.city
    password = password_of("全部人员") if folder is not None else ""
    hub = init_hub(args.data, args.database_url, files=args.files)
    try:
        answer: dict[str, Any] = {"hub_id": hub.hub_id, "data": str(args.data)}
        text = f"中心已就绪（{hub.hub_id}）。请把 {args.data}/hub.key 另外妥善保存一份。"
        if folder is not None:
            result = setup.load_city(hub, folder, password)
            answer |= {"items": result.loaded, "problems": len(result.problems)}
            text += f"\n已装入城市资料，办理项 {result.loaded} 个。"
    finally:
        hub.close()
    return say(args, answer, text)


def serve(args: argparse.Namespace) -> int:
    from sync.hub.server import serve as run_server

    if not 0 <= args.port <= 65535 or not 1 <= args.workers <= 64:
        raise KnownError("端口或者工作进程数不对，中心没有启动。")
    run_server(
        args.data,
        args.database_url,
        host=args.host,
        port=args.port,
        workers=args.workers,
        tls_cert=args.tls_cert,
        tls_key=args.tls_key,
        behind_proxy=args.behind_proxy,
        on_listening=lambda url: _listening(args, url),
    )
    return 0


def _listening(args: argparse.Namespace, url: str) -> None:
    say(args, {"url": url}, f"中心已在 {url} 运行，按 Ctrl-C 停止。")
    sys.stdout.flush()


def check(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        tell_all_unfinished(hub)
        found = check_hub(hub)
    whole = found.audit_broken is None and not found.altered
    text = [f"审计链{'完好' if found.audit_broken is None else f'从第 {found.audit_broken} 条起对不上'}。"]
    text += found.altered or ["办理记录和办件与收到时一致。"]
    text.append(f"等待处理的 {found.held} 步，等人比对的 {found.conflicts} 处，告警 {len(found.alarms)} 条。")
    text += [f"  {a.at}  {a.kind}  {a.scope} {a.device}  {a.message}" for a in found.alarms]
    say(args, {"ok": whole, **msgspec.to_builtins(found)}, "\n".join(text))
    return 0 if whole else 1


def compact(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        done = compaction.compact(hub, args.days)
    folded = sum(one.folded for one in done)
    answer = {"folded": folded, "scopes": [msgspec.to_builtins(one) for one in done]}
    return say(args, answer, f"已精简 {folded} 步。办件、留痕和存档都没有动。")


def files(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        deep = args.check or args.repair
        found = hub_files.scrub(hub, repair=args.repair) if deep else hub_files.counts(hub)
    text = f"在中心 {found.here} 份（{found.bytes_here / 1e6:.1f} MB），还没传到 {found.awaited} 份。"
    if deep:
        text += f"内容不对 {len(found.broken)} 份，清除无用的 {found.removed} 个。"
    say(args, msgspec.to_builtins(found), text)
    return 1 if found.broken and not args.repair else 0


def numbers(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = ledger.read_account(hub)
    text = [
        f"{one.division} {one.year} 年：发出 {one.granted}，用掉 {one.used}，作废 {one.void}，"
        f"留给原办件 {one.kept}，在用 {one.live}，过期 {one.expired}，收回 {one.withdrawn}"
        for one in found.series
    ]
    text += [f"作废  {group_number(one.number)}  {one.device}  {one.reason}" for one in found.void]
    return say(args, msgspec.to_builtins(found), "\n".join(text) or "还没有发出编号。")


def bundle_import(args: argparse.Namespace) -> int:
    _must_be_new(args.reply)
    with opened(args) as hub:
        taken, reply = bundles.take_in(hub, _read(args.file))
        _write(args.reply, reply)
    text = [f"已收 {taken.ops} 步。请把 {args.reply} 带回工作站 {taken.device} 导入。", *taken.problems]
    text += [f"摆渡包里有中心不认识的内容（{name}），已跳过，其余照收。" for name in taken.skipped]
    say(args, msgspec.to_builtins(taken), "\n".join(text))
    return 1 if taken.problems else 0


def bundle_export(args: argparse.Namespace) -> int:
    _must_be_new(args.file)
    with opened(args) as hub:
        data = bundles.for_desk(hub, args.device)
        _write(args.file, data)
    return say(
        args, {"device": args.device, "bytes": len(data)}, f"已写出，请带到工作站 {args.device} 导入。"
    )


def _must_be_new(path: Path) -> None:
    if path.exists():
        raise KnownError(f"“{path}”已经存在，没有覆盖，中心没有改动。请换一个文件名。")


def _write(path: Path, data: bytes) -> None:
    try:
        write_out(path, data)
    except OSError as error:
        raise KnownError(
            "摆渡包没有写成，可能是介质已满或者已拔出。没有留下半个文件，已收的办件都在中心。请换一个介质再运行一次。",
            detail=type(error).__name__,
        ) from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size <= MAX_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise KnownError(
            "摆渡包读不出来，中心没有改动。请检查文件和介质。", detail=type(error).__name__
        ) from error
    raise KnownError("这个文件太大，不会是摆渡包，中心没有改动。请核对文件。")


def backup(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        backups.backup(hub, args.file)
    answer = {"file": str(args.file), "bytes": args.file.stat().st_size}
    return say(
        args, answer, f"已备份到 {args.file}。hub.key 和附件（files 目录或者对象存储）不在里面，请另外保存。"
    )


def restore(args: argparse.Namespace) -> int:
    if args.epoch_only == (args.file is not None):
        raise KnownError("请写备份文件，或者只写 --epoch-only。数据没有改动。")
    if args.epoch_only:
        with Serving(args.data, alone=True), opened(args) as hub, hub.write() as conn:
            now = system_ms()
            kept = backups.count_restore(args.data, now)
            epoch = backups.start_epoch(conn, now, kept, hub.closed.all())
            backups.keep_restores(args.data, kept)
    else:
        with opened(args) as hub:
            if not hub.db.is_sqlite:
                raise KnownError(
                    "PostgreSQL 上的中心请用 pg_restore 恢复，再运行 hub restore --epoch-only。数据没有改动。"
                )
        epoch = backups.restore(args.data, args.file, system_ms())
    return say(
        args,
        {"epoch": epoch},
        "已恢复。各工作站下次联网时会把中心缺的办件自动补传。请再运行 hub files --repair 核对附件。",
    )


def staff_add(args: argparse.Namespace) -> int:
    line = people.StaffLine(
        staff=args.staff.strip(),
        name=args.name.strip(),
        scope=args.hall,
        window=args.window,
        roles=people.role_codes(args.role) or ("window",),
        domains=tuple(args.domain),
    )
    password = password_of(line.staff)
    with opened(args) as hub:
        people.add_staff(hub, line, password)
    return say(args, {"staff": line.staff}, f"已添加 {line.staff}。")


def staff_disable(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        people.disable_staff(hub, args.staff)
    return say(args, {"staff": args.staff}, f"已停用 {args.staff}。已发的离线授权最多 7 天后失效。")


def staff_list(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        lines = people.list_staff(hub)
    text = "\n".join(
        f"{p.staff}  {p.name}  {p.scope or '全部大厅'}  {'、'.join(people.ROLES.get(r, r) for r in p.roles)}"
        f"{'  已停用' if p.disabled else ''}"
        for p in lines
    )
    return say(args, {"staff": [msgspec.to_builtins(p) for p in lines]}, text)


def device_invite(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        code = people.invite(hub, args.hall, args.window)
    return say(
        args, {"code": code}, f"登记码 {code}（{args.window}，72 小时内有效，只能用一次，只显示这一回）"
    )


def device_approve(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        people.approve(hub, args.device)
    return say(args, {"device": args.device, "status": "approved"}, f"已核准 {args.device}。")


def device_revoke(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        if args.by and not any(
            line.staff == args.by and not line.disabled for line in people.list_staff(hub)
        ):
            raise KnownError(f"没有工号“{args.by}”，没有撤销。可用 hub staff list 查看。")
        people.revoke(hub, args.device, actor=args.by or "cli")
    return say(args, {"device": args.device, "status": "revoked"}, f"已撤销 {args.device}。")


def device_move(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        hall = moves.move(hub, args.device, args.window, args.hall)
    text = f"已把 {args.device} 调到 {hall} 的 {args.window}。它下次联网时换过去，没传的办件照旧传到原大厅。"
    return say(args, {"device": args.device, "hall": hall, "window": args.window}, text)


def device_release(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        code = recovery.release(hub, args.device)
    text = (
        f"恢复码 {code}（72 小时内有效，只能用一次，只显示这一回）。"
        f"请在那台机器上运行 desk recover --code {code}。"
    )
    return say(args, {"device": args.device, "code": code}, text)


def device_list(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        lines = people.list_devices(hub)
    text = "\n".join(
        f"{d.device}  {d.window}  {_STATUS[d.status]}  已收 {d.last_dseq} 步  {d.label}  {d.reason}".rstrip()
        for d in lines
    )
    return say(args, {"devices": [msgspec.to_builtins(d) for d in lines]}, text)


def calendar_import(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        with hub.read() as conn:
            known = hub.rulebook.calendar(conn)
        calendar, years = read_calendar(args.file, known)
        publish.publish_calendar(hub, calendar)
    return say(args, {"years": years}, f"已发布 {'、'.join(map(str, years))} 年的工作日历。")


def credit_import(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        name, people = import_credit(hub, args.file)
    return say(args, {"people": people, "hash": name}, f"已发布失信名单，{people} 人。中心不保存证件号码。")


_STATUS = {
    "pending": "待核准",
    "approved": "已核准",
    "frozen": "已冻结",
    "revoked": "已撤销",
    "moved": "已调离",
}
