"""What the streaming reader of openpyxl leaves out of an XLSX package: the merged cells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree
from zipfile import ZipFile

# Column index from 0 → (top row, bottom row) of ranges that go over several rows.
Merges = Mapping[int, list[tuple[int, int]]]

LAST_COLUMN = 200
_BOOK = "xl/workbook.xml"
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s+ref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")


def merged_ranges(package: ZipFile) -> dict[str, Merges]:
    """By sheet title; empty for a package whose parts are not where Excel and WPS put them."""
    names = set(package.namelist())
    return {title: _ranges(package.read(part)) for title, part in _sheet_parts(package) if part in names}


def _sheet_parts(package: ZipFile) -> Iterator[tuple[str, str]]:
    folder, name = posixpath.split(_BOOK)
    try:
        book = ElementTree.fromstring(package.read(_BOOK))
        relations = ElementTree.fromstring(package.read(f"{folder}/_rels/{name}.rels"))
    except KeyError:
        return
    targets = {r.get("Id", ""): r.get("Target", "") for r in relations}
    for sheet in book.iter():
        if _local(sheet.tag) == "sheet":
            relation = next((v for k, v in sheet.items() if _local(k) == "id" and k != "id"), "")
            yield sheet.get("name", ""), posixpath.join("/" + folder, targets.get(relation, "")).lstrip("/")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _ranges(sheet: bytes) -> Merges:
    found: dict[int, list[tuple[int, int]]] = {}
    for left, top, right, bottom in _MERGED.findall(sheet):
        if int(top) < int(bottom):
            for column in range(_index(left), min(_index(right), LAST_COLUMN) + 1):
                found.setdefault(column, []).append((int(top), int(bottom)))
    return found


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
