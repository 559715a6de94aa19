"""Barcodes and QR codes in a camera's picture, by zxing-cpp."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devices.pages.shape import Pixels

_WIDTH = 1600  # enough for the QR of a certificate, quick enough for every few frames


def codes_in(image: Pixels) -> list[str]:
    """*Slow.*  The texts of all codes that can be read, the largest first."""
    import cv2
    import zxingcpp

    if not image.size:
        return []
    scale = min(1.0, _WIDTH / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = zxingcpp.read_barcodes(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))

    def spread(code: zxingcpp.Barcode) -> int:
        place = code.position
        return abs(place.bottom_right.x - place.top_left.x) + abs(place.bottom_right.y - place.top_left.y)

    return [code.text for code in sorted(found, key=spread, reverse=True) if code.text]
