"""Reading cases: the list, its search, and one case with its story."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, func, select

from app.commands.context import Desk
from app.documents.papers import Paper, papers_of_case
from app.queries.amended import amended_words
from app.queries.reviews import review_of
from app.queries.search import at, find_places, matches, words_of
from app.queries.visit_words import told_in_story
from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.catalog import Domain, Item
from models.domain.ops import Op, decode_op
from models.domain.review import ReviewTask
from models.prepared import Prepared
from models.projection import open_conflicts
from models.tables import replica as t

_STATE = Prepared(select(t.case_view.c.state).where(t.case_view.c.case_id == bindparam("of")))
_MANY = 500  # rows of a list that somebody reads


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the case list.  ``sync`` is synced, pending or attention."""

    case_id: str
    number: str
    receipt: str
    item_name: str
    applicant: str
    status: CaseStatus
    sync: str
    received_on: str
    changed_ms: int
    staff: str
    own: bool
    item_id: str = ""


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One act in the story of a case.  ``sync`` is the op's outcome, or pending."""

    op_id: str
    kind: str
    at_ms: int
    staff: str
    device: str
    sync: str
    reason: str
    changes: tuple[tuple[str, str, str], ...] = ()
    text: str = ""


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the case page shows.  ``item`` is None when this desk lacks that version."""

    state: CaseState
    item: Item | None
    sync: str
    history: tuple[HistoryLine, ...]
    documents: tuple[tuple[str, str, int], ...]  # id, title, created_ms
    to_replace: tuple[str, ...] = ()  # op ids of notices given out under a provisional mark, to print again
    papers: tuple[Paper, ...] = ()
    disputed: bool = False  # two sides changed it, and a person has not settled that yet
    review: ReviewTask | None = None  # what a later catalogue version changes, for a person to look at


_LIST = (
    t.case_view.c.case_id,
    t.case_view.c.number,
    t.case_view.c.receipt,
    t.case_view.c.item_name,
    t.case_view.c.applicant,
    t.case_view.c.status,
    t.case_view.c.sync,
    t.case_view.c.received_on,
    t.case_view.c.changed_ms,
    t.case_view.c.staff,
    t.case_view.c.device,
    t.case_view.c.item_id,
)


def find_cases(
    desk: Desk,
    text: str = "",
    *,
    statuses: Sequence[CaseStatus] = (),
    sync: Sequence[str] = (),
    domain: Domain | None = None,
    since: str = "",
    staff: str = "",
    device: str = "",
    limit: int = 200,
    offset: int = 0,
) -> list[CaseRow]:
    """Newest first.  ``text`` finds a number (grouped or its tail), a name, its pinyin initials, the
    tail of an id, or an item name; several words must all match.  See :mod:`app.queries.search` for
    what is found among how many.  ``since`` is the first day of receipt, ISO 8601; "" means any, as for
    the others.
    """
    words = words_of(text)
    with desk.store.read() as conn:
        picky = bool(statuses or sync or domain or since or staff or device)
        found = find_places(conn, words, _items(desk, conn), limit + offset, picky=picky) if words else None
        query = _listing(words, statuses, sync)
        if domain is not None:
            query = query.where(t.case_view.c.item_id.in_(items_of_domain(conn, desk, domain)))
        if since:
            query = query.where(t.case_view.c.received_on >= since)
        if staff:
            query = query.where(t.case_view.c.staff == staff)
        if device:
            query = query.where(t.case_view.c.device == device)
        if found is not None:
            query = query.where(at(found))
        return [_row(desk, row) for row in conn.execute(query.limit(limit).offset(offset))]


def read_rows(desk: Desk, case_ids: Sequence[str]) -> list[CaseRow]:
    """These cases, in this order; those that are not here are left out."""
    wanted = list(dict.fromkeys(case_ids))[:_MANY]
    query: Select[tuple[object, ...]] = select(*_LIST).where(t.case_view.c.case_id.in_(wanted))
    with desk.store.read() as conn:
        found = {row.case_id: _row(desk, row) for row in conn.execute(query)}
    return [found[case_id] for case_id in wanted if case_id in found]


def _listing(
    words: Sequence[str], statuses: Sequence[CaseStatus], sync: Sequence[str]
) -> Select[tuple[object, ...]]:
    query: Select[tuple[object, ...]] = select(*_LIST)
    for word in words:
        query = query.where(matches(word))
    if statuses:
        query = query.where(t.case_view.c.status.in_([s.value for s in statuses]))
    if sync:
        query = query.where(t.case_view.c.sync.in_(list(sync)))
    return query.order_by(t.case_view.c.changed_ms.desc(), t.case_view.c.case_id)


def _items(desk: Desk, conn: Connection) -> list[tuple[str, str]]:
    """(id, name) of the items of the current catalogue."""
    version = desk.rulebook.current_version(conn)
    catalog = desk.rulebook.catalog(conn, version) if version else None
    return [(item.id, item.name) for item in catalog.items] if catalog is not None else []


def items_of_domain(conn: Connection, desk: Desk, domain: Domain) -> set[str]:
    """The items that any catalogue version held here places in the domain."""
    versions = conn.execute(select(t.catalog.c.version)).scalars().all()
    catalogs = (desk.rulebook.catalog(conn, version) for version in versions)
    return {item.id for one in catalogs if one is not None for item in one.items if item.domain is domain}


def count_today(desk: Desk, day: dt.date) -> dict[str, int]:
    """How many of this desk's own cases of ``day`` stand in each status."""
    with desk.store.read() as conn:
        rows = conn.execute(
            select(t.case_view.c.status, func.count())
            .where(t.case_view.c.device == desk.device.device, t.case_view.c.received_on == day.isoformat())
            .group_by(t.case_view.c.status)
        )
        return {row[0]: row[1] for row in rows}


