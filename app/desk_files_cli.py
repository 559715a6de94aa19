"""``main.py desk attach|detach|files|forms``: attached files, blank forms and samples without a screen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import KnownError

if TYPE_CHECKING:
    from app.commands.act import Entry
    from app.commands.context import Desk

Command = Callable[[str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]
Open = Callable[[argparse.Namespace], "Desk"]


def add_commands(command: Command, open_desk: Open) -> None:
    """Add the commands; ``command`` makes a parser of a name, a help text and what runs it."""

    def opened(act: Callable[[argparse.Namespace, Desk], int]) -> Callable[[argparse.Namespace], int]:
        def run(args: argparse.Namespace) -> int:
            desk = open_desk(args)
            try:
                return act(args, desk)
            finally:
                desk.store.close()

        return run

    attach = command("attach", "给一件办件附上文件", opened(_attach))
    attach.add_argument("case_id", metavar="办件标识")
    attach.add_argument("file", type=Path, metavar="FILE")
    attach.add_argument("--material", default="", metavar="ID", help="属于哪份材料（不写就是整件）")
    attach.add_argument("--title", default="", help="名称（默认用文件名）")
    detach = command("detach", "作废一份附件（留在办件里，注明原因）", opened(_detach))
    detach.add_argument("case_id", metavar="办件标识")
    detach.add_argument("file_id", metavar="附件标识")
    detach.add_argument("--reason", required=True, help="原因")
    files = command("files", "列出、补传、取回附件，或者给补传限速", opened(_files))
    files.add_argument("case_id", metavar="办件标识", nargs="?", default="", help="不写就列出还没传到中心的")
    files.add_argument("--send", action="store_true", help="现在补传，停下过的也再传")
    files.add_argument(
        "--limit", type=int, metavar="KB", help="补传最多占用每秒多少 KB，0 为不限；以后也照此"
    )
    files.add_argument("--get", default="", metavar="ID", help="取出这份附件（本机没有就从中心取）")
    files.add_argument("--out", type=Path, metavar="FILE", help="取出的附件写到这个新文件")

    forms = command("forms", "空白表和样表：列出、取来、从文件夹装入，或者取出一份", opened(_forms))
    forms.add_argument("--item", default="", metavar="标识", help="只列这一个办理项的")
    forms.add_argument("--fetch", action="store_true", help="现在把本机还没有的都从中心取来")
    forms.add_argument(
        "--import",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="从 hub catalog files export 写出的文件夹装入",
    )
    forms.add_argument("--get", default="", metavar="文件名", help="取出这一份")
    forms.add_argument("--out", type=Path, metavar="FILE", help="取出的写到这个新文件")


def case_entry(desk: Desk, case_id: str) -> Entry:
    """The case as it stands, for an act of its own.  Raises KnownError when it is not here."""
    from app.commands.act import Entry
    from models.projection import live_state

    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case_id)
    if state is None:
        raise KnownError("本机没有这件办件，没有改动。请核对办件标识（desk cases --json）。")
    return Entry(case_id=case_id, item_id=state.item_id, fields=dict(state.fields))


def _attach(args: argparse.Namespace, desk: Desk) -> int:
    from app.cli import print_json
    from app.commands.attach import attach_path
    from app.queries.files import read_files

    changes = attach_path(
        desk, case_entry(desk, args.case_id), args.file, title=args.title, material=args.material
    )
    row = next(r for r in read_files(desk, args.case_id) if r.op_id == changes.op_id)
    if args.json:
        print_json({"file_id": row.file_id, "op_id": changes.op_id, "title": row.title})
    else:
        print(f"已附上“{row.title}”（{row.file_id[:12]}），加密存在本机，联网后自动传到中心。")
    return 0


def _detach(args: argparse.Namespace, desk: Desk) -> int:
    from app.cli import print_json
    from app.commands.attach import detach, find_file

    file = find_file(desk, args.case_id, args.file_id)
    changes = detach(desk, case_entry(desk, args.case_id), file.file_id, args.reason)
    if args.json:
        print_json({"file_id": file.file_id, "op_id": changes.op_id})
    else:
        print(f"“{file.title}”已作废，原因已记入办件。")
    return 0


def _files(args: argparse.Namespace, desk: Desk) -> int:
    import msgspec

    from app.cli import print_json
    from app.commands.attach import limit_sending, send_files
    from app.queries.files import read_files, read_unsent

    if args.get:
        return _get(args, desk)
    if args.limit is not None:
        limit_sending(desk, args.limit)
    answer: dict[str, object] = {}
    problems: list[str] = []
    if args.send:
        report = send_files(desk, again=True)
        problems = report.problems
        answer = {name: value for name, value in msgspec.to_builtins(report).items() if name != "problems"}
    rows = read_files(desk, args.case_id) if args.case_id else read_unsent(desk)
    if args.json:
        print_json({**answer, "files": [msgspec.to_builtins(row) for row in rows]})
    else:
        if args.send:
            print(
                f"传到中心 {answer['sent']} 份；还有 {answer['waiting']} 份待传，{answer['stuck']} 份要看一下。"
            )
        for row in rows:
            part = f"（已传 {100 * row.sent // row.size}%）" if 0 < row.sent < row.size else ""
            print(f"{row.file_id[:12]}\t{row.title}\t{row.size} B\t{row.words}{part}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _get(args: argparse.Namespace, desk: Desk) -> int:
    from app.cli import print_json
    from app.commands.attach import fetch_file, find_file, open_file
    from models.files import write_private

    if args.out is None:
        raise KnownError("请用 --out 写明取出的附件放到哪个新文件。没有改动。")
    if args.out.exists():
        raise KnownError(f"“{args.out.name}”已经存在，没有覆盖。请换一个文件名。")
    file = find_file(desk, args.case_id, args.get)
    fetch_file(desk, args.case_id, file)
    data = open_file(desk, file)
    write_private(args.out, data)
    if args.json:
        print_json({"file_id": file.file_id, "size": len(data), "media": file.media})
    else:
        print(f"“{file.title}”已取出，{len(data)} 字节。取出的文件没有加密，用完请删除。")
    return 0


def _forms(args: argparse.Namespace, desk: Desk) -> int:
    import msgspec

    from app.cli import print_json
    from app.commands.forms import fetch_forms, import_forms
    from app.queries.forms import read_forms

    if args.get:
        return _get_form(args, desk)
    answer: dict[str, object] = {}
    lines: list[str] = []
    problems: list[str] = []
    if args.folder is not None:
        taken = import_forms(desk, args.folder)
        answer["imported"] = msgspec.to_builtins(taken)
        lines.append(f"从文件夹装入 {taken.kept} 份，本机原来就有 {taken.known} 份。")
        problems += [f"“{name}”不在中心的清单里，没有装入。" for name in taken.unlisted]
    if args.fetch:
        report = fetch_forms(desk)
        answer["fetched"], answer["waiting"] = report.fetched, report.waiting
        lines.append(f"从中心取来 {report.fetched} 份，还有 {report.waiting} 份没有取来。")
        problems += report.problems
    rows = read_forms(desk, args.item)
    if args.json:
        print_json({**answer, "forms": [msgspec.to_builtins(row) for row in rows]})
    else:
        for line in lines:
            print(line)
        for row in rows:
            print(f"{row.kind}\t{row.name}\t{row.material_name}\t{row.words}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _get_form(args: argparse.Namespace, desk: Desk) -> int:
    from app.cli import print_json
    from app.commands.forms import open_form, write_form

    if args.out is None:
        raise KnownError("请用 --out 写明取出的文件放到哪里。没有改动。")
    if args.out.exists():
        raise KnownError(f"“{args.out.name}”已经存在，没有覆盖。请换一个文件名。")
    file, data = open_form(desk, args.get)
    write_form(args.out, data)
    if args.json:
        print_json({"name": file.name, "size": len(data), "media": file.media})
    else:
        print(f"“{file.name}”已取出，{len(data)} 字节。")
    return 0
