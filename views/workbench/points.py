"""Step 5: review points of the 业务手册; each takes one key, there is no “all passed”."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from models.domain.case import POINT_NAMES, PointMark
from models.domain.checklist import general_points
from views.widgets import ActTable, Cell, label
from views.workbench.sheet import Sheet

_BY_KEY = {"1": PointMark.PASS, "2": PointMark.FAIL, "3": PointMark.NOT_APPLICABLE}
_TAGS = {PointMark.PASS: "green", PointMark.FAIL: "red", PointMark.NOT_APPLICABLE: "neutral"}


class PointsStep(QWidget):
    edited = pyqtSignal()
    finished = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 6)
        box.setSpacing(2)
        self.table = ActTable(
            ("序", "审查要点", "依据", "结论"), "审查要点", keys="1230", does="符合 不符合 不适用 清除"
        )
        self.table.set_widths(40, 0, 170, 100, fits=True)
        self.table.keyed.connect(self._key)
        box.addWidget(self.table)
        hint = label("0 清除　末两条为通用要点，不予受理时才需要判断", "caption")
        hint.setContentsMargins(16, 2, 0, 0)
        box.addWidget(hint)
        self._sheet: Sheet | None = None

    def load(self, sheet: Sheet) -> None:
        self._sheet = sheet
        names = {m.id: m.name for m in sheet.materials()}
        rows = []
        for number, point in enumerate((*sheet.points(), *general_points(sheet.item)), start=1):
            mark = sheet.get(f"point.{point.id}")
            verdict = (
                Cell("! 未审", tag="amber") if point.id not in ("G1", "G2") else Cell("通用", tag="neutral")
            )
            if mark:
                sign = {PointMark.PASS: "✓ ", PointMark.FAIL: "! "}.get(PointMark(mark), "")
                verdict = Cell(sign + POINT_NAMES[PointMark(mark)], tag=_TAGS[PointMark(mark)])
            rows.append(
                (
                    point.id,
                    (
                        Cell(str(number)),
                        Cell(point.text),
                        Cell(names.get(point.material, "") or point.basis or "申请整体"),
                        verdict,
                    ),
                )
            )
        self.table.show_rows(rows)
        self.table.fit_height()

    def _key(self, point: str, key: str) -> None:
        sheet = self._sheet
        if sheet is None or not sheet.editable:
            return
        mark = _BY_KEY.get(key)
        sheet.put(f"point.{point}", mark.value if mark else "")
        self.edited.emit()
        self.load(sheet)
        if mark is None:
            return
        ids = [p.id for p in sheet.points()]
        start = ids.index(point) + 1 if point in ids else len(ids)
        following = next((i for i in [*ids[start:], *ids[:start]] if not sheet.get(f"point.{i}")), "")
        if following:
            self.table.go_to(following)
        elif point in ids:
            self.finished.emit()

    def focus_path(self, path: str) -> None:
        self.table.go_to(path.removeprefix("point."))
        self.table.setFocus()
