"""``main.py desk templates``: a hall's own templates of documents, checked before they are used."""

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
