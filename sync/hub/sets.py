"""What the cases of one set owe each other: nothing begins before what it rests on, results go out together.

Of a joint visit see :mod:`sync.hub.visits`.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.members import (
    Claim,
    cases_of,
    claiming,
    claims,
    granted_in_set,
    member_cases,
    not_held,
    to_come,
    with_ties,
)
from models.domain.ops import Op, OpKind
from sync.hub.audit import raise_alarm
from sync.hub.numbers import restored_ms
from sync.hub.text import storable
from sync.hub.work import Work

MOST_MEMBERS = 100  # a set names its members itself; no 一件事 has a tenth of that
# A lease: by then every desk has offered anew what a restored hub had lost, or its clerk signs in again.
RESTORE_SLACK_MS = 7 * 86_400_000


def not_yet_issued(work: Work, op: Op, item: Item, state: CaseState | None) -> str:
    """Why the act may not stand on a paper of its own set, "" where it may.

    The desk that says so has granted the other member itself or heard of it from here, so what is not granted
    here is not granted, save while a restored hub waits for what other desks decided: then an alarm.
    A member with an act that waits or was sent back says nothing: its desk took it for granted.
    """
    before = state.fields if state is not None else {}
    fields = with_ties(before, {**before, **{path: change.new for path, change in op.changes.items()}})
    if not claiming(op.kind, op.changes, fields):
        return ""
    rulebook = work.hub.rulebook
    version = state.catalog_version if state is not None else op.catalog_version
    members = list(cases_of(fields))[:MOST_MEMBERS]
    produced = {key: made.produces for key in members if (made := rulebook.known(version, key)) is not None}
    bundle = rulebook.bundle(version, fields.get("bundle.id", ""))
    for claim in claims(fields, item, bundle, produced):
        if _proved(work, claim, fields):
            continue
        maker = rulebook.known(version, claim.maker)
        why = not_held(claim.name, maker.name if maker is not None else claim.maker)
        since = restored_ms(work.conn)
        if since and op.time.anchor_ms < since + RESTORE_SLACK_MS:
            message = f"{why}中心恢复不久，可能还没有收齐别处的决定，办件照收。请复核这件。"
            raise_alarm(work.conn, work.now_ms, "set_early", message, scope=work.scope, device=op.device)
            return ""
        return f"{why}这一步没有采用。请等那一项办结，或者收下申请人带来的原件。"
    return ""


def _proved(work: Work, claim: Claim, fields: Mapping[str, str]) -> bool:
    if claim.source:
        return True  # sync.hub.sources judges where it comes from
    if not claim.case_id or not storable(claim.case_id):
        return False
    work.load([claim.case_id])
    held = granted_in_set(work.state(claim.case_id), claim.maker, fields["bundle.case"])
    return held or bool(work.unsettled(claim.case_id))


def note_handed_apart(work: Work, op: Op, state: CaseState | None) -> None:
    """Raise an alarm where a lawful 送达 gave out one result of a set and no wish of the applicant is recorded.

    The desk's command does not do it.  The act stands all the same, for the applicant has it in hand.  A
    member with an act that waits or was sent back says nothing: its desk took it for decided.
    """
    if op.kind != OpKind.DELIVER or op.act.reason.strip() or state is None:
        return
    cases = {
        item: case_id
        for item, case_id in list(member_cases(state).items())[:MOST_MEMBERS]
        if storable(case_id)
    }
    if not cases:
        return
    work.load(list(cases.values()))
    waiting = to_come(state, {item: work.state(case_id) for item, case_id in cases.items()})
    if any(work.unsettled(one.case_id) for one in waiting) or not waiting:
        return
    message = (
        f"这台工作站单独送达了一件事中的一项，还有 {len(waiting)} 项没有决定，也没有记下申请人要分次领取。"
        "送达照记。请管理员核对它的程序，并向申请人说明其余结果怎样领取。"
    )
    raise_alarm(work.conn, work.now_ms, "set_apart", message, scope=work.scope, device=op.device)
