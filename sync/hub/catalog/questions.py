"""情形 rows → questions, each after those that its condition names."""

from __future__ import annotations

from collections.abc import Mapping

from models.domain.catalog import Option, Question
from sync.hub.catalog.conditions import COLUMN, check_condition, parse_condition
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.splitting import CHOICE_MARKS, pieces, plain


def read_question(row: Row, report: Report) -> Question:
    options: dict[str, Option] = {}
    for part in pieces(row.need("选项"), CHOICE_MARKS + "\n"):
        if not part.strip():
            continue
        key, *rest = pieces(part, ":：")
        if not rest or not plain(key) or not plain(":".join(rest)):
            raise BadCell("选项", f"“{part.strip()[:40]}”不是“标识:文字”的写法，这一行没有读入")
        if plain(key) in options:
            raise BadCell("选项", f"选项标识“{plain(key)[:40]}”重复，这一行没有读入")
        options[plain(key)] = Option(id=plain(key), label=plain(":".join(rest)))
    if len(options) < 2:
        raise BadCell("选项", "选项少于两个，这一行没有读入")
    return Question(
        id=row.need_code("问题标识"),
        text=row.need("问题"),
        options=tuple(options.values()),
        when=parse_condition(row.get(COLUMN)),
    )


def in_order(
    rows: list[tuple[Question, Row]],
    known: dict[str, frozenset[str]],
    report: Report,
    owner: str = "这个办理项",
) -> tuple[Question, ...]:
    """Every question after those its condition names, because an unasked one has no answer.

    ``known`` is filled with the options of each; questions that wait for each other are left out.
    """
    listed = {question.id: frozenset(o.id for o in question.options) for question, _ in rows}
    done: list[Question] = []
    waiting = rows
    while waiting:
        later = []
        for question, row in waiting:
            if all(asked in known for asked, _ in question.when.all_of):
                try:
                    check_condition(question.when, known, owner)
                except BadCell as bad:
                    report.add(row, bad.column, bad.reason, ERROR)
                else:
                    known[question.id] = listed[question.id]
                    done.append(question)
            else:
                later.append((question, row))
        if len(later) == len(waiting):
            for question, row in later:
                report.add(row, COLUMN, _why(question, listed, owner), ERROR)
            break
        for question, row in later:
            if set(listed) >= {asked for asked, _ in question.when.all_of} <= set(known):
                report.add(row, COLUMN, "条件用到了排在后面的问题，已移到它后面", WARNING)
        waiting = later
    return tuple(done)


def _why(question: Question, listed: Mapping[str, object], owner: str) -> str:
    unknown = next((asked for asked, _ in question.when.all_of if asked not in listed), None)
    if unknown is not None:
        return f"{owner}没有问题“{unknown}”，这一行没有读入"
    return "条件用到的问题没有读入，或者几个问题互为条件，这一行没有读入"
