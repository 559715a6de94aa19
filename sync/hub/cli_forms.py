"""``hub catalog files``: the blank forms and samples that the catalogue names."""

from __future__ import annotations

import argparse
import getpass

import msgspec

from models.errors import KnownError
from sync.hub import forms
from sync.hub.cli_kit import opened, say

_WORDS = {"added": "已添加", "known": "原来就有", "warning": "请核对", "refused": "没有添加"}


def form_files_add(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = forms.add_files(hub, args.path, args.by or getpass.getuser())
    if not found:
        raise KnownError("这里一份文件也没有，没有添加。请核对目录。")
    return _added(args, found)


def form_files_make(args: argparse.Namespace) -> int:
    from sync.hub.form_maker import make_files  # python-docx is slow to load

    with opened(args) as hub:
        return _added(args, make_files(hub, args.item))


def _added(args: argparse.Namespace, found: list[forms.AddedFile]) -> int:
    refused = sum(one.outcome == "refused" for one in found)
    lines = [f"读到 {len(found)} 份文件，没有添加 {refused} 份。"]
    lines += [f"  {one.name}  {_WORDS[one.outcome]}  {one.reason}".rstrip() for one in found]
    say(args, {"files": msgspec.to_builtins(found), "refused": refused}, "\n".join(lines))
    return 1 if refused else 0


def form_files_remove(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        kept = {one.name for one in forms.kept_files(hub)}
        unknown = [name for name in args.name if name not in kept]
        if unknown:
            raise KnownError(f"中心没有“{unknown[0]}”这份文件，一份也没有撤下。请用 files list 核对文件名。")
        for name in args.name:
            forms.remove_file(hub, name, args.by or getpass.getuser())
        gone = sorted({one.name for one in forms.missing_files(hub)} & set(args.name))
    lines = [f"已撤下 {len(args.name)} 份。"] + [
        f"  {name}  现行目录还写着这个名字，请补上新的" for name in gone
    ]
    return say(args, {"removed": list(args.name), "missing": gone}, "\n".join(lines))


def form_files_list(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        if args.missing:
            gone = forms.missing_files(hub)
            lines = [f"现行目录写了名字、中心还没有的文件 {len(gone)} 份。"]
            lines += [f"  {one.kind}  {one.name}  {one.item_name}" for one in gone]
            return say(args, {"missing": msgspec.to_builtins(gone)}, "\n".join(lines))
        kept = forms.kept_files(hub)
    lines = [f"中心有空白表、样表 {len(kept)} 份。"]
    lines += [f"  {one.name}  {one.size:,} 字节" for one in kept]
    return say(args, {"files": msgspec.to_builtins(kept)}, "\n".join(lines))


def form_files_export(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        count = forms.export_files(hub, args.folder)
    return say(args, {"files": count, "folder": str(args.folder)}, f"已把 {count} 份文件写到 {args.folder}。")
