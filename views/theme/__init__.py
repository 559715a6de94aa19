"""Tokens → one style sheet and a matching palette; swapped whole, never per widget."""

from __future__ import annotations

import json
import os
from string import Template

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
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
# Not importlib.resources, pathlib or msgspec: they cost more than the window that is to be painted.
_RESOURCES = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "resources"
)

# Heights grow with the type, so that nothing is clipped at 130 %; they live in the sheet, so that a new
# scale needs no restart.
_PIXELS = {
    "control": 30, "tag_h": 20, "bar": 44, "nav": 38, "status": 28, "actions": 50, "find": 28, "area": 60,
    "railrow": 40, "logo": 24, "touch": 60, "visitorrow": 46, "mark_r": 10, "compact": 26,
}  # fmt: skip

_current: dict[str, str] = {}
_colours: dict[str, QColor] = {}  # those of _current that were asked for
_metrics = {"scale": 100, "dressed": 0}
_drawn: dict[tuple[str, str, int, float], QPixmap] = {}  # some hundred at most: icons × colours × sizes


def tokens(theme: str) -> dict[str, str]:
    """The colours of one theme, by token name (ui.md §2)."""
    found: dict[str, dict[str, str]] = json.loads(_resource("theme", "tokens.json"))
    return found[theme]


def fusion(program: str) -> list[str]:
    """Arguments of a QApplication that has the right style from the start.

    Setting it later makes all enums of QStyle known to Python, six milliseconds before anything is painted.
    """
    _metrics["fusion"] = 1
    return [program, "-style", "fusion"]


def apply_theme(
    app: QApplication, theme: str = "light", scale: int = 100, *, before_paint: bool = False
) -> None:
    """Dress the whole application; may be called again at any time.

    ``before_paint`` leaves the palette to :func:`set_palette`: the sign-in window is painted by the sheet
    alone, and the first use of a colour in Python makes all enums of Qt.
    """
    colours = tokens(theme)
    _current.clear()
    _colours.clear()
    _current.update(colours)
    points = {name: f"{value * scale / 100:.2f}" for name, value in _POINTS.items()}
    _metrics["scale"] = scale
    _metrics["dressed"] += 1
    sizes = {name: str(round(px * scale / 100)) for name, px in _PIXELS.items()} | _bar_padding(scale)
    # A ring of 2 px in the place of a border of 1: what it takes comes off the height, so that nothing moves.
    for name in ("control", "compact", "find"):
        sizes[f"{name}f"] = str(int(sizes[name]) - 2)
    sizes["controlff"] = str(int(sizes["control"]) - 4)
    template = Template(_resource("theme", "app.qss"))
    # Qt reads the arrow of a combo box from a file only, in the colour that is written there.
    arrow = "chevron.svg" if theme == "light" else f"chevron-{theme}.svg"
    chevron = os.path.join(_RESOURCES, "icons", arrow).replace("\\", "/")
    font = QFont()
    font.setFamilies(FAMILIES)
    font.setPointSizeF(10.5 * scale / 100)
    font.setFeature(QFont.Tag("tnum"), 1)
    sheet = template.substitute(colours | points | sizes | {"chevron": chevron})
    # Each of these visits every widget; one that changes nothing is left out.  And a sheet that takes the
    # place of another visits each widget once for each of its parents (QStyleSheetStyle, Qt 6): taking the
    # old one off first costs a tenth.
    if app.styleSheet() not in ("", sheet):
        app.setStyleSheet("")
    if "fusion" not in _metrics:
        app.setStyle("Fusion")
        _metrics["fusion"] = 1
    if app.font() != font:
        app.setFont(font)
    if not before_paint:
        set_palette(app)
    if app.styleSheet() != sheet:
        app.setStyleSheet(sheet)


def next_theme(theme: str) -> str:
    """The one after ``theme``, round and round."""
    return THEMES[(THEMES.index(theme) + 1) % len(THEMES)]


def next_scale(scale: int, step: int) -> int:
    """``step`` type sizes up or down from ``scale``, as far as they go."""
    return SCALES[min(max(SCALES.index(scale) + step, 0), len(SCALES) - 1)]


def set_palette(app: QApplication) -> None:
    """Scroll bars, placeholders and selections in the theme's colours."""
    palette = _palette(_current)
    if app.palette() != palette:
        app.setPalette(palette)


def _bar_padding(scale: int) -> dict[str, str]:
    """The app bar has a fixed width to share: larger type takes its room from the padding."""
    padding = {100: 12, 115: 8, 130: 5}.get(scale, 8)
    return {"navpad": str(padding), "navpadf": str(padding - 2)}


def scaled(px: int) -> int:
    """A length of ui.md at the font scale in force."""
    return round(px * _metrics["scale"] / 100)


def dressed() -> int:
    """Another number after each :func:`apply_theme`: what was painted under a former one is out of date."""
    return _metrics["dressed"]


def colour(token: str) -> QColor:
    """A token of the theme in force: one object for all who ask, so nobody changes it."""
    if token not in _colours:  # making one takes longer than what is drawn with it
        _colours[token] = QColor(_current.get(token) or tokens("light")[token])
    return _colours[token]


def icon(name: str, token: str = "text2") -> QIcon:
    return QIcon(pixmap(name, token, 20))


def pixmap(name: str, token: str, size: int) -> QPixmap:
    """An icon in a token's colour, crisp at the screen's device ratio."""
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    key = (name, colour(token).name(), size, ratio)
    if key not in _drawn:
        _drawn[key] = _draw(*key)
    return _drawn[key]


def _draw(name: str, ink: str, size: int, ratio: float) -> QPixmap:
    from PyQt6.QtSvg import QSvgRenderer  # the sign-in window has no icon until something goes wrong

    svg = _resource("icons", f"{name}.svg")
    renderer = QSvgRenderer(QByteArray(svg.replace("#000", ink).encode()))
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


def _resource(*path: str) -> str:
    with open(os.path.join(_RESOURCES, *path), encoding="utf-8") as file:
        return file.read()
