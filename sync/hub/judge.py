"""The decision on each op: what may not be, what must wait, and for the rest the law (reconcile)."""

from __future__ import annotations

import datetime as dt

from models.domain.apply import DATING
from models.domain.case import CaseState
from models.domain.merge import GIVES_WAY, Clash, Merge, reconcile
from models.domain.ops import OP_NAMES, Op, OpKind
from sync.hub.audit import raise_alarm
from sync.hub.credit import on_trust
from sync.hub.entry import Entry
from sync.hub.files import note_files
from sync.hub.numbers import expired_when_taken
from sync.hub.rating_proof import unproved
from sync.hub.rights import may_not
from sync.hub.sets import not_yet_issued, note_handed_apart
from sync.hub.sources import forged_source
from sync.hub.visits import note_uneven
from sync.hub.work import Work
from sync.protocol import FieldConflict, Outcome

_KINDS = frozenset(kind.value for kind in OpKind)
CLOCK_SLACK_MS = 10 * 60 * 1000
VERSION_SLACK = dt.timedelta(
    days=14
)  # two leases: a round may bring the first and be cut before the catalogue


def take(work: Work, entry: Entry) -> None:
    """Decide a fresh op, and then those that were waiting for it.  The case must be loaded."""
    work.add(entry)
    _decide(work, entry)
    release(work, entry.case_id)


def release(work: Work, case_id: str, *, every: bool = False) -> None:
    """Decide again what waits for an earlier op, or (``every``) for anything at all."""
    for entry in work.unsettled(case_id):
        ready = entry.outcome is Outcome.HELD and (every or entry.waits == "previous")
        if ready and (every or _blocker(work, entry) is None):
            _decide(work, entry)


def _decide(work: Work, entry: Entry) -> None:
    """Give the entry its outcome; a held one that stays held leaves no trace in the feed."""
    op = entry.op
    if op is None:
        entry.decide(
            Outcome.HELD, "中心的程序读不懂这一步，已原样保存，升级后自动处理。", work.now_ms, waits="decode"
        )
        return
    if op.scope != work.scope:
        _reject(work, entry, "foreign_scope", "这一步写的不是本大厅，中心没有采用。请联系管理员。")
        return
    if not _number_stands(work, entry, op):
        return
    if op.kind in DATING and op.time.wall_ms > entry.received_ms + CLOCK_SLACK_MS:
        # It cannot have been done after it arrived: the day printed on the notice is wrong.
        reason = (
            "办理时本机的时钟快了，日期和时限不成立，这一步没有采用，编号保留。请校时后重办并换发通知书。"
        )
        entry.decide(Outcome.REJECTED, reason, work.now_ms)
        _announce_late(work, entry)
        return
    if op.kind not in _KINDS:
        reason = f"中心的程序还不认识“{op.kind}”，已原样保存，升级后自动处理。"
        entry.decide(Outcome.HELD, reason, work.now_ms, waits="kind")
        return
    before = _blocker(work, entry)
    if before is not None:
        what = OP_NAMES.get(before.kind, "一步")
        reason = f"等前一步“{what}”处理好，再接着处理这一步。内容都已保存。"
        entry.decide(Outcome.HELD, reason, work.now_ms, waits="previous")
        return
    state = work.state(op.case_id)
    # A case stays under the version it was opened under.
    version = state.catalog_version if state is not None else op.catalog_version
    rules = work.hub.rulebook.rules(work.conn, version, op.item_id, work.calendar, work.directory)
    if rules is None:
        reason = "中心还没有这一版目录或者这个办理项，已原样保存，目录发布后自动处理。"
        entry.decide(Outcome.HELD, reason, work.now_ms, waits="catalog")
        return
    if state is None and entry.fresh:
        _look_at_version(work, entry, op)
    barred = may_not(work, op, rules.item)
    if barred:
        _reject(work, entry, "role", barred)
        return
    early = not_yet_issued(work, op, rules.item, state)
    if early:
        _reject(work, entry, "set_early", early)
        return
    invented = forged_source(work, op, rules.item, state)
    if invented:
        _reject(work, entry, "reuse_forged", invented)
        return
    forged = unproved(work.conn, op)
    if forged:
        _reject(work, entry, "rating_forged", forged)
        return
    merge = reconcile(state, op, rules)
    _record(work, entry, op, on_trust(work, op, rules, merge, Merge(state=state, result="rejected")))


def _look_at_version(work: Work, entry: Entry, op: Op) -> None:
    """制度先行: a new case is opened under the version of its day, and a desk hears of that by its next lease.

    No honest desk does otherwise, but the paper may be out: the act stands, and a person looks at the desk.
    """
    replaced = work.replaced_on(op.catalog_version)
    if work.hub.rulebook.since(op.catalog_version) > op.time.day.isoformat():
        kind, what = "version_early", "还没有施行的"
    elif replaced and dt.date.fromisoformat(replaced) + VERSION_SLACK < op.time.day:
        kind, what = "version_old", "早已换版的"
    else:
        return
    message = f"这台工作站用了{what}目录版本办件。办件照收。请管理员核对它的程序和时钟，并复核这件。"
    raise_alarm(work.conn, work.now_ms, kind, message, scope=work.scope, device=entry.device)


