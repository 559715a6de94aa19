"""The pictures of the manual: which of the screens each of them is, and how they are brought up to date."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

# The name in the manual → the picture that ``demo --screenshots --check`` takes.
PICTURES = {
    "board": "board-offline-light",
    "bundle": "bundle-offline-light",
    "capture": "capture-light",
    "cases": "cases-offline-light",
    "copying": "copying-light",
    "devices": "devices-light",
    "palette": "palette-offline-light",
    "phrases": "phrases-light",
    "print": "print-light",
    "reception": "workbench-reception-light",
    "service": "service-light",
    "settings": "settings-light",
    "sync": "sync-offline-light",
    "unlock": "unlock-offline-light",
    "visitor-check": "visitor-check-light",
    "visitor-rating": "visitor-rating-light",
    "workbench-contrast": "workbench-materials-offline-contrast",
    "workbench-materials": "workbench-materials-offline-light",
}
COLOURS = 256  # a screen has few, and the manual comes with the program


def missing(folder: Path) -> list[str]:
    """Pictures of the manual that were not taken."""
    return [name for name, taken in PICTURES.items() if not (folder / f"{taken}.png").exists()]


def refresh_manual(folder: Path, manual: Path) -> None:
    """Put the pictures just taken in ``folder`` in the place of those in ``manual``."""
    manual.mkdir(parents=True, exist_ok=True)
    for name, taken in PICTURES.items():
        with Image.open(folder / f"{taken}.png") as picture:
            small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(manual / f"{name}.png", optimize=True)
