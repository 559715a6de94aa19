"""Labels, tags, key caps, buttons, cards and the three-sentence notice."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from views.theme import pixmap, set_kind
from views.widgets.caps import CapButton
from views.widgets.early import ALIGN_RIGHT, align, set_plain
from views.widgets.keys import bind
from views.widgets.sign import Sign


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A text in one of the style sheet's roles (title, section, caption, amber …)."""
    made = QLabel(text)
    set_plain(made)
    if role:
        made.setProperty("role", role)
    if wrap:
        made.setWordWrap(True)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


class Tag(QLabel):
    """A small state or kind; a state always carries a word, never colour alone."""

    def __init__(self, text: str, kind: str = "neutral") -> None:
        super().__init__()
        self._icon = ""
        self.setProperty("tag", kind)
        align(self, ALIGN_RIGHT)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_state(self, text: str, kind: str) -> None:
        self.setText(text)
        set_kind(self, "tag", kind)

    def setText(self, text: str | None) -> None:
        """A text that begins with “✓ ” or “! ” gets the picture for it."""
        self._icon, told = split_sign(text or "")
        super().setText(told)

    def sizeHint(self) -> QSize:
        whole = super().sizeHint()
        return QSize(whole.width() + (self._side() + 4 if self._icon else 0), whole.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if self._icon:
            side = self._side()
            painter = QPainter(self)
            picture = pixmap(self._icon, str(self.property("tag")), side)
            painter.drawPixmap(7, (self.height() - side) // 2, picture)

    def _side(self) -> int:
        return self.fontMetrics().height() * 3 // 4


def split_sign(text: str) -> tuple[str, str]:
    """The picture that a sign before a state stands for ("" for none), and the state without it."""
    for sign, name in (("✓ ", "check"), ("! ", "warn")):
        if text.startswith(sign):
            return name, text.removeprefix(sign)
    return "", text


class KeyCap(QLabel):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.setProperty("role", "keycap")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


class KeyButton(CapButton):
    """A button that shows its key.  Gated, it stays reachable, and using it tells the reason."""

    blocked = pyqtSignal(str)
    run = pyqtSignal()

    def __init__(
        self,
        text: str,
        key: str = "",
        kind: str = "",
        parent: QWidget | None = None,
        *,
        shows: str = "",
        apart: bool = False,
    ) -> None:
        """``key`` is bound and shown; ``shows`` is a key that something else binds already."""
        super().__init__(parent=parent, apart=apart)
        self._text, self._key, self._kind, self._reason = text, key or shows, kind, ""
        self._with_key = True
        self.setProperty("kind", kind)  # not yet polished, so nothing to polish anew
        self._show()
        self.clicked.connect(self._used)
        if key:
            # No line of its own in the key map: the name of the button says what it does now.
            bind(self, key, "", self._used)

    def set_text(self, text: str) -> None:
        self._text = text
        self._show()

    def gate(self, reason: str) -> None:
        """Bar the act with a reason; "" opens it again."""
        self._reason = reason
        self._show()

    def show_key(self, shown: bool) -> None:
        """Print the key on the button, or leave it to the tooltip where there is no room."""
        if shown != self._with_key:
            self._with_key = shown
            self._show()

    def _show(self) -> None:
        shown = self._key.replace("Return", "Enter")
        self.setText(self._text)
        self.set_caps((shown,) if shown and self._with_key else ())
        self.setAccessibleName(self._text)
        self.setAccessibleDescription(self._reason)
        self.setToolTip(self._reason or ("" if self._with_key else shown))
        gated = "gatedtight" if self._kind == "tight" else "gated"
        set_kind(self, "kind", gated if self._reason else self._kind)

    def _used(self) -> None:
        if not self.isVisible():
            return
        if self._reason:
            self.blocked.emit(self._reason)
        else:
            self.run.emit()


class Rule(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rule")


class Card(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)


class Notice(QFrame):
    """What happened · what is safe · what to do, at the place where it happened."""

    def __init__(self, kind: str = "amber") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 6, 6)
        self._icon = Sign(18)
        self._text = label("", wrap=True)
        self._close = CapButton("知道了")
        self._close.setAccessibleName("知道了，收起这条提示")
        self._close.setProperty("kind", "quiet")
        self._close.clicked.connect(self.hide)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._close)
        self._row = row
        self.setProperty("notice", kind)
        self.hide()

    def say(self, text: str, kind: str = "amber") -> None:
        self._text.setText(text)
        for beside in (self._icon, self._close):
            self._row.setAlignment(beside, Qt.AlignmentFlag.AlignTop)
        self._icon.show_sign("check" if kind == "green" else "warn", kind)
        set_kind(self, "notice", kind)
        self.setAccessibleName(text)
        self.show()

    def text(self) -> str:
        return self._text.text()


def clear_layout(layout: QLayout) -> None:
    """Remove and delete everything a layout holds."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear_layout(inner)
