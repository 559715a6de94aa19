"""What a page is, apart from how it is made: loads none of the libraries for pictures."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Look(StrEnum):
    AUTO = "auto"
    COLOUR = "colour"
    GREY = "grey"
    BLACK = "black"


LOOK_NAMES = {Look.AUTO: "自动", Look.COLOUR: "彩色", Look.GREY: "灰度", Look.BLACK: "黑白"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A finished page: JPEG, PNG of a few inks, or TIFF of 1 bit (CCITT group 4)."""

    data: bytes
    media: str
    width: int
    height: int
    dpi: int


class PaperFile(msgspec.Struct, frozen=True, kw_only=True):
    """``data`` ready to be attached; ``pages`` 0 where that means nothing."""

    data: bytes
    pages: int
    name: str
