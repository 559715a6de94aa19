"""Writing guides and review sheets to a folder.  They hold nothing personal, so they may lie open."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from app.documents.flow import flow_chart
from app.documents.guide import review_sheet, service_guide
from app.documents.pdf import to_pdfs
from models.domain.catalog import Catalog
from models.errors import KnownError


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """How many items, and the names of the files in the folder."""

    items: int
    files: tuple[str, ...]


def write_guides(
    catalog: Catalog, folder: Path, *, item_id: str = "", manual: bool = False, pdf: bool = False
) -> Written:
    """The guide (docx and flow chart) or the review sheet of one item, of all without ``item_id``.

    Everything is made before the first file is written; raises KnownError.
    """
    items = [item for item in catalog.items if item_id in ("", item.id)]
    if not items:
        raise KnownError(f"目录里没有编码是“{item_id}”的办理项。没有写出文件。请核对编码。")
    kind = "manual" if manual else "guide"
    make = review_sheet if manual else service_guide
    names = _file_names(kind, [item.id for item in items])
    sheets = {names[item.id]: make(item, catalog) for item in items}
    made = {f"{name}.docx": data for name, data in sheets.items()}
    if not manual:
        made |= {f"{names[item.id]}.svg": flow_chart(item) for item in items}
    if pdf:
        made |= {f"{name}.pdf": data for name, data in to_pdfs(sheets).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in made.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise KnownError(
            "文件写不进选定的文件夹，可能只写了一部分。目录没有改动。请换一个位置或者腾出空间再出一次。",
            detail=type(error).__name__,
        ) from error
    return Written(items=len(items), files=tuple(sorted(made)))


def _file_names(kind: str, codes: list[str]) -> dict[str, str]:
    """A file name for each code; two codes that come out alike are told apart by a running number."""
    names: dict[str, str] = {}
    for place, code in enumerate(codes):
        name = f"{kind}-{re.sub(r'[^0-9A-Za-z._-]', '_', code)}"
        names[code] = f"{name}-{place}" if name in names.values() else name
    return names
