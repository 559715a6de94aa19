"""The manual's pictures: each one shown is one that ``make screens`` takes."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from app.screen_manual import PICTURES, missing, refresh_manual

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_manual_shows_what_is_taken_and_nothing_else() -> None:
    shown = set(
        re.findall(r"screens/([a-z0-9-]+)\.png", (DOCS / "manual.zh-CN.md").read_text(encoding="utf-8"))
    )
    assert shown == set(PICTURES)
    assert {one.stem for one in (DOCS / "screens").glob("*.png")} == set(PICTURES)


def test_pictures_are_put_in_place_small_and_what_was_not_taken_is_named(tmp_path: Path) -> None:
    taken, manual = tmp_path / "taken", tmp_path / "manual"
    taken.mkdir()
    assert missing(taken) == list(PICTURES)
    for name in PICTURES.values():
        Image.new("RGB", (40, 20), "#0F57AE").save(taken / f"{name}.png")
    assert missing(taken) == []
    refresh_manual(taken, manual)
    with Image.open(manual / "unlock.png") as picture:
        assert picture.size == (40, 20)
        assert picture.convert("RGB").getpixel((5, 5)) == (0x0F, 0x57, 0xAE)
