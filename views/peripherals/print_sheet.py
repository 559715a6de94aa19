"""打印: the notice as it will be on paper, and the ways to hand it over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QImage, QPageSize
from PyQt6.QtPrintSupport import QPrinter, QPrintPreviewWidget
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QSpinBox, QVBoxLayout

from devices.base import Status
from devices.paper.render import paint
from views.peripherals.go_sheet import GoSheet
from views.widgets import KeyButton, Notice, label
from views.widgets.keys import name_single_keys

WAITING = "正在准备预览，不影响别的操作。文书已加密存在本机，关掉这里也随时可以再打印。"
FORM_WAITING = "正在准备预览，不影响别的操作。"
FORM_READY = "表格里没有个人信息，可以多印几份给办事的人。"
PRINTING = "正在交给打印机，交完就收起。可以按 Esc 先收起，结果在状态栏说；按 Alt+Q 停下。"
READY = "文书已加密存在本机，随时可以在办件里再打印。存成 PDF 或 Word 的文件不再加密，用完请妥善处理。"


class PrintSheet(GoSheet):
    """``print_asked`` with the number of copies; the others say what the clerk wants with the document.

    ``form``: a blank form or sample, not a notice that was just made.
    """

    print_asked = pyqtSignal(int)
    pdf_asked = pyqtSignal()
    word_asked = pyqtSignal()
    slip_asked = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, title: str, printer: Status, *, receipt: bool, form: bool = False) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedWidth(900)
        self.setMinimumHeight(640)
        self.pages: Sequence[QImage] = ()
        self._printer = printer
        self.printing = False
        self._preview: QPrintPreviewWidget | None = None
        self._begin: Callable[[], None] | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._begin_now)
        self._box = box = QVBoxLayout(self)
        box.setContentsMargins(24, 16, 24, 16)
        box.setSpacing(8)
        box.addWidget(label(title if form else f"{title}已生成", "title", wrap=True))
        self._ready = FORM_READY if form else READY
        self._text = label(FORM_WAITING if form else WAITING, wrap=True)
        box.addWidget(self._text)
        self.notice = Notice()
        box.addWidget(self.notice)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setFixedHeight(6)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("正在准备预览")
        box.addWidget(self.bar)
        self._middle = QVBoxLayout()
        box.addLayout(self._middle, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label("份数", "secondary"))
        self.copies = QSpinBox()
        self.copies.setRange(1, 20)
        self.copies.setAccessibleName("份数")
        row.addWidget(self.copies)
        row.addStretch()
        self.buttons = {
            "later": KeyButton("不打印" if form else "先不打印"),
            **({"slip": KeyButton("打小票")} if receipt else {}),
            "word": KeyButton("存成文件" if form else "导出 Word 文件打印"),
            "pdf": KeyButton("存成 PDF"),
            "print": KeyButton("打印", kind="primary", shows="Ctrl+Enter"),
        }
        self.go = self.buttons["print"]
        for button in self.buttons.values():
            button.blocked.connect(self.notice.say)
            row.addWidget(button)
        self.buttons["later"].run.connect(self.closed)
        if receipt:
            self.buttons["slip"].run.connect(self.slip_asked)
        self.buttons["word"].run.connect(self.word_asked)
        self.buttons["pdf"].run.connect(self.pdf_asked)
        self.buttons["print"].run.connect(lambda: self.print_asked.emit(self.copies.value()))
        box.addLayout(row)
        name_single_keys(self, (("Ctrl+Enter", "打印"),))
        self._gate()
        self.setFocusProxy(self.buttons["print"])

    def begin_later(self, begin: Callable[[], None], after_ms: int) -> None:
        """Call ``begin`` unless the sheet is gone by then.

        The timer calls a method, which Qt lets go of with the sheet; a function of its own it would still
        call after the collector had emptied it.
        """
        self._begin = begin
        self._later.start(after_ms)

    def _begin_now(self) -> None:
        if self._begin is not None:
            self._begin()

    def show_pages(self, pages: Sequence[QImage]) -> None:
        """The preview: the same pictures that go to the printer."""
        self.pages = pages
        self.bar.hide()
        self._text.setText(self._ready)
        printer = QPrinter()
        # Laid out for a file: a preview must not ask the printer, which may be off.
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        printer.setFullPage(True)
        self._held = printer
        self._preview = QPrintPreviewWidget(printer, self)
        self._preview.setAccessibleName("打印预览")
        self._preview.setMinimumHeight(160)
        self._preview.paintRequested.connect(lambda to: paint(self.pages, to))
        self._middle.addWidget(self._preview)
        self._preview.show()
        self._preview.setViewMode(QPrintPreviewWidget.ViewMode.AllPagesView)
        self._preview.fitToWidth()
        self._gate()

    def show_no_preview(self, text: str) -> None:
        """There is no way to make a PDF here: the Word file remains."""
        self.bar.hide()
        self._text.setText(self._ready)
        self.notice.say(text)
        self.setFocusProxy(self.buttons["word"])
        self.buttons["word"].setFocus()

    def show_printing(self, under_way: bool) -> None:
        """While the pages go to the printer; how far it is stands in the status bar."""
        self.printing = under_way
        self.bar.setAccessibleName("正在打印")
        self.bar.setVisible(under_way)
        self._gate()

    def _gate(self) -> None:
        other = self.buttons["word"].text().partition("  ")[0]
        waiting = "" if self.pages else f"预览还没有好，或者本机做不成 PDF。请用“{other}”。"
        absent = "" if self._printer.ready or self._printer.state.value == "busy" else self._printer.text
        self.buttons["pdf"].gate(waiting)
        busy = PRINTING if self.printing else ""
        self.buttons["print"].gate(busy or waiting or absent)
