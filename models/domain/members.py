"""The cases of one 一件事 as each of them records the others, and which of them can still come to anything."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from models.domain.case import CaseState, CaseStatus, Receipt
from models.domain.catalog import Bundle, Item
from models.domain.checklist import needed_materials
from models.domain.competence import TAKING
from models.domain.ops import Change, Op, OpKind
from models.domain.procedures import Decision
from models.domain.verdict import Refusal

# Nothing more is handed over of these.
OVER = frozenset({CaseStatus.DELIVERED, CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED})
States = Mapping[str, CaseState | None]
# Who belongs together is settled when the set is taken in.
TIES = ("bundle.id", "bundle.case", "bundle.cases")


def member_cases(state: CaseState) -> dict[str, str]:
    """Item id → case id of every member, as each member case records it; {} for a case taken in alone."""
    return cases_of(state.fields)


def waits_for(state: CaseState) -> tuple[str, ...]:
    """The items whose decision the member was kept for when the set was taken in."""
    return _after(state.fields)


def cases_of(fields: Mapping[str, str]) -> dict[str, str]:
    """:func:`member_cases` of a case's fields."""
    pairs = (part.partition("=") for part in fields.get("bundle.cases", "").split(";") if part)
    return {item: case_id for item, _, case_id in pairs}


def _after(fields: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(part for part in fields.get("bundle.after", "").split(";") if part)


def ties_problem(op: Op) -> Refusal | None:
    """Why an op may not make a case a member of another set than it was taken in with."""
    if any(path in op.changes and op.changes[path].old for path in TIES):
        return Refusal(code="set_ties", message="一件事有哪些成员，一次受理时就定了，不能改动。没有改动。")
    return None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that a member says is held (证照库), and the member of its set that issues it.

    ``source``: the earlier case that it is said to come from, "" for the set itself.
    """

    material: str
    name: str
    canonical: str
    maker: str
    case_id: str
    source: str


def claims(
    fields: Mapping[str, str], item: Item, bundle: Bundle | None, produced: Mapping[str, str]
) -> tuple[Claim, ...]:
    """What a member waits for and says to be held already.  ``produced``: item id → what it issues.

    Whom it waits for is what the case records and what the catalogue's 一件事 says, so that leaving one
    of the two out helps nobody.  A paper brought along from elsewhere is no claim: the window has it in hand.
    """
    cases = cases_of(fields)
    after = {m.item: m.after for m in bundle.members if m.item in cases} if bundle is not None else {}
    ahead, before = [*_after(fields), *after.get(item.id, ())], set[str]()
    while ahead:
        key = ahead.pop()
        if key not in before:
            before.add(key)
            ahead += after.get(key, ())
    makers = {paper: key for key, paper in produced.items() if paper and key in before and key != item.id}
    answers = {path[7:]: text for path, text in fields.items() if path.startswith("answer.")}
    return tuple(
        Claim(
            material=material.id,
            name=material.name,
            canonical=material.canonical,
            maker=makers[material.canonical],
            case_id=cases.get(makers[material.canonical], ""),
            source=fields.get(f"material.{material.id}.from", ""),
        )
        for material in needed_materials(item, answers)
        if material.canonical in makers and fields.get(f"material.{material.id}") == Receipt.CERTIFICATE
    )


def with_ties(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The fields of an act with what the case recorded of its set, also what the act takes off."""
    fields = {**after, **{path: before[path] for path in TIES if path in before}}
    waits = dict.fromkeys((*_after(before), *_after(after)))
    return fields | {"bundle.after": ";".join(waits)}


def claiming(kind: str, changes: Mapping[str, Change], fields: Mapping[str, str]) -> bool:
    """Whether an act stands on a paper that a member of a set says is held; 暂存 stands on nothing yet."""
    if kind == OpKind.SAVE or not fields.get("bundle.case"):
        return False
    said = kind in TAKING or any(
        path.startswith("material.") and change.new == Receipt.CERTIFICATE for path, change in changes.items()
    )
    return said and Receipt.CERTIFICATE in fields.values()


def granted_in_set(state: CaseState | None, item_id: str, set_id: str) -> bool:
    """Whether this case is the set's member for the item, and was granted and not revoked."""
    return (
        state is not None
        and state.item_id == item_id
        and state.value("bundle.case") == set_id
        and state.decision == Decision.GRANT
        and not state.revoked_on
    )


def not_held(name: str, maker: str) -> str:
    """行政许可法 第三十二条: a paper that nobody has issued yet is not there, so the application is not complete."""
    return f"“{name}”由这套一件事中的“{maker}”发给，那一项还没有准予，不能记成证照库已有。"


def failed(state: CaseState, states: States, seen: frozenset[str] = frozenset()) -> bool:
    """Ended without a grant, or waiting for what has.  ``states`` are the members by item id."""
    if state.decision == Decision.GRANT or state.item_id in seen:
        return False
    if state.closed_on or state.decision == Decision.DENY:
        return True
    before = (one for key in waits_for(state) if (one := states.get(key)) is not None)
    waits = state.status is CaseStatus.OPEN
    return waits and any(failed(one, states, seen | {state.item_id}) for one in before)


def hopeless(state: CaseState, states: States) -> bool:
    """Not begun, and what it waits for was not granted."""
    before = (one for key in waits_for(state) if (one := states.get(key)) is not None)
    return state.status is CaseStatus.OPEN and any(failed(one, states) for one in before)


def to_come(state: CaseState, states: States) -> tuple[CaseState, ...]:
    """一同发证: the other members whose result is still to be decided, those that can never come left out."""
    return tuple(
        one
        for one in states.values()
        if one is not None
        and one.case_id != state.case_id
        and one.status not in OVER
        and one.status is not CaseStatus.DECIDED
        and not hopeless(one, states)
    )
