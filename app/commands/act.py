"""The one way an act becomes durable: validate, seal, write, project, in ONE transaction."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from app.commands.context import Changes, Desk, lease_end
from app.commands.set_papers import guard_set_papers
from models import ops
from models.device import known_facts
from models.domain.after import printed_limits, role_problem
from models.domain.apply import Refusal, Rules, apply
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.competence import TAKING, may_take
from models.domain.credit import credit_objection
from models.domain.notice_basis import notice_basis
from models.domain.ops import Act, Change, OpKind, OpTime, Trust
from models.domain.promises import with_due_days
from models.domain.terms import accepted_from, since
from models.errors import KnownError
from models.prepared import Prepared
from models.projection import live_state, show
from models.tables import replica as t
from sync.attachments import await_file, file_row
from sync.leases import take_number

CLOCK_SLACK_MS = 5 * 60 * 1000
_AWAITED = Prepared(select(t.op_status.c.state).where(t.op_status.c.dseq == bindparam("at")))
_DROP_DRAFT = Prepared(delete(t.draft).where(t.draft.c.case_id == bindparam("case")))
# A desk without numbers may still receive papers or give a notice; only acceptance must wait.
_MARKED = frozenset({OpKind.RECEIVE, OpKind.SUPPLEMENT, OpKind.REFUSE, OpKind.ACCEPT, OpKind.NUMBER})
_MUST_HAVE_NUMBER = frozenset({OpKind.ACCEPT, OpKind.NUMBER})


class NoNumber(KnownError):
    """The pool is empty: nothing can be accepted, papers can still be received."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A case as entered at the window: all its fields, by path (see models.domain.case)."""

    case_id: str
    item_id: str
    fields: dict[str, str]


def perform(desk: Desk, kind: OpKind, entry: Entry, act: Act | None = None) -> Changes:
    """Do one act on a case.

    Raises KnownError with the law's or the clock's objection; then nothing was written, and what
    was entered is still the caller's (and in the draft).
    """
    with desk.store.write() as conn:
        return perform_in(conn, desk, kind, entry, act)


def perform_in(conn: Connection, desk: Desk, kind: OpKind, entry: Entry, act: Act | None = None) -> Changes:
    """:func:`perform` inside the caller's write transaction, for several acts that happen together or not.

    Raises KnownError; all but :class:`NoNumber`, which comes before anything is written, undo the whole.
    """
    act = act or Act()
    time = desk.clock.now()
    last = ops.last_op(conn)
    last_dseq, _, last_ms = last
    _guard_clock(last_ms if _AWAITED(conn, at=last_dseq).scalar() == "pending" else 0, time)
    _guard_lease(conn, desk, time)
    _guard_place(conn, desk)
    state = live_state(conn, desk.rulebook, entry.case_id)
    version = state.catalog_version if state is not None else desk.rulebook.current_version(conn)
    rules = desk.rulebook.rules(conn, version, entry.item_id)
    if rules is None:
        raise KnownError("本机目录里没有这个办理项。已填内容都保存了。请联网更新目录后再办。")
    barred = role_problem(kind, desk.lease.roles, rules.item)
    if barred:
        raise KnownError(barred, detail="role")
    _guard_right(desk, kind, rules.item)
    op_id = desk.make_id(time)
    number = ""
    if kind in _MARKED and (state is None or not state.number):
        number = take_number(conn, desk.device.division, time.day.year, entry.case_id, op_id) or ""
        if not number and kind in _MUST_HAVE_NUMBER:
            raise NoNumber(
                "受理编号已用完，现在不能受理。已填内容都保存了。可以先收件出具凭证；联网后自动补号。"
            )
    entry = _promised(desk, kind, entry, rules, time, state)
    guard_set_papers(conn, desk, kind, entry.fields, rules.item, state, version)
    act = _completed(act, kind, rules, desk, time, state, number, last_dseq + 1)
    draft = ops.Draft(
        op_id=op_id,
        kind=kind,
        case_id=entry.case_id,
        item_id=entry.item_id,
        item_name=rules.item.name,
        catalog_version=version,
        base_rev=state.rev if state is not None else 0,
        changes=diff(state.fields if state is not None else {}, entry.fields),
        act=act,
    )
    op = ops.seal(conn, desk.author, draft, time, last)
    result = apply(state, op, rules)
    if isinstance(result, Refusal):
        raise KnownError(result.message, detail=result.code)
    ops.append(conn, op)
    if act.file is not None:
        await_file(conn, file_row(entry.case_id, op.scope, act.file, "waiting", time.wall_ms))
    show(conn, result)
    _DROP_DRAFT(conn, case=entry.case_id)
    return Changes(
        case_id=entry.case_id,
        op_id=op_id,
        number=result.number,
        receipt=result.receipt,
        cases=True,
        outbox=True,
        drafts=True,
        numbers=bool(number),
        files=act.file is not None,
    )


