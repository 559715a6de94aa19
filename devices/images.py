"""Between Qt's pictures and arrays; safe off the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QImage

if TYPE_CHECKING:
    from devices.pages.shape import Pixels


def to_pixels(image: QImage) -> Pixels:
    """RGB rows of a picture, copied: nothing keeps a camera's buffer."""
    import numpy as np

    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    bits = rgb.constBits()
    if bits is None or rgb.isNull():
        return np.zeros((0, 0, 3), np.uint8)
    flat = np.frombuffer(bits.asstring(rgb.sizeInBytes()), np.uint8)
    rows = flat.reshape(rgb.height(), rgb.bytesPerLine())
    return np.ascontiguousarray(rows[:, : rgb.width() * 3]).reshape(rgb.height(), rgb.width(), 3)
