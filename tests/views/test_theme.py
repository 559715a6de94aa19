"""The looks: every pair of colours that the style sheet puts together, in both themes; no inline styling."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QApplication, QLabel, QWidget

from views.theme import SCALES, THEMES, apply_theme, colour, scaled, tokens

ROOT = Path(__file__).resolve().parents[2]
QSS = (ROOT / "resources" / "theme" / "app.qss").read_text(encoding="utf-8")
# What a rule that names only a colour may lie on; a paper of its own is found in the sheet itself.
PAPERS = {
    "text": ("surface", "surface2", "bg", "head", "blueweak", "amberbg", "redbg", "greenbg"),
    "text2": ("surface", "surface2", "head", "bg"),
    "text3": ("surface", "surface2", "head", "bg"),
    "blue": ("surface", "surface2"),
    "blueh": ("surface", "surface2"),
    "green": ("surface", "greenbg"),
    "amber": ("surface", "surface2", "amberbg"),
    "red": ("surface", "redbg"),
    "onblue": ("blue", "blueh", "bluep"),
    "topon": ("topbar", "topsel", "findbg"),
    "topsoft": ("topbar", "findbg"),
    "topbar": ("topon",),
}
CONTROLS = {"ctl": ("surface", "bg"), "focus": ("surface", "surface2", "blueweak"), "red": ("surface",),
            "findline": ("topbar",), "progress": ("surface",)}  # fmt: skip
# ui.md §2 gives these to quiet text: captions and what is disabled.
QUIET = {"text3"}


def _luminance(value: str) -> float:
    parts = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def rules() -> list[tuple[str, dict[str, str]]]:
    """(selector, declarations) of the sheet."""
    found = []
    for selector, body in re.findall(r"([^{}]+)\{((?:[^{}]|\$\{\w+\})*)\}", QSS):
        pairs = (part.split(":", 1) for part in body.split(";") if ":" in part)
        found.append((selector.strip(), {name.strip(): value.strip() for name, value in pairs}))
    return found


def pairs_in_use() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for selector, told in rules():
        ink = told.get("color", "").removeprefix("$")
        paper = told.get("background", "").removeprefix("$")
        if ink and paper and paper != "transparent":
            found.add((ink, paper))
        elif ink:
            assert ink in PAPERS, f"{selector}: say in PAPERS on what {ink} lies"
            found.update((ink, on) for on in PAPERS[ink])
        if "selection-color" in told:
            found.add((told["selection-color"][1:], told["selection-background-color"][1:]))
    return found


def test_a_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("theme", "least"), [("light", 4.5), ("contrast", 7.0)])
def test_every_text_is_legible_on_every_paper_it_lies_on(theme: str, least: float) -> None:
    t = tokens(theme)
    used = pairs_in_use()
    assert len(used) > 30
    bad = {
        (ink, paper): round(contrast(t[ink], t[paper]), 2)
        for ink, paper in used
        if contrast(t[ink], t[paper]) < least
    }
    assert bad == {}


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_controls_and_the_focus_are_seen(theme: str) -> None:
    t = tokens(theme)
    for ring, papers in CONTROLS.items():
        for paper in papers:
            assert contrast(t[ring], t[paper]) >= 3.0, (ring, paper)


@pytest.mark.parametrize("theme", THEMES)
def test_the_arrow_of_a_choice_is_seen_on_its_field(qapp: QApplication, theme: str) -> None:
    apply_theme(qapp, theme)
    found = re.search(r"down-arrow \{ image: url\((.+?)\)", qapp.styleSheet())
    apply_theme(qapp)
    assert found is not None
    stroke = re.search(r'stroke="(#\w{6})"', Path(found[1]).read_text(encoding="utf-8"))
    assert stroke is not None
    assert contrast(stroke[1], tokens(theme)["surface"]) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
def test_figures_in_charts_are_legible(theme: str) -> None:
    t = tokens(theme)
    for place in range(1, 6):
        paper = t[f"chart{place}"]
        best = max(contrast(t["chartdark"], paper), contrast(t["chartlight"], paper))
        assert best >= (4.5 if theme == "light" else 6.5), place


def test_both_themes_have_the_same_tokens_and_the_sheet_uses_no_other() -> None:
    names = [set(tokens(theme)) for theme in THEMES]
    assert names[0] == names[1]
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\b", re.sub(r"[\w\]]#\w+", "", QSS)), (
        "a colour outside the tokens"
    )


def test_nothing_is_styled_outside_the_theme() -> None:
    guilty = [
        str(path.relative_to(ROOT))
        for path in [*(ROOT / "views").rglob("*.py"), *(ROOT / "app").rglob("*.py")]
        if "views/theme" not in path.as_posix()
        and re.search(r"setStyleSheet|setPalette|<font|style=", path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


def test_every_kind_of_control_shows_its_states() -> None:
    selectors = " ".join(selector for selector, _ in rules())
    for state in (
        "QPushButton:hover", "QPushButton:pressed", "QPushButton:focus", "QPushButton:disabled",
        'QPushButton[kind="primary"]:focus', "QLineEdit:hover", "QLineEdit:focus", "QLineEdit:disabled",
        'QLineEdit[error="true"]', "QComboBox:focus", "QPlainTextEdit:focus", "QScrollArea:focus",
    ):  # fmt: skip
        assert state in selectors, state


def test_theme_and_scale_change_without_a_restart(qapp: QApplication) -> None:
    sample = QLabel("样")
    try:
        heights = []
        for scale in SCALES:
            apply_theme(qapp, "light", scale)
            sample.ensurePolished()
            heights.append(sample.fontMetrics().height())
        assert heights == sorted(set(heights))
        assert scaled(100) == 130
        apply_theme(qapp, "contrast")
        assert colour("text").name() == "#ffffff"
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == "#0a0e13"
    finally:
        sample.deleteLater()
        apply_theme(qapp)


class _Styled(QObject):
    """Counts what each widget is told of a new style."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        self.told += event is not None and event.type() == QEvent.Type.StyleChange
        return False


def test_another_theme_dresses_each_widget_twice_however_deep_it_lies(qapp: QApplication) -> None:
    """Qt by itself dresses it once for each of its parents, which took seconds."""
    outer = at = QWidget()
    for _ in range(20):
        at = QWidget(at)
    apply_theme(qapp)
    outer.ensurePolished()
    outer.show()
    qapp.processEvents()
    count = _Styled()
    at.installEventFilter(count)
    apply_theme(qapp, "contrast")
    assert 1 <= count.told <= 2
    apply_theme(qapp)
    outer.close()
