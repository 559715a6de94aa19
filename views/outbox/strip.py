"""The six figures at the head of 同步, each with its reason below."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from views.theme import set_kind
from views.widgets import Card, label
from views.widgets.elided import ElidedLabel
from views.widgets.sign import Sign

NAMES = (
    ("connection", "连接"),
    ("waiting", "待同步"),
    ("attention", "要您处理"),
    ("numbers", "受理编号池"),
    ("lease", "离线租约"),
    ("replica", "本机副本"),
)
# The picture that goes with a state, so that it is never told by colour alone.
_ICONS = {("connection", "amber"): "cloudoff", ("connection", "green"): "check"}


class KpiStrip(Card):
    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._cells: dict[str, tuple[Sign, ElidedLabel, QLabel, ElidedLabel]] = {}
        self._kinds: dict[str, str] = {}
        for at, (key, name) in enumerate(NAMES):
            if at:
                rule = QFrame()
                rule.setObjectName("sep")
                row.addWidget(rule)
            column = QVBoxLayout()
            column.setContentsMargins(14, 7, 8, 8)
            column.setSpacing(0)
            column.addWidget(label(name, "caption"))
            line = QHBoxLayout()
            line.setSpacing(6)
            sign, value, aside, note = (
                Sign(20),
                ElidedLabel("—", "kpi"),
                label("", "caption"),
                ElidedLabel(""),
            )
            note.setProperty("role", "caption")
            sign.hide()
            line.addWidget(sign)
            line.addWidget(value)
            line.addWidget(aside)
            line.addStretch()
            column.addLayout(line)
            column.addWidget(note)
            self._cells[key] = (sign, value, aside, note)
            row.addLayout(column, 1)
        self.body.addLayout(row)

    def tell(self, key: str, value: str, note: str, kind: str = "", aside: str = "") -> None:
        """``kind`` is green, amber, red or "" for a figure that is no state; ``aside`` stands after it."""
        _, shown, beside, below = self._cells[key]
        shown.setText(value)
        set_kind(shown, "state", kind)
        shown.setAccessibleName(f"{dict(NAMES)[key]}：{value}{aside}")
        beside.setText(aside)
        beside.setVisible(bool(aside))
        below.setText(note)
        self._kinds[key] = kind
        self._show_sign(key)

    def text(self, key: str) -> str:
        return self._cells[key][1].whole()

    def note(self, key: str) -> str:
        return self._cells[key][3].whole()

    def _show_sign(self, key: str) -> None:
        sign, kind = self._cells[key][0], self._kinds[key]
        name = _ICONS.get((key, kind)) or ("warn" if kind in ("amber", "red") else "")
        sign.setVisible(bool(name))
        sign.show_sign(name, kind)
