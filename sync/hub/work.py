"""One transaction on one scope: what it has read, and what it will write in one go.

The scope's row is locked for the whole of it, so sequences are in commit order and without gaps.
Rows are collected and written together at the end: a batch costs a few statements, not a few per op.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from models.directory import WindowLine
from models.domain.case import CaseState, decode_state, encode_state
from models.domain.credit import CreditList
from sync.checksum import case_digest
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.doubles import applicant_key, flag_doubles
from sync.hub.entry import Entry, stored_entry
from sync.hub.numbers import Ledger
from sync.hub.prepared import Prepared, Rows, among
from sync.hub.upsert import insert_ignore
from sync.protocol import FieldConflict, SignInLease

_LOCK = Prepared(select(t.scope_seq).where(t.scope_seq.c.scope == bindparam("of")).with_for_update())
_MOVE_ON = Prepared(
    update(t.scope_seq)
    .where(t.scope_seq.c.scope == bindparam("of"))
    .values(seq=bindparam("to"), checksum=bindparam("sum"))
)
_HEADS = Prepared(
    lambda kind: select(t.case_head.c.case_id, t.case_head.c.state, t.case_head.c.applicant).where(
        t.case_head.c.scope == bindparam("of"), among(kind, t.case_head.c.case_id, "ids")
    )
)
_UNSETTLED = Prepared(
    lambda kind: (
        select(t.op_log)
        .where(
            t.op_log.c.scope == bindparam("of"),
            t.op_log.c.settled == 0,
            among(kind, t.op_log.c.case_id, "ids"),
        )
        .order_by(t.op_log.c.device, t.op_log.c.dseq)
    )
)
_CLASHES = Prepared(
    lambda kind: select(t.conflict).where(
        t.conflict.c.scope == bindparam("of"),
        t.conflict.c.resolved_by == "",
        among(kind, t.conflict.c.case_id, "ids"),
    )
)
_LEASE = Prepared(
    select(t.signin_lease.c.data).where(
        t.signin_lease.c.scope == bindparam("of"),
        t.signin_lease.c.lease_id == bindparam("lease"),
        t.signin_lease.c.staff == bindparam("who"),
    )
)
_STAFF = Prepared(select(t.staff.c.roles, t.staff.c.domains).where(t.staff.c.staff == bindparam("who")))
_LOG = Rows(t.op_log, *(column.name for column in t.op_log.columns))
_CASES = Rows(t.case_head, *(column.name for column in t.case_head.columns), over=True)
_FEED = Rows(t.feed, *(column.name for column in t.feed.columns))
_NOTHING = msgspec.msgpack.encode(())


@dataclass(slots=True)
class Head:
    """A case as it stands; ``data`` are the bytes that desks compare."""

    state: CaseState
    data: bytes
    applicant: bytes
    changed: bool = False


@dataclass(slots=True)
class Step:
    """A feed entry to be; outcome and reason are read from ``entry`` when it is written."""

    seq: int
    entry: Entry
    state: bytes
    conflicts: tuple[FieldConflict, ...]
    resolved: tuple[str, ...]


@dataclass(slots=True)
class OpenConflict:
    op_id: str
    path: str


class Registered(NamedTuple):
    """What the register of staff says of a clerk."""

    roles: tuple[str, ...]
    domains: tuple[str, ...]  # () for everything


class Work:
    """The unit of work of one scope.  Create it first in the transaction: it takes the lock."""

    def __init__(self, hub: Hub, conn: Connection, scope: str) -> None:
        self.hub = hub
        self.conn = conn
        self.scope = scope
        self.now_ms = hub.now_ms()
        self._lock_scope()
        self.calendar = hub.rulebook.calendar(conn)
        self.directory = hub.rulebook.directory(conn)
        self.ledger = Ledger(conn, scope, self.now_ms, hub.granted)
        self.heads: dict[str, Head] = {}
        self.open_conflicts: dict[str, dict[str, OpenConflict]] = defaultdict(dict)
        self._newly_keyed: dict[str, bytes] = {}  # case → applicant key it did not have before
        self._steps: list[Step] = []
        self._unsettled: dict[str, list[Entry]] = defaultdict(list)
        self._fresh: list[Entry] = []
        self._resolved: list[tuple[str, str]] = []  # conflict id, op id of the decision
        self._loaded: set[str] = set()
        self._credit: dict[str, CreditList | None] = {}
        self._windows: dict[tuple[str, str], WindowLine] = {}
        self._leases: dict[tuple[str, str], SignInLease | None] = {}
        self._replaced: dict[str, str] = {}
        self._registered: dict[str, Registered | None] = {}

    def _lock_scope(self) -> None:
        row = _LOCK(self.conn, of=self.scope).first()
        if row is None:
            insert_ignore(
                self.conn, t.scope_seq, {"scope": self.scope, "seq": 0, "checksum": bytes(32), "floor_seq": 0}
            )
            row = _LOCK(self.conn, of=self.scope).one()
        self._seq: int = row.seq
        self._checksum = int.from_bytes(row.checksum, "big")

    def load(self, case_ids: Collection[str]) -> None:
        """Read what is known of these cases, in three queries."""
        missing = [case_id for case_id in dict.fromkeys(case_ids) if case_id not in self._loaded]
        self._loaded.update(missing)
        if not missing:
            return
        for row in _HEADS(self.conn, of=self.scope, ids=missing):
            self.heads[row.case_id] = Head(decode_state(row.state), row.state, row.applicant)
        for row in _UNSETTLED(self.conn, of=self.scope, ids=missing):
            self._unsettled[row.case_id].append(stored_entry(row))
        for row in _CLASHES(self.conn, of=self.scope, ids=missing):
            self.open_conflicts[row.case_id][row.conflict_id] = OpenConflict(row.op_id, row.path)

    def add(self, entry: Entry) -> None:
        """Take a fresh op into the log; it counts as unsettled until it is decided otherwise."""
        self._fresh.append(entry)
        self._unsettled[entry.case_id].append(entry)

    @property
    def fresh(self) -> list[Entry]:
        """The ops that this transaction took in."""
        return self._fresh

    def unsettled(self, case_id: str) -> list[Entry]:
        """Ops of the case that wait or are waited for, in the order of each device."""
        return [entry for entry in self._unsettled[case_id] if not entry.settled]

    def state(self, case_id: str) -> CaseState | None:
        head = self.heads.get(case_id)
        return head.state if head is not None else None

    def put_state(self, state: CaseState) -> None:
        """Make this the case's state, in the checksum too."""
        old = self.heads.get(state.case_id)
        data = encode_state(state)
        key = applicant_key(self.hub.keys, state)
        if old is not None:
            self._fold(state.case_id, old)
        if key and (old is None or old.applicant != key):
            self._newly_keyed[state.case_id] = key
        new = Head(state, data, key, changed=True)
        self._fold(state.case_id, new)
        self.heads[state.case_id] = new

    def window(self, hall: str, window: str) -> WindowLine:
        """A window as the directory has it."""
        key = (hall, window)
        if key not in self._windows:
            self._windows[key] = self.directory.window(hall, window)
        return self._windows[key]

    def replaced_on(self, version: str) -> str:
        """The day from which a later version of the catalogue is in force; "" for the newest."""
        if version not in self._replaced:
            self._replaced[version] = self.hub.rulebook.replaced_on(self.conn, version)
        return self._replaced[version]

    def credit(self, wanted: str) -> CreditList | None:
        """The 失信名单 of that hash, else the newest, else None."""
        if wanted not in self._credit:
            self._credit[wanted] = self.hub.rulebook.credit(self.conn, wanted)
        return self._credit[wanted]

    def lease(self, lease_id: str, staff: str) -> SignInLease | None:
        """What the hall's sign-in lease says; None when it is not known here.  The texts must be storable."""
        key = (lease_id, staff)
        if key not in self._leases:
            data = _LEASE(self.conn, of=self.scope, lease=lease_id, who=staff).scalar()
            self._leases[key] = msgspec.msgpack.decode(data, type=SignInLease) if data is not None else None
        return self._leases[key]

    def registered(self, staff: str) -> Registered | None:
        """The clerk as the register has them now; None for nobody of it.  The text must be storable."""
        if staff not in self._registered:
            row = _STAFF(self.conn, who=staff).first()
            self._registered[staff] = (
                Registered(tuple(json.loads(row.roles)), tuple(json.loads(row.domains)))
                if row is not None
                else None
            )
        return self._registered[staff]

    def step(
        self, entry: Entry, conflicts: tuple[FieldConflict, ...] = (), resolved: tuple[str, ...] = ()
    ) -> None:
        """Put the decided entry into the feed, with the case as it now stands."""
        self._seq += 1
        head = self.heads.get(entry.case_id)
        self._steps.append(Step(self._seq, entry, head.data if head else b"", conflicts, resolved))
        for clash in conflicts:
            self.open_conflicts[clash.case_id][clash.conflict_id] = OpenConflict(clash.op_id, clash.path)

    def close_conflict(self, case_id: str, conflict_id: str, by: str) -> OpenConflict | None:
        """Mark a conflict as decided; None when it is not open."""
        closed = self.open_conflicts[case_id].pop(conflict_id, None)
        if closed is not None:
            self._resolved.append((conflict_id, by))
        return closed

    def flush(self) -> None:
        """Write everything.  Nothing may be decided after this."""
        applicants = {case_id: head.applicant for case_id, head in self.heads.items()}
        flag_doubles(
            self.conn, self.scope, self._newly_keyed, applicants, [step.entry for step in self._steps]
        )
        self._write_log()
        self._write_heads()
        self._write_feed()
        self.ledger.flush()
        _MOVE_ON(self.conn, of=self.scope, to=self._seq, sum=self._checksum.to_bytes(32, "big"))

    def _fold(self, case_id: str, head: Head) -> None:
        self._checksum ^= int.from_bytes(case_digest(case_id, head.state.rev, head.data), "big")

    def _write_log(self) -> None:
        _LOG.put(self.conn, [entry.row(self.scope) for entry in self._fresh])
        old = [e for entries in self._unsettled.values() for e in entries if not e.fresh]
        if old:
            keys = (
                t.op_log.c.scope == self.scope,
                t.op_log.c.device == bindparam("at_device"),
                t.op_log.c.dseq == bindparam("at_dseq"),
            )
            rows = [{"at_device": e.device, "at_dseq": e.dseq, **e.values()} for e in old]
            self.conn.execute(update(t.op_log).where(*keys), rows)

    def _write_heads(self) -> None:
        rows = [
            (
                self.scope,
                case_id,
                head.state.rev,
                head.state.status.value,
                head.state.number,
                head.state.item_id,
                head.applicant,
                head.data,
                self.now_ms,
            )
            for case_id, head in self.heads.items()
            if head.changed
        ]
        _CASES.put(self.conn, rows)

    def _write_feed(self) -> None:
        _FEED.put(self.conn, [self._feed_row(step) for step in self._steps])
        clashes = [(clash, step.entry) for step in self._steps for clash in step.conflicts]
        if clashes:
            self.conn.execute(insert(t.conflict), [self._conflict_row(clash) for clash, _ in clashes])
        if self._resolved:
            statement = update(t.conflict).where(
                t.conflict.c.scope == self.scope, t.conflict.c.conflict_id == bindparam("at_id")
            )
            self.conn.execute(statement, [{"at_id": one, "resolved_by": by} for one, by in self._resolved])

    def _feed_row(self, step: Step) -> tuple[object, ...]:
        entry = step.entry
        return (
            self.scope,
            step.seq,
            entry.case_id,
            entry.op_id,
            entry.outcome.value,
            entry.rev,
            step.state,
            entry.reason,
            msgspec.msgpack.encode(step.conflicts) if step.conflicts else _NOTHING,
            msgspec.msgpack.encode(step.resolved) if step.resolved else _NOTHING,
            self.now_ms,
        )

    def _conflict_row(self, clash: FieldConflict) -> dict[str, Any]:
        return {
            "scope": self.scope,
            "conflict_id": clash.conflict_id,
            "case_id": clash.case_id,
            "op_id": clash.op_id,
            "path": clash.path.replace("\0", ""),
            "kind": clash.kind,
            "data": msgspec.msgpack.encode(clash),
            "resolved_by": "",
        }
