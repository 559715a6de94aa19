"""Tokens → one style sheet and a matching palette; swapped whole, never per widget."""

from __future__ import annotations

from pathlib import Path
from string import Template

import msgspec
from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QApplication, QWidget

THEMES = ("light", "contrast")
SCALES = (100, 115, 130)
FAMILIES = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "sans-serif"]
_POINTS = {
    "base": 10.5,
    "caption": 9.0,
    "body": 9.75,
    "section": 12.0,
    "title": 15.0,
    "kpi": 18.0,
    "visitor": 21.0,
    "visitort": 24.0,
    "visitorh": 33.0,
}
# Not importlib.resources: it loads zipfile, tempfile and more before anything is painted.
_RESOURCES = Path(__file__).resolve().parents[2] / "resources"

# Heights grow with the type, so that nothing is clipped at 130 %; they live in the sheet, so that a new
# scale needs no restart.
_PIXELS = {
    "control": 30, "tag_h": 20, "bar": 44, "nav": 38, "status": 28, "actions": 50, "find": 28, "area": 60,
    "railrow": 40, "logo": 24, "touch": 60, "visitorrow": 46,
}  # fmt: skip

_current: dict[str, str] = {}
_metrics = {"scale": 100}


def tokens(theme: str) -> dict[str, str]:
    """The colours of one theme, by token name (ui.md §2)."""
    data = _RESOURCES.joinpath("theme", "tokens.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, dict[str, str]])[theme]


def apply_theme(app: QApplication, theme: str = "light", scale: int = 100) -> None:
    """Dress the whole application; may be called again at any time."""
    colours = tokens(theme)
    _current.clear()
    _current.update(colours)
    points = {name: f"{value * scale / 100:.2f}" for name, value in _POINTS.items()}
    _metrics["scale"] = scale
    sizes = {name: str(round(px * scale / 100)) for name, px in _PIXELS.items()} | _bar_padding(scale)
    template = Template(_RESOURCES.joinpath("theme", "app.qss").read_text(encoding="utf-8"))
    # Qt reads the arrow of a combo box from a file only.
    chevron = str(_RESOURCES.joinpath("icons", "chevron.svg")).replace("\\", "/")
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPointSizeF(10.5 * scale / 100)
    font.setFeature(QFont.Tag("tnum"), 1)
    style = app.style()
    # Each of these visits every widget; one that changes nothing is left out.
    if style is None or style.name() != "fusion":
        app.setStyle("Fusion")
    if app.font() != font:
        app.setFont(font)
    app.setPalette(_palette(colours))
    app.setStyleSheet(template.substitute(colours | points | sizes | {"chevron": chevron}))


def _bar_padding(scale: int) -> dict[str, str]:
    """The app bar has a fixed width to share: larger type takes its room from the padding."""
    padding = {100: 12, 115: 8, 130: 5}.get(scale, 8)
    return {"navpad": str(padding), "navpadf": str(padding - 2)}


def scaled(px: int) -> int:
    """A length of ui.md at the font scale in force."""
    return round(px * _metrics["scale"] / 100)


def colour(token: str) -> QColor:
    """A token of the theme in force."""
    return QColor(_current.get(token) or tokens("light")[token])


def icon(name: str, token: str = "text2") -> QIcon:
    return QIcon(pixmap(name, token, 20))


def pixmap(name: str, token: str, size: int) -> QPixmap:
    """An icon in a token's colour, crisp at the screen's device ratio."""
    svg = _RESOURCES.joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(svg.replace("#000", colour(token).name()).encode()))
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def set_kind(widget: QWidget, name: str, value: str) -> None:
    """Set a dynamic property that the style sheet looks at, and repaint accordingly."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


def _palette(colours: dict[str, str]) -> QPalette:
    palette = QPalette()
    for role, token in (
        (QPalette.ColorRole.Window, "bg"),
        (QPalette.ColorRole.Base, "surface"),
        (QPalette.ColorRole.AlternateBase, "surface2"),
        (QPalette.ColorRole.Text, "text"),
        (QPalette.ColorRole.WindowText, "text"),
        (QPalette.ColorRole.Button, "surface"),
        (QPalette.ColorRole.ButtonText, "text"),
        (QPalette.ColorRole.Highlight, "blue"),
        (QPalette.ColorRole.HighlightedText, "onblue"),
        (QPalette.ColorRole.PlaceholderText, "text3"),
        (QPalette.ColorRole.Mid, "line"),
        (QPalette.ColorRole.Link, "blue"),
        (QPalette.ColorRole.LinkVisited, "blue"),
        (QPalette.ColorRole.BrightText, "onblue"),
        (QPalette.ColorRole.ToolTipBase, "surface"),
        (QPalette.ColorRole.ToolTipText, "text"),
        (QPalette.ColorRole.Light, "surface2"),
        (QPalette.ColorRole.Midlight, "line2"),
        (QPalette.ColorRole.Dark, "ctl"),
        (QPalette.ColorRole.Shadow, "line"),
    ):
        palette.setColor(role, QColor(colours[token]))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours["text3"]))
    return palette
