"""From a finished notice to paper, a PDF, a Word file or a slip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

from PyQt6 import sip
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QFileDialog

from app.commands.context import Desk
from app.commands.forms import open_form, write_form
from app.commands.print_notice import Printed, export_printed
from app.commands.print_slip import print_slip
from app.documents.pdf import to_pdf
from app.tasks import Tasks
from devices.base import DeviceError
from devices.paper.render import as_pdf, render_pages
from devices.rack import Rack, none_of
from models.domain.forms import ENDINGS, FormFile
from models.errors import KnownError
from models.progress import Progress
from views.peripherals.health import Health
from views.peripherals.print_sheet import PrintSheet
from views.shell import Shell

PREVIEW_AFTER_MS = 400
MOST_FORM_PAGES = 30  # a page at 300 dpi takes 35 MB of memory while it is shown


class Printing(QObject):
    """Shows the sheet for a notice; all that takes time runs off the GUI thread."""

    def __init__(self, shell: Shell, desk: Desk, tasks: Tasks, rack: Rack, health: Health) -> None:
        super().__init__(shell)
        self._health = health
        self._shell, self._desk, self._tasks, self.rack = shell, desk, tasks, rack
        self._pdf = b""

    def show(self, printed: Printed) -> None:
        """The notice is ready: preview it, and let the clerk print, keep or put it off."""
        printer = self.rack.printer()
        status = printer.status() if printer is not None else none_of("printer")
        sheet = PrintSheet(
            printed.title, status, receipt=bool(printed.document_id) and self.rack.receipt() is not None
        )
        self._pdf = b""

        def made(found: tuple[bytes, list[QImage]]) -> None:
            if not sip.isdeleted(sheet):
                self._pdf, pages = found
                sheet.show_pages(pages)

        def unable(text: str) -> None:
            if not sip.isdeleted(sheet):
                sheet.show_no_preview(text)

        def work() -> tuple[bytes, list[QImage]]:
            pdf = to_pdf(printed.data)
            return pdf, render_pages(pdf)

        sheet.closed.connect(self._shell.close_overlay)
        sheet.print_asked.connect(lambda copies: self._print(sheet, copies))
        sheet.pdf_asked.connect(lambda: self._save(printed, "pdf"))
        sheet.word_asked.connect(lambda: self._save(printed, "docx"))
        sheet.slip_asked.connect(lambda: self._slip(printed))
        self._shell.show_overlay(sheet)
        self._preview(sheet, work, made, unable)

    def show_form(self, file: FormFile, data: bytes, after: Callable[[], None] | None = None) -> None:
        """A blank form or sample: preview it, print it, keep it; ``after`` once the sheet is closed."""
        printer = self.rack.printer()
        status = printer.status() if printer is not None else none_of("printer")
        title = PurePath(file.name).stem
        sheet = PrintSheet(title, status, receipt=False, form=True)
        kept: dict[str, bytes] = {}

        def work() -> tuple[bytes, list[QImage]]:
            return form_pages(file, data)

        def made(found: tuple[bytes, list[QImage]]) -> None:
            if not sip.isdeleted(sheet):
                kept["pdf"] = found[0]
                sheet.show_pages(found[1])

        def unable(text: str) -> None:
            if not sip.isdeleted(sheet):
                sheet.show_no_preview(text)

        sheet.closed.connect(self._shell.close_overlay)
        sheet.print_asked.connect(lambda copies: self._print(sheet, copies))
        sheet.pdf_asked.connect(lambda: self._keep_form(f"{title}.pdf", kept["pdf"]))
        sheet.word_asked.connect(lambda: self._keep_form(file.name, data))
        self._shell.show_overlay(sheet, after)
        self._preview(sheet, work, made, unable)

    def _keep_form(self, name: str, data: bytes) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self._shell, "存成文件", name, "全部文件 (*)")
        if chosen:
            self._tasks.database(
                lambda: write_form(Path(chosen), data),
                lambda _: self._shell.say("文件已存好"),
                self._shell.say,
            )

    def _preview(
        self,
        sheet: PrintSheet,
        work: Callable[[], tuple[bytes, list[QImage]]],
        made: Callable[[tuple[bytes, list[QImage]]], None],
        unable: Callable[[str], None],
    ) -> None:
        # Making the PDF takes seconds of a core: not for somebody who only closes the sheet.
        sheet.begin_later(lambda: self._tasks.network(work, made, unable), PREVIEW_AFTER_MS)

    def open_form(self, name: str, after: Callable[[], None] | None = None) -> None:
        """Show the file that the catalogue calls so, fetched first when it is not here yet."""
        desk = self._desk
        self._tasks.network(
            lambda: open_form(desk, name),
            lambda found: self.show_form(*found, after),
            self._shell.say,
        )

    def _print(self, sheet: PrintSheet, copies: int) -> None:
        """Off the GUI thread: asking the printer and painting both take their time."""
        if sheet.printing:
            return
        printer, pages = self.rack.printer(), sheet.pages

        def work(progress: Progress) -> None:
            if printer is None:
                raise DeviceError(none_of("printer").state, none_of("printer").text)
            self._health.watched("printer", lambda: printer.print_pages(pages, copies, progress))()

        def done(_: None) -> None:
            if not sip.isdeleted(sheet) and sheet.isVisible():
                self._shell.close_overlay()
            self._shell.say(f"已交打印机，{copies} 份")

        def failed(text: str) -> None:
            if not sip.isdeleted(sheet):
                sheet.show_printing(False)
                sheet.notice.say(text)
            self._shell.say(text)

        sheet.show_printing(True)
        self._tasks.long("打印", work, done, failed, self._tasks.printing)

    def _save(self, printed: Printed, kind: str) -> None:
        pdf = self._pdf if kind == "pdf" else b""
        self._shell.close_overlay()
        # No name or number in the file's name: names of files are not encrypted.
        wanted = "PDF (*.pdf)" if kind == "pdf" else "Word (*.docx)"
        name, _ = QFileDialog.getSaveFileName(self._shell, "导出文书", f"{printed.title}.{kind}", wanted)
        if name:
            desk = self._desk
            self._tasks.database(
                lambda: export_printed(desk, printed, Path(name), pdf),
                lambda _: self._shell.say("文书已导出"),
                self._shell.say,
            )

    def _slip(self, printed: Printed) -> None:
        receipt, desk = self.rack.receipt(), self._desk
        if receipt is None:
            self._shell.say(none_of("receipt").text)
            return
        from devices.paper.escpos import encode_slip

        self._tasks.database(
            lambda: print_slip(desk, printed.document_id),
            lambda slip: self._tasks.device(
                self._health.watched("receipt", lambda: receipt.send(encode_slip(slip))),
                lambda _: self._shell.say("小票已打印"),
                self._shell.say,
                of="receipt",
            ),
            self._shell.say,
        )


def form_pages(file: FormFile, data: bytes) -> tuple[bytes, list[QImage]]:
    """*Slow.*  A form as a PDF and as pages.  Raises KnownError: it cannot be made into pages here."""
    if file.media.startswith("image/"):
        image = QImage.fromData(data)
        if image.isNull():
            raise KnownError("这份文件打不开，没有打印。文件还在本机。请告诉事项管理员换一份。")
        return as_pdf([image]), [image]
    pdf = data if file.media == ENDINGS["pdf"] else to_pdf(data, _suffix(file))
    return pdf, render_pages(pdf, most=MOST_FORM_PAGES)


def _suffix(file: FormFile) -> str:
    """By what the hub found it to be, not by its name."""
    return next((f".{ending}" for ending, media in ENDINGS.items() if media == file.media), "")
