"""``main.py desk papers``: every paper of one case, without a screen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.commands.context import Desk

Run = Callable[[argparse.Namespace], int]
Add = Callable[[str, str, Run], argparse.ArgumentParser]
Open = Callable[[argparse.Namespace], "Desk"]


def add_command(add: Add, open_desk: Open) -> None:
    def run(args: argparse.Namespace) -> int:
        return _papers(args, open_desk)

    papers = add("papers", "写出一件办件的全部文书（写到加密库以外，每份都留痕）", run)
    papers.add_argument("case_id", metavar="办件标识")
    papers.add_argument("--out", type=Path, required=True, metavar="DIR", help="写到这个文件夹")
    papers.add_argument("--templates", type=Path, default=None, metavar="DIR", help="大厅自己的文书模板")
    papers.add_argument("--review", action="store_true", help="同时写出业务手册审查表（要点、当场更正）")
    papers.add_argument("--pdf", action="store_true", help="同时出 PDF（要装 LibreOffice）")


def _papers(args: argparse.Namespace, open_desk: Open) -> int:
    from app.cli import print_json
    from app.commands.papers import write_papers

    desk = open_desk(args)
    try:
        done = write_papers(desk, args.case_id, args.out, args.templates, pdf=args.pdf, review=args.review)
    finally:
        desk.store.close()
    for warning in done.warnings:
        print(warning, file=sys.stderr)
    if args.json:
        print_json({"files": list(done.files), "warnings": list(done.warnings)})
    else:
        print(f"已写出 {len(done.files)} 个文件。")
    return 0
