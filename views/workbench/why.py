"""The why panel: what is missing, which roads are open, when it will be done, on which article."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.queries.deadlines import words
from models.domain.case import STATUS_NAMES, Receipt
from models.domain.catalog import DayLimit, Need
from models.domain.checklist import Gap, wanting_materials
from models.domain.ledger import LedgerLine, case_clock, clock_cells
from models.domain.rule_documents import RULE_NAMES, rules_of
from models.domain.terms import Limit
from models.domain.workdays import Calendar, day_cn
from views.theme import colour, scaled
from views.widgets import DeadlineStrip, KeyCap, Rule, Tag, clear_layout, label
from views.workbench.sheet import STEP_KEYS, STEP_NAMES, Sheet

_BEGINNINGS = (
    ("F9", "读身份证，以前填过的带出来"),
    ("F3", "找办理项、一件事、办件和人"),
    ("F7", "叫下一位"),
    ("Alt+X", "到时限提醒"),
    ("Alt+D", "接着办草稿"),
    ("Alt+J", "看今日办件"),
    ("F1", "全部键位和手册"),
)
SHOWN_GAPS = 5
OPEN_GAPS = 3  # of the open step; the other steps take one card each
# What is typed into these is of no matter to the panel but by its gaps.
_TYPED = ("form.", "agent.", "applicant.name", "applicant.phone", "applicant.address", "applicant.id_number")
SHORT = 7  # letters of a reason that stands beside the name

PINNED = "离线受理同样有效。编号取自本窗号段，联网后自动补传，编号和收件时间不变。"


class _Part(QWidget):
    """A piece of the panel, made anew only when something that it stands on has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self._ground: object = None

    def tell(self, ground: object, fill: Callable[[QVBoxLayout], None] | None) -> None:
        """``fill`` None: there is nothing to say of it now."""
        if ground == self._ground:
            return
        self._ground = ground
        clear_layout(self._box)
        if fill is not None:
            fill(self._box)
        self.setVisible(fill is not None)


