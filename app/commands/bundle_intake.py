"""一次受理 of a 一件事: one set of fields, all member cases in ONE transaction.

Each member is an ordinary case with its own number, its own limits and its own fate; ``bundle.*`` fields
tie them together.  What a member lacks holds up that member only.

When a limit may begin (行政许可法 第三十二条、第四十二条): a member whose prerequisite is another member
cannot be applied for before that one is decided, so it is not received now: its case is kept (暂存) with
``bundle.after``, without number or limit.  It starts with :func:`start_waiting`, once they are decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, delete

from app.commands.act import Entry, NoNumber, perform_in
from app.commands.context import Desk
from app.queries.bundles import BundleSource, SetState, set_state
from app.queries.items import ItemFinder, item_finder
from models.domain.bundle_plan import MemberPlan, plan_set
from models.domain.case import Receipt
from models.domain.checklist import Gap, gaps, needed_materials
from models.domain.members import member_cases
from models.domain.ops import OpKind, uuid7
from models.domain.procedures import Decision
from models.errors import KnownError
from models.projection import live_state
from models.tables import replica as t


class SetEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A set as entered: ``fields`` by the paths of models.domain.bundle_plan; ``set_id`` is made once."""

    set_id: str
    source: BundleSource
    fields: dict[str, str]


def member_case_id(set_id: str, item_id: str) -> str:
    """The same for the same set and member, so that doing it again after a crash cannot double a case."""
    made_ms = int(set_id.replace("-", "")[:12], 16)
    return uuid7(made_ms, hashlib.sha256(f"{set_id}/{item_id}".encode()).digest()[:10])


def accept_set(desk: Desk, entry: SetEntry) -> SetState:
    """Take all members in: accepted, received (something is missing, with the reason), kept or waiting.

    Doing it again with the same ``set_id`` returns what was done.  Raises KnownError, and then nothing was
    written, when no member could even be received: nobody identified, no member chosen, no valid lease.
    """
    source = entry.source
    plan = plan_set(source.bundle, source.items, entry.fields, desk.clock.now().day, source.elsewhere)
    if not plan.members:
        raise KnownError("还没有选出要办的事项。没有办理。请先回答情形问题。")
    lacking = [_first(p.gaps, "identity") for p in plan.members if not p.waits_for]
    if lacking and all(lacking):
        gap = next(g for g in lacking if g is not None)
        raise KnownError(f"身份信息不全：{gap.label}（{gap.reason}）。没有办理，已填内容都保存了。请补全。")
    cases = {p.member.item.id: member_case_id(entry.set_id, p.member.item.id) for p in plan.members}
    first = next(iter(cases.values()))
    common = {
        "bundle.id": source.bundle.id,
        "bundle.case": entry.set_id,
        "bundle.cases": ";".join(f"{item}={case}" for item, case in cases.items()),
    }
    with desk.store.write() as conn:
        if live_state(conn, desk.rulebook, first) is None:
            for member in plan.members:
                _take_in(conn, desk, member, cases[member.member.item.id], common)
        conn.execute(delete(t.draft).where(t.draft.c.case_id == entry.set_id))
        done = set_state(conn, desk, first)
    assert done is not None
    return done


def start_waiting(desk: Desk, case_id: str) -> SetState:
    """Receive or accept the members whose prerequisites are decided by now; the others stay.

    A paper that a member of the set has issued counts as held (证照库).  Raises KnownError when nothing can
    start; then nothing was written.
    """
    finder = item_finder(desk)
    with desk.store.write() as conn:
        found = set_state(conn, desk, case_id)
        if found is None:
            raise KnownError("这件不是一件事的成员。没有改动。")
        ready = [m for m in found.members if m.can_start]
        if not ready:
            why = "两边改过的先要比对，其余的" if any(m.disputed for m in found.members) else ""
            raise KnownError(f"没有可以接着受理的成员：{why}前置事项还没有办结。没有改动。")
        for member in ready:
            _start(conn, desk, member.case_id, finder)
        done = set_state(conn, desk, case_id)
    assert done is not None
    return done


def _take_in(conn: Connection, desk: Desk, plan: MemberPlan, case_id: str, common: Mapping[str, str]) -> None:
    fields = plan.fields | dict(common)
    item = plan.member.item.id
    if plan.waits_for:
        fields["bundle.after"] = ";".join(plan.waits_for)
        if plan.elsewhere:
            fields["bundle.reason"] = plan.elsewhere
        perform_in(conn, desk, OpKind.SAVE, Entry(case_id=case_id, item_id=item, fields=fields))
    elif plan.elsewhere:
        fields["bundle.reason"] = plan.elsewhere
        perform_in(conn, desk, OpKind.SAVE, Entry(case_id=case_id, item_id=item, fields=fields))
    else:
        _accept_or_receive(conn, desk, case_id, item, fields, plan.gaps)


def _start(conn: Connection, desk: Desk, case_id: str, finder: ItemFinder | None) -> None:
    state = live_state(conn, desk.rulebook, case_id)
    item = desk.rulebook.item(conn, state.catalog_version, state.item_id) if state is not None else None
    if state is None or item is None:
        raise KnownError("本机没有这件办件所用的目录版本。没有改动。请联网同步后再办。")
    fields = {
        path: text for path, text in state.fields.items() if path not in ("bundle.after", "bundle.reason")
    }
    issued = set()
    for key, other in member_cases(state).items():
        done = live_state(conn, desk.rulebook, other)
        maker = desk.rulebook.item(conn, state.catalog_version, key)
        if done is not None and done.decision == Decision.GRANT and maker is not None and maker.produces:
            issued.add(maker.produces)
    for material in needed_materials(item, state.answers):
        if material.canonical in issued and not fields.get(f"material.{material.id}"):
            fields[f"material.{material.id}"] = Receipt.CERTIFICATE.value
    if finder is not None and (elsewhere := finder.elsewhere(item)):
        entry = Entry(case_id=case_id, item_id=item.id, fields=fields | {"bundle.reason": elsewhere})
        perform_in(conn, desk, OpKind.SAVE, entry)
        return
    _accept_or_receive(conn, desk, case_id, item.id, fields, tuple(gaps(item, fields, desk.clock.now().day)))


def _accept_or_receive(
    conn: Connection, desk: Desk, case_id: str, item: str, fields: dict[str, str], lacking: tuple[Gap, ...]
) -> None:
    """The furthest the law allows: accepted when complete, else received, else kept; with the reason."""
    reason = ""
    if not lacking:
        try:
            perform_in(conn, desk, OpKind.ACCEPT, Entry(case_id=case_id, item_id=item, fields=fields))
            return
        except NoNumber:
            reason = "受理编号已用完，先收件，联网后补号再受理"
    else:
        reason = f"还差 {len(lacking)} 项：{lacking[0].label}（{lacking[0].reason}）"
    kind = OpKind.SAVE if _first(lacking, "identity") else OpKind.RECEIVE
    entry = Entry(case_id=case_id, item_id=item, fields=fields | {"bundle.reason": reason})
    perform_in(conn, desk, kind, entry)


def _first(found: tuple[Gap, ...], step: str) -> Gap | None:
    return next((gap for gap in found if gap.step == step), None)
