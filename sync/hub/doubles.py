"""Same applicant, same item, opened twice: flagged for a person, both kept (DESIGN §3)."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from models.domain.case import CaseState, CaseStatus
from sync.hub import tables as t
from sync.hub.entry import Entry
from sync.hub.keys import HubKeys
from sync.hub.prepared import Prepared

REASON = "同一申请人的同一事项已有一件在办，两件都保留，请核对是否重复。"

_STORED = select(t.case_head.c.case_id, t.case_head.c.applicant)
_OF_ONE = Prepared(
    _STORED.where(t.case_head.c.scope == bindparam("hall"), t.case_head.c.applicant == bindparam("who"))
)

_UNDER_WAY = frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT, CaseStatus.ACCEPTED})


def applicant_key(keys: HubKeys, state: CaseState) -> bytes:
    """A keyed hash of item and id number; b"" when the case is closed or nobody is identified yet."""
    identity = state.value("applicant.id_number").strip().upper()
    if not identity or state.status not in _UNDER_WAY:
        return b""
    message = "\0".join((state.item_id, state.value("applicant.kind"), identity)).encode()
    return hmac.digest(keys.derived("applicant"), message, "sha256")


def _of_applicants(conn: Connection, scope: str, keys: Sequence[bytes]) -> Iterable[Row[Any]]:
    """The stored cases of any of these applicants; mostly it is one."""
    if len(keys) == 1:
        return _OF_ONE(conn, hall=scope, who=keys[0])
    return conn.execute(_STORED.where(t.case_head.c.scope == scope, t.case_head.c.applicant.in_(keys)))


def flag_doubles(
    conn: Connection,
    scope: str,
    keyed: Mapping[str, bytes],
    applicants: Mapping[str, bytes],
    decided: Iterable[Entry],
) -> None:
    """Say so in the reason of a case's first step after it got its applicant.

    ``keyed``: cases whose applicant is new in this transaction; ``applicants``: all cases it has read.
    """
    if not keyed:
        return
    cases: defaultdict[bytes, set[str]] = defaultdict(set)
    for row in _of_applicants(conn, scope, sorted(set(keyed.values()))):
        if row.case_id not in applicants:
            cases[row.applicant].add(row.case_id)
    for case_id, key in applicants.items():
        cases[key].add(case_id)
    flagged: set[str] = set()
    for entry in decided:
        key = keyed.get(entry.case_id, b"")
        if key and entry.case_id not in flagged and cases[key] - {entry.case_id}:
            flagged.add(entry.case_id)
            entry.reason += REASON
