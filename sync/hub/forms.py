"""Blank forms (空白表) and filled samples (样表): the files that the catalogue only names.

The bytes lie in the hub's store under ``catalog/`` by their SHA-256, so the same bytes are kept once
whatever they are called.  They hold nothing personal and are kept as they are, unsealed.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import delete, select

from models.domain.catalog import Catalog
from models.domain.findings import WARNING, Finding
from models.domain.forms import MOST_BYTES, FormFile, name_objection, named_forms, write_form_list
from models.errors import KnownError
from sync import file_protocol as fp
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.blobs import CATALOG_PREFIX
from sync.hub.database import Hub
from sync.hub.form_check import content_objection, form_media
from sync.hub.places import publish_document
from sync.hub.publish import current_catalog
from sync.hub.refusal import Refused
from sync.hub.upsert import upsert
from sync.protocol import FormsReply


class AddedFile(msgspec.Struct, frozen=True, kw_only=True):
    """``outcome``: added, known (these bytes under this name already), warning (kept, but not named by the
    catalogue) or refused; ``reason`` says why."""

    name: str
    outcome: str
    reason: str = ""
    sha256: str = ""
    size: int = 0


class MissingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A name of the published catalogue without a file.  ``kind`` is 空白表 or 样表."""

    name: str
    kind: str
    item: str
    item_name: str
    material: str


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    sha256: str
    size: int
    media: str
    added_ms: int
    added_by: str


def add_files(hub: Hub, paths: Iterable[Path], by: str) -> list[AddedFile]:
    """Keep each file, or each file of a folder, under its own name; a name's former file is replaced.

    The desks learn of them by a list signed at the end.  One file that cannot be kept is told in its row
    and hinders no other.  Raises StoreDown when the store cannot be written; what was added before stays.
    """
    named, given = {name for name, *_ in _named(current_catalog(hub))}, set[str]()
    try:
        return [_add(hub, path, named, given, by) for path in _files(paths)]
    finally:
        _publish(hub)


def remove_file(hub: Hub, name: str, by: str) -> bool:
    """Take a file back, at the desks with their next round; False when there is none of that name.

    Its bytes go too, unless another name has the same.  Whoever added a sample with somebody's data in it
    needs this.
    """
    with hub.write() as conn:
        digest = conn.execute(select(t.form_file.c.sha256).where(t.form_file.c.name == name)).scalar()
        if digest is None:
            return False
        conn.execute(delete(t.form_file).where(t.form_file.c.name == name))
        record(conn, hub.now_ms(), by, "form_file_remove", target=digest.hex())
    _publish(hub)
    _drop_unused(hub, digest)
    return True


def kept_files(hub: Hub) -> list[KeptFile]:
    """Every kept file, by name."""
    with hub.read() as conn:
        rows = conn.execute(select(t.form_file).order_by(t.form_file.c.name)).all()
    return [
        KeptFile(
            name=row.name, sha256=row.sha256.hex(), size=row.size, media=row.media,
            added_ms=row.added_ms, added_by=row.added_by,
        )
        for row in rows
    ]  # fmt: skip


def forms_reply(hub: Hub) -> FormsReply:
    """The signed list.  Raises Refused when nothing was ever added."""
    with hub.read() as conn:
        row = conn.execute(select(t.form_list).order_by(t.form_list.c.place.desc()).limit(1)).first()
    if row is None:
        raise Refused(404, "no_forms", "中心没有添加空白表和样表。")
    return FormsReply(hash=row.hash, data=row.data, signature=row.signature)


def read_form(hub: Hub, wanted: fp.FormWant) -> fp.FileBytes:
    """Some bytes of a listed file.  Raises Refused: not listed (any more), or its bytes are lost."""
    name = CATALOG_PREFIX + wanted.sha256
    with hub.read() as conn:
        size = conn.execute(
            select(t.form_file.c.size).where(t.form_file.c.sha256 == _digest(wanted))
        ).scalar()
    length = min(max(wanted.length, 1), fp.MAX_CHUNK)
    data = hub.blobs.read(name, max(wanted.offset, 0), length) if size is not None else None
    if size is None or data is None:
        raise Refused(404, "unknown_form", "中心没有这份空白表或者样表，可能刚换了新的。对账以后再取。")
    return fp.FileBytes(size=size, data=data)


def for_bundle(hub: Hub, held: Iterable[bytes], room: int) -> Iterator[fp.WholeFile]:
    """What a desk without a line lacks of the files, small ones first, while they go into ``room`` bytes.

    ``held``: the first eight bytes of the SHA-256 of each file it has.
    """
    has = set(held)
    for file in sorted(kept_files(hub), key=lambda file: (file.size, file.sha256)):
        if bytes.fromhex(file.sha256)[:8] in has:
            continue
        room -= file.size
        if room < 0:
            return
        data = hub.blobs.read(CATALOG_PREFIX + file.sha256)
        if data is not None:
            has.add(bytes.fromhex(file.sha256)[:8])
            yield fp.WholeFile(file_id=file.sha256, data=data)


