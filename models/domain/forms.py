"""Blank forms (空白表) and filled samples (样表): which the catalogue names, and which files there are.

The catalogue only names them; the files come beside it in a list that the hub signs, so that a form may be
put right without a new version of the catalogue.  行政许可法 第三十条 has samples shown where cases are
taken in, and asks that a form hold nothing that has no bearing on the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from models.domain.catalog import Item

BLANK, SAMPLE = "空白表", "样表"
MOST_BYTES = 20 * 1024 * 1024
MOST_NAME = 80  # characters; a file system takes 255 bytes, and a Chinese character has three
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a file may be called, and what it then has to be.
ENDINGS = {
    "pdf": "application/pdf", "docx": _WORD, "doc": "application/msword", "xlsx": _SHEET,
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
}  # fmt: skip
_NEVER = frozenset('\\/:*?"<>|')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # no file can be called so in Windows


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


def ending_of(name: str) -> str:
    """What follows the last dot, in small letters; "" without one."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def name_objection(name: str) -> str:
    """Why no file can be called so on every machine that will hold it; "" when one can."""
    if len(name) > MOST_NAME:
        return f"文件名超过 {MOST_NAME} 个字"
    if not name.isprintable() or _NEVER & set(name):
        return "文件名里有认不出或者不能用的字"
    if name[:1] in (".", "~", " ", "") or name[-1:] in (".", " ") or _DEVICES.fullmatch(name):
        return "这样的文件名有的电脑存不下"
    if ending_of(name) not in ENDINGS:
        return "文件名的结尾不是 pdf、docx、doc、xlsx、jpg 或者 png"
    return ""
