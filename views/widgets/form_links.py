"""空白表、样表 of one material as buttons; none where the catalogue names none."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from models.domain.catalog import Material
from models.domain.forms import BLANK, SAMPLE
from views.widgets.basic import KeyButton, clear_layout


class FormLinks(QWidget):
    """``wanted`` with the name of the file that the catalogue writes."""

    wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.buttons: dict[str, KeyButton] = {}
        self._shown: tuple[tuple[str, str, str], ...] = ()
        self.hide()

    def show_forms(self, materials: Iterable[Material]) -> None:
        """The files of these materials, each once; the same paper may be asked for by several items."""
        named = {
            name: (kind, material.name)
            for material in materials
            for kind, name in ((BLANK, material.blank), (SAMPLE, material.sample))
            if name
        }
        shown = tuple((name, *facts) for name, facts in named.items())
        if shown == self._shown:
            return
        self._shown, self.buttons = shown, {}
        clear_layout(self._row)
        for name, kind, of in shown:
            several = sum(other == kind for _, other, _ in shown) > 1
            button = KeyButton(
                f"{kind}：{name.rpartition('.')[0] or name}" if several else kind, kind="quiet"
            )
            button.setAccessibleName(f"打印{kind}：{of}")
            button.setToolTip(f"看一看、打印{kind}“{name}”")
            button.run.connect(lambda one=name: self.wanted.emit(one))
            self.buttons[name] = button
            self._row.addWidget(button)
        self._row.addStretch()
        self.setVisible(bool(shown))
