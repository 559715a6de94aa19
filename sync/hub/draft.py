"""The draft of the next catalogue: one person prepares it, another approves it, then it is published.

What was approved is what is published: the approval names the hash of the bytes, and any change after
it needs an approval anew.  Every step is in the audit chain.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import msgspec
from sqlalchemy import Connection, delete, select, update

from models.domain.catalog import Catalog, Item, decode_catalog, encode_catalog
from models.domain.lint import unlawful
from models.domain.review import all_changes
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import lock_chain, raise_alarm, record
from sync.hub.database import Hub
from sync.hub.ingest import release_held
from sync.hub.publish import check_whole, current_catalog, put_version
from sync.hub.refusal import Refused
from sync.hub.rulebook import china_day
from sync.hub.signin import prove
from sync.hub.upsert import upsert

EDITOR, REVIEWER = "catalog_editor", "legal_reviewer"
STATUS_NAMES = {"draft": "草稿", "submitted": "待法制审核", "approved": "已审核，待发布"}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """``digest`` names the bytes; ``base`` is the version they were prepared on."""

    status: str
    digest: str
    base: str
    author: str
    reviewer: str
    reason: str
    catalog: Catalog
    approved: str = ""


class ItemChange(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: added | removed | changed."""

    item: str
    name: str
    kind: str
    changes: tuple[str, ...] = ()


