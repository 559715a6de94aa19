"""A page made small and still legible at 300 dpi: 1 bit where it is black on white, a few inks where there is
a seal or a signature too, else JPEG.

Uneven light is taken out first, so that the paper is white: that is what makes all three small.
"""

from __future__ import annotations

import io
import math
from typing import Any

import cv2
import msgspec
import numpy as np
from PIL import Image

from devices.pages.page import Look, Page
from devices.pages.shape import Pixels

DPI = 300
A4_INCHES = (8.27, 11.69)
TARGET_BYTES = 250_000
_LEAST_DPI = 200  # small print of a licence is still read at this
_QUALITIES = (80, 68, 56, 46, 38)
_BLACK_BELOW, _WHITE_ABOVE = 20, 218


def whiten(image: Pixels) -> Pixels:
    """Paper white under uneven light, colours of seals and photographs kept."""
    small = cv2.resize(
        image, (max(1, image.shape[1] // 8), max(1, image.shape[0] // 8)), interpolation=cv2.INTER_AREA
    )
    # The lightest of a neighbourhood is paper, if paper is near; writing is thinner than that.
    around = max(9, (max(small.shape[:2]) // 12) | 1)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((around, around), np.uint8)), min(around, 31) | 1)
    paper = np.maximum(paper, 90)  # a dark photograph must not be blown up to white
    light = cv2.resize(paper, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    even = cv2.divide(image, light, scale=250)
    # Levels: the grain of paper and sensor becomes plain white, which is most of what a JPEG would store.
    steps = np.clip((np.arange(256) - _BLACK_BELOW) * 255.0 / (_WHITE_ABOVE - _BLACK_BELOW), 0, 255)
    return np.asarray(cv2.LUT(even, steps.astype(np.uint8)), dtype=np.uint8)


class _Facts(msgspec.Struct, frozen=True):
    """Shares of a whitened page: coloured ink, greys between ink and paper, dark."""

    coloured: float
    between: float
    dark: float

    @property
    def writing(self) -> bool:
        """Nothing but ink on paper, whatever its colour: no photograph, no shaded form."""
        return self.between < 0.06 and self.dark < 0.25 and self.coloured < 0.06

    @property
    def black(self) -> bool:
        return self.writing and self.coloured < 0.0008  # a round seal covers about 0.5 % of A4 in ink


def _facts(page: Pixels) -> _Facts:
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    coloured = _spread(small) > 48
    between = (grey > 90) & (grey < 200) & (_spread(page) <= 48)
    return _Facts(float(coloured.mean()), float(between.mean()), float((grey <= 90).mean()))


def _spread(page: Any) -> Any:
    """How coloured each pixel is, 0 for any grey."""
    return page.max(axis=2).astype(np.int16) - page.min(axis=2)


def shrink(image: Pixels, *, dpi: int = 0, look: Look = Look.AUTO) -> Page:
    """The smallest page that stays legible; ``dpi`` 0 means a camera: the sheet is taken for A4."""
    page, dpi = _at_300(image, dpi)
    page = whiten(page)
    facts = _facts(page)
    if look is Look.BLACK or (look is Look.AUTO and facts.black):
        return _one_bit(page, dpi)
    if look is Look.AUTO and facts.writing:
        return _inks(page, dpi)
    if look is Look.GREY or (look is Look.AUTO and facts.coloured < 0.0008):
        return _jpeg(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), dpi)
    return _jpeg(page, dpi)


def _at_300(image: Pixels, dpi: int) -> tuple[Pixels, int]:
    height, width = image.shape[:2]
    if not dpi:
        short, long = A4_INCHES
        dpi = max(1, round(max(min(width, height) / short, max(width, height) / long)))
    if dpi <= DPI:
        return image, dpi
    size = (max(1, round(width * DPI / dpi)), max(1, round(height * DPI / dpi)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), DPI


def _one_bit(page: Pixels, dpi: int) -> Page:
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    cut, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = cv2.threshold(grey, min(max(cut, 120), 190), 255, cv2.THRESH_BINARY)[1]
    # Specks of dust are what group 4 pays most for.
    ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((2, 2), np.uint8)) if _specks(ink) else ink
    out = io.BytesIO()
    picture = Image.fromarray(ink).convert("1", dither=Image.Dither.NONE)
    picture.save(out, "TIFF", compression="group4", dpi=(dpi, dpi))
    return Page(data=out.getvalue(), media="image/tiff", width=picture.width, height=picture.height, dpi=dpi)


def _inks(page: Pixels, dpi: int) -> Page:
    """Writing with a red seal or blue signature: white, black and the two inks most used, as PNG of 2 bits."""
    smooth = cv2.medianBlur(page, 3)
    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    cut, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    coloured = _spread(smooth) > 70
    sample = smooth[coloured]
    palette = [(255, 255, 255), (0, 0, 0), *_main_colours(sample)]
    index = np.where(grey < min(max(cut, 120), 190), 1, 0).astype(np.uint8)
    if len(sample):
        apart = [np.square(sample.astype(np.int32) - colour).sum(axis=1) for colour in palette[2:]]
        index[coloured] = 2 + np.argmin(apart, axis=0)
    picture = Image.fromarray(index, "P")
    picture.putpalette([part for colour in palette for part in colour])
    out = io.BytesIO()
    picture.save(out, "PNG", bits=2, optimize=True, dpi=(dpi, dpi))
    return Page(data=out.getvalue(), media="image/png", width=picture.width, height=picture.height, dpi=dpi)


def _main_colours(sample: Any) -> list[tuple[int, int, int]]:
    """Two colours that stand for all coloured ink."""
    if not len(sample):
        return []
    step = max(1, len(sample) // 20_000)
    strip = Image.fromarray(np.ascontiguousarray(sample[::step])[np.newaxis])
    few = strip.quantize(2, method=Image.Quantize.MEDIANCUT).getpalette() or []
    return [(few[at], few[at + 1], few[at + 2]) for at in range(0, min(len(few), 6), 3)]


def _specks(ink: Any) -> bool:
    count, _, stats, _ = cv2.connectedComponentsWithStats(255 - ink, connectivity=8)
    return count > 400 and float((stats[1:, cv2.CC_STAT_AREA] <= 2).mean()) > 0.5


def _jpeg(page: Any, dpi: int) -> Page:
    data, picture = _encoded(page, dpi, _QUALITIES[0])
    for quality in _QUALITIES[1:]:
        if len(data) <= TARGET_BYTES:
            break
        data, picture = _encoded(page, dpi, quality)
    while len(data) > TARGET_BYTES and dpi > _LEAST_DPI:
        smaller = max(_LEAST_DPI, math.floor(dpi * 0.88))
        size = (round(page.shape[1] * smaller / dpi), round(page.shape[0] * smaller / dpi))
        page, dpi = cv2.resize(page, size, interpolation=cv2.INTER_AREA), smaller
        data, picture = _encoded(page, dpi, _QUALITIES[-2])
    return Page(data=data, media="image/jpeg", width=picture.width, height=picture.height, dpi=dpi)


def _encoded(page: Any, dpi: int, quality: int) -> tuple[bytes, Image.Image]:
    picture = Image.fromarray(page)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, dpi=(dpi, dpi))
    return out.getvalue(), picture
