"""Pictures to pages: found, straightened, shrunk; bad input is one sentence and costs nothing."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from devices.base import Cancelled, DeviceError
from devices.pages.page import Look
from devices.pages.pipeline import check_paper, count_pages, one_file, page_of, pages_of
from devices.pages.shape import Pixels, crop, find_page, skew, straighten
from devices.pages.shrink import shrink
from devices.pages.source import MAX_PAGES


def sheet(*, lines: int = 40, seal: bool = False, dpi: int = 300) -> Image.Image:
    image = Image.new("RGB", (round(8.27 * dpi), round(11.69 * dpi)), "white")
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(5)
    for row in range(lines):
        y = dpi * 0.8 + row * dpi * 0.24
        x = dpi * 0.8
        while x < dpi * 7.4:  # strokes in squares: as dense as Chinese writing
            for _ in range(7):
                x1, y1, x2, y2 = rng.uniform(0, dpi * 0.13, 4)
                draw.line((x + x1, y + y1, x + x2, y + y2), fill="black", width=max(1, dpi // 75))
            x += dpi * 0.16
    if seal:
        draw.ellipse((dpi * 5, dpi * 8, dpi * 6.6, dpi * 9.6), outline=(200, 20, 30), width=dpi // 20)
    return image


def noisy(image: Image.Image, level: float = 5.0) -> Pixels:
    pixels = np.asarray(image).astype(np.float64)
    pixels += np.random.default_rng(1).normal(-6, level, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def photo(page: Image.Image, corners: list[tuple[float, float]], size: tuple[int, int]) -> Pixels:
    """``page`` on a dark table, seen so that its corners lie at ``corners``, lit from one side."""
    source = np.array([[0, 0], [page.width, 0], [page.width, page.height], [0, page.height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    table = np.full((size[1], size[0], 3), (78, 66, 58), np.uint8)
    laid = cv2.warpPerspective(np.asarray(page), matrix, size, dst=table, borderMode=cv2.BORDER_TRANSPARENT)
    light = np.linspace(0.7, 1.0, size[0])[np.newaxis, :, np.newaxis]
    return np.asarray(laid * light, np.uint8)


corner = st.floats(0, 0.14)


@settings(max_examples=25)
@given(parts=st.tuples(*[corner] * 8))
def test_a_sheet_on_a_table_is_found_wherever_it_lies(parts: tuple[float, ...]) -> None:
    page, size = sheet(lines=20, dpi=72), (900, 1150)
    width, height = size
    a, b, c, d, e, f, g, h = (0.04 + part for part in parts)
    corners = [
        (a * width, b * height), (width - c * width, d * height),
        (width - e * width, height - f * height), (g * width, height - h * height),
    ]  # fmt: skip
    found = find_page(photo(page, corners, size))
    assert found is not None
    off = np.abs(found - np.array(corners, np.float32)).max()
    assert off < 0.02 * height


def test_what_is_all_paper_is_never_cut() -> None:
    pixels = noisy(sheet(dpi=100))
    assert find_page(pixels) is None
    assert straighten(pixels, find=False).shape == pixels.shape


@pytest.mark.parametrize("picture", [np.zeros((40, 30, 3), np.uint8), np.full((500, 400, 3), 255, np.uint8)])
def test_a_black_or_blank_picture_passes_through(picture: Pixels) -> None:
    assert find_page(picture) is None
    assert skew(picture) == 0.0
    assert page_of(picture).data


@pytest.mark.parametrize("angle", [-7.0, -1.5, 0.0, 0.8, 4.0])
def test_writing_is_set_level(angle: float) -> None:
    leaning = np.asarray(sheet(dpi=100).rotate(-angle, fillcolor="white", resample=Image.Resampling.BICUBIC))
    assert skew(leaning) == pytest.approx(angle, abs=0.25)
    assert abs(skew(straighten(leaning, find=False))) < 0.3


def test_cutting_gives_the_sheet_its_own_proportions() -> None:
    page = sheet(dpi=72)
    corners = [(120.0, 60.0), (700.0, 90.0), (720.0, 900.0), (90.0, 880.0)]
    cut = crop(photo(page, corners, (820, 960)), np.array(corners, np.float32))
    assert cut.shape[0] / cut.shape[1] == pytest.approx(811 / 615, rel=0.04)
    assert float(cut.mean()) > 140  # paper, not table


@pytest.mark.parametrize(
    ("seal", "media"), [(False, "image/tiff"), (True, "image/png")], ids=["writing", "with a seal"]
)
def test_a_full_a4_page_at_300_dpi_stays_under_250_kb(seal: bool, media: str) -> None:
    page = shrink(noisy(sheet(seal=seal)), dpi=300)
    assert (page.media, page.dpi) == (media, 300)
    assert len(page.data) <= 250_000
    image = Image.open(io.BytesIO(page.data)).convert("RGB")
    assert image.size == (2481, 3507)
    # Legible: where the original has ink there is ink, where it has paper there is paper.
    original = np.asarray(sheet(seal=seal).convert("L")) < 128
    kept = np.asarray(image.convert("L")) < 200
    assert float((kept == original).mean()) > 0.985
    if seal:
        red = np.asarray(image)[..., 0].astype(int) - np.asarray(image)[..., 2]
        assert float((red > 80).mean()) > 0.002


def test_a_photograph_stays_a_picture_in_colour() -> None:
    y, x = np.mgrid[0:900, 0:1400]
    pixels = np.stack([x % 256, (y * 2) % 256, (x + y) % 256], axis=2).astype(np.uint8)
    page = shrink(pixels, dpi=300)
    assert page.media == "image/jpeg"
    assert shrink(pixels, dpi=300, look=Look.BLACK).media == "image/tiff"
    grey = Image.open(io.BytesIO(shrink(pixels, dpi=300, look=Look.GREY).data))
    assert grey.mode == "L"


def test_a_camera_never_makes_more_of_a_page_than_it_saw() -> None:
    page = page_of(noisy(sheet(dpi=120)), find=False)
    assert page.width <= 1000
    assert page.dpi == pytest.approx(120, abs=3)


def test_pages_become_one_pdf_with_the_pictures_unchanged() -> None:
    pages = [shrink(noisy(sheet(seal=s, dpi=100)), dpi=100) for s in (False, True)]
    data, media = one_file(pages)
    assert media == "application/pdf"
    assert count_pages(data) == 2
    assert data == one_file(pages)[0]  # the same pages are the same file
    with pikepdf.open(io.BytesIO(data)) as document:
        box = document.pages[0].mediabox
        assert float(box[2]) == pytest.approx(8.27 * 72, rel=0.01)
        assert not document.docinfo.get("/Producer", "")


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def test_every_frame_of_a_tiff_is_a_page_and_a_stop_is_obeyed() -> None:
    frame = sheet(dpi=72)
    data = encoded(frame, "TIFF", save_all=True, append_images=[frame, frame], dpi=(72, 72))
    assert len(list(pages_of(data, find=False))) == 3
    with pytest.raises(Cancelled):
        list(pages_of(data, stop=lambda: True))


def test_a_picture_lying_on_its_side_is_turned_as_the_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (page,) = pages_of(encoded(sheet(dpi=72).rotate(90, expand=True), "JPEG", exif=exif), find=False)
    assert page.height > page.width


BROKEN = encoded(sheet(dpi=100), "JPEG")[:-4000]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (BROKEN, "坏了"),
        (b"\xff\xd8\xff broken", "不是图片"),
        ("申请书".encode() * 1_200_000, "不是图片"),  # 10 MB of text
        (b"", "不是图片"),
        (encoded(sheet(dpi=72), "PNG")[:3000], "坏了"),
        (encoded(Image.new("1", (20_000, 20_000)), "PNG"), "太大"),
    ],
    ids=["half a jpeg", "no jpeg", "text", "nothing", "half a png", "giant"],
)
def test_bad_pictures_are_one_sentence(data: bytes, word: str) -> None:
    with pytest.raises(DeviceError, match=word):
        list(pages_of(data))


def pdf(pages: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(out)
    return out.getvalue()


def test_papers_attached_as_they_are() -> None:
    assert check_paper(pdf(200)) == 200
    assert check_paper(encoded(sheet(dpi=72), "JPEG")) == 1
    assert check_paper(b"PK\x03\x04 word") == 0
    with pytest.raises(DeviceError, match="打不开"):
        check_paper(b"%PDF-1.7 broken")
    with pytest.raises(DeviceError, match="坏了"):
        check_paper(BROKEN)


@given(st.binary(max_size=400).map(lambda tail: b"%PDF-1.4\n" + tail) | st.binary(max_size=400))
@settings(max_examples=60)
def test_any_bytes_are_answered(data: bytes) -> None:
    assert count_pages(data) >= 0


def test_too_many_pages_are_refused_before_anything_is_made() -> None:
    page = shrink(noisy(sheet(dpi=72)), dpi=72)
    with pytest.raises(DeviceError, match=str(MAX_PAGES)):
        one_file([page] * (MAX_PAGES + 1))
