"""情形条件: ``问题=选项|选项;问题=选项``, all clauses must hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from models.domain.catalog import Condition
from sync.hub.catalog.rows import BadCell
from sync.hub.catalog.splitting import escape, pieces, plain

COLUMN = "情形条件"
_CLAUSE, _EQUALS, _OPTION = ";；\n", "=＝", "|｜"
_ALL = _CLAUSE.strip() + _EQUALS + _OPTION


def parse_condition(text: str) -> Condition:
    """Blank means always.  Raises BadCell."""
    clauses: dict[str, tuple[str, ...]] = {}
    for clause in pieces(text, _CLAUSE):
        if not clause.strip():
            continue
        question, *rest = pieces(clause, _EQUALS)
        options = tuple(dict.fromkeys(o for p in pieces(rest[0], _OPTION) if (o := plain(p)))) if rest else ()
        if len(rest) != 1 or not plain(question) or not options:
            raise BadCell(COLUMN, f"“{clause.strip()[:60]}”不是“问题=选项|选项”的写法，这一行没有读入")
        if plain(question) in clauses:
            raise BadCell(COLUMN, f"问题“{plain(question)}”写了两次，请合并成一条，这一行没有读入")
        clauses[plain(question)] = options
    return Condition(all_of=tuple(clauses.items()))


def format_condition(condition: Condition) -> str:
    """Inverse of :func:`parse_condition`."""
    return ";".join(
        f"{escape(question, _ALL)}={'|'.join(escape(option, _ALL) for option in options)}"
        for question, options in condition.all_of
    )


def check_condition(
    condition: Condition, known: Mapping[str, Collection[str]], owner: str = "这个办理项"
) -> None:
    """``known``: the owner's questions and their options.  Raises BadCell for one that is not there."""
    for question, options in condition.all_of:
        if question not in known:
            raise BadCell(COLUMN, f"{owner}没有问题“{question}”，这一行没有读入")
        for option in options:
            if option not in known[question]:
                raise BadCell(COLUMN, f"问题“{question}”没有选项“{option}”，这一行没有读入")
