"""The review points of a material that comes in later: one key each, told in the note of the act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import pyqtSignal

from models.domain.case import POINT_NAMES, PointMark
from models.domain.catalog import ReviewPoint
from views.widgets import ActTable, Cell

_BY_KEY = {"1": PointMark.PASS, "2": PointMark.FAIL, "3": PointMark.NOT_APPLICABLE}
_TAGS = {PointMark.PASS: "green", PointMark.FAIL: "red", PointMark.NOT_APPLICABLE: "neutral"}


class MadeUpPoints(ActTable):
    """``judged`` once nothing stands in the way any more."""

    judged = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(
            ("审查要点", "结论"), "补齐材料的审查要点", keys="1230", does="符合 不符合 不适用 清除"
        )
        self.set_widths(0, 90)
        self.keyed.connect(self._mark)
        self._points: tuple[ReviewPoint, ...] = ()
        self._marks: dict[str, PointMark] = {}
        self.hide()

    def show_points(self, points: Sequence[ReviewPoint]) -> None:
        self._points, self._marks = tuple(points), {}
        self._show()

    def marks(self) -> dict[str, str]:
        """What has been judged, by point."""
        return {point: mark.value for point, mark in self._marks.items()}

    def show_marks(self, marks: Mapping[str, str]) -> None:
        """Judged before: what is not asked any more is left out."""
        points = {p.id for p in self._points}
        self._marks = {point: PointMark(mark) for point, mark in marks.items() if point in points}
        self._show()

    def put_away(self) -> None:
        self._points, self._marks = (), {}
        self.hide()

    def focus_first(self) -> None:
        self.selectRow(0)
        self.setFocus()

    def problem(self) -> str:
        """Why the material can't be taken as made up yet, "" when it can."""
        if any(p.id not in self._marks for p in self._points):
            return "审查要点还没有判完。办件没有改动。请逐条按 1 符合、2 不符合、3 不适用。"
        if PointMark.FAIL in self._marks.values():
            return "有不符合的要点，不能算补齐。办件没有改动。请让申请人改好再补。"
        return ""

    def told(self) -> str:
        """The verdicts in words, for the story of the case."""
        return "；".join(f"{p.text}：{POINT_NAMES[self._marks[p.id]]}" for p in self._points)

    def _mark(self, point_id: str, key: str) -> None:
        if mark := _BY_KEY.get(key):
            self._marks[point_id] = mark
        else:
            self._marks.pop(point_id, None)
        self._show()
        if mark and (following := next((p.id for p in self._points if p.id not in self._marks), "")):
            self.go_to(following)
        elif mark and not self.problem():
            self.judged.emit()

    def _show(self) -> None:
        rows = []
        for point in self._points:
            mark = self._marks.get(point.id)
            verdict = Cell(POINT_NAMES[mark], tag=_TAGS[mark]) if mark else Cell("未审", tag="amber")
            rows.append((point.id, (Cell(point.text), verdict)))
        self.show_rows(rows)
        self.setFixedHeight(self.height_for(4))
