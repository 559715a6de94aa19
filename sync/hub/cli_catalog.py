"""The ``hub catalog`` commands: import, 清单质检, column names, publish, export."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import msgspec

from models.domain.catalog import Catalog, decode_catalog, encode_catalog
from models.domain.lint import ERROR, lint
from models.errors import KnownError
from sync.hub import draft, publish, setup
from sync.hub.catalog import write_catalog
from sync.hub.catalog.column_map import write_column_map
from sync.hub.catalog.columns import ITEMS
from sync.hub.catalog.lint_report import lint_answer, lint_file, lint_text
from sync.hub.catalog.report import Place, Problem
from sync.hub.cli_kit import opened, say
from sync.hub.forms import missing_findings

_SEVERITY = {"error": "没有装入", "warning": "请核对", "note": "说明"}


def catalog_import(args: argparse.Namespace) -> int:
    if args.file.suffix.lower() == ".json":
        return _import_exported(args)
    with opened(args) as hub:
        result = setup.import_catalog(hub, args.file, args.columns, replace=args.replace)
    problems = [
        {"row": p.row, "field": p.field, "reason": _where(p) + p.reason, "severity": p.severity}
        for p in result.problems
    ]
    done = "已存为草稿" if result.loaded else "没有一行能用，没有存草稿，原目录不变"
    lines = [
        f"读到 {result.rows} 行，装入 {result.loaded} 个办理项，有疑问 {len(result.problems)} 处，{done}。"
    ]
    lines += [
        f"  {Place(p.table, p.file, p.row)} · {p.field} · {p.reason}（{_SEVERITY[p.severity]}）"
        for p in result.problems
    ]
    answer = {"rows": result.rows, "loaded": result.loaded, "problems": problems}
    say(args, answer, "\n".join(lines))
    return 0 if result.loaded else 1


def _where(problem: Problem) -> str:
    """The keys of a problem are fixed, so its reason says which table or file the row is in, if need be."""
    where = str(Place(problem.table, problem.file, problem.row))
    return "" if where == f"{ITEMS}表第 {problem.row} 行" else f"{where}："


def catalog_lint(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        made = draft.read_draft(hub)
        catalog = made.catalog if made is not None else publish.current_catalog(hub)
        unkept = missing_findings(hub, catalog) if catalog is not None and args.file is None else []
    where: Mapping[tuple[str, str], Place] = {}
    if args.file is not None:
        found, read = lint_file(args.file, args.columns, catalog or Catalog(version=""))
        items, where = len(read.items), read.where
    elif catalog is not None:
        found, items = (*lint(catalog), *unkept), len(catalog.items)
    else:
        raise KnownError("中心还没有发布目录，没有可以检查的。请先导入目录，或者用 --file 检查一份清单。")
    say(args, lint_answer(found, items, where), lint_text(found, items, where))
    return 1 if any(one.severity == ERROR for one in found) else 0


def catalog_columns(args: argparse.Namespace) -> int:
    lines = write_column_map(args.write)
    text = (
        f"内置的列名对照已写到 {args.write}（{lines} 行）。改好后用 hub catalog import FILE --columns 使用。"
    )
    return say(args, {"file": str(args.write), "lines": lines}, text)


def _import_exported(args: argparse.Namespace) -> int:
    """What another hub exported, as the draft here."""
    try:
        catalog = decode_catalog(args.file.read_bytes())
    except (OSError, msgspec.MsgspecError, RecursionError) as error:  # the last: brackets without end
        raise KnownError(
            f"“{args.file.name}”不是导出的目录文件，没有存草稿，原目录不变。", detail=type(error).__name__
        ) from error
    with opened(args) as hub:
        digest = draft.save_draft(hub, catalog)
    count = len(catalog.items)
    answer = {"rows": count, "loaded": count, "problems": [], "draft": digest}
    return say(args, answer, f"读到办理项 {count} 个，已存为草稿。")


def catalog_export(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        made = draft.read_draft(hub) if args.draft else None
        catalog = made.catalog if made is not None else publish.current_catalog(hub)
    if args.draft and made is None:
        raise KnownError("没有目录草稿，没有写文件。")
    if catalog is None:
        raise KnownError("中心还没有发布目录，没有写文件。")
    try:
        if args.csv or args.file.suffix.lower() == ".xlsx":
            write_catalog(
                catalog.items, catalog.departments, None, args.file,
                bundles=catalog.bundles, proofs=catalog.proofs, rules=catalog.rules,
            )  # fmt: skip
        else:
            with args.file.open("xb") as file:
                file.write(encode_catalog(catalog))
    except OSError as error:
        raise KnownError(
            f"“{args.file}”写不了或者已经存在，没有写文件。", detail=type(error).__name__
        ) from error
    answer = {"version": catalog.version, "items": len(catalog.items), "file": str(args.file)}
    return say(args, answer, f"目录 {catalog.version} 已写到 {args.file}，办理项 {len(catalog.items)} 个。")
