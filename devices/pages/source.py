"""Pictures as they come from a camera, a scanner or a folder, opened with care.

Whatever is handed in, the answer is pictures or one plain sentence; the bytes themselves are never changed.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from devices.base import DeviceError, State

MAX_PIXELS = 120_000_000  # A3 at 600 dpi in one picture; more is not paper
MAX_PAGES = 200
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class Picture(msgspec.Struct, frozen=True):
    """One picture, upright, in RGB.  ``dpi`` is 0 where nobody knows it (a camera)."""

    image: Image.Image
    dpi: int = 0


def open_pictures(data: bytes) -> Iterator[Picture]:
    """Every picture of a JPEG, PNG or TIFF, one after the other.  Raises DeviceError.

    A picture that breaks off half way is refused: half a certificate is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "TIFF", "BMP", "PPM")) as opened:
                frames = getattr(opened, "n_frames", 1)
                if frames > MAX_PAGES:
                    raise too_many(frames)
                for number in range(frames):
                    opened.seek(number)
                    opened.load()
                    yield Picture(_upright(opened), _dpi(opened))
    except DeviceError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DeviceError(
            State.READY, "这张图片太大，没有采用。办件没有改动。请用 300 dpi 再扫一次。", "pixels"
        ) from error
    except UnidentifiedImageError as error:
        raise DeviceError(
            State.READY, "这个文件不是图片，没有采用。原文件没有动。请换一份，或者作为附件原样附上。", "kind"
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise DeviceError(
            State.READY, "这张图片坏了，没有采用。原文件没有动。请重拍或者重扫一次。", type(error).__name__
        ) from error


def too_many(pages: int) -> DeviceError:
    return DeviceError(
        State.READY,
        f"这份有 {pages} 页，一次最多收 {MAX_PAGES} 页，没有采用。原文件没有动。请分成几份再附。",
        "pages",
    )


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera meant it; transparency is paper white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        turned = Image.new("RGB", layer.size, "white")
        turned.paste(layer, mask=layer.getchannel("A"))
    return turned.convert("RGB")


def _dpi(image: Image.Image) -> int:
    found = image.info.get("dpi")
    try:
        dpi = round(float(found[0])) if found else 0
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return 0
    return dpi if 72 <= dpi <= 1200 else 0  # 1 and 96 000 are what careless programs write
