"""The palette: 办理项, 一件事, cases, people and acts from one line; the IME is off, initials go straight in."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QInputMethodEvent, QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout

from app.queries.cases import CaseRow
from app.queries.items import ItemFinder, ItemHit
from app.queries.people import PersonRow
from models.domain.catalog import Bundle
from views.overlay import CORNER
from views.palette.detail import Detail
from views.palette.rows import (
    SCOPES,
    Action,
    Row,
    action_row,
    begins,
    bundle_row,
    case_row,
    find_actions,
    group_head,
    item_row,
    person_row,
    plain,
)
from views.palette.scopes import ScopeRow
from views.widgets import ActTable, KeyCap, Rule, Tag, label
from views.widgets.elided import ElidedLabel
from views.widgets.sign import Sign

PALETTE_KEYS = (
    ("↑ ↓", "选行"),
    ("Enter", "开始受理，或打开办件"),
    ("Ctrl+Enter", "用当前申请人开办"),
    ("Tab", "换范围"),
    ("→", "只看办事指南"),
    ("Ctrl+D", "钉到常用，再按取下"),
    ("Shift", "打开输入法打汉字"),
    ("Esc", "关闭"),
)


IME_OFF = "拼音直达 · 输入法已暂停"
_NOTES = {"办理项": "名称相符的在前", "first": "名称开头相符"}
_HELP = "换一个词，或者只打首字母。事项按名称、首字母、全拼和编码找；办件按编号、尾号和申请人找。"


class PaletteSheet(QFrame):
    """``item_chosen``, ``case_chosen`` … with ids; ``query_changed`` asks for cases and people.

    ``item_continued``: a new case for the applicant who is at the window.  ``pins_changed`` with all pins.
    """

    item_chosen = pyqtSignal(str)
    item_continued = pyqtSignal(str)
    guide_requested = pyqtSignal(str)
    case_chosen = pyqtSignal(str)
    bundle_chosen = pyqtSignal(str)
    person_chosen = pyqtSignal(object)
    action_chosen = pyqtSignal(object)
    query_changed = pyqtSignal(str)
    pins_changed = pyqtSignal(object)

    def __init__(self) -> None:
        """Empty: :meth:`begin` before it is shown, :meth:`clear` when it is put away."""
        super().__init__()
        self.setFixedSize(1038 - 2, 620 - 2 * CORNER)  # with the edge that lies around it
        self._finder: ItemFinder | None = None
        self._actions: tuple[Action, ...] = ()
        self._pins: list[str] = []
        self._applicant, self._read_only = "", False
        self._loading = True
        self._waiting = False  # Enter was pressed before there was anything to choose from
        self.scope = SCOPES[0]
        self._preedit = ""
        self._hits: dict[str, ItemHit] = {}
        self._bundles: list[Bundle] = []
        self._cases: list[CaseRow] = []
        self._people: list[PersonRow] = []
        self._found_actions: list[Action] = []
        self._beside: tuple[object, ...] = ()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(self._make_line())
        box.addWidget(Rule())
        self._scopes = ScopeRow()
        self._scopes.chosen.connect(self.show_scope)
        box.addLayout(self._scopes)
        box.addWidget(Rule())
        middle = QHBoxLayout()
        middle.setSpacing(0)
        self.table = ActTable(("", "", ""), "搜索结果", row_height=43)
        self.table.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab changes the scope; arrows move in the line
        header = self.table.horizontalHeader()
        if header is not None:
            header.hide()
        self.table.set_widths(0, 84, 118)
        self.table.opened.connect(self._open)
        self.table.moved.connect(self._show_detail)
        middle.addWidget(self.table, 1)
        self._none = label("", "secondary")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._none.hide()
        middle.addWidget(self._none, 1)
        self._side = Detail()
        scroll = QScrollArea()  # in a low window or large type
        scroll.setWidgetResizable(True)
        scroll.setFixedWidth(336)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("选中的这一条")
        scroll.setWidget(self._side)
        middle.addWidget(scroll)
        box.addLayout(middle, 1)
        box.addWidget(Rule())
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 6, 16, 6 - CORNER)
        foot.addWidget(ElidedLabel("例：首字母 gssl　全拼 shipin　词 食品 新办　编码尾号", "caption"), 1)
        self._found = label("", "caption")
        foot.addWidget(self._found)
        box.addLayout(foot)
        self.setFocusProxy(self.line)

    def begin(
        self,
        finder: ItemFinder | None,
        *,
        actions: Sequence[Action] = (),
        pins: Sequence[str] = (),
        applicant: str = "",
        read_only: bool = False,
    ) -> None:
        """An empty line and what is offered for it; nothing of the former use is left.

        ``finder`` None: the catalogue is being read.  ``read_only``: the lease has run out, so guides open
        and nothing is taken in.
        """
        self._put(finder, actions, pins, applicant, read_only=read_only)
        self._search()

    def clear(self) -> None:
        """Take out everything that was typed, found or offered: it may lie hidden before the next visitor."""
        self._put(None, (), (), "", read_only=False)
        self.table.forget(lambda key: not key.startswith(("i:", "b:")))  # the catalogue is nobody's
        self._hits, self._bundles, self._cases, self._people, self._found_actions = {}, [], [], [], []
        self._fill()

    def _put(
        self,
        finder: ItemFinder | None,
        actions: Sequence[Action],
        pins: Sequence[str],
        applicant: str,
        *,
        read_only: bool,
    ) -> None:
        self._finder, self._actions, self._pins = finder, tuple(actions), list(pins)
        self._applicant, self._read_only = applicant, read_only
        self._loading, self._waiting = finder is None, False
        self.scope, self._preedit, self._beside = SCOPES[0], "", ()
        self.line.blockSignals(True)
        self.line.setText("")  # not clear(): Ctrl+Z would bring it back
        self.line.blockSignals(False)
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._ime.show_state(IME_OFF, "neutral")

    # -- what is found -----------------------------------------------------------------------------

    def show_finder(self, finder: ItemFinder | None) -> None:
        """The catalogue has been read (None: there is none yet); an Enter pressed meanwhile counts now."""
        self._finder, self._loading = finder, False
        waiting, self._waiting = self._waiting, False
        self._search()
        if waiting:
            self._open(self.table.current_key())

    def show_found(self, rows: list[CaseRow], people: Sequence[PersonRow] = ()) -> None:
        """Cases and people for the current query; they come from the replica a moment later."""
        if (rows, list(people)) != (self._cases, self._people):
            self._cases, self._people = rows, list(people)
            self._fill()

    def query(self) -> str:
        """What is searched now: the line with what the input method is putting together."""
        if not self._preedit:
            return self.line.text()
        at = self.line.cursorPosition()
        return self.line.text()[:at] + plain(self._preedit) + self.line.text()[at:]

    def show_scope(self, scope: str) -> None:
        """List one group only, or all of them."""
        self.scope = scope
        self._fill()

    def _search(self) -> None:
        typed, finder = self.query(), self._finder
        self._waiting = False  # other words, another choice
        if not typed.strip() and self._pins and finder is not None:
            pinned = [hit for pin in self._pins if (hit := finder.hit(pin)) is not None]
            others = [hit for hit in finder.find("") if hit.item.id not in self._pins]
            found = [*pinned, *others]
        else:
            found = finder.find(typed) if finder is not None else []
        self._hits = {f"i:{hit.item.id}": hit for hit in found}
        self._bundles = finder.find_bundles(typed) if finder is not None else []
        self._found_actions = find_actions(self._actions, typed)
        self._cases, self._people = [], []
        self._fill()
        self.query_changed.emit(typed)

    def _groups(self) -> dict[str, list[Row]]:
        typed = self.query().strip().lower()
        # What is typed from the beginning of a name means that 一件事; else the single items come first.
        named = [b for b in self._bundles if typed and begins(b.name, typed)]
        rest = [b for b in self._bundles if b not in named]
        groups: dict[str, list[Row]] = {
            "first": [bundle_row(b, typed) for b in named],
            "办理项": [
                item_row(k, h, pinned=h.item.id in self._pins, read_only=self._read_only)
                for k, h in self._hits.items()
            ],
            "一件事": [bundle_row(b, typed) for b in rest],
            "办件": [case_row(row, typed) for row in self._cases],
            "申请人": [person_row(row, typed) for row in self._people],
            "动作": [action_row(i, a, typed) for i, a in enumerate(self._found_actions)],
        }
        return groups

    def _fill(self) -> None:
        groups = self._groups()
        counts = {name: len(rows) for name, rows in groups.items()}
        counts["一件事"] += counts.pop("first")
        self._scopes.show_counts(counts, self.scope)
        if self.scope == SCOPES[0]:
            rows = [
                row
                for name, group in groups.items()
                if group
                for row in (
                    group_head("一件事" if name == "first" else name, len(group), _NOTES.get(name, "")),
                    *group,
                )
            ]
        else:
            rows = [*(groups["first"] if self.scope == "一件事" else []), *groups[self.scope]]
        self.table.show_rows(rows)
        if rows:
            self.table.selectRow(self.table.rows.first())
            self.table.scrollToTop()
        self.table.setVisible(bool(rows))
        self._none.setVisible(not rows)
        self._none.setText("正在读本机目录。" if self._loading else f"没有找到“{self.query().strip()}”。")
        self._show_detail(self.table.current_key())
        if self._loading:
            self._found.setText("正在读本机目录")
            return
        total = len(self._finder) if self._finder is not None else 0
        version = self._finder.version if self._finder is not None else "—"
        self._found.setText(
            f"{total} 项中找到 {len(self._hits)} 项，一件事 {len(self._bundles)} 个，"
            f"办件 {len(self._cases)} 件 · 本机目录 {version}"
        )

    def _show_detail(self, key: str) -> None:
        hit = self._hits.get(key)
        bundle = next((b for b in self._bundles if key == f"b:{b.id}"), None)
        act = self._found_actions[int(key[2:])].name if key.startswith("a:") else ""
        pinned = hit is not None and hit.item.id in self._pins
        told = (key, hit and hit.item, bundle, act, self._loading, pinned)
        if told == self._beside:  # asked several times for one letter
            return
        self._beside = told
        if hit is not None:
            self._side.show_item(hit, applicant=self._applicant, pinned=pinned, read_only=self._read_only)
        elif bundle is not None:
            self._side.show_bundle(bundle)
        elif key.startswith("c:"):
            self._side.say("办件", "看经过、文书、材料和同步情况，可以接着办。", "打开办件")
        elif key.startswith("p:"):
            self._side.say("申请人", "列出这个申请人在本大厅的办件。", "看办件")
        elif key.startswith("a:"):
            self._side.say("动作", act, "执行")
        elif self._loading:
            self._side.say("", "正在读本机目录。")
        else:
            self._side.say("没有找到", _HELP)

    # -- keys --------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.line and isinstance(event, QInputMethodEvent):
            before, self._preedit = self._preedit, event.preeditString()
            if self._preedit != before and not event.commitString():
                self._search()  # what is committed comes as a change of the text
            return False
        if watched is self.line and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and self._is_own(event):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and not self._preedit:
                return self._pressed(event)
        return super().eventFilter(watched, event)

    def _is_own(self, event: QKeyEvent) -> bool:
        ctrl = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        return ctrl and event.key() in (Qt.Key.Key_D, Qt.Key.Key_Return, Qt.Key.Key_Enter)

    def _pressed(self, event: QKeyEvent) -> bool:
        key, ctrl = event.key(), event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self.table.keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._enter(continued=ctrl)
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            step = 1 if key == Qt.Key.Key_Tab else -1
            self.show_scope(SCOPES[(SCOPES.index(self.scope) + step) % len(SCOPES)])
        elif key == Qt.Key.Key_Right and self.line.cursorPosition() == len(self.line.text()):
            if (chosen := self.table.current_key()).startswith("i:"):
                self.guide_requested.emit(chosen[2:])
        elif key == Qt.Key.Key_D and ctrl:
            self._pin()
        else:
            if key == Qt.Key.Key_Shift:
                self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
                self._ime.show_state("输入法已开", "blue")
            return False
        return True

    def _pin(self) -> None:
        key = self.table.current_key()
        if not key.startswith("i:"):
            return
        item_id = key[2:]
        if item_id in self._pins:
            self._pins.remove(item_id)
        else:
            self._pins.append(item_id)
        self._fill()
        self.table.go_to(key)
        self.pins_changed.emit(tuple(self._pins))

    def _enter(self, *, continued: bool = False) -> None:
        if self._loading:
            self._waiting = True
            self._found.setText("正在读本机目录，读完就打开")
        else:
            self._open(self.table.current_key(), continued=continued)

    def _open(self, key: str, *, continued: bool = False) -> None:
        kind, _, name = key.partition(":")
        if kind == "i" and self._read_only:
            self.guide_requested.emit(name)
        elif kind == "i":
            (self.item_continued if continued and self._applicant else self.item_chosen).emit(name)
        elif kind == "b":
            self.bundle_chosen.emit(name)
        elif kind == "c":
            self.case_chosen.emit(name)
        elif kind == "p":
            self.person_chosen.emit(next(p for p in self._people if p.case_id == name))
        elif kind == "a":
            self.action_chosen.emit(self._found_actions[int(name)])

    # -- building ----------------------------------------------------------------------------------

    def _make_line(self) -> QHBoxLayout:
        top = QHBoxLayout()
        top.setContentsMargins(16, 10 - CORNER, 16, 10)
        top.setSpacing(8)
        self.line = QLineEdit()
        self.line.setPlaceholderText("词、全拼、首字母、编码；办件编号、申请人、动作")
        self.line.setAccessibleName("搜事项、办件、申请人、动作")
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.line.setMaxLength(200)
        self.line.setMinimumHeight(36)
        self.line.setProperty("role", "search")
        self.line.installEventFilter(self)
        self.line.textChanged.connect(lambda _: self._search())
        glass = Sign(22)
        glass.show_sign("search", "text2")
        top.addWidget(glass)
        top.addWidget(self.line, 1)
        self._ime = Tag(IME_OFF)
        top.addWidget(self._ime)
        top.addWidget(label("打汉字按", "caption"))
        top.addWidget(KeyCap("Shift"))
        return top
