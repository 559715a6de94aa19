"""``main.py desk guide`` (服务指南, flow charts, review sheets) and ``desk seals`` (the seal register)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import KnownError

if TYPE_CHECKING:
    from app.commands.context import Desk

Run = Callable[[argparse.Namespace], int]
Add = Callable[[str, str, Run], argparse.ArgumentParser]
Open = Callable[[argparse.Namespace], "Desk"]


def add_commands(add: Add, open_desk: Open) -> None:
    def run(args: argparse.Namespace) -> int:
        return _guide(args, open_desk)

    def seals(args: argparse.Namespace) -> int:
        return _seals(args, open_desk)

    def slip(args: argparse.Namespace) -> int:
        return _slip(args, open_desk)

    asked = add("slip", "出具政务信息查询单（盖查询专用章），写明谁查、做什么用", slip)
    asked.add_argument("case_id", metavar="办件标识")
    asked.add_argument("--inquirer", required=True, help="查询人")
    asked.add_argument("--purpose", required=True, help="用途")
    asked.add_argument("--out", type=Path, required=True, metavar="FILE", help="写到这个新文件")
    add("seals", "用印登记：本机每份盖章文书的印章、文书、办件、经办人和时间", seals)
    guide = add("guide", "按本机目录出办理项的服务指南、流程图或者业务手册审查表", run)
    guide.add_argument("item", nargs="?", default="", metavar="ITEM", help="办理项编码")
    guide.add_argument("--all", action="store_true", help="全部办理项")
    guide.add_argument("--out", type=Path, required=True, metavar="DIR", help="写到这个文件夹")
    guide.add_argument("--manual", action="store_true", help="出业务手册审查表，不出服务指南")
    guide.add_argument("--pdf", action="store_true", help="同时出 PDF（要装 LibreOffice）")


def _guide(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.guides import write_guides

    if bool(args.item) == args.all:
        raise KnownError("请写一个办理项编码，或者写 --all，两样选一样。没有写出文件。")
    desk = open_desk(args)
    try:
        with desk.store.read() as conn:
            catalog = desk.rulebook.catalog(conn, desk.rulebook.current_version(conn))
    finally:
        desk.store.close()
    if catalog is None:
        raise KnownError("本机还没有目录，出不了指南。没有写出文件。请先联网同步。")
    done = write_guides(catalog, args.out, item_id=args.item, manual=args.manual, pdf=args.pdf)
    if args.json:
        print_json({"items": done.items, "version": catalog.version, "files": list(done.files)})
    else:
        print(f"已按目录 {catalog.version} 写出 {done.items} 个办理项的 {len(done.files)} 个文件。")
    return 0


def _slip(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.print_notice import export_document
    from app.commands.query_slip import query_slip

    if args.out.exists():
        raise KnownError(f"“{args.out.name}”已经存在，没有覆盖。请换一个文件名。")
    desk = open_desk(args)
    try:
        made = query_slip(desk, args.case_id, args.inquirer, args.purpose)
        export_document(desk, made.document_id, args.out)
    finally:
        desk.store.close()
    if args.json:
        print_json({"document_id": made.document_id, "title": made.title})
    else:
        print(f"{made.title}已写出。文件没有加密，打印后请妥善处理。")
    return 0


def _seals(args: argparse.Namespace, open_desk: Open) -> int:
    import datetime as dt

    import msgspec

    from app.cli import print_json
    from app.commands.seals import seal_register

    desk = open_desk(args)
    try:
        uses = seal_register(desk)
    finally:
        desk.store.close()
    if args.json:
        print_json({"uses": [msgspec.to_builtins(use) for use in uses]})
        return 0
    for use in uses:
        when = dt.datetime.fromtimestamp(use.at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"{when}　{use.name}　{use.title}　{use.case_id}　{use.staff}")
    print(f"共用印 {len(uses)} 次。")
    return 0
