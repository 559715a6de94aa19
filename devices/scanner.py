"""Scanners through SANE's own program ``scanimage``, and a test scanner that plays pictures.

A single page comes through a pipe.  A feeder's pages need files, which lie in memory (/dev/shm), in a folder
that only this user may open and that is gone when the scan is over, whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from devices.base import Cancelled, DeviceError, State, Status, Stop, never

DPI = 300
_LIST_S, _QUIET_S = 30.0, 120.0
_MEMORY = Path("/dev/shm")
_MISSING = "本机没有装扫描程序（sane-utils）。办件不受影响。请管理员安装，或者用高拍仪。"
_ABSENT = "没有找到扫描仪。已扫的页都在。请检查电源和连线后再扫。"
_BUSY = "扫描仪正忙或者被别的程序占用。已扫的页都在。请稍后再扫。"
_EMPTY = "进纸器里没有纸。已扫的页都在。请放好纸再扫。"
_NO_FEEDER = "这台扫描仪没有进纸器。已扫的页都在。请一页一页扫。"
_JAM = "扫描仪卡纸或者盖子没有盖好。已扫的页都在。请理好纸再扫。"
_SILENT = "扫描仪很久没有回应，已停下。已扫的页都在。请检查扫描仪后再扫。"
_BROKEN = "扫描中断了。已扫的页都在。请检查扫描仪后再扫。"

# What scanimage writes to stderr in English; it exits with SANE's own status as well, but not always.
_SAYS = (
    (("out of documents", "feeder empty"), State.NO_PAPER, _EMPTY),
    (("jammed", "cover is open", "cover open"), State.NO_PAPER, _JAM),
    (("device busy",), State.BUSY, _BUSY),
    (
        ("open of device", "invalid argument", "no sane devices", "access to resource", "i/o"),
        State.ABSENT,
        _ABSENT,
    ),
)


class SaneScanner:
    """``name`` is a SANE device, "" the first one that is found; ``quiet_s`` how long it may be silent."""

    def __init__(self, name: str = "", quiet_s: float = _QUIET_S) -> None:
        self._name, self._quiet = name, quiet_s

    def status(self) -> Status:
        """*Slow.*  Asks SANE for its devices."""
        try:
            found = scanner_names()
        except DeviceError as error:
            return Status(state=error.state, text=str(error))
        if not found or (self._name and self._name not in found and not self._name.startswith("test")):
            return Status(state=State.ABSENT, text=_ABSENT)
        return Status(state=State.READY, text="扫描仪正常。")

    def scan(self, *, feeder: bool, stop: Stop = never) -> Iterator[bytes]:
        program = _program()
        name = self._name or next(iter(scanner_names()), "")
        if not name:
            raise DeviceError(State.ABSENT, _ABSENT, "none")
        call = [program, "-d", name, "--format=tiff", f"--resolution={DPI}"]
        options = _options(program, name)
        # Backends name these as they like; what a device has no choice of must not be asked for.
        call += [f"--mode={one}" for one in options.get("mode", []) if "color" in one.lower()][:1]
        if not feeder:
            call += [f"--source={one}" for one in options.get("source", []) if "flat" in one.lower()][:1]
            yield _single(call, stop, self._quiet)
            return
        sources = [
            one for one in options.get("source", []) if "feeder" in one.lower() or "adf" in one.lower()
        ]
        if options.get("source") and not sources:
            raise DeviceError(State.NO_PAPER, _NO_FEEDER, "feeder")
        yield from _batch([*call, *(f"--source={one}" for one in sources[:1])], stop, self._quiet)


def scanner_names() -> dict[str, str]:
    """*Slow.*  SANE's devices: name → maker and model.  Raises DeviceError without scanimage."""
    try:
        done = subprocess.run(
            [_program(), "-f", "%d\t%v %m%n"], capture_output=True, text=True, timeout=_LIST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(State.BUSY, _SILENT, "list") from error
    lines = (line.partition("\t") for line in done.stdout.splitlines())
    # A camera that SANE offers through v4l is the camera's business.
    return {name: model.strip() for name, mark, model in lines if mark and not name.startswith("v4l:")}


def _options(program: str, name: str) -> dict[str, list[str]]:
    """The choices that this device offers, by option.  Raises DeviceError when it can't be opened."""
    try:
        done = subprocess.run(
            [program, "-d", name, "--help"],
            capture_output=True, text=True, timeout=_LIST_S, check=False, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DeviceError(State.BUSY, _SILENT, "options") from error
    if done.returncode or "open of device" in done.stderr:
        raise _error(done.stderr.lower()) or DeviceError(State.ABSENT, _ABSENT, "open")
    found = re.findall(r"^\s+--(mode|source) (\S.*?) \[", done.stdout, re.MULTILINE)
    return {option: choices.split("|") for option, choices in found}


def _program() -> str:
    found = shutil.which("scanimage")
    if found is None:
        raise DeviceError(State.ABSENT, _MISSING, "scanimage")
    return found


def _single(call: list[str], stop: Stop, quiet_s: float) -> bytes:
    """One page through a pipe into memory."""
    with tempfile.TemporaryFile(dir=_memory()) as out:  # nameless from the start
        _run(call, stop, out.fileno(), quiet_s)
        out.seek(0)
        data = out.read()
    if not data:
        raise DeviceError(State.ABSENT, _BROKEN, "empty")
    return data


def _batch(call: list[str], stop: Stop, quiet_s: float) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="thb-", dir=_memory()) as made:
        folder = Path(made)
        ended: DeviceError | None = None
        try:
            _run(
                [*call, f"--batch={folder}/%d.tif"], stop, None, quiet_s, lambda: len(list(folder.iterdir()))
            )
        except Cancelled:
            raise
        except DeviceError as error:
            ended = error
        pages = sorted(folder.glob("*.tif"), key=lambda path: int(path.stem))
        for path in pages:
            data = path.read_bytes()
            path.unlink()
            yield data
        # A feeder that ran empty after some pages has done what was asked.
        if ended is not None and not (pages and ended.detail == "out of documents"):
            raise ended


def _run(
    call: list[str], stop: Stop, out: int | None, quiet_s: float, progress: Callable[[], int] = lambda: 0
) -> None:
    """Run it, ask ``stop`` meanwhile, and turn what it says into a state.  Raises DeviceError.

    It may take as long as it likes while ``progress`` (the pages so far) changes.
    """
    with subprocess.Popen(
        call,
        stdin=subprocess.DEVNULL,
        stdout=out if out is not None else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C"},
    ) as running:
        until, seen = time.monotonic() + quiet_s, 0
        try:
            while True:
                try:
                    _, said = running.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    if stop():
                        raise Cancelled from None
                    if (now := progress()) != seen:
                        until, seen = time.monotonic() + quiet_s, now
                    if time.monotonic() > until:
                        raise DeviceError(State.BUSY, _SILENT, "silent") from None
        finally:
            _end(running)
    text = said.decode("utf-8", "replace").lower()
    if running.returncode or out is None:
        if (error := _error(text)) is not None:
            raise error
        if running.returncode:
            raise DeviceError(State.ABSENT, _BROKEN, f"exit {running.returncode}")


def _error(text: str) -> DeviceError | None:
    for words, state, sentence in _SAYS:
        if heard := next((word for word in words if word in text), ""):
            return DeviceError(state, sentence, heard)
    return None


def _end(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        running.terminate()  # scanimage sends the sheet out when it is asked politely
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(5)
        if running.poll() is None:
            running.kill()


def _memory() -> Path | None:
    return _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None


class PlayedScanner:
    """The test scanner: the pictures of a folder, or demo sheets; a feeder holds three of these."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._number = 0
        self.state = State.READY

    def status(self) -> Status:
        texts = {State.ABSENT: _ABSENT, State.BUSY: _BUSY, State.NO_PAPER: _EMPTY}
        return Status(state=self.state, text=texts.get(self.state, "试验扫描仪，扫出的是演示数据。"))

    def scan(self, *, feeder: bool, stop: Stop = never) -> Iterator[bytes]:
        if self.state is not State.READY:
            raise DeviceError(self.state, self.status().text)
        files = sorted(self._folder.iterdir()) if self._folder is not None else []
        pictures = [path.read_bytes() for path in files if path.is_file()] or [b""] * 3
        for picture in pictures if feeder else pictures[:1]:
            if stop():
                raise Cancelled
            self._number += 1
            yield picture or _drawn(self._number)


def _drawn(number: int) -> bytes:
    from PyQt6.QtCore import QBuffer

    from devices.pages.samples import sheet

    out = QBuffer()
    out.open(QBuffer.OpenModeFlag.WriteOnly)
    image = sheet(number, DPI)
    image.setDotsPerMeterX(round(DPI / 0.0254))
    image.setDotsPerMeterY(round(DPI / 0.0254))
    image.save(out, "PNG")
    return bytes(out.data().data())
