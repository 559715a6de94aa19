"""Right card: papers united over the members, and the review points; both take single keys."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from models.domain.case import POINT_NAMES, RECEIPT_NAMES, PointMark, Receipt
from models.domain.catalog import Material, Need
from models.domain.united import UnitedMaterial
from views.bundle.sheet import SetSheet, circled
from views.widgets import ActTable, Card, Cell, Rule, clear_layout, label
from views.widgets.caps import CapButton
from views.widgets.elided import ElidedLabel
from views.widgets.form_links import FormLinks

_RECEIPTS = dict(zip("1234567", Receipt, strict=True))
_MARKS = {"1": PointMark.PASS, "2": PointMark.FAIL, "3": PointMark.NOT_APPLICABLE}
_TAGS = {PointMark.PASS: "green", PointMark.FAIL: "red", PointMark.NOT_APPLICABLE: "neutral"}
_KEYS = "1 纸质　2 高拍　3 证照库　4 电子　5 容缺　6 承诺　7 不符合　0 清除"
_POINT_KEYS = "1 符合　2 不符合　3 不适用　0 清除"


class PapersCard(Card):
    """``edited`` after a key changed the sheet; ``said`` why a key was not taken; ``form_wanted`` with the name of a
    blank form or sample."""

    edited = pyqtSignal()
    said = pyqtSignal(str)
    form_wanted = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setContentsMargins(12, 6, 12, 6)
        head.setSpacing(8)
        self._tabs: dict[str, QPushButton] = {}
        for name, text, key in (("papers", "材料去重", "Alt+4"), ("points", "要点", "Alt+5")):
            tab = CapButton(text, (key,))
            tab.setProperty("kind", "option")
            tab.setCheckable(True)
            tab.clicked.connect(lambda _, n=name: self.show_tab(n))
            self._tabs[name] = tab
            head.addWidget(tab)
        head.addStretch()
        self._facts = ElidedLabel("", "body")
        head.addWidget(self._facts)
        self.body.addLayout(head)
        self.body.addWidget(Rule())
        self._stack = QStackedWidget()
        self._papers_page = QWidget()
        self._papers_box = QVBoxLayout(self._papers_page)
        self._papers_box.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._papers_page)
        self.points = ActTable(("要点", "用于", "结论"), "审查要点", keys="1230", row_height=28)
        self.points.set_widths(0, 90, 80)
        self.points.keyed.connect(self._mark)
        self.points.moved.connect(lambda _: self._detail())
        self._stack.addWidget(self.points)
        self.body.addWidget(self._stack, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 4, 12, 6)
        foot.setSpacing(1)
        self._full = label("", "body", wrap=True)
        self._note = ElidedLabel("", "caption")
        self._keycaps = label("", "caption")
        self.forms = FormLinks()
        self.forms.wanted.connect(self.form_wanted)
        for line in (self._full, self.forms, self._note, self._keycaps):
            foot.addWidget(line)
        self.body.addLayout(foot)
        self._columns: tuple[str, ...] = ()
        self._sheet: SetSheet | None = None
        self.table = self._make_table(())
        self.tab = "papers"
        self.show_tab("papers")

    def show_tab(self, name: str) -> None:
        self.tab = name
        for other, tab in self._tabs.items():
            tab.setChecked(other == name)
        self._stack.setCurrentIndex(0 if name == "papers" else 1)
        self._tell()

    def load(self, sheet: SetSheet) -> None:
        self._sheet = sheet
        members = tuple(m.member.item.id for m in sheet.plan.members)
        if members != self._columns:
            had_focus = self.table.hasFocus()
            clear_layout(self._papers_box)
            self.table = self._make_table(members)
            if had_focus:
                self.table.setFocus()
        self.table.show_rows([(p.key, self._paper_row(sheet, p, members)) for p in sheet.plan.materials])
        names = {paper.key: paper.name for paper in sheet.plan.materials}
        place = {m.member.item.id: m.member.place for m in sheet.plan.members}
        rows = []
        for point in sheet.plan.points:
            mark = sheet.get(f"point.{point.key}")
            verdict = Cell("未审", tag="amber")
            if mark in set(PointMark):
                verdict = Cell(POINT_NAMES[PointMark(mark)], tag=_TAGS[PointMark(mark)])
            about = names.get(point.material, "") or point.basis or "申请整体"
            used = "".join(circled(place[item]) for item in dict.fromkeys(i for i, _ in point.uses))
            rows.append((point.key, (Cell(f"{point.text}（{about}）"), Cell(used), verdict)))
        self.points.show_rows(rows)
        self._tell()

    def focus_path(self, path: str = "") -> None:
        if path.startswith("point."):
            self.show_tab("points")
            self.points.go_to(path.removeprefix("point.") or self._next_point(""))
            self.points.setFocus()
        else:
            self.show_tab("papers")
            self.table.go_to(path.removeprefix("material.") or self._next_paper(""))
            self.table.setFocus()

    def _make_table(self, members: tuple[str, ...]) -> ActTable:
        self._columns = members
        heads = ("材料", *(circled(n) for n, _ in enumerate(members, start=1)), "份数", "怎么来")
        table = ActTable(heads, "合并后的材料", keys="12345670", row_height=25)
        if (header := table.horizontalHeader()) is not None:
            header.setMinimumSectionSize(24)
        table.set_widths(0, *(30 for _ in members), 58, 92, fits=True)
        table.setObjectName("marks")
        table.keyed.connect(self._take)
        table.moved.connect(lambda _: self._detail())
        self._papers_box.addWidget(table)
        table.show()  # at once: a layout shows it later, and until then it takes no focus
        return table

    def _paper_row(
        self, sheet: SetSheet, paper: UnitedMaterial, members: tuple[str, ...]
    ) -> tuple[Cell, ...]:
        place = {m.member.item.id: m.member.place for m in sheet.plan.members}
        sign = ("由本套产出", "ring") if paper.produced_by else ("本人提交", "dot")
        dots = tuple(
            Cell(sign[0], sign=sign[1], token="blue") if m in paper.members else Cell("") for m in members
        )
        given = 0 if paper.produced_by else paper.copies
        receipt = sheet.get(f"material.{paper.key}")
        how = Cell("未收", tag="amber") if paper.need is not Need.OPTIONAL else Cell("可不收", tag="neutral")
        if paper.produced_by:
            how = Cell(f"免交·{circled(place[paper.produced_by])}", tag="blue")
        elif receipt in set(Receipt):
            kind = {Receipt.DEFERRED: "amber", Receipt.COMMITTED: "blue", Receipt.DEFECTIVE: "red"}
            how = Cell(RECEIPT_NAMES[Receipt(receipt)], tag=kind.get(Receipt(receipt), "green"))
        return (Cell(paper.name), *dots, Cell(f"{len(paper.uses)} → {given}"), how)

    def _tell(self) -> None:
        if self._sheet is None:
            return
        plan = self._sheet.plan
        apart, together = plan.counts.apart.materials, plan.counts.together.materials
        if self.tab == "papers":
            self._facts.setText(
                f"逐件办 {apart} 份 → 合并后 {len(plan.materials)} 份 → 本人要带 {together} 份"
            )
            keys, note = _KEYS, "● 本人提交　○ 由本套事项产出，免交　　只列实施清单内材料，不得加收"
        else:
            done = sum(bool(self._sheet.get(f"point.{p.key}")) for p in plan.points)
            self._facts.setText(f"{len(plan.points)} 条 · 已审 {done}")
            keys, note = _POINT_KEYS, "判“不符合”的只影响用到它的事项，其他事项照常受理"
        self._note.setText(note)
        self._keycaps.setText(keys)
        self._detail()

    def _detail(self) -> None:
        """The selected line in full: what a paper must satisfy, or the whole of a review point."""
        sheet = self._sheet
        if sheet is None:
            return
        paper: UnitedMaterial | None = None
        if self.tab == "papers":
            paper = next((p for p in sheet.plan.materials if p.key == self.table.current_key()), None)
            told = f"{paper.name}：{'；'.join(paper.standard) or '清单没有写受理标准'}" if paper else ""
        else:
            point = next((p for p in sheet.plan.points if p.key == self.points.current_key()), None)
            told = f"{point.text}{f'　{point.basis}' if point.basis else ''}" if point else ""
        self._full.setText(told)
        self.forms.show_forms(_materials(sheet, paper) if paper is not None and paper.asked_for else ())

    def _take(self, key: str, digit: str) -> None:
        sheet = self._sheet
        paper = next((p for p in sheet.plan.materials if p.key == key), None) if sheet else None
        if sheet is None or paper is None:
            return
        if paper.produced_by:
            self.said.emit(f"“{paper.name}”由本套事项产出，不用收。")
            return
        receipt = _RECEIPTS.get(digit)
        if reason := sheet.set_receipt(paper, receipt):
            self.said.emit(f"{digit} 不可选：{reason}。材料没有改动。")
            return
        self.edited.emit()
        following = self._next_paper(key)
        if receipt is not None and not following and self._next_point(""):
            self.focus_path("point.")  # the last paper is in: on to the points
            return
        if receipt is not None and following:
            self.table.go_to(following)
        self.table.setFocus()

    def _mark(self, key: str, digit: str) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        sheet.set_point(key, _MARKS.get(digit))
        self.edited.emit()
        if digit in _MARKS and (following := self._next_point(key)):
            self.points.go_to(following)
        self.points.setFocus()

    def _next_point(self, after: str) -> str:
        sheet = self._sheet
        keys = [p.key for p in sheet.plan.points] if sheet is not None else []
        start = keys.index(after) + 1 if after in keys else 0
        order = [*keys[start:], *keys[:start]]
        return next((k for k in order if sheet is not None and not sheet.get(f"point.{k}")), "")

    def _next_paper(self, after: str) -> str:
        sheet = self._sheet
        if sheet is None:
            return ""
        keys = [p.key for p in sheet.plan.materials]
        wanting = {
            p.key
            for p in sheet.plan.materials
            if p.asked_for and p.need is not Need.OPTIONAL and not sheet.get(f"material.{p.key}")
        }
        start = keys.index(after) + 1 if after in keys else 0
        return next((k for k in [*keys[start:], *keys[:start]] if k in wanting), "")


def _materials(sheet: SetSheet, paper: UnitedMaterial) -> list[Material]:
    """The materials of the members that one paper stands for."""
    items = {m.member.item.id: m.member.item for m in sheet.plan.members}
    found = (items[item].material(material) for item, material in paper.uses if item in items)
    return [material for material in found if material is not None]
