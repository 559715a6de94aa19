"""Finding the sheet of paper in a picture, cutting it out, setting it straight.  Pure functions on arrays.

What is not found is left alone: a picture that is all paper stays whole, and nothing is ever cut on a guess.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float32]

_LOOK = 800  # the longer side while looking; enough for an edge, quick on an old machine
_LEAST_SHARE = 0.12  # of the picture: smaller than that is a thing on the table, not the sheet
_MOST_SHARE = 0.97
_EDGE = 0.008
MAX_SKEW = 12.0  # degrees; a sheet lying further askew was meant to


def find_page(image: Pixels) -> Quad | None:
    """Corners of the sheet (top left, top right, bottom right, bottom left), or None when there is no one."""
    scale = min(1.0, _LOOK / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    area = float(small.shape[0] * small.shape[1])
    best: Quad | None = None
    best_share = _LEAST_SHARE
    for mask in _masks(grey):
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:4]:
            quad = _as_quad(outline)
            if quad is None:
                continue
            share = float(cv2.contourArea(quad)) / area
            if best_share < share < _MOST_SHARE and not _touches_all_edges(quad, small.shape):
                best, best_share = quad, share
    if best is None:
        return None
    quad = _ordered(best) / scale
    inwards = (quad.mean(axis=0) - quad) * _EDGE  # about a millimetre: the table beside the edge
    return np.asarray(quad + inwards, dtype=np.float32)


def crop(image: Pixels, quad: Quad) -> Pixels:
    """The sheet as if looked at straight from above."""
    top_left, top_right, bottom_right, bottom_left = quad
    width = max(_apart(top_left, top_right), _apart(bottom_left, bottom_right))
    height = max(_apart(top_left, bottom_left), _apart(top_right, bottom_right))
    size = (max(1, round(width)), max(1, round(height)))
    target = np.array(
        [[0, 0], [size[0] - 1, 0], [size[0] - 1, size[1] - 1], [0, size[1] - 1]], dtype=np.float32
    )
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return _pixels(
        cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    )


def skew(image: Pixels) -> float:
    """How many degrees the lines of writing lean; positive leans down to the right.  0 without any writing."""
    scale = min(1.0, _LOOK / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    ink[:8], ink[-8:], ink[:, :8], ink[:, -8:] = 0, 0, 0, 0  # the edge of the cut is no line
    points = cv2.findNonZero(ink)
    if points is None or len(points) < 200:
        return 0.0
    xs, ys = points.reshape(-1, 2).astype(np.float64).T

    def sharpness(degrees: float) -> float:
        """Lines seen edge on pile up in few rows: the sum of squares is greatest when they are level."""
        turn = math.tan(math.radians(degrees))
        rows = np.bincount(np.maximum(0, np.rint(ys - xs * turn + small.shape[1]).astype(np.int64)))
        return float(np.square(rows.astype(np.float64)).sum())

    coarse = max(np.arange(-MAX_SKEW, MAX_SKEW + 0.1, 1.0), key=sharpness)
    fine = max(np.arange(coarse - 1.0, coarse + 1.01, 0.1), key=sharpness)
    return float(fine) if sharpness(float(fine)) > 1.05 * sharpness(0.0) else 0.0


def turn(image: Pixels, degrees: float) -> Pixels:
    """Set level what leans by ``degrees``; new corners are paper white."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return _pixels(
        cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    )


def straighten(image: Pixels, *, find: bool = True) -> Pixels:
    """The sheet alone and level.  ``find`` is for cameras: a scanner's glass holds nothing but the sheet."""
    quad = find_page(image) if find else None
    page = crop(image, quad) if quad is not None else image
    leaning = skew(page)
    return turn(page, leaning) if abs(leaning) >= 0.2 else page


def _masks(grey: Any) -> list[Pixels]:
    """Two ways to see a sheet: lighter than the table, and bounded by edges."""
    _, light = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    around = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 9))
    light = cv2.morphologyEx(light, cv2.MORPH_CLOSE, around, iterations=2)
    edges = cv2.dilate(cv2.Canny(grey, 40, 120), cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5)))
    return [_pixels(light), _pixels(edges)]


def _as_quad(outline: Any) -> Quad | None:
    hull = cv2.convexHull(outline)
    around = cv2.arcLength(hull, True)
    for share in (0.02, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, share * around, True)
        if len(corners) == 4 and cv2.isContourConvex(corners):
            # A real sheet fills its quadrilateral; a hand or a folder's edge does not.
            if cv2.contourArea(outline) < 0.85 * cv2.contourArea(corners):
                return None
            return np.asarray(corners.reshape(4, 2), dtype=np.float32)
    return None


def _ordered(quad: Quad) -> Quad:
    total, apart = quad.sum(axis=1), np.diff(quad, axis=1).ravel()
    return np.array(
        [quad[total.argmin()], quad[apart.argmin()], quad[total.argmax()], quad[apart.argmax()]],
        dtype=np.float32,
    )


def _touches_all_edges(quad: Quad, shape: tuple[int, ...]) -> bool:
    height, width = shape[:2]
    near = 6
    return bool(
        quad[:, 0].min() < near
        and quad[:, 1].min() < near
        and quad[:, 0].max() > width - near
        and quad[:, 1].max() > height - near
    )


def _apart(one: Any, other: Any) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


def _pixels(array: Any) -> Pixels:
    return np.asarray(array, dtype=np.uint8)
