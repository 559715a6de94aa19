"""PDF pages as pictures (off the GUI thread) and onto paper: nothing is written to the disk here."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QBuffer, QByteArray, QMarginsF, QPointF, QRectF, QSize
from PyQt6.QtGui import QImage, QPagedPaintDevice, QPageSize, QPainter, QPdfWriter
from PyQt6.QtPdf import QPdfDocument

from devices.base import DeviceError, State
from models.progress import UNSEEN, Progress

PRINT_DPI = 300


def render_pages(pdf: bytes, dpi: int = PRINT_DPI, *, most: int = 0) -> list[QImage]:
    """*Slow.*  Raises DeviceError when this is no PDF, or has more than ``most`` pages (0: as many as it has)."""
    held = QByteArray(pdf)  # the buffer only refers to it
    buffer = QBuffer(held)
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    document = QPdfDocument(None)
    document.load(buffer)
    pages = []
    count = document.pageCount()
    if most and count > most:
        document.close()
        text = f"这份有 {count} 页，这里最多预览和打印 {most} 页。文件还在本机。请存成文件，再打开打印。"
        raise DeviceError(State.READY, text, "pages")
    if document.status() is QPdfDocument.Status.Ready:
        for number in range(count):
            points = document.pagePointSize(number)
            size = QSize(round(points.width() * dpi / 72), round(points.height() * dpi / 72))
            image = document.render(number, size)
            # Drawn on white: paper is not transparent.
            sheet = QImage(image.size(), QImage.Format.Format_RGB32)
            sheet.fill(0xFFFFFFFF)
            painter = QPainter(sheet)
            painter.drawImage(QPointF(0, 0), image)
            painter.end()
            pages.append(sheet)
    document.close()
    if not pages:
        raise DeviceError(
            State.READY, "这份文书打不开，没有打印。文书还在本机。请用“导出 Word”打开打印。", "pdf"
        )
    return pages


def as_pdf(pages: Sequence[QImage], progress: Progress = UNSEEN) -> bytes:
    """Pictures as the A4 pages of a PDF.  Raises Stopped."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    paint(pages, writer, progress)
    buffer.close()
    return held.data()


def paint(pages: Sequence[QImage], device: QPagedPaintDevice, progress: Progress = UNSEEN) -> bool:
    """*Slow.*  Each picture fills its page, whatever the margins of the printer; False when it will not begin.

    Raises Stopped between two pages; what is painted by then is the caller's to throw away.
    """
    painter = QPainter()
    if not painter.begin(device):
        return False
    try:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, page in enumerate(pages):
            progress.step(number, len(pages))
            if number and not device.newPage():
                return False
            area = QRectF(painter.viewport())
            scale = min(area.width() / max(1, page.width()), area.height() / max(1, page.height()))
            painter.drawImage(QRectF(0, 0, page.width() * scale, page.height() * scale), page)
        return True
    finally:
        painter.end()
