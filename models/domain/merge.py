"""Reconciling an op with a state it was not made on: the conflict classes A to E (DESIGN §3).

The base of a merge is in the op itself (``Change.old``), so nothing is overwritten unseen:
a field changed on both sides goes to a person, with base, mine and theirs.
"""

from __future__ import annotations

import msgspec

from models.domain.apply import Refusal, Rules, apply
from models.domain.case import STATUS_NAMES, CaseState
from models.domain.ops import OP_NAMES, Change, Op, OpKind

# Acts that ask for nothing when they come too late: what they were for is open, or done, as before.
GIVES_WAY = frozenset(
    {
        OpKind.RESOLVE,
        OpKind.NUMBER,
        OpKind.DEEM,
        OpKind.DEFERRAL_DONE,
        OpKind.RATE,
        OpKind.RESPOND,
        OpKind.SERVE,
    }
)
# Acts that only edit: their undisputed part may go through while the rest waits for a person.
EDITING = frozenset({OpKind.SAVE, OpKind.CORRECT, OpKind.NOTE, OpKind.ATTACH, OpKind.DETACH})


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """One disagreement.  ``path`` is "" when it is the act that cannot stand (kind D)."""

    path: str
    base: str
    mine: str
    theirs: str
    kind: str
    reason: str = ""


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """``result``: applied | merged | conflict | rejected.  ``state`` is None only if it was."""

    state: CaseState | None
    result: str
    reason: str = ""
    clashes: tuple[Clash, ...] = ()


def reconcile(state: CaseState | None, op: Op, rules: Rules) -> Merge:
    """Bring ``op`` onto ``state``.  Pure; the same at desk and hub."""
    known_rev = state.rev if state is not None else 0
    if state is None or not op.changes:
        return _judged(state, state, op, rules, moved=op.base_rev != known_rev)
    clashes: list[Clash] = []
    agreed: dict[str, Change] = {}
    for path, change in op.changes.items():
        theirs = state.value(path)
        if theirs == change.new:
            continue  # both sides say the same
        if theirs == change.old:
            agreed[path] = change
        else:
            clashes.append(Clash(path=path, base=change.old, mine=change.new, theirs=theirs, kind="C"))
    rest = msgspec.structs.replace(op, changes=agreed)
    if not clashes:
        return _judged(state, state, rest, rules, moved=op.base_rev != known_rev)
    if op.kind == OpKind.RESOLVE:
        # A person decided on what is no longer so.  The disagreement stays open, to be asked again.
        reason = "裁定之前这处内容又有人改过，裁定没有采用。两个值都留着，请按新的内容再比对一次。"
        return Merge(state=state, result="rejected", reason=reason)
    if op.kind in GIVES_WAY:
        reason = f"这件在别处已经改过，{OP_NAMES.get(op.kind, op.kind)}没有再采用，以先办的为准。"
        return Merge(state=state, result="rejected", reason=reason)
    if op.kind not in EDITING:
        reason = f"两边都改过 {len(clashes)} 个字段，{OP_NAMES.get(op.kind, op.kind)}没有生效，请比对后决定。"
        whole = Clash(path="", base="", mine=op.kind, theirs=state.status, kind="D", reason=reason)
        return Merge(state=state, result="conflict", reason=reason, clashes=(whole, *clashes))
    result = apply(state, rest, rules)
    if isinstance(result, Refusal):
        return _refused(state, op, result, tuple(clashes), moved=True)
    reason = f"两边都改过 {len(clashes)} 个字段，两个值都留着，请选定。"
    return Merge(state=result, result="conflict", reason=reason, clashes=tuple(clashes))


def _judged(base: CaseState | None, state: CaseState | None, op: Op, rules: Rules, *, moved: bool) -> Merge:
    result = apply(state, op, rules)
    if isinstance(result, Refusal):
        return _refused(base, op, result, (), moved=moved)
    if moved:
        return Merge(state=result, result="merged", reason="别处也改过，两边的内容已合并。")
    return Merge(state=result, result="applied")


def _refused(
    state: CaseState | None, op: Op, refusal: Refusal, clashes: tuple[Clash, ...], *, moved: bool
) -> Merge:
    """A lawful act that came second is for a person to see (class D); an unlawful one is rejected."""
    if state is not None and moved and op.kind not in GIVES_WAY:
        reason = f"中心这件{STATUS_NAMES[state.status]}：{refusal.message}"
        whole = Clash(path="", base="", mine=op.kind, theirs=state.status, kind="D", reason=reason)
        return Merge(state=state, result="conflict", reason=reason, clashes=(whole, *clashes))
    return Merge(state=state, result="rejected", reason=refusal.message)
