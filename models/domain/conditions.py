"""Looking at declarative situations (情形) before anybody meets them: what can never be, and why.

A condition is a conjunction, and so is everything it rests on: the questions it names must have been
asked, which are conditions again.  So whether it can hold follows exactly from narrowing each question
to the options left, in time that grows with the size of the item, not with the number of situations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from models.domain.catalog import Bundle, Condition, Item, Question

_Clause = tuple[str, tuple[str, ...]]


class ProblemKind(StrEnum):
    UNKNOWN_QUESTION = "unknown_question"
    UNKNOWN_OPTION = "unknown_option"
    CONTRADICTORY = "contradictory"  # one condition, one question, no common option
    CYCLIC = "cyclic"  # questions, or members, that wait for each other
    LATER = "later"  # it rests on a question that is asked only afterwards
    UNREACHABLE = "unreachable"  # no combination of answers meets it
    TWICE = "twice"  # an id that occurs twice


class ConditionProblem(msgspec.Struct, frozen=True, kw_only=True):
    """``part`` is question, field, material, point or member, ``id`` which one; ``message`` for a person."""

    kind: ProblemKind
    part: str
    id: str
    message: str


def can_hold(questions: Sequence[Question], condition: Condition) -> bool:
    """Whether some way to answer the questions, asked in their order, meets ``condition``."""
    return _narrowed(questions, condition.all_of) is not None


def problems(item: Item) -> list[ConditionProblem]:
    """Everything in an item's situations that can never be, or can't be meant; empty when all is well."""
    questions = item.questions
    found = _question_problems(questions)
    parts = [
        *(("field", "字段", field.id, field.label, field.when) for field in item.fields),
        *(("material", "材料", material.id, material.name, material.when) for material in item.materials),
        *(("point", "要点", point.id, point.text, point.when) for point in item.points),
    ]
    for part, word, key, name, when in parts:
        found += _condition_problems(questions, when, part, key, f"{word}“{name}”")
    needed = {material.id: material.when for material in item.materials}
    for point in item.points:
        when = needed.get(point.material, Condition())
        joint = Condition(all_of=(*point.when.all_of, *when.all_of))
        if can_hold(questions, point.when) and can_hold(questions, when) and not can_hold(questions, joint):
            message = f"要点“{point.text}”与它的材料不会在同一情形下出现，永远审查不到"
            found.append(_problem(ProblemKind.UNREACHABLE, "point", point.id, message))
    return found


def bundle_conditions(bundle: Bundle) -> list[ConditionProblem]:
    """The same of a 一件事; its members and prerequisites are :func:`models.domain.bundle.bundle_faults`."""
    found = _question_problems(bundle.questions)
    for item in _doubled(member.item for member in bundle.members):
        found.append(_problem(ProblemKind.TWICE, "member", item, f"成员“{item}”写了两次"))
    for member in bundle.members:
        found += _condition_problems(
            bundle.questions, member.when, "member", member.item, f"成员“{member.item}”"
        )
    return found


def never_together(bundle: Bundle) -> list[tuple[str, str]]:
    """(member, prerequisite) pairs that no answers choose at once, though each can be chosen."""
    when = {member.item: member.when for member in bundle.members if can_hold(bundle.questions, member.when)}
    return [
        (member.item, wanted)
        for member in bundle.members
        for wanted in member.after
        if member.item in when
        and wanted in when
        and _narrowed(bundle.questions, (*when[member.item].all_of, *when[wanted].all_of)) is None
    ]


def _question_problems(questions: Sequence[Question]) -> list[ConditionProblem]:
    found: list[ConditionProblem] = []
    for key in _doubled(question.id for question in questions):
        found.append(_problem(ProblemKind.TWICE, "question", key, f"问题标识“{key}”写了两次"))
    circle = _in_circles({q.id: tuple(asked for asked, _ in q.when.all_of) for q in questions})
    asked: set[str] = set()
    for question in questions:
        named = f"问题“{question.text}”"
        for key in _doubled(option.id for option in question.options):
            message = f"{named}的选项标识“{key}”写了两次"
            found.append(_problem(ProblemKind.TWICE, "question", question.id, message))
        if question.id in circle:
            message = f"{named}的条件绕回到它自己，永远不会问到"
            found.append(_problem(ProblemKind.CYCLIC, "question", question.id, message))
        elif later := [key for key, _ in question.when.all_of if key not in asked and _has(questions, key)]:
            message = f"{named}的条件用到排在后面的问题“{later[0]}”，永远不会问到"
            found.append(_problem(ProblemKind.LATER, "question", question.id, message))
        else:
            found += _condition_problems(questions, question.when, "question", question.id, named)
        asked.add(question.id)
    return found


def _condition_problems(
    questions: Sequence[Question], condition: Condition, part: str, key: str, named: str
) -> list[ConditionProblem]:
    found: list[ConditionProblem] = []
    known = {question.id: {option.id for option in question.options} for question in questions}
    for asked, options in condition.all_of:
        if asked not in known:
            message = f"{named}的条件用到没有的问题“{asked}”"
            found.append(_problem(ProblemKind.UNKNOWN_QUESTION, part, key, message))
            continue
        for option in options:
            if option not in known[asked]:
                message = f"{named}的条件用到问题“{asked}”没有的选项“{option}”"
                found.append(_problem(ProblemKind.UNKNOWN_OPTION, part, key, message))
    for asked in _clashing(condition):
        message = f"{named}的条件对问题“{asked}”提了互相矛盾的要求"
        found.append(_problem(ProblemKind.CONTRADICTORY, part, key, message))
    if not found and not can_hold(questions, condition):
        message = f"{named}的条件在任何一种情形下都不成立"
        found.append(_problem(ProblemKind.UNREACHABLE, part, key, message))
    return found


def _narrowed(questions: Sequence[Question], clauses: Iterable[_Clause]) -> dict[str, set[str]] | None:
    """The options that every clause, and every condition behind them, leaves; None when one has none."""
    place = {question.id: n for n, question in reversed(list(enumerate(questions)))}
    left: dict[str, set[str]] = {}
    waiting = [(clause, len(questions)) for clause in clauses]
    while waiting:
        (asked, options), before = waiting.pop()
        at = place.get(asked)
        if at is None or at >= before:
            return None
        if asked not in left:
            question = questions[at]
            left[asked] = {option.id for option in question.options}
            waiting += [(clause, at) for clause in question.when.all_of]
        left[asked] &= set(options)
        if not left[asked]:
            return None
    return left


def _clashing(condition: Condition) -> list[str]:
    left: dict[str, set[str]] = {}
    for asked, options in condition.all_of:
        left[asked] = left.get(asked, set(options)) & set(options)
    return [asked for asked, options in left.items() if not options]


def _in_circles(graph: Mapping[str, Sequence[str]]) -> set[str]:
    """The nodes that lead back to themselves."""
    reached = {node: set(targets) & graph.keys() for node, targets in graph.items()}
    changed = True
    while changed:
        changed = False
        for targets in reached.values():
            more = {far for near in targets for far in reached[near]} - targets
            targets |= more
            changed |= bool(more)
    return {node for node, targets in reached.items() if node in targets}


def _doubled(keys: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    doubled: dict[str, None] = {}
    for key in keys:
        if key in seen:
            doubled[key] = None
        seen.add(key)
    return list(doubled)


def _has(questions: Sequence[Question], key: str) -> bool:
    return any(question.id == key for question in questions)


def _problem(kind: ProblemKind, part: str, key: str, message: str) -> ConditionProblem:
    return ConditionProblem(kind=kind, part=part, id=key, message=message)
