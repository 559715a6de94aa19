"""What acts about the visit say in the story of a case, and what a case page tells of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.hours import SERVICE_NAMES, ServiceMark
from models.domain.ops import Op, OpKind
from models.domain.rating_counts import visits_of
from models.domain.rating_facts import reason_facts
from models.domain.visit import (
    AGENCY,
    ANSWER_NAMES,
    CHANNEL_NAMES,
    LEVELS,
    ONLINE,
    PRIORITY,
    STEP,
    UNRATED,
    Given,
    Rating,
)
from models.domain.workdays import Calendar
from models.service_texts import ServiceTexts, reason_text, service_texts


class ServiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` and ``text`` as they stand on the case page; ``facts`` are the supervisor's and the lead's."""

    name: str
    text: str
    facts: tuple[str, ...] = ()


def told_in_story(op: Op) -> str:
    """The act in plain words, "" for an act that is not about the visit."""
    facts = op.act.visit
    if op.kind == OpKind.RATE and facts is not None and facts.rating is not None:
        return rating_words(facts.rating)
    if op.kind == OpKind.RESPOND and facts is not None:
        until = f"，{facts.due} 前" if facts.due else ""
        return f"{ANSWER_NAMES.get(facts.answer, facts.answer)}{until}：{op.act.text}"
    if op.kind == OpKind.SERVE:
        if facts is not None and facts.given is not None:
            return given_words(facts.given)
        return marks_words({path: change.new for path, change in op.changes.items()}, service_texts())
    return ""


def rating_words(rating: Rating) -> str:
    parts = [
        f"{LEVELS.get(rating.level, rating.level)}（{CHANNEL_NAMES.get(rating.channel, rating.channel)}）"
    ]
    parts += [reason_text(code) for code in rating.reasons]
    return "；".join([*parts, *([f"“{rating.text}”"] if rating.text else [])])


def given_words(given: Given) -> str:
    return f"免费{given.name or given.kind} {given.count} {given.unit}，合 ¥{given.fen / 100:,.2f}"


def marks_words(marks: Mapping[str, str], texts: ServiceTexts) -> str:
    """What these fields say; one that was taken away says so."""
    parts = []
    if PRIORITY in marks:
        ground = marks[PRIORITY]
        parts.append(f"优先服务：{texts.ground(ground)}" if ground else "取消优先服务")
    if AGENCY in marks:
        parts.append("代办" if marks[AGENCY] else "取消代办")
    steps = [path for path in marks if path.startswith(STEP)]
    done = [texts.step(path[len(STEP) :]) for path in steps if marks[path]]
    undone = [texts.step(path[len(STEP) :]) for path in steps if not marks[path]]
    if done:
        parts.append(f"八步曲：{'、'.join(done)}")
    if undone:
        parts.append(f"八步曲改为没有做：{'、'.join(undone)}")
    return "；".join(parts)


def service_lines(
    state: CaseState,
    item: Item | None,
    calendar: Calendar,
    today: dt.date,
    texts: ServiceTexts,
    *,
    facts: bool,
) -> list[ServiceLine]:
    """Marks, free services and each visit with its rating; a visit nobody rated says 未评价."""
    lines: list[ServiceLine] = []
    if state.service in set(ServiceMark) and state.service:
        lines.append(ServiceLine(name="时间", text=SERVICE_NAMES[ServiceMark(state.service)]))
    if ground := state.value(PRIORITY):
        lines.append(ServiceLine(name="优先", text=texts.ground(ground)))
    if state.value(AGENCY):
        lines.append(ServiceLine(name="代办", text="是"))
    if state.given:
        total = sum(one.fen for one in state.given)
        pieces = "；".join(given_words(one) for one in state.given)
        more = f"；合计 ¥{total / 100:,.2f}" if len(state.given) > 1 else ""
        lines.append(ServiceLine(name="免费", text=pieces + more))
    steps = [step.name for step in texts.steps if state.value(STEP + step.id)]
    if steps:
        lines.append(
            ServiceLine(name="八步曲", text=f"{'、'.join(steps)}（{len(steps)}/{len(texts.steps)}）")
        )
    ratings = [(one.day, one.rating) for one in visits_of(state)]
    ratings += [(one.day, one) for one in state.ratings if one.channel in ONLINE]
    for day, rating in ratings:
        if rating is None:
            lines.append(ServiceLine(name="评价", text=f"{day[5:]} {UNRATED}"))
            continue
        checked = reason_facts(state, item, rating, calendar, today) if facts else ()
        told = tuple(f"{fact.reason}：{fact.text}" for fact in checked)
        lines.append(ServiceLine(name="评价", text=f"{day[5:]} {rating_words(rating)}", facts=told))
    return lines
