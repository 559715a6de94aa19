"""The scopes of the palette as chips, each with how much it holds, and the keys beside them."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton

from views.palette.rows import SCOPES
from views.widgets import KeyCap, label


class ScopeRow(QHBoxLayout):
    """``chosen`` with the name of the scope whose chip was clicked."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(16, 6, 16, 6)
        self.setSpacing(6)
        self._chips: dict[str, QPushButton] = {}
        for name in SCOPES:
            chip = QPushButton(name)
            chip.setProperty("kind", "option")
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab in the line goes through them
            chip.setAccessibleName(f"范围：{name}")
            chip.clicked.connect(lambda _, one=name: self.chosen.emit(one))
            self._chips[name] = chip
            self.addWidget(chip)
        self.addStretch()
        for keys, what in ((("Tab",), "换范围"), (("↑", "↓"), "选"), (("Esc",), "关")):
            for key in keys:
                self.addWidget(KeyCap(key))
            self.addWidget(label(what, "caption"))

    def show_counts(self, counts: Mapping[str, int], scope: str) -> None:
        """The number of each group, of all in the first; ``scope`` is the one that is listed."""
        for name, chip in self._chips.items():
            shown = counts[name] if name in counts else sum(counts.values())
            chip.setText(f"{name} {shown}")
            chip.setChecked(name == scope)
