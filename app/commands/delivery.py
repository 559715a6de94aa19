"""送达 of decisions; 一同发证: those of a set together, or in parts where the applicant wishes so."""

from __future__ import annotations

from app.commands.act import perform, perform_in
from app.commands.after import entry_of
from app.commands.context import Changes, Desk
from app.queries.bundles import SetState, read_set, set_state
from models.domain.case import CaseStatus, Later
from models.domain.members import OVER
from models.domain.ops import Act, OpKind
from models.domain.procedures import DeliveryWay
from models.errors import KnownError

APART = "申请人要求分次领取"


def deliver_together(
    desk: Desk, case_id: str, way: DeliveryWay, recipient: str, *, apart: bool = False
) -> SetState:
    """送达 of every decided member of the set in ONE transaction, on one 送达回证.

    Results wait until the last is there; ``apart``, the applicant's wish, hands over those that are, and is
    put on record.  Raises KnownError, and then nothing was written.
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
    if to_come and not apart:
        raise KnownError(_held(found, to_come))
    act = Act(reason=APART if to_come else "", later=Later(way=way, recipient=recipient.strip()))
    with desk.store.write() as conn:
        for entry in entries:
            perform_in(conn, desk, OpKind.DELIVER, entry, act)
        done = set_state(conn, desk, case_id)
    assert done is not None
    return done


def deliver(desk: Desk, case_id: str, way: DeliveryWay, recipient: str, *, apart: bool = False) -> Changes:
    """送达 of one decision.  A member of a set goes alone only where the applicant wishes so (``apart``).

    Raises KnownError, and then nothing was written.
    """
    found = read_set(desk, case_id)
    waiting = (
        [m.name for m in found.members if m.case_id != case_id and m.status not in OVER and not m.hopeless]
        if found
        else []
    )
    if found is not None and waiting and not apart:
        raise KnownError(_held(found, tuple(waiting)))
    act = Act(reason=APART if waiting else "", later=Later(way=way, recipient=recipient.strip()))
    return perform(desk, OpKind.DELIVER, entry_of(desk, case_id), act)


def _held(found: SetState, names: tuple[str, ...]) -> str:
    return (
        f"一件事“{found.name}”的结果一同发放，还有 {len(names)} 项没有发：{'、'.join(names[:3])}。"
        "办件没有改动。申请人要求先领的，请选分次领取。"
    )
