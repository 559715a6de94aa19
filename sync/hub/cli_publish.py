"""The ``hub catalog`` commands of the two people who publish, ``hub tasks`` and ``hub cases``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import msgspec

from sync.hub import draft, inbox
from sync.hub.cli_kit import opened, password_of, say
from sync.hub.database import Hub

_KINDS = {"added": "新增", "removed": "取消", "changed": "改动"}


def catalog_submit(args: argparse.Namespace) -> int:
    return _step(args, lambda hub, secret: draft.submit(hub, args.by, secret))


def catalog_approve(args: argparse.Namespace) -> int:
    return _step(args, lambda hub, secret: draft.approve(hub, args.by, secret))


def catalog_reject(args: argparse.Namespace) -> int:
    return _step(args, lambda hub, secret: draft.reject(hub, args.by, secret, args.reason))


def _step(args: argparse.Namespace, step: Callable[[Hub, str], draft.Draft]) -> int:
    secret = password_of(args.by)
    with opened(args) as hub:
        found = step(hub, secret)
    name = draft.STATUS_NAMES[found.status]
    answer = {"status": found.status, "draft": found.digest, "items": len(found.catalog.items)}
    return say(args, answer, f"目录草稿（办理项 {len(found.catalog.items)} 个）现在是“{name}”。")


def catalog_publish(args: argparse.Namespace) -> int:
    secret = password_of(args.by)
    with opened(args) as hub:
        version = draft.publish_draft(hub, args.by, secret, args.effective)
    since = f"，{args.effective} 起施行" if args.effective else ""
    return say(args, {"version": version, "effective_on": args.effective}, f"已发布目录 {version}{since}。")


def catalog_diff(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = draft.draft_changes(hub)
    lines = [f"草稿与现行目录相比，有 {len(found)} 处不同。"]
    for one in found:
        code = f"（{one.item}）" if one.item else ""
        lines.append(f"  {_KINDS[one.kind]}  {one.name}{code}")
        lines += [f"      {change}" for change in one.changes]
    return say(args, {"changes": msgspec.to_builtins(found)}, "\n".join(lines))


def catalog_versions(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = draft.versions(hub)
    lines = [
        f"{one.version}  施行日期 {one.effective_on or '发布之日'}{'  现行' if one.in_force else ''}"
        for one in found
    ]
    return say(args, {"versions": msgspec.to_builtins(found)}, "\n".join(lines) or "还没有发布过目录。")


def tasks(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = inbox.review_tasks(hub)
    lines = [f"目录改动后要复核的办件 {len(found)} 件。"]
    for one in found:
        lines.append(f"  {one.number or one.case_id}  {one.item_name}  {one.scope}  请 {one.staff} 复核")
        lines += [f"      {change}" for change in one.changes]
    return say(args, {"tasks": msgspec.to_builtins(found)}, "\n".join(lines))


def cases(args: argparse.Namespace) -> int:
    with opened(args) as hub:
        found = inbox.cases_for(hub, args.hall)
    lines = [f"归 {args.hall} 办理的办件 {len(found)} 件。"]
    lines += [f"  {one.number}  {one.item_name}  {one.accepted_at} 受理" for one in found]
    return say(args, {"cases": msgspec.to_builtins(found)}, "\n".join(lines))
