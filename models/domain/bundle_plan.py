"""A 一件事 as it stands with what has been entered: one value for the screen and for the acceptance.

Fields of a set use the paths of a case (models.domain.case), with ``answer.<question>`` and
``answer.<item>.<question>``, ``material.<key>`` and ``point.<key>`` as models.domain.united keys them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from models.domain.bundle import (
    Asked,
    Counts,
    Items,
    Member,
    Timeline,
    asked,
    counts,
    members,
    timeline,
)
from models.domain.catalog import Bundle
from models.domain.checklist import Gap, gaps
from models.domain.united import (
    Form,
    UnitedMaterial,
    UnitedPoint,
    member_fields,
    merged_form,
    united_materials,
    united_points,
)

JUDGED = "不符合"


class MemberPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One member with its own fields and what it lacks.

    ``waits_for`` are chosen members to be decided first; the limit of this one runs only after them.
    ``elsewhere`` says where to go when this window may not take it in.
    """

    member: Member
    fields: dict[str, str]
    gaps: tuple[Gap, ...]
    waits_for: tuple[str, ...] = ()
    elsewhere: str = ""

    @property
    def ready(self) -> bool:
        return not (self.gaps or self.waits_for or self.elsewhere)


class SetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """``open_gaps`` are what members that begin now still lack, by paths of the set, each once.

    A material or point judged 不符合 is no open gap: it holds up its own member and no other.
    """

    questions: tuple[Asked, ...]
    answers: dict[str, str]
    members: tuple[MemberPlan, ...]
    timeline: Timeline
    form: Form
    materials: tuple[UnitedMaterial, ...]
    points: tuple[UnitedPoint, ...]
    counts: Counts
    open_gaps: tuple[Gap, ...]


def plan_set(
    bundle: Bundle,
    items: Items,
    fields: Mapping[str, str],
    today: dt.date,
    elsewhere: Mapping[str, str] | None = None,
) -> SetPlan:
    """Raises ValueError for prerequisites in a circle (see bundle_problems)."""
    answers = {path[7:]: text for path, text in fields.items() if path.startswith("answer.")}
    chosen = members(bundle, items, answers)
    line = timeline(chosen)
    questions = asked(bundle, items, answers)
    materials = united_materials(chosen, answers)
    points = united_points(chosen, answers)
    plans = []
    for member in chosen:
        own = member_fields(member, chosen, fields)
        plans.append(
            MemberPlan(
                member=member,
                fields=own,
                gaps=tuple(gaps(member.item, own, today)),
                waits_for=member.after,
                elsewhere=(elsewhere or {}).get(member.item.id, ""),
            )
        )
    unanswered = [
        Gap(step="situation", path=f"answer.{a.id}", label=a.question.text, reason="未选择")
        for a in questions
        if not any(o.id == answers.get(a.id) for o in a.question.options)
    ]
    begun = [p for p in plans if not p.waits_for and not p.elsewhere]
    return SetPlan(
        questions=questions,
        answers=answers,
        members=tuple(plans),
        timeline=line,
        form=merged_form(chosen, answers),
        materials=materials,
        points=points,
        counts=counts(bundle, chosen, answers, sum(m.asked_for for m in materials)),
        open_gaps=tuple(_once([*unanswered, *_of_set(begun, materials, points)])),
    )


def _of_set(
    begun: Sequence[MemberPlan], materials: Sequence[UnitedMaterial], points: Sequence[UnitedPoint]
) -> list[Gap]:
    papers = {use: paper.key for paper in materials for use in paper.uses}
    marks = {use: point.key for point in points for use in point.uses}
    found: list[Gap] = []
    for plan in begun:
        for gap in plan.gaps:
            kind, _, rest = gap.path.partition(".")
            use = (plan.member.item.id, rest)
            if gap.reason == JUDGED or gap.step == "situation":
                continue  # the set's own questions are told once, above
            if kind == "material" and use in papers:
                gap = msgspec.structs.replace(gap, path=f"material.{papers[use]}")
            elif kind == "point" and use in marks:
                gap = msgspec.structs.replace(gap, path=f"point.{marks[use]}")
            found.append(gap)
    return found


def _once(found: Sequence[Gap]) -> list[Gap]:
    """Each path once, in the order of the steps a clerk takes."""
    steps = ("identity", "situation", "form", "materials", "points")
    by_path: dict[str, Gap] = {}
    for gap in found:
        by_path.setdefault(gap.path, gap)
    return sorted(by_path.values(), key=lambda g: steps.index(g.step))
