"""Alt+N in a field to be written in: choose a sentence, and it stands where the cursor was."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit

from app.commands.context import Desk
from app.commands.phrases import drop_phrase, keep_phrase
from app.queries.phrases import Phrases, read_phrases
from app.tasks import Tasks
from models.domain.phrases import KINDS, Phrase
from views.phrases.sheet import PhraseSheet
from views.shell import Shell
from views.widgets.fields import CodeEdit
from views.widgets.keys import bind

KIND = "phrases"  # the property of an editor that says which kind belongs there
Editor = QLineEdit | QPlainTextEdit


class PhraseHelp(QObject):
    """Owned by the station."""

    def __init__(self, shell: Shell, desk: Desk, tasks: Tasks) -> None:
        super().__init__(shell)
        self._shell, self._desk, self._tasks = shell, desk, tasks
        bind(shell, "Alt+N", "插入常用语", self.open)

    def open(self) -> None:
        editor = QApplication.focusWidget()
        free = isinstance(editor, QLineEdit | QPlainTextEdit) and not isinstance(editor, CodeEdit)
        if self._shell.overlay_open() or not isinstance(editor, QLineEdit | QPlainTextEdit) or not free:
            self._shell.say("请先把光标放进要写字的框里，再按 Alt+N 插入常用语")
            return
        if editor.isReadOnly():
            self._shell.say("这一项不能改，没有插入")
            return
        kind = str(editor.property(KIND) or KINDS[-1])
        sheet = PhraseSheet(kind, editor.accessibleName() or kind)
        desk = self._desk

        def insert(text: str) -> None:
            self._shell.close_overlay()
            if not sip.isdeleted(editor):
                _insert(editor, text)

        def show(phrases: Phrases) -> None:
            if not sip.isdeleted(sheet):
                sheet.show_phrases(phrases)

        def keep() -> None:
            text = editor.text() if isinstance(editor, QLineEdit) else editor.toPlainText()
            self._tasks.database(lambda: keep_phrase(desk, kind, text), show, sheet.notice.say)

        def drop(phrase: Phrase) -> None:
            self._tasks.database(lambda: drop_phrase(desk, phrase), show, sheet.notice.say)

        sheet.chosen.connect(insert)
        sheet.kept.connect(keep)
        sheet.dropped.connect(drop)
        self._shell.show_overlay(sheet)
        self._tasks.database(lambda: read_phrases(desk), show, sheet.notice.say)


def _insert(editor: Editor, text: str) -> None:
    """As if typed: the field tells what it holds now, Ctrl+Z takes it back."""
    if isinstance(editor, QLineEdit):
        editor.insert(text)
    else:
        editor.insertPlainText(text)
