"""The centre of the workbench as built: reception, head, six steps, outcome form, action bar.

It only lays out; what the parts mean to each other is the page's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from app.commands.context import Desk
from app.tasks import Tasks
from models.domain.checklist import Gap
from views.theme import dressed, scaled
from views.widgets import Notice
from views.workbench.actions import ActionBar
from views.workbench.form import FormStep
from views.workbench.head import CaseHead
from views.workbench.identity import IdentityStep
from views.workbench.materials import MaterialsStep
from views.workbench.outcome import AcceptStep, OutcomeForm
from views.workbench.points import PointsStep
from views.workbench.reception import Reception
from views.workbench.section import Hints, StepSection
from views.workbench.sheet import STEP_KEYS, STEP_NAMES, Sheet
from views.workbench.situation import SituationStep

HINTS: dict[str, Hints] = {
    "situation": ((("1", "2"), "第几个答案"), (("Ctrl+Z",), "撤销")),
    "materials": ((("↑", "↓"), "选行"), (("1–8",), "定来源"), (("Ctrl+Z",), "撤销")),
    "points": ((("1",), "符合"), (("2",), "不符合"), (("3",), "不适用"), (("Ctrl+Z",), "撤销")),
}
LOW = 740  # px of a window's height: below it the steps are closer, and a paper's detail waits for Enter
LEAST = 3  # rows of an open list, however little room there is
Step = IdentityStep | SituationStep | FormStep | MaterialsStep | PointsStep | AcceptStep


class Bench(QWidget):
    def __init__(self, desk: Desk, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 6, 12, 6)
        box.setSpacing(6)
        self.reception = Reception(desk, tasks)
        box.addWidget(self.reception, 1)
        # From the outside in: a part that gets another parent is dressed anew with all that is in it.
        self.case = QWidget(self)
        box.addWidget(self.case, 1)
        case = QVBoxLayout(self.case)
        case.setContentsMargins(0, 0, 0, 0)
        case.setSpacing(4)
        self.head = CaseHead()
        case.addWidget(self.head)
        self.notice = Notice()
        case.addWidget(self.notice)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view = view = self._scroll.viewport()
        assert view is not None
        view.installEventFilter(self)
        self._open = ""
        self._fitted: tuple[object, ...] = ()
        case.addWidget(self._scroll, 1)
        self._card = inner = QFrame()
        inner.setObjectName("card")
        self._scroll.setWidget(inner)
        self._column = column = QVBoxLayout(inner)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self._make_steps(column)
        self.outcome_frame = QFrame()
        self.outcome_frame.setObjectName("inset")
        frame = QVBoxLayout(self.outcome_frame)
        frame.setContentsMargins(0, 0, 0, 0)
        self.outcome = OutcomeForm()
        frame.addWidget(self.outcome)
        column.addWidget(self.outcome_frame)
        column.addStretch()
        self.materials.unfolded.connect(self._unfolded)
        self.bar = ActionBar()
        box.addWidget(self.bar)

    def _make_steps(self, box: QVBoxLayout) -> None:
        self.identity, self.situation, self.form = IdentityStep(), SituationStep(), FormStep()
        self.materials, self.points, self.check = MaterialsStep(), PointsStep(), AcceptStep()
        bodies = (self.identity, self.situation, self.form, self.materials, self.points, self.check)
        self.steps: dict[str, Step] = dict(zip(STEP_KEYS, bodies, strict=True))
        self.sections: dict[str, StepSection] = {}
        for number, (key, title) in enumerate(zip(STEP_KEYS, STEP_NAMES, strict=True), start=1):
            self.sections[key] = StepSection(number, title, self.steps[key], HINTS.get(key, ()))
            box.addWidget(self.sections[key])

    def show_states(self, sheet: Sheet, gaps: list[Gap], step: str) -> None:
        """What each step has to say, ``step`` being the open one; laid out and painted once for all six."""
        with self._at_once():
            summaries = sheet.summaries()
            for name in STEP_KEYS:
                own = [g for g in gaps if g.step == name]
                gap = f"{summaries[name]}　还差 {len(own)} 项" if own else ""
                if name == "accept":
                    gap = f"还差 {len(gaps)} 项，处理后可受理" if gaps else ""
                    summaries[name] = "请核对后受理" if not gaps else f"先核对；还差 {len(gaps)} 项"
                self.sections[name].show_state(
                    summaries[name], done=not own and name != "accept", current=name == step, gap=gap
                )
        if step == self._open:
            self.fit()  # of another one by bring_step, once its first row has the focus
        self._open = step

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Qt lays everything out after each part that is shown; here after the last one only."""
        layouts = [self._column, *(section.lines for section in self.sections.values())]
        for layout in layouts:
            layout.setEnabled(False)
        try:
            yield
        finally:
            for layout in reversed(layouts):
                layout.setEnabled(True)
                layout.activate()
            # The scroll area takes the new height at once, not a turn (and a painting) later.
            QApplication.sendEvent(self._card, QEvent(QEvent.Type.LayoutRequest))

    def show_case(self, shown: bool) -> None:
        """The open case, or the reception for whoever comes next."""
        self.outcome_frame.hide()
        self.reception.setVisible(not shown)
        self.case.setVisible(shown)
        self.bar.setVisible(shown)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self.fit()
        return False

    def fit(self) -> None:
        """Give the list of the open step the room that the folded steps leave, so that all six are in sight.

        Not for every row that the clerk goes to: a list that changes its height under the hand cannot be read.
        """
        window, view, step = self.window(), self._view, self.steps.get(self._open)
        if window is None or view is None or step is None:
            return
        listed = step if isinstance(step, MaterialsStep | PointsStep) else None
        low = window.height() < scaled(LOW)
        rows = listed.table.rows.rowCount() if listed is not None else 0
        held = (self._open, rows, view.height(), low, dressed())
        if held == self._fitted:
            return
        self._fitted = held
        self._close_up(low)
        self.materials.be_low(low)
        room = view.height() - self._whole(step)
        if listed is not None:
            listed.table.take_room(room + listed.table.minimumHeight(), LEAST)
        elif room < 0 and not low:
            self._close_up(True)
        self._lay_out(step)

    def _close_up(self, low: bool) -> None:
        for section in self.sections.values():
            section.be_low(low)

    def _whole(self, step: QWidget) -> int:
        """The height that all six steps want."""
        self._lay_out(step)
        column, wraps = self._column, self._column.hasHeightForWidth()
        return column.totalHeightForWidth(self._card.width()) if wraps else column.totalSizeHint().height()

    def _lay_out(self, step: QWidget) -> None:
        """From the inside out and at once; by itself Qt takes a turn for each."""
        inner = [widget.layout() for widget in (*step.findChildren(QFrame), step) if widget.layout()]
        for layout in (*inner, *(section.lines for section in self.sections.values()), self._column):
            if layout is not None:
                layout.activate()
        QApplication.sendEvent(self._card, QEvent(QEvent.Type.LayoutRequest))

    def _unfolded(self) -> None:
        self.bring_step("materials")
        if self.materials.detail.isVisible():
            self.bring_up(self.materials.detail, 0)

    def bring_step(self, name: str) -> None:
        """Scroll an open step into sight: all of it, or its head at the top; no folded step is cut in two."""
        self._fitted = ()
        self.fit()  # once more: the row that has the focus now may say more than the first one
        bar, view, section = self._scroll.verticalScrollBar(), self._view, self.sections[name]
        if bar is None or view is None:
            return
        top, bottom = section.y(), section.y() + section.height()
        if top < bar.value() or bottom > bar.value() + view.height():
            least = max(0, bottom - view.height())
            bar.setValue(min((s.y() for s in self.sections.values() if least <= s.y() <= top), default=top))
        at = QApplication.focusWidget()
        if at is not None and section.isAncestorOf(at) and not isinstance(at, QAbstractItemView):
            self.bring_up(at)
        # Else what was shown just now asks to be painted a second time (see Shell.show_page).
        QApplication.sendPostedEvents(None, QEvent.Type.UpdateLater.value)

    def bring_up(self, widget: QWidget, margin: int = 50) -> None:
        """Scroll until ``widget`` is in sight."""
        self._scroll.ensureWidgetVisible(widget, margin, margin)
