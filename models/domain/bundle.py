"""一件事: which members the answers choose, what each waits for, and how long all of it takes.

Facts: domain.md §5 rows 25 to 34.  Everything is a pure function over the catalogue's own data, so desk and
hub say the same.  Limits that the catalogue marks as approximate are never computed with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from models.domain.catalog import Bundle, BundleMember, Catalog, Former, Item, Question
from models.domain.checklist import asked_questions, needed_materials
from models.domain.circles import circles

# Stages that a combined acceptance goes through once for all members.
OPENING_STAGES = frozenset({"受理", "收件", "接件", "申请"})
CLOSING_STAGES = frozenset({"送达", "发证", "办结", "制证", "制证与送达", "颁证与送达", "制证送达"})

Items = Mapping[str, Item]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A chosen member.  ``place`` counts from 1; ``after`` names only members that are chosen too."""

    place: int
    item: Item
    after: tuple[str, ...] = ()
    joint_visit: bool = False
    settled: tuple[tuple[str, str], ...] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question under the id its answer is kept by; ``member`` is the item that asks, "" the bundle."""

    id: str
    question: Question
    member: str = ""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A member on the timeline, in workdays from the receipt of the set: over at the end of day ``end``.

    ``days`` None: the catalogue has no limit that binds, so nothing is computed for it.
    """

    item: str
    place: int
    start: int
    end: int
    days: int | None
    critical: bool
    joint_visit: bool = False
    not_counted: tuple[str, ...] = ()


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """``critical`` workdays side by side against ``total`` one after the other."""

    spans: tuple[Span, ...] = ()
    critical: int = 0
    total: int = 0


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    materials: int = 0
    steps: int = 0
    days: int = 0
    visits: int = 0


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """``former``: before the reform, as the register has it; ``apart``: the chosen members one by one."""

    former: Tally | None
    apart: Tally
    together: Tally


def index(catalog: Catalog) -> dict[str, Item]:
    return {item.id: item for item in catalog.items}


def bundle_problems(bundle: Bundle, items: Items) -> tuple[str, ...]:
    """Why the bundle cannot be offered; the lint tells the same, rule by rule."""
    return tuple(reason for _, reason in bundle_faults(bundle, items))


def bundle_faults(bundle: Bundle, items: Items) -> Iterator[tuple[str, str]]:
    """(lint rule, reason): members that do not exist, prerequisites that are no members or go in a circle, and
    answers that the 一件事 gives for a member (预设情形, or a question of its own named after the member's)
    and the member does not ask.  Items are named where they are known.
    """
    members = {member.item: member.after for member in bundle.members}
    names = {key: items[key].name if key in items else key for key in members}
    for member in bundle.members:
        if member.item not in items:
            yield "bundle-member", f"成员“{member.item}”不在目录里"
        for wanted in member.after:
            if wanted not in members:
                yield "bundle-prerequisite", f"“{names[member.item]}”的前置“{wanted}”不是这个一件事的成员"
    for member in bundle.members:
        asked_by = items[member.item].questions if member.item in items else ()
        for question, options in _answered(bundle, member) if member.item in items else ():
            wrong = set(options) - {o.id for q in asked_by if q.id == question for o in q.options}
            if wrong or not options:
                reason = f"“{names[member.item]}”没有情形“{question}={'|'.join(sorted(wrong))}”"
                yield "bundle-answer", reason
    for circle in prerequisite_circles(bundle):
        yield "bundle-circle", f"前置互相等待：{' → '.join(names.get(i, i) for i in (*circle, circle[0]))}"


def _answered(bundle: Bundle, member: BundleMember) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from member.settled.all_of
    start = member.item + "."
    for question in bundle.questions:
        if question.id.startswith(start):
            yield question.id[len(start) :], tuple(option.id for option in question.options)


def prerequisite_circles(bundle: Bundle) -> tuple[tuple[str, ...], ...]:
    return circles({member.item: member.after for member in bundle.members})


def bundle_questions(bundle: Bundle, answers: Mapping[str, str]) -> list[Question]:
    """The bundle's own questions, in order; a question behind an unasked one is not asked."""
    return asked_questions(_as_item(bundle), answers)


def live_bundle_answers(bundle: Bundle, answers: Mapping[str, str]) -> dict[str, str]:
    asked = bundle_questions(bundle, answers)
    return {q.id: answers[q.id] for q in asked if any(o.id == answers.get(q.id) for o in q.options)}


def members(bundle: Bundle, items: Items, answers: Mapping[str, str]) -> tuple[Member, ...]:
    """The members that the answers choose, in the bundle's order.

    Every further answer can only add members: a condition never asks for the absence of one.
    """
    live = live_bundle_answers(bundle, answers)
    chosen = [m for m in bundle.members if m.item in items and m.when.holds(live)]
    return tuple(_member(place, m, chosen, items) for place, m in enumerate(chosen, start=1))


