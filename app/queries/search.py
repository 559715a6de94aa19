"""Finding cases among a million as one types, in two steps.

The newest cases are looked through whole, in one narrow index: there a word may stand anywhere in a name.
What that does not fill is looked up by index: beginnings of names, initials and numbers, tails of numbers
and ids, and cases of the items whose name has the word.  So inside a name a word is found among the
newest :data:`RECENT` cases, and at its beginning among all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnClause, ColumnElement, Connection, Integer, func, literal_column, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.selectable import Select

from models.tables import replica as t

RECENT = 5000
MOST = 1000  # cases that one index may offer before the other words are looked at
SHORTEST_TAIL = 4
_PROVISIONAL = "临-"
_WIDE = str.maketrans("(),:;", "（），：；")
_LAST = "\U0010ffff"  # later than whatever goes on from a beginning

_view = t.case_view.c
_GROUPED = re.compile(r"(\d{6})\s+(\d{4})\s+(\d{7})\s+([\dXx])")
_ROWID: ColumnClause[int] = literal_column("case_view.rowid", Integer)  # in every index, unlike case_id
_RECENT_COLUMNS = (
    _ROWID.label("place"),
    _view.changed_ms,
    _view.applicant,
    _view.initials,
    _view.item_name,
    _view.number,
    _view.id_tail,
    _view.receipt,
)


def words_of(typed: str) -> list[str]:
    """The words of a query, half-width; a number copied in its grouped form is one word again."""
    plain = unicodedata.normalize("NFKC", typed).replace("\0", " ")  # LIKE would end there
    return _GROUPED.sub(r"\1\2\3\4", plain).split()


def _spellings(word: str) -> tuple[str, ...]:
    """As it may stand in a name: with the brackets of Chinese text, too, which :func:`words_of` made narrow."""
    wide = word.translate(_WIDE)
    return (word,) if wide == word else (word, wide)


def matches(word: str, of: ReadOnlyColumnCollection[str, Any] = _view) -> ColumnElement[bool]:
    """Whether a case has this word; true for whatever :func:`find_places` may offer for it."""
    upper = word.upper()
    found: list[ColumnElement[bool]] = [
        column.contains(one, autoescape=True)
        for one in _spellings(word)
        for column in (of.applicant, of.item_name)
    ]
    if word.startswith(_PROVISIONAL):
        found.append(of.receipt == word)
    if word.isascii():
        found += [
            of.initials.startswith(word.lower(), autoescape=True),
            of.number == upper,
        ]
        if len(word) >= SHORTEST_TAIL:
            found += [
                of.number.startswith(upper, autoescape=True),
                of.number.endswith(upper, autoescape=True),
                of.id_tail.endswith(upper, autoescape=True),
            ]
    return or_(*found)


def find_places(
    conn: Connection, words: Sequence[str], items: Sequence[tuple[str, str]], wanted: int, *, picky: bool
) -> list[int]:
    """Row numbers of cases that may have all words, at least the ``wanted`` newest of them if there are so many.
    They mean nothing outside this transaction.  ``picky``: the caller will drop some for other reasons.

    ``items``: (id, name) of the catalogue's items.  Order is the caller's, and so is :func:`matches`.
    """
    most = MOST if picky or len(words) > 1 else wanted
    found: set[int] = set(conn.scalars(_among_newest(words, most)))
    if len(found) >= (most if picky else wanted):
        return sorted(found)
    return sorted(found | _in_all([_offered(conn, word, items, most) for word in words]))


def _offered(
    conn: Connection, word: str, items: Sequence[tuple[str, str]], most: int
) -> tuple[set[int], bool]:
    """The newest places that the indexes offer for a word; whether these are all there are."""
    found: set[int] = set()
    whole = True
    for query in _by_index(word, items, most):
        places = conn.scalars(query).all()
        whole = whole and len(places) < most
        found.update(places)
    return found, whole


def _in_all(offers: list[tuple[set[int], bool]]) -> set[int]:
    """What every word offers; a word with too many to name them all leaves the choice to the others."""
    whole = [places for places, complete in offers if complete]
    return set.intersection(*whole) if whole else set.union(*(places for places, _ in offers))


def _among_newest(words: Sequence[str], limit: int) -> Select[int]:
    newest = (
        select(*_RECENT_COLUMNS)
        .order_by(_view.changed_ms.desc())
        .limit(literal_column(str(RECENT)))
        .offset(literal_column("0"))
        .subquery("newest")
    )
    query = select(newest.c.place)
    for word in words:
        query = query.where(matches(word, newest.c))
    return query.order_by(newest.c.changed_ms.desc()).limit(literal_column(str(limit)))


def _by_index(word: str, items: Sequence[tuple[str, str]], most: int) -> list[Select[int]]:
    upper = word.upper()
    spelt = _spellings(word)
    queries = [_beginning(_view.applicant, one, most) for one in spelt]
    queries += [
        _newest(most).where(_view.item_id == item_id)
        for item_id, name in items
        if any(one in name for one in spelt)
    ]
    if word.startswith(_PROVISIONAL):
        queries.append(_newest(most).where(_view.receipt == word))
    if word.isascii():
        queries.append(_beginning(_view.initials, word.lower(), most))
        if len(word) >= SHORTEST_TAIL:
            queries.append(_beginning(_view.number, upper, most))
            tail = upper[: -t.TAIL - 1 : -1]
            queries += [
                _beginning(literal_column(t.backwards(column)), tail, most)
                for column in ("id_tail", "number")
            ]
    return queries


def _newest(most: int) -> Select[int]:
    return (
        select(_ROWID)
        .select_from(t.case_view)
        .order_by(_view.changed_ms.desc())
        .limit(literal_column(str(most)))
        .offset(literal_column("0"))
    )


def _beginning(column: ColumnElement[str], start: str, most: int) -> Select[int]:
    """Spelt as a range: LIKE uses no index here."""
    return _newest(most).where(column >= start, column < start + _LAST)


def at(places: Sequence[int]) -> ColumnElement[bool]:
    """The condition that a case is one of those that :func:`find_places` found."""
    listed = func.json_each(msgspec.json.encode(places).decode()).table_valued("value")
    return _ROWID.in_(select(listed.c.value))