class WhyPanel(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("why")
        self.setFixedWidth(320)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("为什么：还缺什么、可走的路、何时办结、依据")
        self._scroll = scroll
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(14, 10, 14, 10)
        self._box.setSpacing(6)
        self._sheet: Sheet | None = None
        self._papers: QLabel | None = None
        self._parts = [_Part() for _ in range(4)]
        for part in self._parts:
            self._box.addWidget(part)
        self._box.addStretch()
        scroll.setWidget(inner)
        box.addWidget(scroll, 1)
        pinned = QFrame()
        pinned.setObjectName("railhead")
        line = QVBoxLayout(pinned)
        line.setContentsMargins(14, 8, 14, 8)
        self._pinned = label(PINNED, "caption", wrap=True)
        line.addWidget(self._pinned)
        box.addWidget(pinned)

    def show_replica(self, at: str) -> None:
        """Offline, what the replica says of papers and credit is of that time; "" while online."""
        self._pinned.setText(f"{PINNED}证照、以前的办件和失信名单按副本 {at}。" if at else PINNED)

    def focus_text(self) -> None:
        """Give the text the focus, so that arrows scroll it."""
        self._scroll.setFocus()

    def show_sheet(self, sheet: Sheet | None, calendar: Calendar, step: str = "") -> None:
        """``step`` is the open one: its gaps are told one by one, those of the others step by step.

        Nothing is touched while it would say the same: this is asked after every key.
        """
        self._sheet = sheet
        looks = (scaled(100), colour("text").name())
        head, roads, time, grounds = self._parts
        if sheet is None:
            head.tell(looks, self._beginnings)
            for part in self._parts[1:]:
                part.tell((), None)
            return
        case = (sheet.item, sheet.state, sheet.today, calendar, looks)
        if sheet.editable:
            found = sheet.gaps()
            rest = sorted(pair for pair in sheet.fields.items() if not pair[0].startswith(_TYPED))
            wanting = (*case, [(g.path, g.label, g.reason) for g in found], rest)
            one_by_one = "" if len(found) <= SHOWN_GAPS else step
            head.tell((*wanting, one_by_one), partial(self._gaps, sheet, found, step))
            roads.tell(wanting, partial(self._roads, sheet))
        else:
            head.tell(case, partial(self._closed, sheet))
            roads.tell((), None)
        time.tell(case, partial(self._time, sheet, calendar))
        grounds.tell((sheet.item, looks), partial(self._grounds, sheet))
        self.show_documents(sheet)

    def _beginnings(self, box: QVBoxLayout) -> None:
        box.addWidget(label("按 F3 找办理项，开始收件", "section"))
        box.addWidget(label("可以打词、全拼、首字母或者编码。", "secondary", wrap=True))
        box.addWidget(Rule())
        box.addWidget(label("从这里开始", "strong"))
        for key, does in _BEGINNINGS:
            row = QHBoxLayout()
            row.setSpacing(8)
            cap = KeyCap(key)
            cap.setAccessibleName(f"{key}，{does}")
            row.addWidget(cap)
            row.addWidget(label(does, "body", wrap=True), 1)
            box.addLayout(row)

    def _closed(self, sheet: Sheet, box: QVBoxLayout) -> None:
        if sheet.state is not None:
            box.addWidget(label(f"本办件{STATUS_NAMES[sheet.state.status]}", "section"))

    def _grounds(self, sheet: Sheet, box: QVBoxLayout) -> None:
        box.addWidget(Rule())
        box.addWidget(label("依据", "strong"))
        for basis in sheet.item.basis or ("清单没有写设定依据",):
            box.addWidget(label(basis, "body", wrap=True))
        self._papers = label("", "caption", wrap=True)
        box.addWidget(self._papers)

    def show_documents(self, sheet: Sheet) -> None:
        """The documents behind the rules of the case; they come later, and nothing else is built anew."""
        if sheet is not self._sheet:
            return
        known = [(RULE_NAMES[rule], sheet.documents.get(rule)) for rule in rules_of(sheet.item)]
        lines = [f"{name}：{document}" for name, document in known if document]
        if self._papers is not None:
            self._papers.setText("\n".join(lines))
            self._papers.setVisible(bool(lines))

    def _gaps(self, sheet: Sheet, found: list[Gap], step: str, box: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.addWidget(label("为什么还不能受理" if found else "可以受理", "section"))
        row.addStretch()
        row.addWidget(Tag(f"! 还差 {len(found)} 项", "amber") if found else Tag("✓ 齐了", "green"))
        box.addLayout(row)
        if len(found) <= SHOWN_GAPS:
            for gap in found:
                self._gap(box, gap.label, gap.reason, _how(sheet, gap), gap.step)
            return
        for key in STEP_KEYS:
            own = [gap for gap in found if gap.step == key]
            singly = OPEN_GAPS if key == step else 1 if len(own) == 1 else 0
            for gap in own[:singly]:
                self._gap(box, gap.label, gap.reason, _how(sheet, gap), gap.step)
            if rest := own[singly:]:
                place = STEP_KEYS.index(key)
                more = "另有" if singly else "还差"
                self._gap(box, f"第 {place + 1} 步 {STEP_NAMES[place]}", f"{more} {len(rest)} 项", "", key)
        box.addWidget(label("按 F8 逐项跳转", "caption"))

    def _gap(self, box: QVBoxLayout, what: str, reason: str, how: str, step: str) -> None:
        """One card; without ``how`` it stands for a whole step and says so itself."""
        frame = QFrame()
        frame.setObjectName("gap")
        line = QVBoxLayout(frame)
        line.setContentsMargins(8, 4, 8, 4)
        line.setSpacing(1)
        head = QHBoxLayout()
        head.setSpacing(8)
        told = label(what, "body", wrap=True)
        place = "" if not how else f"{STEP_NAMES[STEP_KEYS.index(step)]}："
        told.setAccessibleName(f"{place}{what}，{reason}")
        head.addWidget(told, 1)
        line.addLayout(head)
        short = len(reason) <= SHORT
        why = label(reason, "ambercaption", wrap=not short)
        if short:
            head.addWidget(why, 0, Qt.AlignmentFlag.AlignTop)
        else:
            line.addWidget(why)
        if how:
            line.addWidget(label(how, "caption", wrap=True))
        box.addWidget(frame)

    def _roads(self, sheet: Sheet, box: QVBoxLayout) -> None:
        """The lawful roads only; 告知承诺 is named, never pushed: it is the applicant's free choice."""
        item = sheet.item
        box.addWidget(Rule())
        box.addWidget(label("可走的路", "strong"))
        wanting = wanting_materials(item, sheet.fields)
        committable = [m for m in wanting if item.commitment_allowed and m.commitment_allowed]
        deferrable = [m for m in wanting if item.deferral_allowed and m.need is Need.DEFERRABLE]
        roads: list[tuple[str, str]] = []
        if item.red_line:
            roads.append(("红线", "安全、质量、环保类事项，不适用容缺和告知承诺。"))
        if committable:
            roads.append(
                ("告知承诺", f"{committable[0].name}等 {len(committable)} 项可由申请人自愿承诺，按 6。")
            )
        if deferrable:
            roads.append(("容缺受理", f"{deferrable[0].name}等 {len(deferrable)} 项可后补，按 5。"))
        if any(sheet.get(f"material.{m.id}") == Receipt.DEFECTIVE for m in wanting):
            roads.append(("当场更正", "能当场改好的错误，应当让申请人当场更正。按 Alt+E。"))
        if sheet.state is not None and sheet.state.supplemented_on:
            roads.append(("一次性告知", f"已于 {sheet.state.supplemented_on} 告知过，依法不能再次告知。"))
        elif wanting:
            roads.append(("一次性告知", f"{len(wanting)} 项一次告全，只能告知一次。按 Ctrl+B。"))
        if not roads:
            roads.append(("受理", "材料齐全的，当场受理。按 Ctrl+Enter。"))
        for name, text in roads:
            row = QHBoxLayout()
            head = label(name, "body")
            head.setMinimumWidth(72)
            row.addWidget(head)
            row.addWidget(label(text, "caption", wrap=True), 1)
            box.addLayout(row)
        box.addWidget(Rule())

    def _time(self, sheet: Sheet, calendar: Calendar, box: QVBoxLayout) -> None:
        """The clock of the case, or the one it would have if it were accepted today."""
        item = sheet.item
        clock = case_clock(sheet.state, item, calendar, sheet.today)
        box.addWidget(label("若今天受理，何时办结" if clock.phase == "none" else "时限", "strong"))
        text, tone = words(clock)
        if text:
            box.addWidget(Tag(text, tone or "neutral"), 0, Qt.AlignmentFlag.AlignLeft)
        if clock.phase in ("telling", "waiting"):
            for line in clock.lines:
                self._line(box, line)
            clock = case_clock(None, item, calendar, sheet.today)
            box.addWidget(label("若今天受理，何时办结", "strong"))
        for name, limit in (("承诺", item.promised), ("法定", item.legal)):
            counted = next((one for one in clock.limits if one.name == name), None)
            box.addWidget(label(f"{name} {_limit(limit, counted)}", "body", wrap=True))
        state = sheet.state if clock.phase != "none" else None
        cells = clock_cells(state, item, calendar, sheet.today)
        if cells:
            strip = DeadlineStrip()
            strip.show_cells(cells)
            box.addWidget(strip)
        for line in clock.lines:
            if not line.day or line.kind != "due":  # the two limits stand above already
                self._line(box, line)
        if item.not_counted:
            box.addWidget(
                label(f"{'、'.join(item.not_counted)}的时间另行书面告知，不计入。", "caption", wrap=True)
            )

    def _line(self, box: QVBoxLayout, line: LedgerLine) -> None:
        basis = f"（{line.basis}）" if line.basis else ""
        box.addWidget(label(f"{line.text}{basis}", "caption", wrap=True))


def _how(sheet: Sheet, gap: Gap) -> str:
    """Which step it belongs to, and for a material which lawful ways are open besides taking it in."""
    place = STEP_KEYS.index(gap.step)
    where = f"第 {place + 1} 步 {STEP_NAMES[place]}"
    material = next((m for m in sheet.materials() if gap.path == f"material.{m.id}"), None)
    if material is None:
        return where
    barred = sheet.barred(material)
    if not barred[Receipt.DEFERRED]:
        return f"{where} · 可按 5 容缺后补"
    if not barred[Receipt.COMMITTED]:
        return f"{where} · 不能容缺；申请人自愿可按 6 承诺"
    return f"{where} · 不能容缺，也不适用承诺"


def _limit(limit: DayLimit, counted: Limit | None) -> str:
    if limit.days is None:
        return "清单没有写，不推算"
    if limit.approximate:
        return "清单中的时限待核，不作依据"
    if counted is None:
        return f"清单写的是 {limit.days} 个工作日，不合常理，不推算"
    if limit.days == 0:
        return "当场办结"
    deadline = counted.deadline
    if deadline.paused:
        return f"{limit.days} 个工作日　时限暂停"
    mark = f"（待 {deadline.due.year} 年日历）" if deadline.provisional else ""
    return f"{limit.days} 个工作日　{day_cn(deadline.due)}{mark}"
