"""Printing: pages onto paper, ESC/POS bytes, and the ways a receipt printer is out of order."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import QBuffer
from PyQt6.QtGui import QPageSize, QPainter, QPdfWriter
from PyQt6.QtWidgets import QApplication

from app.documents.slip import Slip, ticket_slip
from app.tasks import Work
from devices.base import DeviceError, State
from devices.images import to_pixels
from devices.paper.escpos import encode_slip, width, wrap
from devices.paper.printer import DOCUMENT, PlayedPrinter, QtPrinter, hand_over
from devices.paper.receipt import FileReceipt, NetworkReceipt, PlayedReceipt, receipt_printer
from devices.paper.render import render_pages
from models.progress import Stopped

SLIP = Slip(
    title="受理通知书",
    mark="370911 2026 0000471 X",
    lines=("食品经营许可（新办）", "办结不晚于 2026-12-08", "岱岳区政务服务大厅"),
    qr="THB1|37091120260000471X|accept|2026-11-23",
)


def pdf(pages: int) -> bytes:
    out = QBuffer()
    out.open(QBuffer.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(out)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    painter = QPainter(writer)
    for number in range(pages):
        if number:
            writer.newPage()
        painter.fillRect(1000, 1000, 2000, 2000, 0x000000)
    painter.end()
    return bytes(out.data().data())


def test_pages_are_a4_on_white_and_printed_whole(qapp: QApplication) -> None:
    pages = render_pages(pdf(2), 100)
    assert [(p.width(), p.height()) for p in pages] == [(826, 1169)] * 2
    assert to_pixels(pages[0])[1, 1].tolist() == [255, 255, 255]
    printer = PlayedPrinter()
    printer.print_pages(pages, copies=3)
    ((job, copies),) = printer.jobs
    assert copies == 3
    again = render_pages(job, 100)
    assert len(again) == 2
    assert abs(float(to_pixels(again[0]).mean()) - float(to_pixels(pages[0]).mean())) < 3


def test_no_pdf_and_no_paper_are_sentences(qapp: QApplication) -> None:
    with pytest.raises(DeviceError, match="打不开"):
        render_pages(b"%PDF-1.7 broken")
    printer = PlayedPrinter()
    printer.state = State.NO_PAPER
    with pytest.raises(DeviceError, match="缺纸"):
        printer.print_pages(render_pages(pdf(1), 50))
    assert printer.jobs == []


def test_a_printer_that_is_gone_is_told(qapp: QApplication) -> None:
    printer = QtPrinter("no such printer")
    assert printer.status().state is State.ABSENT
    with pytest.raises(DeviceError, match="重新选打印机"):
        printer.print_pages([])


def test_a_long_job_is_whole_before_it_leaves_and_a_refusal_is_told(
    qapp: QApplication, tmp_path: Path
) -> None:
    """A stand-in for CUPS' own program: it keeps what it is handed, or refuses."""
    lp = tmp_path / "lp"
    lp.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\ncat > {tmp_path}/job\n')
    lp.chmod(0o700)
    pages = render_pages(pdf(5), 50)
    stopped = Work("打印", lambda _: None)
    stopped.stop()
    with pytest.raises(Stopped):
        hand_over(str(lp), "office", pages, 2, stopped)
    assert not (tmp_path / "job").exists()
    work = Work("打印", lambda _: None)
    hand_over(str(lp), "office", pages, 2, work)
    assert work.final
    assert len(render_pages((tmp_path / "job").read_bytes(), 50)) == 5
    assert (tmp_path / "words").read_text().strip() == f"-d office -n 2 -t {DOCUMENT} -"
    lp.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(DeviceError, match="没有接收"):
        hand_over(str(lp), "office", pages, 2, Work("打印", lambda _: None))


def test_a_slip_is_reset_text_qr_and_cut() -> None:
    data = encode_slip(SLIP)
    assert data.startswith(b"\x1b@\x1c&")
    assert data.endswith(b"\x1dV\x42\x00")
    assert "食品经营许可（新办）".encode("gb18030") in data
    assert SLIP.qr.encode() in data
    size = len(SLIP.qr) + 3
    assert b"\x1d(k" + bytes((size & 255, size >> 8)) + b"1P0" in data
    assert b"\x1d(k" not in encode_slip(ticket_slip("A012", "食品经营许可", 3, "大厅"))


@given(st.text(max_size=200), st.integers(4, 64))
def test_lines_are_never_too_wide_and_nothing_printable_is_lost(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(0 < width(line) <= columns for line in lines)
    joined = "".join(lines)
    assert len(joined) == len(text)
    assert not any(ord(char) < 32 or ord(char) == 127 for char in joined)


@given(st.text(max_size=60))
def test_a_name_cannot_send_commands(text: str) -> None:
    body = encode_slip(Slip(title="", mark="", lines=(text,)))
    own = encode_slip(Slip(title="", mark="", lines=("",)))
    assert body.count(b"\x1b") == own.count(b"\x1b")
    assert body.count(b"\x1d") == own.count(b"\x1d")


@pytest.fixture
def printer_on_the_net() -> Iterator[tuple[int, list[bytes], list[bytes]]]:
    """A real TCP printer: answers a paper query with what the test put in, keeps the rest."""
    server = socket.create_server(("127.0.0.1", 0))
    answer, got = [b"\x12"], [b""]

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                line.sendall(answer[0])
                while part := line.recv(4096):
                    got[0] += part

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1], answer, got
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_a_network_printer_gets_every_byte_and_tells_of_paper(
    printer_on_the_net: tuple[int, list[bytes], list[bytes]],
) -> None:
    port, answer, got = printer_on_the_net
    printer = receipt_printer(f"127.0.0.1:{port}")
    assert isinstance(printer, NetworkReceipt)
    answer[0] = b"\x72"  # bits 5 and 6: the roll is out
    assert printer.status().state is State.NO_PAPER
    with pytest.raises(DeviceError, match="缺纸"):
        printer.send(b"slip")
    answer[0] = b"\x12"
    assert printer.status().ready
    printer.send(encode_slip(SLIP))
    for _ in range(200):
        if got[0].endswith(encode_slip(SLIP)):
            break
        threading.Event().wait(0.01)
    assert got[0].endswith(encode_slip(SLIP))
    assert b"slip" not in got[0]


def test_a_device_file_gets_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "lp0"
    os.mkfifo(path)
    with pytest.raises(DeviceError, match="没有接好"):  # nobody at the other end
        FileReceipt(str(path)).send(b"x")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    FileReceipt(str(path)).send(encode_slip(SLIP))
    assert os.read(reader, 4096) == encode_slip(SLIP)
    os.close(reader)


def test_a_slip_never_becomes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lp0"
    path.touch()
    with pytest.raises(DeviceError):
        FileReceipt(str(path)).send(b"personal")
    assert path.read_bytes() == b""
    assert FileReceipt(str(tmp_path / "gone")).status().state is State.ABSENT


def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert NetworkReceipt("127.0.0.1", port).status().state is State.BUSY
    assert NetworkReceipt("nowhere.invalid", 9100).status().state is State.ABSENT


def test_the_test_printer_keeps_bytes() -> None:
    printer = PlayedReceipt()
    printer.send(b"one")
    printer.state = State.NO_PAPER
    with pytest.raises(DeviceError, match="缺纸"):
        printer.send(b"two")
    assert printer.sent == [b"one"]
