"""Looking at an attached file from memory: images and PDF; nothing is written to the disk."""

from __future__ import annotations

from PyQt6.QtCore import QBuffer, QByteArray, QSize, Qt
from PyQt6.QtGui import QImage, QPixmap
from PyQt6.QtPdf import QPdfDocument
from PyQt6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from views.widgets import label

WIDTH, HEIGHT = 900, 640
MAX_PAGES = 300


class FileViewer(QFrame):
    """A sheet over the window.  A file that cannot be shown is told in one sentence."""

    def __init__(self, title: str, media: str, data: bytes) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedSize(WIDTH, HEIGHT)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(8)
        box.addWidget(label(title, "section", wrap=True))
        self._pages = QVBoxLayout()
        self._pages.setSpacing(8)
        inner = QWidget()
        inner.setLayout(self._pages)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inner)
        self._scroll.setAccessibleName(f"附件内容：{title}")
        box.addWidget(self._scroll, 1)
        self.setFocusProxy(self._scroll)
        shown = self._show_pdf(data) if media == "application/pdf" else self._show_image(data)
        if not shown:
            self._pages.addWidget(
                label(
                    "这份附件在这里显示不出来，内容没有改动。可以用 desk files --get 取出，用别的程序打开。",
                    "secondary",
                    wrap=True,
                )
            )
        self._pages.addStretch()

    def _show_image(self, data: bytes) -> bool:
        image = QImage()
        return image.loadFromData(data) and self._add(image)

    def _show_pdf(self, data: bytes) -> bool:
        self._bytes = QByteArray(data)  # the buffer only refers to it
        self._buffer = QBuffer(self._bytes, self)
        self._buffer.open(QBuffer.OpenModeFlag.ReadOnly)
        self._document = QPdfDocument(self)
        self._document.load(self._buffer)
        if self._document.status() is not QPdfDocument.Status.Ready:
            return False
        for number in range(min(self._document.pageCount(), MAX_PAGES)):
            points = self._document.pagePointSize(number)
            width = WIDTH - 80
            height = round(width * points.height() / max(points.width(), 1))
            self._add(self._document.render(number, QSize(width, height)))
        return self._document.pageCount() > 0

    def _add(self, image: QImage) -> bool:
        if image.isNull():
            return False
        page = QLabel()
        scaled = image.scaledToWidth(
            min(image.width(), WIDTH - 80), Qt.TransformationMode.SmoothTransformation
        )
        page.setPixmap(QPixmap.fromImage(scaled))
        page.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._pages.addWidget(page)
        return True
