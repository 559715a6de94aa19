"""Printers for A4 through Qt, and a test printer that keeps what it was given."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from PyQt6.QtCore import QBuffer
from PyQt6.QtGui import QImage, QPageSize, QPdfWriter

from devices.base import DeviceError, State, Status
from devices.paper.render import PRINT_DPI, as_pdf, paint
from models.progress import UNSEEN, Progress

FEW = 3  # pages: a job that is painted before anybody could stop it
HAND_OVER_S = 60.0
DOCUMENT = "泰好办文书"  # what the print queue shows: no name, no number
_ABSENT = "本机没有装打印机。文书已加密存在本机。请接好打印机，或者先存成 PDF。"
_GONE = "选定的打印机不在了。文书已加密存在本机。请在设置里重新选打印机，或者先存成 PDF。"
_NO_PAPER = "打印机缺纸或者停下了。文书已加密存在本机。请装纸、检查后再打印。"
_BUSY = "打印机正在打印别的文书，会接着打印这一份。"
_REFUSED = "打印机没有接收。文书已加密存在本机。请检查打印机后再打印。"


class QtPrinter:
    """``name`` is a printer of the system, "" its default."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def status(self) -> Status:
        from PyQt6.QtPrintSupport import QPrinter, QPrinterInfo

        info = QPrinterInfo.printerInfo(self._name) if self._name else QPrinterInfo.defaultPrinter()
        if info.isNull() and not self._name and (names := QPrinterInfo.availablePrinterNames()):
            info = QPrinterInfo.printerInfo(names[0])
        if info.isNull():
            return Status(state=State.ABSENT, text=_GONE if self._name else _ABSENT)
        if info.state() in (QPrinter.PrinterState.Error, QPrinter.PrinterState.Aborted):
            return Status(state=State.NO_PAPER, text=_NO_PAPER)
        if info.state() == QPrinter.PrinterState.Active:
            return Status(state=State.BUSY, text=_BUSY)
        return Status(state=State.READY, text=f"打印机正常：{info.description() or info.printerName()}。")

    def print_pages(self, pages: Sequence[QImage], copies: int = 1, progress: Progress = UNSEEN) -> None:
        from PyQt6.QtPrintSupport import QPrinter, QPrinterInfo

        status = self.status()
        if status.state in (State.ABSENT, State.NO_PAPER):
            raise DeviceError(status.state, status.text)
        name = self._name or QPrinterInfo.defaultPrinterName() or QPrinterInfo.availablePrinterNames()[0]
        if len(pages) > FEW and (lp := shutil.which("lp")) is not None:
            hand_over(lp, name, pages, copies, progress)
            return
        progress.commit()
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPrinterName(name)
        printer.setDocName(DOCUMENT)
        printer.setCreator(DOCUMENT)
        printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        printer.setFullPage(True)
        printer.setCopyCount(copies)
        if not paint(pages, printer):
            raise DeviceError(State.BUSY, _REFUSED, "begin")


def hand_over(lp: str, name: str, pages: Sequence[QImage], copies: int, progress: Progress) -> None:
    """Qt's jobs cannot be called back under CUPS: a long one is made in memory and handed over when it is whole.

    ``lp`` is where CUPS' own program is.  Raises DeviceError and Stopped.
    """
    pdf = as_pdf(pages, progress)
    progress.commit()
    try:
        subprocess.run(
            [lp, "-d", name, "-n", str(copies), "-t", DOCUMENT, "-"],
            input=pdf,
            capture_output=True,
            check=True,
            timeout=HAND_OVER_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DeviceError(State.BUSY, _REFUSED, type(error).__name__) from error


def printer_names() -> list[str]:
    """The printers of this machine."""
    try:
        from PyQt6.QtPrintSupport import QPrinterInfo
    except ImportError:
        return []
    return list(QPrinterInfo.availablePrinterNames())


class PlayedPrinter:
    """The test printer: each job becomes a PDF in memory, painted the same way as on paper."""

    def __init__(self) -> None:
        self.jobs: list[tuple[bytes, int]] = []
        self.state = State.READY

    def status(self) -> Status:
        texts = {State.ABSENT: _ABSENT, State.NO_PAPER: _NO_PAPER, State.BUSY: _BUSY}
        return Status(state=self.state, text=texts.get(self.state, "试验打印机，不出纸。"))

    def print_pages(self, pages: Sequence[QImage], copies: int = 1, progress: Progress = UNSEEN) -> None:
        if self.state in (State.ABSENT, State.NO_PAPER):
            raise DeviceError(self.state, self.status().text)
        out = QBuffer()
        out.open(QBuffer.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(out)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setResolution(PRINT_DPI)
        writer.setTitle(DOCUMENT)
        if not paint(pages, writer, progress):
            raise DeviceError(State.BUSY, _REFUSED, "begin")
        self.jobs.append((bytes(out.data().data()), copies))