def _number_stands(work: Work, entry: Entry, op: Op) -> bool:
    if not op.act.number:
        return True
    objection = work.ledger.objection(entry.device, op.act.number, op.case_id)
    if objection is not None:
        _reject(work, entry, *objection)
        return False
    fresh = work.ledger.use(entry.device, op.act.number, op.case_id, op.op_id, work.now_ms)
    if fresh and expired_when_taken(op.act.number, op.time):
        # No honest desk does it, but the paper is out: the number stands, and a person looks at the desk.
        message = "这台工作站用了上一年度的受理编号。编号已经印出，照用。请管理员核对它的程序和时钟。"
        raise_alarm(work.conn, work.now_ms, "number_expired", message, scope=work.scope, device=entry.device)
    return True


def _reject(work: Work, entry: Entry, code: str, reason: str) -> None:
    """Refuse what no honest desk sends; the security administrator hears of it."""
    entry.decide(Outcome.REJECTED, reason, work.now_ms)
    raise_alarm(work.conn, work.now_ms, code, reason, scope=work.scope, device=entry.device, data=entry.data)
    _announce_late(work, entry)


def _blocker(work: Work, entry: Entry) -> Entry | None:
    """The earlier op of this desk on this case that must be dealt with first (head-of-line per case).

    A rejected op blocks what was made in ignorance of the rejection, until its desk goes on knowing it.
    """
    op = entry.op
    if op is None:
        return None
    if op.kind == OpKind.RESOLVE and op.act.conflict in work.open_conflicts[op.case_id]:
        return None
    for earlier in work.unsettled(op.case_id):
        if earlier.device != entry.device or earlier.dseq >= entry.dseq:
            continue
        if earlier.outcome is not Outcome.REJECTED:
            return earlier
        if not _knows(op, earlier):
            return earlier
        earlier.settled = True
        for waiting in work.unsettled(op.case_id):
            between = waiting.device == entry.device and earlier.dseq < waiting.dseq < entry.dseq
            if between and waiting.outcome is Outcome.HELD:
                _decide(work, waiting)
                _let_go(waiting)
        return _blocker(work, entry)
    return None


def _let_go(entry: Entry) -> None:
    """What is rejected while its desk already goes on blocks nothing any more."""
    if entry.outcome is Outcome.REJECTED:
        entry.settled = True


def _knows(op: Op, rejected: Entry) -> bool:
    """Whether the op was made by a desk that had heard of the rejection."""
    base_rev = rejected.op.base_rev if rejected.op is not None else 0
    return op.base_rev <= base_rev or op.time.anchor_ms >= rejected.decided_ms


def _record(work: Work, entry: Entry, op: Op, merge: Merge) -> None:
    before = work.state(op.case_id)
    if merge.state is not None and merge.state is not before:
        work.put_state(merge.state)
        if op.kind == OpKind.ATTACH:
            note_files(work.conn, work.scope, before, merge.state, work.now_ms)
    rev = merge.state.rev if merge.state is not None else 0
    entry.decide(Outcome(merge.result), merge.reason, work.now_ms, rev=rev)
    if entry.outcome in (Outcome.APPLIED, Outcome.MERGED):
        note_handed_apart(work, op, merge.state)
        note_uneven(work, op, merge.state)
    if entry.outcome is Outcome.REJECTED:
        entry.settled = op.kind in GIVES_WAY
        _announce_late(work, entry)
        return
    clashes = tuple(_conflict(op, index, clash, before) for index, clash in enumerate(merge.clashes))
    if entry.outcome is Outcome.CONFLICT:
        # Class C leaves nothing waiting: the undisputed part went through, the rest is a person's.
        entry.settled = all(clash.kind == "C" for clash in clashes)
        work.step(entry, conflicts=clashes)
        return
    work.step(entry, resolved=_settle(work, op))


def _settle(work: Work, op: Op) -> tuple[str, ...]:
    """A decision closes its conflict; an act that could not stand is then done with."""
    if op.kind != OpKind.RESOLVE:
        return ()
    closed = work.close_conflict(op.case_id, op.act.conflict, op.op_id)
    if closed is not None and not closed.path:
        for entry in work.unsettled(op.case_id):
            if entry.op_id == closed.op_id:
                entry.settled = True
    return (op.act.conflict,)


def _announce_late(work: Work, entry: Entry) -> None:
    """The desk was told “held” when it pushed; only the feed can tell it of a late rejection."""
    if not entry.fresh:
        head = work.state(entry.case_id)
        entry.rev = head.rev if head is not None else 0
        work.step(entry)


def _conflict(op: Op, index: int, clash: Clash, theirs: CaseState | None) -> FieldConflict:
    """``theirs`` is the case as it stood before: the undisputed part of ``op`` is in the state after it."""
    return FieldConflict(
        conflict_id=f"{op.op_id}.{index}",
        case_id=op.case_id,
        op_id=op.op_id,
        path=clash.path,
        base=clash.base,
        mine=clash.mine,
        theirs=clash.theirs,
        kind=clash.kind,
        reason=clash.reason,
        device=op.device,
        staff=op.staff,
        at_ms=op.time.wall_ms,
        theirs_staff=theirs.staff if theirs is not None else "",
        theirs_at_ms=theirs.changed_ms if theirs is not None else 0,
    )
