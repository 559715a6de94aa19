"""``main.py desk templates``: a hall's own templates of documents, checked and looked at before they are used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

Run = Callable[[argparse.Namespace], int]


def add_parser(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    templates = acts.add_parser("templates", help="大厅自己的文书模板")
    ways = templates.add_subparsers(title="命令", metavar="命令", required=True)
    text = "核对文件夹里的文书模板：标签认不认识，必须写明的缺不缺"
    check = ways.add_parser("check", help=text, description=text)
    check.add_argument("folder", type=Path, metavar="DIR")
    check.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    check.set_defaults(run=_check)
    text = "写出内置的文书模板和措辞，照着改成大厅自己的；不覆盖已有的文件"
    copy = ways.add_parser("copy", help=text, description=text)
    copy.add_argument("--to", type=Path, required=True, metavar="DIR", help="写到这个文件夹")
    copy.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    copy.set_defaults(run=_copy)
    text = "写出全部文书的样张（虚构内容），看看大厅自己的模板印出来是什么样子"
    sample = ways.add_parser("sample", help=text, description=text)
    sample.add_argument("--to", type=Path, required=True, metavar="DIR", help="写到这个文件夹")
    sample.add_argument("--templates", type=Path, default=None, metavar="DIR", help="大厅自己的文书模板")
    sample.add_argument("--pdf", action="store_true", help="同时出 PDF（要装 LibreOffice）")
    sample.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")
    sample.set_defaults(run=_sample)


def _copy(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.documents.own import copy_built_in

    done = copy_built_in(args.to)
    if args.json:
        print_json({"files": list(done.files), "kept": list(done.kept)})
    else:
        told = f"{len(done.kept)} 个原来就有，没有覆盖。" if done.kept else ""
        print(f"已写出 {len(done.files)} 个文件。{told}改好后用 desk templates check 核对。")
    return 0


def _sample(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.documents.specimens import write_specimens

    done = write_specimens(args.to, args.templates, pdf=args.pdf)
    for warning in done.warnings:
        print(warning, file=sys.stderr)
    if args.json:
        print_json({"files": list(done.files), "warnings": list(done.warnings)})
    else:
        print(f"已写出 {len(done.files)} 个样张。内容都是虚构的，不能当文书用。")
    return 0


def _check(args: argparse.Namespace) -> int:
    from app.cli import print_json
    from app.documents.required import check_folder

    findings = check_folder(args.folder)
    if args.json:
        problems = [{"file": f.file, "fault": f.fault, "tag": f.tag, "message": f.message} for f in findings]
        print_json({"ok": not findings, "problems": problems})
    elif not findings:
        print("模板都可以用。")
    else:
        for finding in findings:
            print(finding.message, file=sys.stderr)
    return 1 if findings else 0
