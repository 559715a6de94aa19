"""The right side of the palette: what the chosen row is, and which keys do what with it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.queries.items import ItemHit
from models.domain.catalog import ITEM_KIND_NAMES, Bundle, DayLimit
from views.theme import scaled
from views.widgets import KeyCap, Tag, label

_FACTS = ("承诺", "法定", "材料", "情形", "收费", "部门", "主项", "编码", "受理")
_TAGS = ("", "red", "blue", "blue")
_KEYS = 4  # at most
_HEAD = 48


class Detail(QFrame):
    """Made once and filled anew for each row: thirty new labels for every letter would be felt."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("why")
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        self._title = label("", "section", wrap=True)
        box.addWidget(self._title)
        self._tags, tags = _holder()
        self._kinds = [Tag("", kind or "neutral") for kind in _TAGS]
        for tag in self._kinds:
            tags.addWidget(tag)
        tags.addStretch()
        box.addWidget(self._tags)
        self._facts: list[tuple[QLabel, QLabel]] = []
        self._table = QWidget()
        lines = QVBoxLayout(self._table)
        lines.setContentsMargins(0, 0, 0, 0)
        for name in _FACTS:
            row = QHBoxLayout()
            head, text = label(name, "softbody"), label("", "body", wrap=True)
            head.setFixedWidth(scaled(_HEAD))
            row.addWidget(head)
            row.addWidget(text, 1)
            lines.addLayout(row)
            self._facts.append((head, text))
        box.addWidget(self._table)
        self._text = label("", "secondary", wrap=True)
        box.addWidget(self._text)
        box.addStretch()
        self._over = label("离线租约到期，只能看指南。联网登录续约后再受理。", "amber", wrap=True)
        box.addWidget(self._over)
        self._keys: list[tuple[QWidget, QLabel, KeyCap]] = []
        for _ in range(_KEYS):
            holder, row = _holder()
            what, cap = label("", "body"), KeyCap("")
            row.addWidget(what, 1)
            row.addWidget(cap)
            box.addWidget(holder)
            self._keys.append((holder, what, cap))
        self._who = label("", "caption", wrap=True)
        box.addWidget(self._who)
        self.say("", "")

    def show_item(self, hit: ItemHit, *, applicant: str, pinned: bool, read_only: bool) -> None:
        """One 办理项 with its facts.  ``applicant``: who is at the window, "" when nobody was identified."""
        item = hit.item
        facts = (
            limit_words(item.promised),
            limit_words(item.legal),
            f"{len(item.materials)} 项" if item.materials else "清单没有列",
            f"{len(item.questions)} 问" if item.questions else "不分情形",
            item.fee or "不收费",
            hit.department or "—",
            item.parent or "—",
            item.national_code[-14:] or item.id,
            hit.elsewhere or "本窗可受理",
        )
        for (_, place), text in zip(self._facts, facts, strict=True):
            place.setText(text)
        self._kinds[0].setText(ITEM_KIND_NAMES[item.kind])
        marks = (("红线", item.red_line), ("可容缺", item.deferral_allowed))
        for tag, (name, shown) in zip(
            self._kinds[1:], (*marks, ("可告知承诺", item.commitment_allowed)), strict=True
        ):
            tag.setText(name if shown else "")
            tag.setVisible(shown)
        keys = []
        if not read_only and not hit.elsewhere:
            keys.append(("开始受理", "Enter"))
            if applicant:
                keys.append(("用当前申请人开办", "Ctrl+Enter"))
        keys += [("只看办事指南", "→"), ("从常用取下" if pinned else "钉到常用", "Ctrl+D")]
        who = f"当前申请人：{applicant}" if applicant and not read_only else ""
        self._show(item.name, "", keys, facts=True, over=read_only, who=who)

    def show_bundle(self, bundle: Bundle) -> None:
        self.say(bundle.name, "一张表，材料交一次，一次受理", "打开一件事")

    def say(self, title: str, text: str, act: str = "", key: str = "Enter") -> None:
        for _, place in self._facts:
            place.setText("")
        self._show(title, text, [(act, key)] if act else [])

    def _show(
        self,
        title: str,
        text: str,
        keys: Sequence[tuple[str, str]],
        *,
        facts: bool = False,
        over: bool = False,
        who: str = "",
    ) -> None:
        for part, words in ((self._title, title), (self._text, text), (self._who, who)):
            part.setText(words)
            part.setVisible(bool(words))
        self._tags.setVisible(facts)
        self._table.setVisible(facts)
        self._over.setVisible(over)
        for place, (holder, what, cap) in enumerate(self._keys):
            name, key = keys[place] if place < len(keys) else ("", "")
            what.setText(name)
            cap.setText(key)
            holder.setVisible(bool(name))

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            for head, _ in getattr(self, "_facts", ()):
                head.setFixedWidth(scaled(_HEAD))


def limit_words(limit: DayLimit) -> str:
    if limit.days is None:
        return "清单没有写"
    if limit.approximate:
        return "待核，不作依据"
    return "当场办结" if limit.days == 0 else f"{limit.days} 个工作日"


def _holder() -> tuple[QWidget, QHBoxLayout]:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    return holder, row