def read_case(desk: Desk, case_id: str) -> CasePage | None:
    """One case with its whole history, own undecided acts last."""
    with desk.store.read() as conn:
        row = conn.execute(
            select(t.case_view.c.state, t.case_view.c.sync).where(t.case_view.c.case_id == case_id)
        ).first()
        if row is None:
            return None
        state = decode_state(row.state)
        item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
        told = conn.execute(
            select(t.case_history).where(t.case_history.c.case_id == case_id).order_by(t.case_history.c.seq)
        ).all()
        seen = {r.op_id for r in told}
        disputed = bool(open_conflicts(conn, [case_id]))
        own = conn.execute(
            select(t.op.c.op_id, t.op.c.data, t.op_status.c.state, t.op_status.c.reason)
            .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
            .where(t.op.c.case_id == case_id)
            .order_by(t.op.c.dseq)
        ).all()
        documents = conn.execute(
            select(t.document.c.document_id, t.document.c.title, t.document.c.created_ms)
            .where(t.document.c.case_id == case_id)
            .order_by(t.document.c.created_ms)
        ).all()
    printed = {d.document_id for d in documents}
    history = [_line(item, r.op_id, r.data, r.outcome, r.reason) for r in told]
    history += [_line(item, r.op_id, r.data, r.state, r.reason) for r in own if r.op_id not in seen]
    return CasePage(
        state=state,
        item=item,
        sync=row.sync,
        history=tuple(history),
        documents=tuple((d.document_id, d.title, d.created_ms) for d in documents),
        to_replace=notices_to_replace(state, printed),
        papers=papers_of_case(state),
        disputed=disputed,
        review=review_of(desk, state),
    )


def clashing_cases(desk: Desk) -> dict[str, tuple[str, ...]]:
    """The cases that two windows changed at once, with the paths that somebody must settle."""
    found: dict[str, tuple[str, ...]] = {}
    with desk.store.read() as conn:
        for row in open_conflicts(conn):
            found[row.case_id] = tuple(dict.fromkeys((*found.get(row.case_id, ()), row.path)))
    return found


def notices_to_replace(state: CaseState, printed: Collection[str]) -> tuple[str, ...]:
    """Op ids of the notices given out under a provisional mark and not ``printed`` (document ids) since."""
    if not state.number:
        return ()
    return tuple(
        n.op_id for n in state.notices if not n.number and f"{n.op_id}:{state.number}" not in printed
    )


def read_state(desk: Desk, case_id: str) -> CaseState | None:
    with desk.store.read() as conn:
        row = _STATE(conn, of=case_id).first()
    return decode_state(row.state) if row is not None else None


def _row(desk: Desk, row: Row[tuple[object, ...]]) -> CaseRow:
    values = row._asdict()
    device = values.pop("device")
    return CaseRow(**{**values, "status": CaseStatus(values["status"])}, own=device == desk.device.device)


def _line(item: Item | None, op_id: str, data: bytes, sync: str, reason: str) -> HistoryLine:
    try:
        op: Op = decode_op(data)
    except msgspec.DecodeError:
        return HistoryLine(op_id=op_id, kind="", at_ms=0, staff="", device="", sync=sync, reason=reason)
    amended = op.act.later.amendment
    return HistoryLine(
        op_id=op_id,
        kind=op.kind,
        at_ms=op.time.wall_ms,
        staff=op.staff,
        device=op.device,
        sync=sync,
        reason=reason,
        changes=tuple((path, change.old, change.new) for path, change in op.changes.items()),
        text=amended_words(amended, item) if amended else told_in_story(op) or op.act.text or op.act.reason,
    )
