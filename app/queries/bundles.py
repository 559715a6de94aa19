"""一件事 in the catalogue, and sets of cases taken in together, as frozen values."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from app.commands.context import Changes, Desk
from app.queries.items import ItemFinder, item_finder
from models.domain.bundle import bundle_problems
from models.domain.case import STATUS_NAMES, CaseState, CaseStatus, Notice
from models.domain.catalog import Bundle, Item
from models.domain.members import failed, member_cases, waits_for
from models.domain.ops import OpKind
from models.domain.procedures import Decision
from models.errors import KnownError
from models.projection import live_state, open_conflicts

ONLINE = "online"
IN_DISPUTE = "两边都改过，两个值都留着。请按 Alt+T 比对；其余各项照办"
DRAFT_PREFIX = "bundle:"  # item id of the draft of a set, which has no item of its own
WAITING, KEPT = "waiting", "kept"
STATE_NAMES = {status.value: name for status, name in STATUS_NAMES.items()} | {
    WAITING: "待前置办结",
    KEPT: "已保存，待补",
}


class BundleSource(msgspec.Struct, frozen=True, kw_only=True):
    """A 一件事 with the items of its members.  ``elsewhere``: item id → where to go instead."""

    bundle: Bundle
    items: dict[str, Item]
    elsewhere: dict[str, str]
    version: str


class MemberState(msgspec.Struct, frozen=True, kw_only=True):
    """A member case of a set.  ``status``: ``waiting`` for others, ``kept`` (saved with a reason), or a CaseStatus.

    ``can_start``: it waits no longer, all before it are decided in the applicant's favour.  ``hopeless``:
    what it waits for, directly or through others, ended without that.  ``disputed``: two sides changed it, and
    until a person has settled that it alone is held.
    """

    item_id: str
    name: str
    case_id: str
    status: str
    number: str = ""
    receipt: str = ""
    op_id: str = ""
    due_promised: str = ""
    due_legal: str = ""
    reason: str = ""
    waits_for: tuple[str, ...] = ()
    can_start: bool = False
    joint_visit: bool = False
    hopeless: bool = False
    disputed: bool = False


class SetState(msgspec.Struct, frozen=True, kw_only=True):
    """All member cases of one combined acceptance, whose fate is each its own (一体审批)."""

    set_id: str
    bundle_id: str
    name: str
    applicant: str
    members: tuple[MemberState, ...]

    @property
    def accepted(self) -> int:
        return sum(m.status not in (WAITING, KEPT, CaseStatus.RECEIVED) for m in self.members)

    @property
    def flagged(self) -> tuple[MemberState, ...]:
        """Members that a person must look at; the others go on."""
        return tuple(m for m in self.members if m.reason)


def whole_set(case_id: str, done: SetState) -> Changes:
    """What an act on a whole set changed, as seen from one of its cases."""
    op_id = next((m.op_id for m in done.members if m.case_id == case_id), "")
    return Changes(case_id=case_id, op_id=op_id, cases=True, outbox=True)


def list_bundles(desk: Desk) -> tuple[Bundle, ...]:
    """Every 一件事 of the catalogue in force: those online first, in the catalogue's order."""
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        catalog = desk.rulebook.catalog(conn, version) if version else None
    return tuple(sorted(catalog.bundles if catalog else (), key=lambda b: b.status != ONLINE))


def open_bundle(desk: Desk, wanted: str, finder: ItemFinder | None = None) -> BundleSource:
    """By id or exact name.  Raises KnownError when it cannot be offered here, with the reason."""
    finder = finder or item_finder(desk)
    found = [b for b in list_bundles(desk) if wanted in (b.id, b.name)]
    if finder is None or not found:
        raise KnownError(f"目录里没有一件事“{wanted[:40]}”。没有办理。请核对名称，或者联网更新目录。")
    bundle = found[0]
    if bundle.status != ONLINE or not bundle.members:
        raise KnownError(
            f"“{bundle.name}”还在梳理，没有上线。没有办理。请按单个办理项收件，或者请目录管理员上线。"
        )
    items = {m.item: item for m in bundle.members if (item := finder.item(m.item)) is not None}
    if problems := bundle_problems(bundle, items):
        raise KnownError(f"“{bundle.name}”的目录数据有误：{problems[0]}。没有办理。请目录管理员改正后再办。")
    elsewhere = {key: told for key, item in items.items() if (told := finder.elsewhere(item))}
    return BundleSource(bundle=bundle, items=items, elsewhere=elsewhere, version=finder.version)


