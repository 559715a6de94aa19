"""送达 of decisions; 一同发证: those of a set together, or in parts where the applicant wishes so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from app.commands.act import perform, perform_in
from app.commands.after import entry_of
from app.commands.context import Changes, Desk
from app.queries.bundles import SetState, read_set, set_state
from models.domain.case import CaseStatus, Later
from models.domain.members import OVER
from models.domain.ops import Act, OpKind
from models.domain.procedures import LAW_44, DeliveryWay
from models.domain.terms import delivered_by
from models.domain.workdays import day_cn
from models.errors import KnownError
from models.projection import live_state

APART = "申请人要求分次领取"
BY_LAW = "送达期限已到，不再等待同一件事的其他结果"


def deliver_together(
    desk: Desk, case_id: str, way: DeliveryWay, recipient: str, *, apart: bool = False
) -> SetState:
    """送达 of every decided member of the set in ONE transaction, on one 送达回证.

    Results wait until the last is there, at the longest until 行政许可法 第四十四条 wants one of them handed
    over; ``apart``, the applicant's wish, hands over those that are.  Either is put on record.  Raises
    KnownError, and then nothing was written.
    """
    found = read_set(desk, case_id)
    if found is None:
        raise KnownError("这件不是一件事的成员。办件没有改动。请按单件送达。")
    entries = [entry_of(desk, m.case_id) for m in found.members if m.status == CaseStatus.DECIDED]
    if not entries:
        raise KnownError("这套办件里没有已经决定、还没有送达的。办件没有改动。")
    to_come = tuple(
        m.name for m in found.members if m.status not in (*OVER, CaseStatus.DECIDED) and not m.hopeless
    )
    act = _act(desk, [entry.case_id for entry in entries], found, to_come, apart, way, recipient)
    with desk.store.write() as conn:
        for entry in entries:
            perform_in(conn, desk, OpKind.DELIVER, entry, act)
        done = set_state(conn, desk, case_id)
    assert done is not None
    return done


def deliver(desk: Desk, case_id: str, way: DeliveryWay, recipient: str, *, apart: bool = False) -> Changes:
    """送达 of one decision.  A member of a set goes alone where the applicant wishes so (``apart``), or when the
    last day of 行政许可法 第四十四条 has come.

    Raises KnownError, and then nothing was written.
    """
    found = read_set(desk, case_id)
    waiting = (
        [m.name for m in found.members if m.case_id != case_id and m.status not in OVER and not m.hopeless]
        if found
        else []
    )
    act = _act(desk, [case_id], found, tuple(waiting), apart, way, recipient)
    return perform(desk, OpKind.DELIVER, entry_of(desk, case_id), act)


def _act(
    desk: Desk,
    case_ids: Sequence[str],
    found: SetState | None,
    waiting: tuple[str, ...],
    apart: bool,
    way: DeliveryWay,
    recipient: str,
) -> Act:
    """The 送达, with why it does not wait for ``waiting``; raises KnownError where it has to."""
    later = Later(way=way, recipient=recipient.strip())
    if found is None or not waiting or apart:
        return Act(reason=APART if waiting else "", later=later)
    last = _last_day(desk, case_ids)
    if last is not None and desk.clock.now().day >= last:
        return Act(reason=BY_LAW, later=later)
    until = f"最迟 {day_cn(last)}须送达（{LAW_44}），到那天可以先发。" if last is not None else ""
    raise KnownError(
        f"一件事“{found.name}”的结果一同发放，还有 {len(waiting)} 项没有发：{'、'.join(waiting[:3])}。"
        f"办件没有改动。{until}申请人要求先领的，请选分次领取。"
    )


def _last_day(desk: Desk, case_ids: Sequence[str]) -> dt.date | None:
    """The first day on which one of these permits must be in the applicant's hands; None where no law sets one."""
    days = []
    with desk.store.read() as conn:
        for case_id in case_ids:
            state = live_state(conn, desk.rulebook, case_id)
            item = desk.rulebook.item(conn, state.catalog_version, state.item_id) if state else None
            if state is not None and item is not None:
                days.append(delivered_by(state, item, desk.rulebook.calendar))
    return min((day for day in days if day is not None), default=None)
