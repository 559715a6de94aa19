"""Demo forms: a blank and a filled sample .docx out of an item's own field dictionary, and for any other
paper a page with what the list says of it.

For a city that has no forms of its own yet.  Each page says that it is generated; nothing in a sample
can be taken for a person, a number or a company that exists.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
from docx.document import Document
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from models.domain.catalog import Field, FieldType, Item, Material
from models.domain.forms import ending_of, name_objection
from models.domain.lint_quality import FORM_NAMES
from models.errors import KnownError
from sync.hub.database import Hub
from sync.hub.forms import AddedFile, add_files, missing_files
from sync.hub.publish import current_catalog

_WIDTHS = (Mm(50), Mm(114))
MARK = "演示样表，由字段清单生成"
LIST_MARK = "演示样表，由材料清单生成"
_SHOWN: dict[FieldType, str] = {
    FieldType.MULTILINE: "（样例）按实际情况填写，写满可另附页",
    FieldType.INTEGER: "1",
    FieldType.DECIMAL: "1.00",
    FieldType.DATE: "2000-01-01",
    FieldType.PHONE: "00000000000",
    FieldType.RESIDENT_ID: "000000000000000000",
    FieldType.USCC: "000000000000000000",
}


def make_files(hub: Hub, item_id: str = "") -> list[AddedFile]:
    """Make and keep what the materials of the published catalogue (or of one item) still lack.

    Only names that end in .docx: a file must be what its name says.  Raises KnownError: no catalogue, no
    such item.
    """
    catalog = current_catalog(hub)
    if catalog is None:
        raise KnownError("中心还没有发布目录，没有生成空白表。请先发布目录。")
    items = [item for item in catalog.items if item_id in ("", item.id)]
    if not items:
        raise KnownError(f"现行目录里没有办理项“{item_id}”，没有生成空白表。请核对标识。")
    missing = {one.name for one in missing_files(hub, catalog)}
    with TemporaryDirectory(prefix="forms-") as folder:
        paths = []
        for name, data in _made(items, missing):
            path = Path(folder) / name
            path.write_bytes(data)
            paths.append(path)
        return add_files(hub, paths, "demo")


def form_docx(item: Item, material: Material, *, filled: bool) -> bytes:
    """One form of an item as a Word file.  ``filled``: with fictional values."""
    made = _page(item, material, MARK, filled=filled)
    rows = []
    for field in item.fields:
        label = field.label + ("＊" if field.required else "") + (f"（{field.unit}）" if field.unit else "")
        height = 24 if field.type is FieldType.MULTILINE else 11
        rows.append((label, _value(field) if filled else _empty(field), height))
    _table(made, rows)
    _write(made.add_paragraph(), "带“＊”的必填。", 10, centre=False)
    signed = "（样例）" if filled else "＿＿＿＿＿＿＿＿"
    _write(made.add_paragraph(), f"申请人签名或者盖章：{signed}　　　　年　　月　　日", 11, centre=False)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def paper_docx(item: Item, material: Material, *, filled: bool) -> bytes:
    """A page for a paper that is no application form: what the list asks of it, and room to write in a blank."""
    made = _page(item, material, LIST_MARK, filled=filled)
    form = "原件" if material.original else "复印件"
    rows = [("要交", f"{form} {material.copies} 份", 11)]
    rows += [("受理标准", text, 11) for text in material.standard]
    if not filled:
        rows.append(("内容", "", 120))
    _table(made, rows)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _page(item: Item, material: Material, mark: str, *, filled: bool) -> Document:
    made = docx.Document()
    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(23)
    _write(section.header.paragraphs[0], mark, 10)
    _write(made.add_paragraph(), material.name + ("（样表）" if filled else ""), 18)
    _write(made.add_paragraph(), f"办理项：{item.name}", 11)
    return made


def _table(made: Document, rows: Iterable[tuple[str, str, int]]) -> None:
    """Two columns; the height of a row in millimetres."""
    table = made.add_table(rows=0, cols=2)
    table.style, table.autofit = "Table Grid", False
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        column.width = width
    for label, text, height in rows:
        row = table.add_row()
        row.height = Mm(height)
        for cell, width, words in zip(row.cells, _WIDTHS, (label, text), strict=True):
            cell.width, cell.vertical_alignment = width, WD_ALIGN_VERTICAL.CENTER
            _write(cell.paragraphs[0], words, 11, centre=False)


def _made(items: list[Item], missing: set[str]) -> Iterator[tuple[str, bytes]]:
    for item in items:
        for material in item.materials:
            form = item.fields and material.name.endswith(FORM_NAMES)
            make = form_docx if form else paper_docx
            for name, filled in ((material.blank, False), (material.sample, True)):
                # What is no name for a file the 清单质检 tells.
                if name in missing and ending_of(name) == "docx" and not name_objection(name):
                    missing.discard(name)
                    yield name, make(item, material, filled=filled)


def _value(field: Field) -> str:
    if field.choices:
        return "　".join(("☑" if at == 0 else "□") + choice for at, choice in enumerate(field.choices))
    return _SHOWN.get(field.type, f"（样例）{field.label}")


def _empty(field: Field) -> str:
    return "　".join("□" + choice for choice in field.choices) or (f"（{field.hint}）" if field.hint else "")


def _write(paragraph: Paragraph, text: str, size: float, *, centre: bool = True) -> None:
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(3)
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = "Times New Roman"
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋_GB2312")
