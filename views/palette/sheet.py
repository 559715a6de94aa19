"""The palette: 办理项, cases and drafts from one line; the IME is off, initials go straight in."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.queries.cases import CaseRow
from app.queries.items import ItemFinder, ItemHit
from models.domain.case import STATUS_NAMES
from models.domain.catalog import DOMAIN_NAMES, ITEM_KIND_NAMES, Bundle, DayLimit
from models.domain.numbers import group_number
from models.domain.search import initials
from views.theme import scaled
from views.widgets import ActTable, Cell, Rule, Tag, clear_layout, label
from views.widgets.elided import ElidedLabel

PALETTE_KEYS = (
    ("↑ ↓", "选行"),
    ("Enter", "开始收件，或打开办件"),
    ("Shift", "打开输入法打汉字"),
    ("Esc", "关闭"),
)


class PaletteSheet(QFrame):
    """``item_chosen`` with an item id, ``case_chosen`` with a case id, ``query_changed`` to look up cases."""

    item_chosen = pyqtSignal(str)
    case_chosen = pyqtSignal(str)
    bundle_chosen = pyqtSignal(str)
    query_changed = pyqtSignal(str)

    def __init__(self, finder: ItemFinder | None) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedSize(1038, 620)
        self._finder = finder
        self._loading = finder is None
        self._waiting = False  # Enter was pressed before there was anything to choose from
        self._hits: dict[str, ItemHit] = {}
        self._bundles: list[Bundle] = []
        self._cases: list[CaseRow] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(16, 10, 16, 10)
        top.setSpacing(8)
        self.line = QLineEdit()
        self.line.setPlaceholderText("词、全拼、首字母、编码；办件编号、申请人")
        self.line.setAccessibleName("搜事项、办件")
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.line.setMinimumHeight(36)
        self.line.installEventFilter(self)
        self.line.textChanged.connect(self._search)
        top.addWidget(self.line, 1)
        self._ime = Tag("拼音直达 · 输入法已暂停")
        top.addWidget(self._ime)
        top.addWidget(label("打汉字按 Shift", "caption"))
        box.addLayout(top)
        box.addWidget(Rule())
        middle = QHBoxLayout()
        middle.setSpacing(0)
        self.table = ActTable(("", "", ""), "搜索结果", row_height=43)
        header = self.table.horizontalHeader()
        if header is not None:
            header.hide()
        self.table.set_widths(0, 90, 150)
        self.table.opened.connect(self._open)
        self.table.moved.connect(self._detail)
        middle.addWidget(self.table, 1)
        side = QFrame()
        side.setObjectName("why")
        side.setFixedWidth(320)
        self._side = QVBoxLayout(side)
        self._side.setContentsMargins(16, 12, 16, 12)
        middle.addWidget(side)
        box.addLayout(middle, 1)
        box.addWidget(Rule())
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 6, 16, 6)
        keys = "↑ ↓ 选　Enter 开始　Esc 关　例：首字母 gssl　全拼 shipin　词 食品 新办"
        foot.addWidget(ElidedLabel(keys, "caption"), 1)
        self._found = label("", "caption")
        foot.addWidget(self._found)
        box.addLayout(foot)
        self.setFocusProxy(self.line)
        self._search("")

    def show_finder(self, finder: ItemFinder | None) -> None:
        """The catalogue has been read (None: there is none yet); an Enter pressed meanwhile counts now."""
        self._finder, self._loading = finder, False
        waiting, self._waiting = self._waiting, False
        self._search(self.line.text())
        if waiting:
            self._open(self.table.current_key())

    def show_cases(self, rows: list[CaseRow]) -> None:
        """Cases found for the current query; they come from the replica a moment later."""
        self._cases = rows
        self._fill()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                self.table.keyPressEvent(event)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if not event.isAutoRepeat():
                    self._enter()
                return True
            if key == Qt.Key.Key_Shift:
                self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
                self._ime.show_state("输入法已开", "blue")
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        hits = self._finder.find(text) if self._finder is not None else []
        self._waiting = False  # other words, another choice
        self._hits = {f"i:{hit.item.id}": hit for hit in hits}
        self._bundles = self._finder.find_bundles(text) if self._finder is not None else []
        self._cases = []
        self._fill()
        self.query_changed.emit(text)

    def _fill(self) -> None:
        rows: list[tuple[str, tuple[Cell, ...]]] = []
        for key, hit in self._hits.items():
            item = hit.item
            sub = f"{DOMAIN_NAMES[item.domain]} · {ITEM_KIND_NAMES[item.kind]} · 材料 {len(item.materials)}"
            where = Cell(hit.elsewhere, tag="amber") if hit.elsewhere else Cell("本窗可受理", tag="green")
            rows.append((key, (Cell(item.name, sub, spans=hit.spans), Cell(item.id, token="text3"), where)))
        # What is typed from the beginning of a name means that 一件事; else the single items come first.
        typed = self.line.text().strip().lower()
        named = [b for b in self._bundles if typed and _begins(b.name, typed)]
        rows = [_bundle_row(b) for b in named] + rows
        rows += [_bundle_row(b) for b in self._bundles if b not in named]
        for row in self._cases:
            mark = group_number(row.number) if row.number else row.receipt or "未编号"
            rows.append(
                (
                    f"c:{row.case_id}",
                    (
                        Cell(f"{row.applicant}　{row.item_name}", mark),
                        Cell("办件", token="text3"),
                        Cell(STATUS_NAMES[row.status], tag="blue"),
                    ),
                )
            )
        self.table.show_rows(rows)
        if rows:
            self.table.selectRow(0)
        total = len(self._finder) if self._finder is not None else 0
        version = self._finder.version if self._finder is not None else "—"
        if self._loading:
            self._found.setText("正在读本机目录")
            self._detail(self.table.current_key())
            return
        self._found.setText(
            f"{total} 项中找到 {len(self._hits)} 项，一件事 {len(self._bundles)} 个，办件 {len(self._cases)} 件 · 本机目录 {version}"
        )
        self._detail(self.table.current_key())

    def _enter(self) -> None:
        if self._loading:
            self._waiting = True
            self._found.setText("正在读本机目录，读完就打开")
        else:
            self._open(self.table.current_key())

    def _open(self, key: str) -> None:
        if key.startswith("i:"):
            self.item_chosen.emit(key[2:])
        elif key.startswith("b:"):
            self.bundle_chosen.emit(key[2:])
        elif key.startswith("c:"):
            self.case_chosen.emit(key[2:])

    def _detail(self, key: str) -> None:
        clear_layout(self._side)
        hit = self._hits.get(key)
        if hit is None:
            bundle = next((b for b in self._bundles if key == f"b:{b.id}"), None)
            if bundle is not None:
                self._side.addWidget(label(bundle.name, "section", wrap=True))
                self._side.addWidget(
                    label("Enter 打开一件事：一张表，材料交一次，一次受理", "strong", wrap=True)
                )
                self._side.addStretch()
                return
            self._side.addWidget(
                label(
                    ""
                    if self._cases
                    else "正在读本机目录。"
                    if self._loading
                    else "没有找到。换一个词，或者只打首字母。",
                    "secondary",
                    wrap=True,
                )
            )
            self._side.addStretch()
            return
        item = hit.item
        self._side.addWidget(label(item.name, "section", wrap=True))
        self._side.addWidget(self._tags(hit))
        for name, text in (
            ("承诺", _limit(item.promised)),
            ("法定", _limit(item.legal)),
            ("材料", f"{len(item.materials)} 项" if item.materials else "清单没有列"),
            ("情形", f"{len(item.questions)} 问" if item.questions else "不分情形"),
            ("收费", item.fee or "不收费"),
            ("部门", hit.department or "—"),
            ("主项", item.parent or "—"),
            ("编码", item.national_code[-14:] or item.id),
        ):
            row = QHBoxLayout()
            head = label(name, "secondary")
            head.setFixedWidth(scaled(48))
            row.addWidget(head)
            row.addWidget(label(text, "body", wrap=True), 1)
            self._side.addLayout(row)
        self._side.addStretch()
        go = f"Enter 开始收件（{hit.elsewhere}，本窗只看不办）" if hit.elsewhere else "Enter 开始收件"
        self._side.addWidget(label(go, "strong", wrap=True))

    def _tags(self, hit: ItemHit) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        item = hit.item
        row.addWidget(Tag(ITEM_KIND_NAMES[item.kind]))
        if item.red_line:
            row.addWidget(Tag("红线", "red"))
        if item.deferral_allowed:
            row.addWidget(Tag("可容缺", "blue"))
        if item.commitment_allowed:
            row.addWidget(Tag("可告知承诺", "blue"))
        row.addStretch()
        return holder


def _begins(name: str, typed: str) -> bool:
    return len(typed) > 1 and (name.startswith(typed) or initials(name).startswith(typed))


def _bundle_row(bundle: Bundle) -> tuple[str, tuple[Cell, ...]]:
    online = bundle.status == "online"
    sub = (
        f"一次受理 {len(bundle.members)} 项 · {len(bundle.questions)} 问" if online else "梳理中，成员待录入"
    )
    state = Cell("已上线", tag="green") if online else Cell("梳理中", tag="neutral")
    return f"b:{bundle.id}", (Cell(bundle.name, sub), Cell("一件事", token="text3"), state)


def _limit(limit: DayLimit) -> str:
    if limit.days is None:
        return "清单没有写"
    if limit.approximate:
        return "待核，不作依据"
    return "当场办结" if limit.days == 0 else f"{limit.days} 个工作日"
