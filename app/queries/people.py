"""People and organisations seen before: found by name, and what they told the last time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import select, text

from app.commands.context import Desk
from app.queries.search import at, find_places, matches, words_of
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.duties import DUTY_NAMES, DutyKind
from models.tables import replica as t

_NEWEST = 50
_LIVE = frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT})
_PARTY = ("kind", "name", "id_kind", "id_number", "phone", "address")


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One applicant; persons of one name are told apart by ``tail``, the end of the id number."""

    name: str
    tail: str
    cases: int
    latest: str
    case_id: str


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """Something of an applicant that is not finished.  ``duty`` is the id of what is owed, or ""."""

    case_id: str
    item_name: str
    what: str
    due: str = ""
    duty: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier cases say: value and source by path, ``applicant.*`` and ``form.*``; matters that are open."""

    values: dict[str, tuple[str, str]] = {}
    matters: tuple[Matter, ...] = ()
    cases: int = 0


def find_people(desk: Desk, typed: str, limit: int = 8) -> list[PersonRow]:
    """Applicants whose name, initials or id tail match, the latest seen first."""
    words = words_of(typed)
    if not words:
        return []
    view = t.case_view.c
    with desk.store.read() as conn:
        places = find_places(conn, words, (), _NEWEST * 4, picky=False)
        query = select(view.case_id, view.applicant, view.id_tail, view.changed_ms, view.initials)
        for word in words:
            query = query.where(matches(word))
        rows = conn.execute(query.where(at(places)).order_by(view.changed_ms.desc())).all()
    found: dict[tuple[str, str], PersonRow] = {}
    for row in rows:
        whole = f"{row.applicant} {row.initials} {row.id_tail}".lower()
        if not row.applicant or not all(word.lower() in whole for word in words):
            continue  # found by its item or number: that is a case, not a person
        key = (row.applicant, row.id_tail or "")
        before = found.get(key)
        day = dt.datetime.fromtimestamp(row.changed_ms / 1000).strftime("%m-%d")
        found[key] = (
            msgspec.structs.replace(before, cases=before.cases + 1)
            if before is not None
            else PersonRow(
                name=row.applicant, tail=(row.id_tail or "")[-4:], cases=1, latest=day, case_id=row.case_id
            )
        )
    return list(found.values())[:limit]


def seen_before(desk: Desk, number: str, *, but: str = "") -> Seen:
    """What is known of the holder of this id number, the newest case first; cases in dispute say nothing."""
    if len(number) < t.TAIL:
        return Seen()
    states = [state for state in _cases_of(desk, number) if state.case_id != but]
    values: dict[str, tuple[str, str]] = {}
    matters: list[Matter] = []
    for state in states:
        source = f"上次办件 {state.received_on[5:]}" if state.received_on else "上次办件"
        for path, value in state.fields.items():
            mine = path.startswith("form.") or path in {f"applicant.{key}" for key in _PARTY}
            if mine and value and path not in values:
                values[path] = (value, source)
        matters += _matters(state)
    # What is owed comes first, the soonest due ahead.
    matters.sort(key=lambda one: (not one.duty, one.due))
    return Seen(values=values, matters=tuple(matters), cases=len(states))


def _matters(state: CaseState) -> list[Matter]:
    owed = [
        Matter(
            case_id=state.case_id,
            item_name=state.item_name,
            what=f"{DUTY_NAMES[duty.kind]}：{duty.name}",
            due=duty.due,
            duty=duty.id,
        )
        for duty in state.duties
        if duty.open and duty.kind == DutyKind.DEFERRAL
    ]
    words = {CaseStatus.OPEN: "已暂存", CaseStatus.RECEIVED: "已收件", CaseStatus.SUPPLEMENT: "等补正"}
    if state.status in _LIVE:
        owed.append(Matter(case_id=state.case_id, item_name=state.item_name, what=words[state.status]))
    return owed


def _cases_of(desk: Desk, number: str) -> Sequence[CaseState]:
    tail = number.upper()[: -t.TAIL - 1 : -1]
    with desk.store.read() as conn:
        rows = conn.execute(
            select(t.case_view.c.state)
            .where(
                text(f"{t.backwards('id_tail')} IN (:upper, :lower)").bindparams(
                    upper=tail, lower=tail.lower()
                ),
                t.case_view.c.sync != "attention",
            )
            .order_by(t.case_view.c.changed_ms.desc())
            .limit(_NEWEST)
        ).all()
    states = [decode_state(row.state) for row in rows]
    return [s for s in states if s.value("applicant.id_number").upper() == number.upper()]
