"""Blank forms (空白表) and filled samples (样表): which the catalogue names, and which files there are.

The catalogue only names them; the files come beside it in a list that the hub signs, so that a form may be
put right without a new version of the catalogue.  行政许可法 第三十条 has samples shown where cases are
taken in, and asks that a form hold nothing that has no bearing on the case.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.domain.catalog import Item

BLANK, SAMPLE = "空白表", "样表"
MOST_BYTES = 20 * 1024 * 1024


class FormFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the hub keeps it: the catalogue's name for it, SHA-256 (hex), bytes, media type."""

    name: str
    sha256: str
    size: int
    media: str


class FormList(msgspec.Struct, frozen=True, kw_only=True):
    """All files, by name.  The hub signs its JSON."""

    files: tuple[FormFile, ...] = ()


class NamedForm(msgspec.Struct, frozen=True, kw_only=True):
    """One place of the catalogue that names a file.  ``kind`` is 空白表 or 样表."""

    name: str
    kind: str
    material: str
    material_name: str


def read_form_list(data: bytes | None) -> FormList:
    """The list from its bytes, empty for none.  Raises msgspec.MsgspecError for other bytes."""
    return FormList() if data is None else msgspec.json.decode(data, type=FormList)


def write_form_list(files: Iterable[FormFile]) -> bytes:
    """The bytes to sign: the same for the same files, in whatever order they are given."""
    return msgspec.json.encode(FormList(files=tuple(sorted(files, key=lambda file: file.name))))


def named_forms(item: Item) -> list[NamedForm]:
    """What the materials of an item name, in their order, the blank before the sample."""
    return [
        NamedForm(name=name, kind=kind, material=material.id, material_name=material.name)
        for material in item.materials
        for name, kind in ((material.blank, BLANK), (material.sample, SAMPLE))
        if name
    ]
