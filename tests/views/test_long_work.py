"""Work over a second: told in the status bar, stopped from there, and nothing of it left half done."""

from __future__ import annotations

import dataclasses
import os
import random
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.commands.act import Entry
from app.commands.attach import attach
from app.commands.batch import intake_line
from app.commands.bundle import export_bundle, import_bundle
from app.commands.case_views import export_cases
from app.config import DeviceChoices
from app.queries.case_filter import CaseFilter
from app.queries.cases import read_state
from app.queries.files import read_files
from app.sample import filled
from app.tasks import Work
from devices.pages.paper_file import read_paper
from devices.pages.samples import sheet as sample_sheet
from devices.paper.printer import PlayedPrinter
from devices.rack import Rack, all_test
from models.files import write_out
from models.progress import UNSEEN, Progress, Stopped
from sync.bundle import read_header
from tests.desk_kit import item
from tests.views.keys import ALT, PATIENCE_MS, press, settle
from views.peripherals.print_sheet import PrintSheet
from views.station import Station

K = Qt.Key


class Halting(Progress):
    """A clerk who stops it at the given step."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self, done: int, whole: int) -> None:
        assert 0 <= done <= whole
        self.left -= 1
        if self.left < 0:
            raise Stopped


def gated(work: Work | None) -> Work:
    assert work is not None
    return work


def case_with_files(station: Station, count: int, size: int) -> str:
    made = intake_line(station.desk, filled(item("SC001"), random.Random(4), "accept"))
    state = read_state(station.desk, made.case_id)
    assert state is not None
    entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
    for number in range(count):
        attach(station.desk, entry, os.urandom(size), title=f"样例 {number}")
    return made.case_id


def test_long_work_is_shown_with_its_progress_and_stopped_by_its_key(qtbot: QtBot, station: Station) -> None:
    go_on = threading.Event()
    stopped: list[str] = []
    strip = station.shell.work

    def work(progress: Progress) -> None:
        progress.step(1, 4)
        while not go_on.wait(0.01):
            progress.step(1, 4)

    made = station.tasks.long("试一试", work, lambda _: None, stopped.append)
    assert not strip.isVisible()  # what is over at once shows no bar
    qtbot.waitUntil(strip.isVisible, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: strip.text.text() == "正在试一试 25%", timeout=PATIENCE_MS)
    assert strip.bar.value() == 250
    press(station, K.Key_Q, ALT)
    assert made.stopping
    settle(qtbot, station)
    assert not strip.isVisible()
    assert "没有留下半份" in stopped[0]


def test_what_can_no_longer_be_stopped_says_so_and_ends(qtbot: QtBot, station: Station) -> None:
    go_on = threading.Event()
    done: list[int] = []
    strip = station.shell.work

    def work(progress: Progress) -> int:
        progress.commit()
        go_on.wait(PATIENCE_MS)
        return 7

    made = station.tasks.long("试一试", work, done.append)
    qtbot.waitUntil(lambda: strip.isVisible() and made.final, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not strip.stop.isVisible(), timeout=PATIENCE_MS)
    press(station, K.Key_Q, ALT)
    assert not made.stopping
    go_on.set()
    settle(qtbot, station)
    assert done == [7]


def test_closing_the_window_stops_it(qtbot: QtBot, station: Station) -> None:
    begun = threading.Event()

    def work(progress: Progress) -> None:
        while True:
            begun.set()
            progress.step(0, 1)

    station.tasks.long("试一试", work, lambda _: pytest.fail("told after the end"))
    qtbot.waitUntil(begun.is_set, timeout=PATIENCE_MS)
    station.shut_down()
    assert not station.tasks.busy()


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_stopped_bundle_leaves_no_file_and_what_waits_waits(
    station: Station, tmp_path: Path, at: int
) -> None:
    case_with_files(station, 2, 9_000_000)
    stick = tmp_path / "stick"
    stick.mkdir()
    with pytest.raises(Stopped):
        export_bundle(station.desk, stick / "a.thb", Halting(at))
    assert list(stick.iterdir()) == []
    whole = export_bundle(station.desk, stick / "a.thb")
    assert whole.ops > 0
    assert read_header((stick / "a.thb").read_bytes()).kind == "desk"


def test_a_bundle_stopped_while_it_is_read_changes_nothing(station: Station, tmp_path: Path) -> None:
    stick = tmp_path / "b.thb"
    stick.write_bytes(os.urandom(20_000_000))
    with pytest.raises(Stopped):
        import_bundle(station.desk, stick, Halting(1))
    assert stick.stat().st_size == 20_000_000


def test_a_stopped_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "list.xlsx"
    target.write_bytes(b"before")
    with pytest.raises(Stopped):
        write_out(target, bytes(20_000_000), Halting(1))
    assert target.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["list.xlsx"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_stopped_list_leaves_no_file(station: Station, tmp_path: Path, ending: str) -> None:
    case_with_files(station, 0, 0)
    lease = station.desk.lease
    lease = msgspec.structs.replace(lease, roles=(*lease.roles, "lead"))
    desk = dataclasses.replace(station.desk, lease=lease)
    target = tmp_path / f"list.{ending}"
    for at in (0, 1):
        with pytest.raises(Stopped):
            export_cases(desk, CaseFilter(), target, Halting(at))
        assert not target.exists()
    assert export_cases(desk, CaseFilter(), target) == 1


def test_two_hundred_pages_are_taken_or_stopped_whole(qtbot: QtBot, station: Station, tmp_path: Path) -> None:
    """A thick file of pictures is shrunk page by page; stopped, the case has nothing of it."""
    page = Image.effect_noise((200, 280), 90)
    thick = tmp_path / "thick.tif"
    page.save(thick, save_all=True, append_images=[page] * 199)
    assert thick.stat().st_size > 400_000
    with pytest.raises(Stopped):
        read_paper(thick, Halting(150))
    case_id = case_with_files(station, 0, 0)
    station.show_case(case_id)
    settle(qtbot, station)
    station.cases.files.attach(thick)
    assert gated(station.shell.work.work()).what == "收附件"
    gated(station.shell.work.work()).stop()
    settle(qtbot, station)
    assert read_files(station.desk, case_id) == []
    assert thick.exists()
    station.cases.files.attach(thick)
    settle(qtbot, station)
    assert [row.size > 0 for row in read_files(station.desk, case_id)] == [True]


def played_printer(station: Station) -> tuple[PlayedPrinter, PrintSheet]:
    """A printer without paper, and a sheet for it."""
    rack = Rack(all_test(DeviceChoices()))
    station.devices.use(rack)
    printer = rack.printer()
    assert isinstance(printer, PlayedPrinter)
    sheet = PrintSheet("样例", printer.status(), receipt=False)
    return printer, sheet


def test_printing_leaves_the_window_free_and_can_be_stopped(
    qtbot: QtBot, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer, sheet = played_printer(station)
    station.shell.show_overlay(sheet)
    sheet.show_pages([sample_sheet(number) for number in range(12)])
    held, inside = threading.Event(), threading.Event()
    paint = printer.print_pages

    def slow(pages: Sequence[QImage], copies: int = 1, progress: Progress = UNSEEN) -> None:
        inside.set()
        held.wait(PATIENCE_MS)
        paint(pages, copies, progress)

    monkeypatch.setattr(printer, "print_pages", slow)
    station.devices.printing._print(sheet, 1)
    qtbot.waitUntil(inside.is_set, timeout=PATIENCE_MS)  # the window answers meanwhile
    station.devices.printing._print(sheet, 1)
    qtbot.waitUntil(station.shell.work.isVisible, timeout=PATIENCE_MS)
    press(station, K.Key_Q, ALT)
    held.set()
    settle(qtbot, station)
    assert printer.jobs == []
    assert station.shell.overlay_open()  # to print it after all
    assert "已停下" in sheet.notice.text()
    station.devices.printing._print(sheet, 2)
    settle(qtbot, station)
    assert [copies for _, copies in printer.jobs] == [2]
    assert not station.shell.overlay_open()


def test_the_answer_of_a_printer_finds_its_sheet_gone(qtbot: QtBot, station: Station) -> None:
    printer, sheet = played_printer(station)
    station.shell.show_overlay(sheet)
    sheet.show_pages([sample_sheet(1)])
    station.devices.printing._print(sheet, 1)
    press(station, K.Key_Escape)
    settle(qtbot, station)
    assert len(printer.jobs) == 1
    assert "已交打印机" in station.shell._message.accessibleName()
