"""Parts of the sign-in form: the password with its warning of Caps Lock, and 今天的受理范围."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from views.unlock.facts import scope_choices
from views.widgets import label


class PasswordEdit(QLineEdit):
    """``capitals`` with each letter: whether Caps Lock is on, which Qt itself does not tell."""

    capitals = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setEchoMode(QLineEdit.EchoMode.Password)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.text().isalpha() and event.text().isascii():
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.capitals.emit(event.text().isupper() != shifted)
        super().keyPressEvent(event)


class _Choice(QComboBox):
    """Enter unlocks, as in a line; F4 and Alt+↓ open the list."""

    entered = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.entered.emit()
        else:
            super().keyPressEvent(event)


class ScopeChoice(QWidget):
    """What is taken in today: all that is granted here, or one domain of it.  Hidden while not known."""

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 6)
        box.setSpacing(6)
        box.addWidget(label("今天的受理范围", "secondary"))
        self.choice = _Choice()
        self.choice.setAccessibleName("今天的受理范围")
        box.addWidget(self.choice)
        self._domains = ""
        self.hide()

    def show_scope(self, domains: str, only: str) -> None:
        """``domains`` as in :class:`views.unlock.facts.Known`; what is chosen already stays chosen."""
        if domains == self._domains:
            return
        self._domains = domains
        choices = scope_choices(domains)
        self.choice.clear()
        for value, words in choices:
            self.choice.addItem(words, value)
        self.choice.setCurrentIndex(max(0, self.choice.findData(only)))
        self.choice.setEnabled(len(choices) > 1)
        self.setVisible(bool(choices))

    def only(self) -> str:
        """The one domain, "" for all."""
        return str(self.choice.currentData() or "")
