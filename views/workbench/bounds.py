"""Alt+M in a field for a place: where there is no house number, 四至 are written instead (ui.md §6)."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLineEdit, QPlainTextEdit

from models.domain.catalog import Field as FormField
from models.domain.catalog import FieldType
from views.widgets import Field
from views.widgets.keys import bind

BOUNDS_HINT = "没有门牌按 Alt+M 填四至"
_BOUNDS = "东至　，南至　，西至　，北至　"
_WORDS = ("住所", "场所", "地址", "坐落", "位置", "地点")


def is_place(spec: FormField) -> bool:
    """Whether the field asks where something is."""
    return spec.type in (FieldType.TEXT, FieldType.MULTILINE) and any(word in spec.label for word in _WORDS)


def offer_bounds(field: Field) -> None:
    """Bind Alt+M in this field: what is written stays, 四至 follow it, the cursor stands at the first."""
    bind(
        field.editor,
        "Alt+M",
        "没有门牌：改填四至",
        lambda: _write(field),
        context=Qt.ShortcutContext.WidgetShortcut,
    )


def _write(field: Field) -> None:
    before = field.value()
    if "东至" in before:
        return
    start = f"{before.rstrip('，,。 ')}，" if before.strip() else ""
    place = len(start) + len("东至")
    editor = field.editor
    if isinstance(editor, QLineEdit):
        editor.setText(start + _BOUNDS)
        editor.setCursorPosition(place)
        editor.textEdited.emit(editor.text())
    elif isinstance(editor, QPlainTextEdit):
        editor.setPlainText(start + _BOUNDS)
        cursor = editor.textCursor()
        cursor.setPosition(place)
        editor.setTextCursor(cursor)
