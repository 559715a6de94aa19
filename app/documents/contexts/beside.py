"""Papers that go out beside the notice of an act: those taken on trust, and the list of what was handed over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.documents.contexts.handing import handover_context
from app.documents.contexts.joint import Members, handed_papers, joint_context
from app.documents.contexts.trust import NONE, Documents, trust_context, trust_papers
from models.domain.case import CaseState, Notice
from models.domain.catalog import Item
from models.domain.ops import OpKind
from models.domain.procedures import WAY_NAMES, Decision, DeliveryWay

HANDOVER = "handover"
ID_CHECK = "核对签收人身份证件：□一致"


def papers_beside(state: CaseState, notice: Notice) -> tuple[str, ...]:
    """What the act is printed as beside its notice; () where there is nothing else."""
    handed_over = notice.kind == OpKind.DELIVER and state.decision == Decision.GRANT
    return (*trust_papers(state, notice), *((HANDOVER,) if handed_over else ()))


def beside_context(
    state: CaseState,
    notice: Notice,
    item: Item,
    paper: str,
    at: dt.datetime,
    together: Members = (),
    documents: Documents = NONE,
) -> dict[str, Any]:
    """The values of one of :func:`papers_beside`, from what the acts put on record.

    ``at`` is local time; ``documents`` set the rules of the case's day; ``together`` are the members of a set whose results went out with this one.
    """
    if paper != HANDOVER:
        return trust_context(state, item, paper, documents)
    way = notice.later.way
    named = WAY_NAMES[DeliveryWay(way)] if way in set(DeliveryWay) else way
    granted = [one for one in together if one[0].decision == Decision.GRANT] or [(state, notice, item)]
    papers = handed_papers(granted)
    return joint_context(granted) | handover_context(papers, notice.later.recipient, ID_CHECK, named, at)