def _promised(
    desk: Desk, kind: OpKind, entry: Entry, rules: Rules, time: OpTime, state: CaseState | None
) -> Entry:
    """The entry of an acceptance with the last day of everything taken on trust written out.

    Raises KnownError when the applicant is on the 失信名单 and something is taken on trust.
    """
    if kind is not OpKind.ACCEPT:
        return entry
    objection = credit_objection(desk.rulebook.credit, rules.item, entry.fields, time.day)
    if objection is not None:
        raise KnownError(objection.message, detail=objection.code)
    start = accepted_from(state, rules.item, rules.calendar, time.day) if state is not None else ""
    fields = with_due_days(rules.item, entry.fields, time.day, rules.calendar, start)
    return msgspec.structs.replace(entry, fields=fields)


def _guard_right(desk: Desk, kind: OpKind, item: Item) -> None:
    """权责清单: the clerk's domains, the window's and its kind; the hub asks the same."""
    if kind in TAKING:
        window = desk.rulebook.directory.window(desk.device.scope, desk.device.window)
        barred = may_take(item, window.kind, desk.lease.domains, window.domains)
        if barred:
            raise KnownError(f"{barred}。已填内容都保存了。", detail="right")


def diff(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, Change]:
    """Field changes from ``old`` to ``new``; a missing field and an empty one are the same."""
    return {
        path: Change(old.get(path, ""), new.get(path, ""))
        for path in sorted(old.keys() | new.keys())
        if old.get(path, "") != new.get(path, "")
    }


def _completed(
    act: Act,
    kind: OpKind,
    rules: Rules,
    desk: Desk,
    time: OpTime,
    state: CaseState | None,
    number: str,
    dseq: int,
) -> Act:
    """Add what the desk itself attests: number or provisional mark, and the limits as printed."""
    receipt = ""
    if kind in _MARKED and not number and not (state is not None and (state.number or state.receipt)):
        receipt = f"临-{desk.device.device}-{dseq:06d}"
    promised = legal = ""
    held = desk.rulebook.credit_hash if kind is OpKind.ACCEPT else ""
    if kind is OpKind.ACCEPT:
        item, calendar = rules.item, rules.calendar
        start = accepted_from(state, item, calendar, time.day) if state is not None else time.day.isoformat()
        promised, legal = printed_limits(start, (), 0, rules)
    elif kind is OpKind.DEEM and state is not None:
        # 视为受理 is told in writing, with the limits as they run from the receipt.
        promised, legal = printed_limits(since(state), (), 0, rules) if since(state) else ("", "")
        later = msgspec.structs.replace(act.later, basis=notice_basis(rules.item, kind))
        act = msgspec.structs.replace(act, later=later)
    elif kind is OpKind.EXTEND and state is not None and state.accepted_on:
        promised, legal = printed_limits(state.accepted_on, state.stoppages, act.later.workdays, rules)
    return msgspec.structs.replace(
        act,
        number=number,
        receipt=receipt,
        due_promised=promised,
        due_legal=legal,
        trust=Trust(credit=held) if held else act.trust,
    )


def _guard_clock(last_ms: int, time: OpTime) -> None:
    """A clock that contradicts what this desk already attested must not number or date anything.

    Behind the last act or the hub's last word, it is wrong for certain; ahead, when the monotonic
    counter has run on from the hub's time since this boot.  Else the hub finds it out (judge).

    ``last_ms``: of an act that the hub has not answered for yet, else 0.  An act that it has heard of says
    nothing more than its answer: it may have been made by a clock that ran ahead and was set right since,
    and would forbid every act until its wrong day has come.
    """
    heard = max(time.anchor_ms, time.attested_ms)
    behind = max(last_ms, heard) - time.wall_ms
    ahead = time.wall_ms - time.attested_ms if time.attested_ms else 0
    if max(behind, ahead) > CLOCK_SLACK_MS:
        hours, minutes = divmod(max(behind, ahead) // 60_000, 60)
        how = "早" if behind > ahead else "晚"
        span = f"{f'{hours} 小时 ' if hours else ''}{minutes} 分" if hours < 48 else f"{hours // 24} 天"
        if behind > ahead and heard - time.wall_ms <= CLOCK_SLACK_MS:
            raise KnownError(
                f"本机时间比上一步早 {span}。没有发出新编号，已填内容都保存了。"
                "请校时后再受理；现在的时间没有错的，联网或者用摆渡包对账一次就能再办。"
            )
        raise KnownError(
            f"本机时间比上次校时{how} {span}。没有发出新编号，已填内容都保存了。请校时后再受理。"
        )


def _guard_place(conn: Connection, desk: Desk) -> None:
    facts = known_facts(conn)
    if facts is not None and facts.scope != desk.device.scope:
        raise KnownError(
            f"本机已调到{facts.hall_name}，这里还是按原大厅登录的。已填内容都保存了。请重新登录后再办。"
        )


def _guard_lease(conn: Connection, desk: Desk, time: OpTime) -> None:
    """The lease of the sign-in, or the one that a round has brought since."""
    if time.wall_ms > desk.lease.expires_ms and time.wall_ms > lease_end(conn, desk):
        raise KnownError(
            "离线租约到期，现在只能查看。已受理的办件都有效，已填内容都保存了。请联网续约后再办。"
            f"本机日期是 {time.day.isoformat()}，不对的请先校时。"
        )