def member_answers(member: Member, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers under the member's own question ids: kept as ``<item>.<question>`` in the set."""
    start = member.item.id + "."
    given = {key[len(start) :]: value for key, value in answers.items() if key.startswith(start)}
    return dict(member.settled) | given


def asked(bundle: Bundle, items: Items, answers: Mapping[str, str]) -> tuple[Asked, ...]:
    """All questions: the bundle's, then what its chosen members ask beyond them.

    A bundle question with the id ``<item>.<question>`` answers that member's question.
    """
    own = bundle_questions(bundle, answers)
    known = {q.id for q in bundle.questions}
    found = [Asked(id=q.id, question=q) for q in own]
    for member in members(bundle, items, answers):
        for question in asked_questions(member.item, member_answers(member, answers)):
            key = f"{member.item.id}.{question.id}"
            if key not in known and question.id not in dict(member.settled):
                found.append(Asked(id=key, question=question, member=member.item.id))
    return tuple(found)


def limit_days(item: Item) -> int | None:
    """The promised limit, else the legal one; None where none is binding (approximate ones never are)."""
    for limit in (item.promised, item.legal):
        if limit.binding:
            return limit.days
    return None


def timeline(chosen: Sequence[Member]) -> Timeline:
    """证照并行: each member starts when what it waits for is done, all others at once.

    Raises ValueError for prerequisites in a circle.
    """
    by_id = {m.item.id: m for m in chosen}
    if found := circles({key: m.after for key, m in by_id.items()}):
        raise ValueError(" → ".join((*found[0], found[0][0])))
    ends: dict[str, int] = {}
    starts: dict[str, int] = {}

    def end(key: str) -> int:
        if key not in ends:
            starts[key] = max((end(one) for one in by_id[key].after), default=0)
            ends[key] = starts[key] + (limit_days(by_id[key].item) or 0)
        return ends[key]

    last = max((end(key) for key in by_id), default=0)
    slow: set[str] = set()
    ahead = [key for key in by_id if ends[key] == last]
    while ahead:
        key = ahead.pop()
        if key not in slow:
            slow.add(key)
            ahead += [one for one in by_id[key].after if ends[one] == starts[key]]
    spans = tuple(
        Span(
            item=key,
            place=m.place,
            start=starts[key],
            end=ends[key],
            days=limit_days(m.item),
            critical=key in slow,
            joint_visit=m.joint_visit,
            not_counted=m.item.not_counted,
        )
        for key, m in by_id.items()
    )
    return Timeline(spans=spans, critical=last, total=sum(s.days or 0 for s in spans))


def counts(bundle: Bundle, chosen: Sequence[Member], answers: Mapping[str, str], united: int) -> Counts:
    """What the visitor is spared.  ``united`` is how many materials the set still asks the visitor for."""
    line = timeline(chosen)
    apart = Tally(
        materials=sum(len(needed_materials(m.item, member_answers(m, answers))) for m in chosen),
        steps=sum(len(_stages(m.item)) for m in chosen),
        days=line.total,
        visits=sum(1 if m.item.visits is None else m.item.visits for m in chosen),
    )
    inner = sum(
        name not in OPENING_STAGES and name not in CLOSING_STAGES for m in chosen for name in _stages(m.item)
    )
    once = sum(
        any(name in group for m in chosen for name in _stages(m.item))
        for group in (OPENING_STAGES, CLOSING_STAGES)
    )
    together = Tally(materials=united, steps=inner + once, days=line.critical, visits=min(1, apart.visits))
    return Counts(former=_former(bundle.former), apart=apart, together=together)


def _stages(item: Item) -> list[str]:
    """An item whose procedure the list does not say has the three every permit has."""
    return [s.name for s in item.stages] or ["受理", "审查决定", "送达"]


def _former(former: Former | None) -> Tally | None:
    if former is None:
        return None
    return Tally(materials=former.materials, steps=former.stages, days=former.workdays, visits=former.visits)


def _member(place: int, member: BundleMember, chosen: Sequence[BundleMember], items: Items) -> Member:
    here = {m.item for m in chosen}
    return Member(
        place=place,
        item=items[member.item],
        after=tuple(one for one in member.after if one in here),
        joint_visit=member.joint_visit,
        settled=tuple((question, options[0]) for question, options in member.settled.all_of if options),
    )


def _as_item(bundle: Bundle) -> Item:
    return Item(id=bundle.id, name=bundle.name, questions=bundle.questions)
