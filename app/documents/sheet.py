"""The layout of documents that are built, not filled: guides and review sheets."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
import segno
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

TITLE, BODY, HEAD, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "Times New Roman"
TEXT_MM = 164
_HEAD_MM = (30, 104, 30)


class Sheet:
    """An A4 page: title, headings, paragraphs, tables, a QR."""

    def __init__(self, title: str, subtitle: str = "", qr: str = "", caption: str = "") -> None:
        """``qr`` stands in the corner of the first page, so that it never takes a page of its own."""
        self._docx = docx.Document()
        section = self._docx.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(23)
        section.top_margin, section.bottom_margin = Mm(22), Mm(20)
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._write(footer, f"{subtitle or title}　第 ", 9, BODY)
        for part in ("begin", "", "end"):
            _page_number(self._write(footer, "", 9, BODY), part)
        self._write(footer, " 页", 9, BODY)
        if qr:
            self._head_with_code(title, subtitle, qr, caption)
            return
        self.text(title, 20, TITLE, centre=True)
        if subtitle:
            self.text(subtitle, 11, centre=True)

    def _head_with_code(self, title: str, subtitle: str, payload: str, caption: str) -> None:
        image = io.BytesIO()
        segno.make(payload, error="m").save(image, kind="png", scale=8, border=2)
        image.seek(0)
        table = self._docx.add_table(rows=1, cols=3)
        table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
        for cell, width in zip(table.rows[0].cells, _HEAD_MM, strict=True):
            cell.width = Mm(width)
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        middle, right = table.rows[0].cells[1:]
        lines = ((title, 20, TITLE), (subtitle, 11, BODY), (caption, 9, BODY))
        for place, (text, size, face) in enumerate(line for line in lines if line[0]):
            paragraph = middle.add_paragraph() if place else middle.paragraphs[0]
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            paragraph.paragraph_format.space_after = Pt(2)
            self._write(paragraph, text, size, face)
        right.paragraphs[0].add_run().add_picture(image, width=Mm(26))
        right.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _set_columns(table, _HEAD_MM)

    def text(
        self, text: str, size: float = 11, face: str = BODY, *, centre: bool = False, keep: bool = False
    ) -> None:
        """``keep``: on one page with what follows."""
        paragraph = self._docx.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(3)
        paragraph.paragraph_format.keep_with_next = keep
        if centre:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._write(paragraph, text, size, face)

    def head(self, text: str) -> None:
        self.text(text, 13, HEAD)
        form = self._docx.paragraphs[-1].paragraph_format
        form.space_before, form.keep_with_next = Pt(8), True

    def table(
        self,
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        *,
        header: bool = True,
        whole: bool = False,
    ) -> None:
        """Widths in mm.  With ``header`` the first row heads every page, else the first column is labels.
        ``whole``: on one page with what follows."""
        table = self._docx.add_table(rows=0, cols=len(widths))
        table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
        for at, row in enumerate(rows):
            added = table.add_row()
            properties = added._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if header and at == 0:
                properties.append(OxmlElement("w:tblHeader"))
            heads = header and at == 0  # never alone at the foot of a page
            for place, (cell, text) in enumerate(zip(added.cells, row, strict=True)):
                cell.width = Mm(widths[place])
                label = at == 0 if header else place == 0
                form = cell.paragraphs[0].paragraph_format
                form.space_before = form.space_after = Pt(2)
                form.keep_with_next = heads or whole
                self._write(cell.paragraphs[0], text, 10.5, HEAD if label else BODY)
        _set_columns(table, widths)
        self._gap(keep=whole)

    def flow(self, boxes: Sequence[tuple[str, str, bool]]) -> None:
        """Boxes under each other with arrows between: name, note, whether its days count (else dashed)."""
        table = self._docx.add_table(rows=0, cols=1)
        table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
        for place, (name, note, counted) in enumerate(boxes):
            if place:
                self._centre(self._cell(table.add_row().cells[0]), "↓", 12, HEAD, after=place < len(boxes))
            cell = self._cell(table.add_row().cells[0])
            _frame(cell, "single" if counted else "dashed")
            self._centre(cell, name, 12, HEAD, after=True)
            if note:
                self._centre(
                    cell, note, 10, BODY, after=place + 1 < len(boxes), paragraph=cell.add_paragraph()
                )
        _set_columns(table, (100,))
        self._gap()

    def data(self) -> bytes:
        out = io.BytesIO()
        self._docx.save(out)
        return out.getvalue()

    def _cell(self, cell: _Cell) -> _Cell:
        cell.width = Mm(100)
        return cell

    def _gap(self, *, keep: bool = False) -> None:
        """A little room after a table: Word wants a paragraph there, as high as its mark unless told."""
        form = self._docx.add_paragraph().paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(6)
        form.space_after, form.keep_with_next = Pt(0), keep

    def _centre(
        self,
        cell: _Cell,
        text: str,
        size: float,
        face: str,
        *,
        after: bool,
        paragraph: Paragraph | None = None,
    ) -> None:
        paragraph = paragraph if paragraph is not None else cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.keep_with_next = after  # the chart stays on one page where it fits
        self._write(paragraph, text, size, face)

    def _write(self, paragraph: Paragraph, text: str, size: float, face: str) -> Run:
        run = paragraph.add_run(text)
        run.font.name, run.font.size = LATIN, Pt(size)
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
        return run


def _set_columns(table: Table, widths: Sequence[int]) -> None:
    """Word goes by the cells, LibreOffice by the grid: both are told."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)


def _page_number(run: Run, part: str) -> None:
    """One part of the field; each is a run of its own, or the number is shown in another size."""
    mark = OxmlElement("w:fldChar" if part else "w:instrText")
    if part:
        mark.set(qn("w:fldCharType"), part)
    else:
        mark.text = "PAGE"
    run._element.append(mark)


def _frame(cell: _Cell, line: str) -> None:
    borders = OxmlElement("w:tcBorders")
    for side in ("top", "left", "bottom", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:val"), line)
        edge.set(qn("w:sz"), "8")
        borders.append(edge)
    cell._tc.get_or_add_tcPr().append(borders)
