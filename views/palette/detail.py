"""The right side of the palette: what the chosen row is, and which keys do what with it."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.queries.items import ItemHit
from models.domain.catalog import ITEM_KIND_NAMES, Bundle, DayLimit
from views.theme import scaled
from views.widgets import KeyCap, Tag, clear_layout, label


class Detail(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("why")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 12, 16, 12)

    def show_item(self, hit: ItemHit, *, applicant: str, pinned: bool, read_only: bool) -> None:
        """One 办理项 with its facts.  ``applicant``: who is at the window, "" when nobody was identified."""
        clear_layout(self._box)
        item = hit.item
        self._box.addWidget(label(item.name, "section", wrap=True))
        self._box.addWidget(_tags(hit))
        for name, text in (
            ("承诺", limit_words(item.promised)),
            ("法定", limit_words(item.legal)),
            ("材料", f"{len(item.materials)} 项" if item.materials else "清单没有列"),
            ("情形", f"{len(item.questions)} 问" if item.questions else "不分情形"),
            ("收费", item.fee or "不收费"),
            ("部门", hit.department or "—"),
            ("主项", item.parent or "—"),
            ("编码", item.national_code[-14:] or item.id),
            ("受理", hit.elsewhere or "本窗可受理"),
        ):
            row = QHBoxLayout()
            head = label(name, "softbody")
            head.setFixedWidth(scaled(48))
            row.addWidget(head)
            row.addWidget(label(text, "body", wrap=True), 1)
            self._box.addLayout(row)
        self._box.addStretch()
        if read_only:
            self._box.addWidget(label("离线租约到期，只能看指南。联网登录续约后再受理。", "amber", wrap=True))
        elif not hit.elsewhere:
            self._key("开始受理", "Enter")
            if applicant:
                self._key("用当前申请人开办", "Ctrl+Enter")
        self._key("只看办事指南", "→")
        self._key("从常用取下" if pinned else "钉到常用", "Ctrl+D")
        if applicant and not read_only:
            self._box.addWidget(label(f"当前申请人：{applicant}", "caption", wrap=True))

    def show_bundle(self, bundle: Bundle) -> None:
        clear_layout(self._box)
        self._box.addWidget(label(bundle.name, "section", wrap=True))
        self._box.addWidget(label("一张表，材料交一次，一次受理", "body", wrap=True))
        self._box.addStretch()
        self._key("打开一件事", "Enter")

    def say(self, title: str, text: str, act: str = "", key: str = "Enter") -> None:
        clear_layout(self._box)
        if title:
            self._box.addWidget(label(title, "section", wrap=True))
        self._box.addWidget(label(text, "secondary", wrap=True))
        self._box.addStretch()
        if act:
            self._key(act, key)

    def _key(self, text: str, key: str) -> None:
        row = QHBoxLayout()
        row.addWidget(label(text, "body"), 1)
        row.addWidget(KeyCap(key))
        self._box.addLayout(row)


def limit_words(limit: DayLimit) -> str:
    if limit.days is None:
        return "清单没有写"
    if limit.approximate:
        return "待核，不作依据"
    return "当场办结" if limit.days == 0 else f"{limit.days} 个工作日"


def _tags(hit: ItemHit) -> QWidget:
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
