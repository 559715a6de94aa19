"""A file that somebody hands in as a paper: checked, and shrunk where it is a needlessly large picture."""

from __future__ import annotations

from pathlib import Path

from devices.base import DeviceError, State
from devices.pages.page import PaperFile
from devices.pages.pipeline import check_paper, one_file, pages_of
from models.files import read_in
from models.progress import UNSEEN, Progress

SMALL = 400_000  # a picture below that stays as it came
MAX_BYTES = 64 * 1024 * 1024


def read_paper(path: Path, progress: Progress = UNSEEN) -> PaperFile:
    """*Slow.*  Raises DeviceError or Stopped and leaves the file where and as it is."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DeviceError(
                State.READY, f"“{path.name}”超过 64 MB，没有采用。原文件没有动。请分成几份再附。", "size"
            )
        data = read_in(path, progress)
    except OSError as error:
        raise DeviceError(
            State.READY,
            f"“{path.name}”读不出来，没有采用。原文件没有动。请检查文件或者介质。",
            type(error).__name__,
        ) from error
    pages = check_paper(data, progress)
    if not pages and path.suffix.lower() in (".jpg", ".jpeg", ".png", ".tif", ".tiff"):
        raise DeviceError(
            State.READY,
            f"“{path.name}”不是图片，没有采用。原文件没有动。请换一份，或改成正确的类型。",
            "kind",
        )
    if pages and not data.startswith(b"%PDF-") and len(data) > SMALL:
        made = []
        for page in pages_of(data):
            made.append(page)
            progress.step(pages + 4 * len(made), 5 * pages)  # a page takes longer to shrink than to check
        smaller, _ = one_file(made)
        if len(smaller) < len(data):
            data = smaller
    return PaperFile(data=data, pages=pages, name=path.stem[:200])
