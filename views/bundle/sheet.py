"""One 一件事 on the screen, without Qt: what is entered for the whole set, and what follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from app.commands.act import Entry
from app.commands.bundle_intake import SetEntry
from app.queries.bundles import DRAFT_PREFIX, BundleSource
from models.domain.bundle import Counts
from models.domain.bundle_plan import SetPlan, plan_set
from models.domain.case import PointMark, Receipt
from models.domain.party import party_problems
from models.domain.united import UnitedMaterial

CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def circled(place: int) -> str:
    return CIRCLED[place - 1] if 0 < place <= len(CIRCLED) else f"({place})"


def reform_words(counts: Counts) -> str:
    """What the set spares, beside what it was before the reform where the list says so."""
    apart, together, former = counts.apart, counts.together, counts.former
    before = (
        f"（改革前 {former.materials} 份 {former.steps} 环节 {former.days} 天 {former.visits} 次）"
        if former
        else ""
    )
    return (
        f"材料 {apart.materials} → {together.materials}　环节 {apart.steps} → {together.steps}　"
        f"到场 {apart.visits} → {together.visits}{before}"
    )


class SetSheet:
    """The open set.  ``plan`` is made anew after every change; the values themselves are never lost."""

    def __init__(
        self, set_id: str, source: BundleSource, today: dt.date, fields: dict[str, str] | None = None
    ) -> None:
        self.set_id, self.source, self.today = set_id, source, today
        self.fields: dict[str, str] = dict(
            fields or {"applicant.kind": "person", "applicant.id_kind": "resident_id"}
        )
        self._undo: list[tuple[tuple[str, str], ...]] = []
        self.plan: SetPlan = self._planned()

    @property
    def entry(self) -> SetEntry:
        return SetEntry(set_id=self.set_id, source=self.source, fields=dict(self.fields))

    @property
    def draft(self) -> Entry:
        return Entry(
            case_id=self.set_id, item_id=DRAFT_PREFIX + self.source.bundle.id, fields=dict(self.fields)
        )

    def get(self, path: str) -> str:
        return self.fields.get(path, "")

    def put(self, path: str, value: str) -> bool:
        """Whether anything changed."""
        return self.put_all({path: value})

    def put_all(self, values: Mapping[str, str]) -> bool:
        """Several values as one step of undo; whether anything changed."""
        changed = {path: value for path, value in values.items() if self.get(path) != value}
        if not changed:
            return False
        self._undo.append(tuple((path, self.get(path)) for path in changed))
        for path, value in changed.items():
            self._write(path, value)
        return True

    def undo(self) -> str:
        """Take the last change back; returns its path, "" when there is none."""
        if not self._undo:
            return ""
        step = self._undo.pop()
        for path, before in step:
            self._write(path, before)
        return step[0][0]

    def set_receipt(self, paper: UnitedMaterial, receipt: Receipt | None) -> str:
        """Take a paper in for all members that use it; returns why it may not be taken in that way."""
        if receipt is not None and receipt not in paper.receipts:
            return "用到这份材料的事项不都允许这样收"
        self.put(f"material.{paper.key}", receipt.value if receipt is not None else "")
        return ""

    def set_point(self, key: str, mark: PointMark | None) -> None:
        self.put(f"point.{key}", mark.value if mark is not None else "")

    def identity_problems(self) -> dict[str, str]:
        """Path → sentence, as the members that begin now ask."""
        found: dict[str, str] = {}
        for member in self.plan.members:
            if not member.waits_for:
                for path, _, reason in party_problems(member.member.item, self.fields, self.today):
                    found.setdefault(path, reason)
        return found

    def next_gap(self, after: str = "", step: int = 1) -> str:
        """The path of the next open gap (-1: the one before), round again; "" when nothing is missing."""
        paths = [gap.path for gap in self.plan.open_gaps]
        if not paths:
            return ""
        start = paths.index(after) if after in paths else (-1 if step > 0 else 0)
        return paths[(start + step) % len(paths)]

    def effect(self, question: str) -> str:
        """What the answer to a question of the bundle brings: the members that it adds."""
        here = {m.member.item.id: m.member for m in self.plan.members}
        added = [
            f"{circled(here[m.item].place)} {here[m.item].item.name}"
            for m in self.source.bundle.members
            if m.item in here and any(q == question for q, _ in m.when.all_of)
        ]
        return "加 " + "、".join(added) if added else ""

    def _write(self, path: str, value: str) -> None:
        if value:
            self.fields[path] = value
        else:
            self.fields.pop(path, None)
        self.plan = self._planned()

    def _planned(self) -> SetPlan:
        source = self.source
        return plan_set(source.bundle, source.items, self.fields, self.today, source.elsewhere)
