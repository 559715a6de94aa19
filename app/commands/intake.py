"""The acts at the window, one function each.  All raise KnownError and then change nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.commands.act import Entry, perform
from app.commands.context import Changes, Desk
from app.queries.cases import read_state
from models.domain.amendment import Amendment, ConfirmedBy
from models.domain.case import Later, Missing, Receipt
from models.domain.correction import CORRECT_BY, preset_day
from models.domain.fields import parse_date
from models.domain.ops import Act, OpKind, RefusalClause
from models.projection import live_state


def save_case(desk: Desk, entry: Entry) -> Changes:
    """暂存: other desks of the hall see the case too; no number is used."""
    return perform(desk, OpKind.SAVE, entry)


def receive(desk: Desk, entry: Entry) -> Changes:
    """收件: papers are in; takes a number, or a plainly provisional mark when the pool is empty."""
    return perform(desk, OpKind.RECEIVE, entry)


def accept(desk: Desk, entry: Entry) -> Changes:
    """受理 (行政许可法 第三十二条第一款第（五）项)."""
    return perform(desk, OpKind.ACCEPT, entry)


def supplement(desk: Desk, entry: Entry, missing: Sequence[Missing], until: str = "") -> Changes:
    """一次性告知 (第三十二条第一款第（四）项): once, and everything that is missing.

    ``until``: the last day for the applicant to bring it (ISO 8601), as printed; "" takes the day that the
    list presets, where it does.  Raises KnownError.
    """
    until = until.strip() or correct_by_preset(desk, entry)
    if until:
        day = read_day(until)
        entry = msgspec.structs.replace(entry, fields=entry.fields | {CORRECT_BY: day})
    return perform(desk, OpKind.SUPPLEMENT, entry, Act(missing=tuple(missing)))


def read_day(text: str) -> str:
    """A day as people write it, in ISO 8601; what is no day comes back as it is, and the law refuses it."""
    try:
        day = parse_date(text)
    except ValueError:
        return text
    return day.isoformat() if day is not None else text


def correct_by_preset(desk: Desk, entry: Entry) -> str:
    """The day that the list in force for the case presets for a notice of today; "" where it presets none."""
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, entry.case_id)
        version = state.catalog_version if state is not None else desk.rulebook.current_version(conn)
        item = desk.rulebook.item(conn, version, entry.item_id)
    return preset_day(item, desk.clock.now().day, desk.rulebook.calendar) if item is not None else ""


def refuse(desk: Desk, entry: Entry, clause: RefusalClause, reason: str, redirect: str = "") -> Changes:
    """不予受理; stands on a failed review point.  ``redirect`` names the competent office."""
    return perform(
        desk, OpKind.REFUSE, entry, Act(clause=clause, reason=reason.strip(), redirect=redirect.strip())
    )


def withdraw(desk: Desk, entry: Entry, reason: str) -> Changes:
    """撤回 at the applicant's wish, with the applicant's reason."""
    return perform(desk, OpKind.WITHDRAW, entry, Act(reason=reason.strip()))


def correct(desk: Desk, entry: Entry, reason: str) -> Changes:
    """更正 of contact data, agent or form after acceptance."""
    return perform(desk, OpKind.CORRECT, entry, Act(reason=reason.strip()))


def amend(desk: Desk, entry: Entry, path: str, was: str, now: str, by: ConfirmedBy | str) -> Changes:
    """当场更正 (第三十二条第一款第（三）项): the applicant put an error right at the window, signed and dated.

    ``path`` is a field of the case or ``material.<id>``; ``was`` and ``now`` are the words.  A field takes the
    new value; a paper that did not comply is in once it has been corrected.  It is no 补正 and moves no day.
    """
    was, now = was.strip(), now.strip()
    told = Amendment(path=path, was=was, now=now, confirmed_by=str(by))
    fields = dict(entry.fields)
    if not told.material:
        fields[path] = now
    elif fields.get(path) == Receipt.DEFECTIVE:
        fields |= {path: Receipt.PAPER.value, f"{path}.note": ""}
    entry = msgspec.structs.replace(entry, fields=fields)
    return perform(desk, OpKind.AMEND, entry, Act(later=Later(amendment=told)))


def add_note(desk: Desk, entry: Entry, text: str) -> Changes:
    """备注: the text alone; whatever else ``entry`` says of the case is not taken from it."""
    state = read_state(desk, entry.case_id)
    if state is not None:
        entry = msgspec.structs.replace(entry, fields=dict(state.fields))
    return perform(desk, OpKind.NOTE, entry, Act(text=text.strip()))


def void(desk: Desk, entry: Entry) -> Changes:
    """作废 of a case that was only saved, never received: nothing is ever deleted."""
    return perform(desk, OpKind.VOID, entry)