class VersionLine(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    effective_on: str
    published_ms: int
    in_force: bool


def save_draft(hub: Hub, catalog: Catalog, *, base: str | None = None, actor: str = "cli") -> str:
    """Make or replace the draft; returns the hash of its bytes.  What was approved before is void.

    ``base`` is the version it was prepared on; without it the one last published.
    Raises KnownError for a catalogue that cannot be published.
    """
    check_whole(catalog.items)
    data = encode_catalog(msgspec.structs.replace(catalog, version="", effective_on=""))
    digest = hashlib.sha256(data).hexdigest()
    with hub.write() as conn:
        now = hub.now_ms()
        record(conn, now, actor, "catalog_draft", detail=digest)
        values = {
            "place": 1,
            "data": data,
            "base": hub.rulebook.current_version(conn) if base is None else base,
            "status": "draft",
            "author": "",
            "reviewer": "",
            "approved": "",
            "reason": "",
            "changed_ms": now,
        }
        upsert(conn, t.catalog_draft, [values])
    return digest


def read_draft(hub: Hub) -> Draft | None:
    with hub.read() as conn:
        return _draft(conn)


def submit(hub: Hub, staff: str, password: str) -> Draft:
    """The editor signs for the draft and hands it to the legal reviewer.

    Raises KnownError, also for what may not be published at all (:func:`models.domain.lint.unlawful`).
    """
    prove(hub, staff, password, EDITOR)
    made = read_draft(hub)
    if made is not None and (wrong := _not_lawful(made.catalog)):
        raise Refused(409, "unlawful", f"{wrong}没有提交。请改正后重新导入。")
    return _step(hub, staff, "catalog_submit", ("draft",), status="submitted", author=staff, reason="")


def approve(hub: Hub, staff: str, password: str) -> Draft:
    """The legal reviewer, another person than the author, approves these very bytes.  Raises KnownError.

    Two 工号 of one name may be one person: it stands, and an alarm asks somebody to make sure.
    """
    prove(hub, staff, password, REVIEWER)
    allowed = ("submitted", "approved")  # anew, where the former reviewer's word does not count any more
    return _step(hub, staff, "catalog_approve", allowed, status="approved", reviewer=staff)


def reject(hub: Hub, staff: str, password: str, reason: str) -> Draft:
    """Back to the editor, with the reason.  Raises KnownError."""
    prove(hub, staff, password, REVIEWER)
    if not reason.strip():
        raise KnownError("退回须写明原因，没有改动。")
    found = {"status": "draft", "reviewer": staff, "approved": "", "reason": reason.strip()}
    return _step(hub, staff, "catalog_reject", ("submitted", "approved"), **found)


def publish_draft(hub: Hub, staff: str, password: str, effective_on: str = "") -> str:
    """Publish what was approved, from ``effective_on`` (ISO day; "": at once); returns the version.

    Raises KnownError: not approved, other bytes than the approved ones, a day that is past.
    """
    prove(hub, staff, password, EDITOR)
    _check_day(hub, effective_on)
    with hub.write() as conn:
        now = hub.now_ms()
        record(conn, now, staff, "catalog_publish", detail=effective_on)  # takes the chain's lock first
        draft = _need(conn)
        refusal = _unpublishable(hub, conn, draft)
        if not refusal:
            whole = msgspec.structs.replace(draft.catalog, effective_on=effective_on)
            version = put_version(hub, conn, whole, staff)
            conn.execute(delete(t.catalog_draft))
        else:
            record(conn, now, staff, "catalog_publish_refused", target=draft.digest)
    if refusal:
        raise Refused(409, "not_approved", refusal)
    release_held(hub)
    return version


def draft_changes(hub: Hub) -> list[ItemChange]:
    """What the draft changes against the version last published, item by item.  Raises KnownError."""
    draft = read_draft(hub)
    if draft is None:
        raise KnownError("没有目录草稿。请先用 hub catalog import 装入。")
    return compare(current_catalog(hub) or Catalog(version=""), draft.catalog)


def compare(old: Catalog, new: Catalog) -> list[ItemChange]:
    """Item by item, in the order of the new catalogue, the removed ones last; then departments and the rest."""
    before = {item.id: item for item in old.items}
    found = [change for item in new.items if (change := _change(before.get(item.id), item)) is not None]
    kept = {item.id for item in new.items}
    found += [
        ItemChange(item=item.id, name=item.name, kind="removed") for item in old.items if item.id not in kept
    ]
    parts = (
        ("部门", old.departments, new.departments),
        ("一件事", old.bundles, new.bundles),
        ("证明事项清单", old.proofs, new.proofs),
        ("规则文件", old.rules, new.rules),
    )
    found += [
        ItemChange(item="", name=name, kind="changed", changes=(f"{name}由 {len(a)} 条改为 {len(b)} 条",))
        if len(a) != len(b)
        else ItemChange(item="", name=name, kind="changed", changes=(f"{name}内容有改动",))
        for name, a, b in parts
        if a != b
    ]
    return found


def versions(hub: Hub) -> list[VersionLine]:
    """All published versions, the newest first."""
    table = t.catalog_version
    with hub.read() as conn:
        now = hub.rulebook.version_on(conn, china_day(hub.now_ms()))
        rows = conn.execute(select(table).order_by(table.c.place.desc())).all()
    return [
        VersionLine(
            version=row.version,
            effective_on=row.effective_on,
            published_ms=row.published_ms,
            in_force=row.version == now,
        )
        for row in rows
    ]


def _change(old: Item | None, new: Item) -> ItemChange | None:
    if old is None:
        return ItemChange(item=new.id, name=new.name, kind="added")
    if old == new:
        return None
    return ItemChange(item=new.id, name=new.name, kind="changed", changes=all_changes(old, new))


def _step(hub: Hub, staff: str, act: str, allowed: tuple[str, ...], **values: str) -> Draft:
    """Change the draft's status; refused, and audited as refused, for its author's own approval."""
    with hub.write() as conn:
        now = hub.now_ms()
        lock_chain(conn)  # every change of the draft goes through this one lock
        draft = _need(conn)
        alone = act == "catalog_approve" and draft.author == staff
        fits = draft.status in allowed
        record(conn, now, staff, act if fits and not alone else f"{act}_refused", target=draft.digest)
        if fits and not alone:
            if act == "catalog_approve":
                values["approved"] = draft.digest
                if _namesakes(conn, draft.author, staff):
                    told = f"目录草稿的起草人（{draft.author}）和审核人（{staff}）同名。审核照记。请核实不是同一个人。"
                    raise_alarm(conn, now, "reviewed_by_namesake", told)
            conn.execute(update(t.catalog_draft).values(**values, changed_ms=now))
            draft = _need(conn)
    if alone:
        raise Refused(403, "alone", "起草的人不能审核自己的草稿，没有改动。请由另一位法制审核人员审核。")
    if not fits:
        name = STATUS_NAMES[draft.status]
        raise Refused(409, "draft_status", f"目录草稿现在是“{name}”，不能做这一步，没有改动。")
    return draft


def _unpublishable(hub: Hub, conn: Connection, draft: Draft) -> str:
    if draft.status != "approved" or not draft.author or not draft.reviewer:
        name = STATUS_NAMES[draft.status]
        return f"目录草稿现在是“{name}”，须经法制审核人员审核后才能发布，原目录不变。"
    if draft.author == draft.reviewer:
        return "起草和审核是同一个人，不能发布，原目录不变。"
    if not _may_review(conn, draft.reviewer):
        return (
            "审核这份草稿的人已经停用，或者不再是法制审核人员，不能发布，原目录不变。"
            "请由现任法制审核人员重新审核。"
        )
    if draft.approved != draft.digest:
        return "草稿在审核之后改动过，不能发布，原目录不变。请重新提交审核。"
    if wrong := _not_lawful(draft.catalog):
        return f"{wrong}不能发布，原目录不变。请改正后重新导入。"
    if draft.base != hub.rulebook.current_version(conn):
        return "草稿准备好之后又发布过新版目录，不能发布，原目录不变。请重新装入草稿并提交审核。"
    return ""


def _may_review(conn: Connection, staff: str) -> bool:
    """Whether the reviewer's word still counts on the day of publication, which is when it takes effect."""
    row = conn.execute(select(t.staff.c.roles, t.staff.c.disabled).where(t.staff.c.staff == staff)).first()
    return row is not None and not row.disabled and REVIEWER in json.loads(row.roles)


def _namesakes(conn: Connection, *staff: str) -> bool:
    names = conn.execute(select(t.staff.c.name).where(t.staff.c.staff.in_(staff))).scalars().all()
    return len(names) > 1 and len(set(names)) == 1


def _not_lawful(catalog: Catalog) -> str:
    found = unlawful(catalog)
    if not found:
        return ""
    told = "；".join(f"{one.name}（{one.item}）{one.sentence}" for one in found[:3])
    return f"目录里有 {len(found)} 处不能施行的内容：{told}。"


def _check_day(hub: Hub, day: str) -> None:
    if not day:
        return
    try:
        wanted = dt.date.fromisoformat(day).isoformat()
    except ValueError:
        wanted = ""
    if wanted != day:
        raise KnownError(f"“{day}”不是日期，没有发布。请写成 2026-12-01 这样。")
    if day < china_day(hub.now_ms()):
        raise KnownError(f"施行日期 {day} 已经过去，没有发布。目录不能追溯施行。")


def _draft(conn: Connection) -> Draft | None:
    row = conn.execute(select(t.catalog_draft)).first()
    if row is None:
        return None
    return Draft(
        status=row.status,
        digest=hashlib.sha256(row.data).hexdigest(),
        base=row.base,
        author=row.author,
        reviewer=row.reviewer,
        reason=row.reason,
        approved=row.approved,
        catalog=decode_catalog(row.data),
    )


def _need(conn: Connection) -> Draft:
    draft = _draft(conn)
    if draft is None:
        raise KnownError("没有目录草稿，没有改动。请先用 hub catalog import 装入。")
    return draft
