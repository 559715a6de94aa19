"""The SANE driver against SANE's own test backend, and the test scanner."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image
from PyQt6.QtWidgets import QApplication

from devices.base import Cancelled, DeviceError, State
from devices.scanner import PlayedScanner, SaneScanner, scanner_names

needs_sane = pytest.mark.skipif(shutil.which("scanimage") is None, reason="sane-utils is not installed")


@pytest.fixture
def sane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SANE with nothing but its test backend, whose defaults a test may set."""
    (tmp_path / "dll.conf").write_text("test\n")
    (tmp_path / "test.conf").write_text("number_of_devices 1\n")
    monkeypatch.setenv("SANE_CONFIG_DIR", str(tmp_path))
    return tmp_path


@needs_sane
def test_a_page_comes_at_300_dpi_in_colour(sane: Path) -> None:
    (data,) = SaneScanner("test:0").scan(feeder=False)
    image = Image.open(io.BytesIO(data))
    assert image.mode == "RGB"
    assert image.width > 900  # the backend's 80 mm at 300 dpi
    assert image.info["dpi"][0] == 300


@needs_sane
def test_a_feeder_gives_what_lies_in_it_and_leaves_nothing_behind(sane: Path) -> None:
    before = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    assert len(list(SaneScanner("test:0").scan(feeder=True))) == 10
    after = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    assert not {one for one in after - before if one.name.startswith("thb-")}


@needs_sane
def test_the_scanners_there_are(sane: Path) -> None:
    assert list(scanner_names()) == ["test:0"]
    assert SaneScanner().status().ready


@needs_sane
@pytest.mark.parametrize(
    ("answer", "state", "word"),
    [
        ("SANE_STATUS_DEVICE_BUSY", State.BUSY, "正忙"),
        ("SANE_STATUS_JAMMED", State.NO_PAPER, "卡纸"),
        ("SANE_STATUS_NO_DOCS", State.NO_PAPER, "没有纸"),
        ("SANE_STATUS_COVER_OPEN", State.NO_PAPER, "盖子"),
    ],
)
def test_what_the_scanner_says_is_told_in_a_sentence(
    sane: Path, answer: str, state: State, word: str
) -> None:
    (sane / "test.conf").write_text(f'number_of_devices 1\nread-status-code "{answer}"\n')
    for _ in range(5):
        with pytest.raises(DeviceError) as told:
            list(SaneScanner("test:0", quiet_s=5).scan(feeder=False))
        if told.value.detail != "silent":  # SANE's own test backend hangs about once in seventy errors
            break
    assert word in str(told.value)
    assert told.value.state is state


@needs_sane
def test_an_unplugged_scanner_and_a_stop(sane: Path) -> None:
    with pytest.raises(DeviceError, match="没有找到"):
        list(SaneScanner("test:7").scan(feeder=False))
    (sane / "test.conf").write_text("number_of_devices 1\nread-delay true\nread-delay-duration 200000\n")
    with pytest.raises(Cancelled):
        list(SaneScanner("test:0").scan(feeder=False, stop=lambda: True))


def test_without_scanimage_there_is_a_plain_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    status = SaneScanner().status()
    assert (status.state, "高拍仪" in status.text) == (State.ABSENT, True)


def test_the_test_scanner_draws_or_plays(qapp: QApplication, tmp_path: Path) -> None:
    drawn = list(PlayedScanner().scan(feeder=True))
    assert [Image.open(io.BytesIO(one)).size for one in drawn] == [(2481, 3507)] * 3
    (tmp_path / "1.png").write_bytes(drawn[0])
    played = PlayedScanner(tmp_path)
    assert list(played.scan(feeder=True)) == [drawn[0]]
    played.state = State.NO_PAPER
    with pytest.raises(DeviceError, match="没有纸"):
        list(played.scan(feeder=True))