def read_set(desk: Desk, case_id: str) -> SetState | None:
    """The set that a case belongs to; None for a case that was taken in alone."""
    with desk.store.read() as conn:
        return set_state(conn, desk, case_id)


def set_state(conn: Connection, desk: Desk, case_id: str) -> SetState | None:
    """:func:`read_set` within a transaction."""
    state = live_state(conn, desk.rulebook, case_id)
    if state is None or not state.value("bundle.case"):
        return None
    cases = member_cases(state)
    clashing = {row.case_id for row in open_conflicts(conn, list(cases.values()))}
    states = {item: live_state(conn, desk.rulebook, one) for item, one in cases.items()}
    catalog = desk.rulebook.catalog(conn, state.catalog_version)
    bundle_id = state.value("bundle.id")
    bundle = next((b for b in catalog.bundles if b.id == bundle_id), None) if catalog is not None else None
    joint = {m.item for m in bundle.members if m.joint_visit} if bundle is not None else set()
    return SetState(
        set_id=state.value("bundle.case"),
        bundle_id=bundle_id,
        name=bundle.name if bundle is not None else bundle_id,
        applicant=state.value("applicant.name"),
        members=tuple(
            _member(one, states, joint, disputed=one.case_id in clashing)
            for one in states.values()
            if one is not None
        ),
    )


def delivered_together(
    conn: Connection, desk: Desk, state: CaseState, notice: Notice
) -> list[tuple[CaseState, Notice, Item]]:
    """The members of a set handed over in one act with ``notice``, itself among them; [] for any other act.

    One receipt is one person, one way, one desk and one day.
    """
    if notice.kind != OpKind.DELIVER or not state.value("bundle.case"):
        return []
    found = []
    for case_id in member_cases(state).values():
        member = live_state(conn, desk.rulebook, case_id)
        item = desk.rulebook.item(conn, member.catalog_version, member.item_id) if member else None
        told = next((n for n in member.notices if _with(n, notice)), None) if member else None
        if member is not None and told is not None and item is not None:
            found.append((member, told, item))
    return found


def _with(one: Notice, other: Notice) -> bool:
    return (one.kind, one.day, one.device, one.later.way, one.later.recipient) == (
        other.kind, other.day, other.device, other.later.way, other.later.recipient,
    )  # fmt: skip


def _member(
    state: CaseState, states: dict[str, CaseState | None], joint: set[str], *, disputed: bool
) -> MemberState:
    after = waits_for(state)
    before = state.status is CaseStatus.OPEN
    reason = (
        "" if state.status not in (CaseStatus.OPEN, CaseStatus.RECEIVED) else state.value("bundle.reason")
    )
    undecided, denied = [], ""
    for key in after if before else ():
        other = states.get(key)
        if other is not None and other.decision == Decision.GRANT:
            continue
        undecided.append(key)
        if other is not None and failed(other, states):
            denied = f"前置“{other.item_name}”没有办成，本项不能接着办"
    if state.status in (CaseStatus.REFUSED, CaseStatus.WITHDRAWN, CaseStatus.VOIDED):
        reason = next((n.reason for n in reversed(state.notices) if n.reason), "") or "本项已经终止"
    if state.decision == Decision.DENY:
        told = next((n.reason for n in reversed(state.notices) if n.kind == OpKind.DECIDE), "")
        reason = f"已作出不予决定：{told}"
    status = state.status.value if not before else WAITING if after else KEPT
    notice = next((n for n in reversed(state.notices) if n.due_promised or n.due_legal), None)
    last = state.notices[-1] if state.notices else None
    return MemberState(
        item_id=state.item_id,
        name=state.item_name,
        case_id=state.case_id,
        status=status,
        number=state.number,
        receipt=state.receipt,
        op_id=last.op_id if last is not None else "",
        due_promised=notice.due_promised if notice is not None else "",
        due_legal=notice.due_legal if notice is not None else "",
        reason=IN_DISPUTE if disputed else denied or reason,
        waits_for=tuple(undecided),
        can_start=bool(after) and before and not undecided and not disputed,
        joint_visit=state.item_id in joint,
        hopeless=bool(denied),
        disputed=disputed,
    )
