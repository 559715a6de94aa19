"""The one way from a picture to a page, whatever took it, and from pages to one file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from devices.base import Cancelled, DeviceError, State, Stop, never
from devices.pages.page import Look, Page
from devices.pages.shape import Pixels, straighten
from devices.pages.shrink import shrink
from devices.pages.source import MAX_PAGES, open_pictures, too_many
from models.progress import UNSEEN, Progress


def page_of(image: Pixels, *, dpi: int = 0, look: Look = Look.AUTO, find: bool = True) -> Page:
    """*Slow.*  Find the sheet, set it straight, shrink it.  ``find`` False for a scanner."""
    return shrink(straighten(image, find=find), dpi=dpi, look=look)


def pages_of(data: bytes, *, look: Look = Look.AUTO, find: bool = True, stop: Stop = never) -> Iterator[Page]:
    """*Slow.*  The pages of one picture file.  Raises DeviceError; pages given before stay good."""
    for picture in open_pictures(data):
        if stop():
            raise Cancelled
        yield page_of(np.asarray(picture.image), dpi=picture.dpi, look=look, find=find)


def one_file(pages: Sequence[Page]) -> tuple[bytes, str]:
    """(content, media): a single JPEG stays as it is, everything else is one PDF, pictures unchanged in it."""
    if not pages or len(pages) > MAX_PAGES:
        raise too_many(len(pages))
    if len(pages) == 1 and pages[0].media == "image/jpeg":
        return pages[0].data, pages[0].media
    import img2pdf

    out = io.BytesIO()
    # No date and no name of a program: the same pages are the same bytes, and are stored once.
    img2pdf.convert(
        [page.data for page in pages], outputstream=out, nodate=True, engine=img2pdf.Engine.internal
    )
    return out.getvalue(), "application/pdf"


def count_pages(data: bytes) -> int:
    """Pages of a PDF or a picture, 0 where that means nothing or nobody can tell."""
    if data.startswith(b"%PDF-"):
        import pikepdf

        with suppress(pikepdf.PdfError, pikepdf.PasswordError), pikepdf.open(io.BytesIO(data)) as document:
            return len(document.pages)
        return 0
    from PIL import Image

    with (
        suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError),
        Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "TIFF")) as opened,
    ):
        return int(getattr(opened, "n_frames", 1))
    return 0


def check_paper(data: bytes, progress: Progress = UNSEEN) -> int:
    """The pages of a file that is to be attached as it is.  Raises DeviceError for what can't be a paper, Stopped.

    A broken picture, a PDF that can't be opened, a text file called .jpg: told now, not when the department
    opens it.  Word and other documents pass, with 0 pages.
    """
    if data.startswith(b"%PDF-"):
        pages = count_pages(data)
        if not pages:
            raise DeviceError(
                State.READY,
                "这份 PDF 打不开，没有采用。原文件没有动。请让申请人换一份，或者重扫一次。",
                "pdf",
            )
        return pages
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")):
        pages = 0
        for _ in open_pictures(data):
            pages += 1
            progress.step(pages, 5 * max(pages, MAX_PAGES))
        return pages
    return 0