def missing_files(hub: Hub, catalog: Catalog | None = None) -> list[MissingFile]:
    """What ``catalog`` (the published one if None) names and nobody has added."""
    kept = {file.name for file in kept_files(hub)}
    named = _named(catalog if catalog is not None else current_catalog(hub))
    return [
        MissingFile(name=name, kind=kind, item=item, item_name=item_name, material=material)
        for name, kind, item, item_name, material in named
        if name not in kept
    ]


def missing_findings(hub: Hub, catalog: Catalog) -> list[Finding]:
    """The same as findings of the 清单质检, beside its rules on names."""
    return [
        Finding(
            rule="material-file", severity=WARNING, item=one.item, name=one.item_name, material=one.material,
            sentence=f"{one.kind}“{one.name}”还没有加到中心",
        )
        for one in missing_files(hub, catalog)
    ]  # fmt: skip


def export_files(hub: Hub, folder: Path) -> int:
    """Write every kept file into a folder under its name; returns how many.

    Raises KnownError: the folder cannot be written, a file is there already, or stored bytes are spoilt.
    """
    kept = kept_files(hub)
    for file in kept:
        data = hub.blobs.read(CATALOG_PREFIX + file.sha256)
        if data is None or hashlib.sha256(data).hexdigest() != file.sha256:
            raise KnownError(f"“{file.name}”在中心存放的内容缺了或者坏了，没有写出它。请重新添加这份文件。")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / file.name).open("xb") as out:
                out.write(data)
        except OSError as error:
            raise KnownError(
                f"“{file.name}”写不了或者已经存在，已停下；中心的文件没有改动。请换一个空目录，并检查磁盘空间。",
                detail=type(error).__name__,
            ) from error
    return len(kept)


def _publish(hub: Hub) -> None:
    with hub.write() as conn:
        rows = conn.execute(select(t.form_file)).all()
        if rows or conn.execute(select(t.form_list.c.place).limit(1)).first():
            data = write_form_list(
                FormFile(name=row.name, sha256=row.sha256.hex(), size=row.size, media=row.media)
                for row in rows
            )
            publish_document(hub, conn, "form_list", data)


def _digest(wanted: fp.FormWant) -> bytes:
    try:
        return bytes.fromhex(wanted.sha256)
    except ValueError:
        return b""


def _add(hub: Hub, path: Path, named: set[str], given: set[str], by: str) -> AddedFile:
    name = unicodedata.normalize("NFC", path.name)  # some systems keep names taken apart
    refused = name_objection(name)  # first: a name that cannot be text cannot even be told
    if refused:
        shown = name.encode("utf-8", "replace").decode()
        return AddedFile(name=shown, outcome="refused", reason=f"{refused}，没有添加，请改名")
    if name in given:
        return AddedFile(name=name, outcome="refused", reason="这一次已经添加过同名的一份，没有再添加")
    given.add(name)
    try:
        if path.stat().st_size > MOST_BYTES:
            return AddedFile(name=name, outcome="refused", reason="超过 20 MB，没有添加")
        data = path.read_bytes()
    except OSError:
        return AddedFile(name=name, outcome="refused", reason="读不了，没有添加")
    refused = content_objection(name, data)
    if refused:
        return AddedFile(name=name, outcome="refused", reason=refused)
    digest, size = hashlib.sha256(data), len(data)
    blob = CATALOG_PREFIX + digest.hexdigest()
    if hub.blobs.size(blob) != size:
        hub.blobs.put(blob, data)
    with hub.write() as conn:
        before = conn.execute(select(t.form_file.c.sha256).where(t.form_file.c.name == name)).scalar()
        if before != digest.digest():
            now = hub.now_ms()
            values = {
                "name": name, "sha256": digest.digest(), "size": size, "media": form_media(data),
                "added_ms": now, "added_by": by,
            }  # fmt: skip
            upsert(conn, t.form_file, [values])
            record(conn, now, by, "form_file", target=digest.hexdigest())
    if before is not None:
        _drop_unused(hub, before)
    outcome, reason = ("known", "") if before == digest.digest() else ("added", "")
    if name not in named:
        outcome, reason = "warning", "已添加，但是现行目录没有写这个名字，窗口看不到它"
    return AddedFile(name=name, outcome=outcome, reason=reason, sha256=digest.hexdigest(), size=size)


def _drop_unused(hub: Hub, digest: bytes) -> None:
    """Throw bytes away that no name has any more."""
    with hub.read() as conn:
        used = conn.execute(select(t.form_file.c.name).where(t.form_file.c.sha256 == digest)).first()
    if used is None:
        hub.blobs.remove(CATALOG_PREFIX + digest.hex())


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file() and one.name[0] not in ".~")
        else:
            yield path


def _named(catalog: Catalog | None) -> Iterable[tuple[str, str, str, str, str]]:
    """Name, kind, item, name of the item, material: each file name of the catalogue at its first place."""
    seen: set[str] = set()
    for item in catalog.items if catalog is not None else ():
        for form in named_forms(item):
            if form.name not in seen:
                seen.add(form.name)
                yield form.name, form.kind, item.id, item.name, form.material
