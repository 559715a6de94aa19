"""From field to field and step to step: Enter, F8, and Ctrl+Z back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from views.workbench.form import FormStep
from views.workbench.identity import IdentityStep
from views.workbench.sheet import STEP_KEYS, STEP_NAMES

_PARTS = {
    "applicant": "申请人",
    "agent": "代理人",
    "answer": "情形",
    "form": "表单",
    "material": "材料",
    "point": "要点",
}

if TYPE_CHECKING:
    from views.workbench.page import WorkbenchPage


class Walk(QObject):
    """``gap``: path of the item F8 went to last; ``auto_next``: a finished step opens the next."""

    def __init__(self, page: WorkbenchPage) -> None:
        super().__init__(page)
        self._page = page
        self.gap = ""
        self.auto_next = True

    def on(self, name: str) -> None:
        """The next unfinished step, else the check-answers view; said, and can be turned off."""
        page = self._page
        if page.sheet is None:
            return
        if not self.auto_next:
            page.refresh()
            page.said.emit(f"{STEP_NAMES[STEP_KEYS.index(name)]}已填完，按 Alt+数字打开别的步骤")
            return
        if name == "identity":
            page.recall()
        gaps = {g.step for g in page.sheet.gaps()}
        later = STEP_KEYS[STEP_KEYS.index(name) + 1 :]
        page.open_step(next((s for s in later if s in gaps or s == "accept"), "accept"))

    def entered(self, step: str, path: str) -> None:
        """Enter in a field: the next one that is missing or wrong, else the next step."""
        page = self._page
        body = page.steps[step]
        if page.sheet is None or not isinstance(body, IdentityStep | FormStep):
            return
        following = body.following(page.sheet, path)
        if following == path:  # the last one, and it is wrong: say so and stay
            self.next_gap()
        elif following:
            body.focus_path(following)
        else:
            self.on(step)

    def next_gap(self, step: int = 1) -> None:
        """F8: the next missing or wrong item after the one last gone to, wherever it is."""
        page = self._page
        if page.sheet is None:
            return
        gaps = page.sheet.gaps()
        if not gaps:
            page.open_step("accept")
            return
        paths = [gap.path for gap in gaps]
        if self.gap in paths:
            gap = gaps[(paths.index(self.gap) + step) % len(gaps)]
        else:  # mended meanwhile, or the first time
            gap = gaps[0 if step > 0 else -1]
        self.gap = gap.path
        page.open_step(gap.step, gap.path)
        if gap.step == "identity":
            page.identity.check(page.sheet, everything=True)
        elif gap.step == "form":
            page.form.check(page.sheet)

    def undo(self) -> None:
        """Ctrl+Z outside text fields: take the last entry back."""
        page = self._page
        if page.sheet is None or not page.sheet.editable:
            return
        if path := page.sheet.undo():
            page.autosave()
            page.load(page.step or "identity")
            page.refresh()
            if page.step == "situation":
                page.situation.focus_path(path)  # its rows were made anew
            elif page.step == "form":
                page.form.focus_path(path)
            page.said.emit(f"已撤销上一步（{_PARTS.get(path.partition('.')[0], '办件')}）")

    def back_to(self, depth: int, step: str) -> None:
        """Take back what came after ``depth`` steps of undo: a scan that typed where it must not."""
        page, sheet = self._page, self._page.sheet
        if sheet is None:
            return
        changed = sheet.undo_depth() > depth
        while sheet.undo_depth() > depth:
            sheet.undo()
        if changed:
            page.autosave()
        if step and step != page.step:
            page.open_step(step)
        elif changed:
            page.load(page.step)
            page.refresh()
