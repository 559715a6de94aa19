"""Entry fields: label above, hint, error sentence below, source at the right."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QMimeData, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from views.theme import set_kind
from views.widgets.basic import label
from views.widgets.early import set_latin
from views.widgets.elided import ElidedLabel

GAP = 8  # between a value and what stands beside it
BESIDE = 104  # width of the name and of the source beside a value
MOST = 32_767  # characters a field holds: Qt's own limit for a line, where it cuts without a word
TOO_MUCH = f"粘贴的内容放不下（一栏最多 {MOST} 个字），没有粘进来。原来填的都在。请只复制要填的部分再粘贴。"
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


class CodeEdit(QLineEdit):
    """For ids, phones and numbers: the IME stays off, full-width digits become plain ones."""

    def __init__(self, parent: QWidget | None = None, *, before_paint: bool = False) -> None:
        """``before_paint``: the one who made it shuts the IME off after the first paint."""
        super().__init__(parent)
        set_latin(self)
        if not before_paint:
            self.shut_ime()
        self.textEdited.connect(self._convert)

    def shut_ime(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)

    def _convert(self, text: str) -> None:
        plain = text.translate(_HALF)
        if plain != text:
            place = self.cursorPosition()
            self.setText(plain)
            self.setCursorPosition(place)
            self.textEdited.emit(plain)


class _Choice(QComboBox):
    """Enter on the closed list goes on, as in a line; F4 and Alt+↓ open it."""

    entered = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        super().keyPressEvent(event)


class _Area(QPlainTextEdit):
    """Tab leaves a multi-line field; it never eats the way onward.  ``refused`` when a paste has no room."""

    refused = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)

    def insertFromMimeData(self, source: QMimeData | None) -> None:
        room = MOST - self.document().characterCount()  # type: ignore[union-attr]  # it has one
        if source is not None and source.hasText() and len(source.text()) > room:
            self.refused.emit()
            return
        super().insertFromMimeData(source)


class Field(QWidget):
    """One labelled value.  ``edited`` fires for what the clerk does, not for ``set_value``; ``entered`` on Enter."""

    edited = pyqtSignal(str)
    entered = pyqtSignal()

    def __init__(
        self,
        name: str,
        *,
        kind: str = "text",
        choices: tuple[tuple[str, str], ...] = (),
        required: bool = False,
        hint: str = "",
        beside: bool = False,
        mask: Callable[[str], str] | None = None,
    ) -> None:
        """``beside`` puts the name left of the value and the source right of it, for a dense form.

        ``mask`` hides a number of a person at rest.
        """
        super().__init__()
        self._before = ""  # what the line held before the edit under way
        self._hint = hint
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        head = QHBoxLayout()
        text = f"{name} *" if required else name
        caption = label(text, "secondary", wrap=True) if beside else ElidedLabel(text, "secondary")
        self._source = label(hint, "caption", wrap=True) if beside else ElidedLabel(hint, "caption")
        self.editor = self._make(kind, choices, mask)
        self.editor.setAccessibleName(name)
        self.editor.setAccessibleDescription(hint)
        self._error = label("", "red", wrap=True)
        self._error.hide()
        box.addLayout(head)
        if beside:
            caption.setFixedWidth(BESIDE)
            caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._source.setFixedWidth(BESIDE)
            self._error.setContentsMargins(BESIDE + GAP, 0, 0, 0)
            head.setSpacing(GAP)
            head.addWidget(caption)
            head.addWidget(self.editor, 1)
            head.addWidget(self._source)
        else:
            self._source.setAlignment(Qt.AlignmentFlag.AlignRight)
            head.addWidget(caption, 2)
            head.addWidget(self._source, 1)
            box.addWidget(self.editor)
        box.addWidget(self._error)

    def _make(
        self, kind: str, choices: tuple[tuple[str, str], ...], mask: Callable[[str], str] | None
    ) -> QWidget:
        if kind == "choice":
            combo = _Choice()
            combo.entered.connect(self.entered)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(4)  # a long choice must not make the whole form wide
            combo.addItem("请选择", "")
            for value, text in choices:
                combo.addItem(text, value)
            combo.activated.connect(lambda _: self.edited.emit(self.value()))
            return combo
        if kind == "multiline":
            area = _Area()
            area.textChanged.connect(lambda: self.edited.emit(self.value()))
            area.textChanged.connect(self._room_again)
            area.refused.connect(lambda: self.show_error(TOO_MUCH))
            return area
        line = CodeEdit() if kind == "code" else QLineEdit()
        if mask is not None:
            from views.widgets.private import PrivateEdit  # the sign-in window has none

            line = PrivateEdit(mask)
        line.setMaxLength(MOST)
        line.textEdited.connect(self._line_edited)
        line.inputRejected.connect(lambda: self._too_much(line, self._before))
        line.returnPressed.connect(self.entered)
        return line

    def _line_edited(self, text: str) -> None:
        self._before = text
        self._room_again()
        self.edited.emit(text)

    def _room_again(self) -> None:
        if self._error.text() == TOO_MUCH:
            self.show_error("")

    def _too_much(self, line: QLineEdit, before: str) -> None:
        """Qt has put in what there was room for, or is about to: the field becomes what it was, and says so."""

        def restore() -> None:
            if sip.isdeleted(line) or len(line.text()) < MOST:
                return  # a key that means nothing here
            for _ in range(3):  # what was selected is a step of its own
                if line.text() != before:
                    line.undo()
            self.show_error(TOO_MUCH)

        QTimer.singleShot(0, restore)

    def value(self) -> str:
        if isinstance(self.editor, QComboBox):
            return str(self.editor.currentData() or "")
        if isinstance(self.editor, QPlainTextEdit):
            return self.editor.toPlainText()
        assert isinstance(self.editor, QLineEdit)
        return self.editor.text()

    def set_value(self, value: str) -> None:
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(max(0, self.editor.findData(value)))
        elif isinstance(self.editor, QPlainTextEdit):
            self.editor.blockSignals(True)
            self.editor.setPlainText(value)
            self.editor.blockSignals(False)
        else:
            assert isinstance(self.editor, QLineEdit)
            self.editor.setText(value)
            self._before = self.editor.text()

    def renew(self, value: str, source: str) -> None:
        """As if it had just been made: this value, its source, and nothing said of it."""
        if self._error.text():
            self.show_error("")
        self.show_source(source)
        if isinstance(self.editor, QPlainTextEdit) or self.value() != value:
            self.set_value(value)

    def show_error(self, text: str) -> None:
        """The sentence below the field; "" takes it away.  What was typed stays."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        set_kind(self.editor, "error", "true" if text else "false")
        self.editor.setAccessibleDescription(text or self._hint)

    def show_source(self, text: str) -> None:
        told = self._source
        if (told.whole() if isinstance(told, ElidedLabel) else told.text()) != text:
            told.setText(text)
