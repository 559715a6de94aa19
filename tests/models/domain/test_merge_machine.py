"""Desks and a hub reduced to states and ops: whatever the order, nothing is lost and all agree."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.domain.amendment import Amendment, ConfirmedBy
from models.domain.apply import Refusal, apply
from models.domain.case import CaseState, encode_state
from models.domain.checklist import shown_fields
from models.domain.merge import reconcile
from models.domain.ops import Op, OpKind
from tests.models.domain.test_apply import NUMBER, fields_for, ok, op, rules
from tests.models.domain.test_merge import ITEM, PATHS

DESKS = st.sampled_from((0, 1, 2))
VALUES = st.sampled_from(("甲", "乙", "丙", ""))
# What the form of this item asks: a correction of anything else is refused, whoever came first.
_ANSWERS = {path[7:]: told for path, told in fields_for(ITEM).items() if path.startswith("answer.")}
_FORM = {f"form.{field.id}" for field in shown_fields(ITEM, _ANSWERS)}
ASKED = tuple(path for path in PATHS if path in _FORM or not path.startswith("form."))


# Acts of which a case bears one only; what was accepted may be withdrawn.
ENDING: dict[OpKind, dict[str, Any]] = {
    OpKind.ACCEPT: {"number": NUMBER},
    OpKind.REFUSE: {"clause": "not_eligible", "reason": "样例"},
    OpKind.WITHDRAW: {"reason": "样例"},
}


def _clash(one: Op) -> tuple[str, str] | None:
    """The disagreement that this op settles."""
    if one.kind != OpKind.RESOLVE:
        return None
    op_id, _, path = one.act.conflict.partition("/")
    return op_id, path


class Reconciling(RuleBasedStateMachine):
    """Three desks edit and decide one case over their own snapshots, and settle its disagreements; the hub takes
    ops in in any order, and may be put back to an older copy, after which every desk offers again what it lacks."""

    @initialize()
    def open(self) -> None:
        fields = fields_for(ITEM) | dict.fromkeys(PATHS, "原")
        self.hub: CaseState = ok(apply(None, op(ITEM, OpKind.SAVE, fields), rules(ITEM)))
        self.confirmed = [self.hub] * 3
        self.pending: list[list[Op]] = [[], [], []]
        self.open_clashes: dict[tuple[str, str], int] = {}  # and whose op it was
        self.misled: set[int] = set()  # desks whose decision on a disagreement came too late
        self.ended: tuple[OpKind, ...] = ()  # how the hub's case was decided
        self.stands: set[str] = set()  # by which acts
        self.notes = 0
        self.made = 0
        self.own: list[list[Op]] = [[], [], []]
        self.heard: set[str] = set()  # what the hub has
        self.sent_back: set[str] = set()  # acts that wait for a person as a whole
        self.backup()

    def _seen(self, desk: int) -> CaseState:
        """The desk's view: the hub's word with its own pending ops replayed over it."""
        state = self.confirmed[desk]
        for one in self.pending[desk]:
            state = reconcile(state, one, rules(ITEM)).state or state
        return state

    @rule(desk=DESKS, path=st.sampled_from(PATHS), value=VALUES)
    def edit(self, desk: int, path: str, value: str) -> None:
        seen = self._seen(desk)
        self._act(desk, op(ITEM, OpKind.SAVE, seen.fields | {path: value}, seen))

    @rule(desk=DESKS, kind=st.sampled_from(tuple(ENDING)))
    def decide(self, desk: int, kind: OpKind) -> None:
        """受理, 不予受理 or 撤回, of what this desk sees."""
        seen = self._seen(desk)
        fields = seen.fields | ({"point.P1": "fail"} if kind == OpKind.REFUSE else {})
        self._act(desk, op(ITEM, kind, fields, seen, **ENDING[kind]))

    @rule(desk=DESKS, value=VALUES, data=st.data())
    def resolve(self, desk: int, value: str, data: st.DataObject) -> None:
        """A person settles a disagreement, by what this desk shows them; another may have come first."""
        if not self.open_clashes:
            return
        clash = data.draw(st.sampled_from(sorted(self.open_clashes)))
        seen = self._seen(desk)
        fields = seen.fields | ({clash[1]: value} if clash[1] else {})
        self._act(desk, op(ITEM, OpKind.RESOLVE, fields, seen, conflict="/".join(clash), reason="样例"))

    @rule(desk=DESKS)
    def note(self, desk: int) -> None:
        seen = self._seen(desk)
        if self._act(desk, op(ITEM, OpKind.NOTE, seen.fields, seen, text=f"备注{self.notes}")):
            self.notes += 1

    @rule(desk=DESKS, path=st.sampled_from(ASKED), value=VALUES.filter(bool))
    def amend(self, desk: int, path: str, value: str) -> None:
        """当场更正: it stands on the words it put right, or it is for a person, all of it."""
        seen = self._seen(desk)
        was = seen.value(path) or "没有填写"
        if was != value:
            told = Amendment(path=path, was=was, now=value, confirmed_by=ConfirmedBy.APPLICANT)
            self._act(desk, op(ITEM, OpKind.AMEND, seen.fields | {path: value}, seen, amendment=told))

    def _act(self, desk: int, made: Op) -> bool:
        """Whether this desk's program let it be done, by what it sees."""
        if isinstance(apply(self._seen(desk), made, rules(ITEM)), Refusal):
            return False
        self.made += 1
        one = msgspec.structs.replace(made, op_id=f"op{self.made}")
        self.pending[desk].append(one)
        self.own[desk].append(one)
        return True

    @rule()
    def backup(self) -> None:
        kept = (frozenset(self.heard), frozenset(self.sent_back), frozenset(self.stands))
        self.copy = (self.hub, self.ended, dict(self.open_clashes), kept)

    @rule()
    def restore(self) -> None:
        self.hub, self.ended, clashes, kept = self.copy
        self.open_clashes = dict(clashes)
        self.heard, self.sent_back, self.stands = (set(one) for one in kept)
        self.confirmed = [self.hub] * 3
        self.pending = [[one for one in own if one.op_id not in self.heard] for own in self.own]

    @rule(desk=DESKS)
    def push(self, desk: int) -> None:
        one = self._next(desk)
        if one is None:
            return
        self.pending[desk].remove(one)
        self.heard.add(one.op_id)
        before = self.hub
        settled = _clash(one)
        if settled is not None and settled not in self.open_clashes:
            self.misled.add(desk)
            return  # another has settled it
        merge = reconcile(before, one, rules(ITEM))
        if merge.result == "rejected":
            # A decision on what is so no longer: the disagreement is asked again.  What its desk did in ignorance
            # of that may be sent back, too.
            assert settled is not None or desk in self.misled
            assert merge.reason
            assert merge.state in (None, before)
            self.misled.add(desk)
            self.sent_back.add(one.op_id)
            return
        if settled is not None and merge.result != "conflict":
            del self.open_clashes[settled]
        assert merge.state is not None
        assert merge.result in ("applied", "merged", "conflict")
        if any(clash.path == "" for clash in merge.clashes):
            # Nothing of it is done, and all of it is told; an edit only where the case has been decided on.
            assert one.kind in (OpKind.AMEND, *ENDING) or self.ended or desk in self.misled
            assert merge.state is before
            self.open_clashes[one.op_id, ""] = desk
            told = {c.path: (c.base, c.mine, c.theirs) for c in merge.clashes if c.path}
            assert all(c[2] not in (c[0], c[1]) for c in told.values())
            self.sent_back.add(one.op_id)
            return
        if one.kind in ENDING:
            # The second one is for a person.
            assert not self.ended or (self.ended, one.kind) == ((OpKind.ACCEPT,), OpKind.WITHDRAW)
            self.ended += (OpKind(one.kind),)
            self.stands.add(one.op_id)
        for path, change in one.changes.items():
            clash = next((c for c in merge.clashes if c.path == path), None)
            if clash is not None:
                # Both values are kept, and the hub's stands until a person decides.
                assert (clash.base, clash.mine, clash.theirs) == (change.old, change.new, before.value(path))
                assert merge.state.value(path) == before.value(path)
                self.open_clashes[one.op_id, path] = desk
            else:
                assert merge.state.value(path) == change.new
                assert before.value(path) in (change.old, change.new)
        untouched = (before.fields.keys() | merge.state.fields.keys()) - one.changes.keys()
        assert all(before.value(p) == merge.state.value(p) for p in untouched)
        assert merge.state.rev == before.rev + 1
        self.hub = merge.state

    def _next(self, desk: int) -> Op | None:
        """What this desk sends next: an op that a person must look at holds up those after it."""
        if desk not in self.open_clashes.values():
            return next(iter(self.pending[desk]), None)
        return next((one for one in self.pending[desk] if _clash(one) in self.open_clashes), None)

    @rule(desk=DESKS)
    def pull(self, desk: int) -> None:
        self.confirmed[desk] = self.hub

    @invariant()
    def notes_are_all_somewhere(self) -> None:
        notes = {one.op_id for own in self.own for one in own if one.kind == OpKind.NOTE}
        waiting = {one.op_id for ops in self.pending for one in ops}
        there = [kept for kept in self.hub.notes if kept.text.startswith("备注")]
        assert len(there) + len(notes & (waiting | self.sent_back)) == self.notes == len(notes)

    @invariant()
    def decisions_are_all_somewhere_and_one_stands(self) -> None:
        made = {one.op_id: one for own in self.own for one in own if one.kind in ENDING}
        waiting = {one.op_id for ops in self.pending for one in ops}
        assert made.keys() <= waiting | self.sent_back | self.stands
        assert self.hub.number == (NUMBER if OpKind.ACCEPT in self.ended else "")

    @invariant()
    def corrections_are_all_somewhere_and_say_what_they_changed(self) -> None:
        made = {one.op_id for own in self.own for one in own if one.kind == OpKind.AMEND}
        waiting = {one.op_id for ops in self.pending for one in ops}
        stand = [kept.op_id for kept in self.hub.amended]
        assert len(stand) == len(set(stand))
        assert set(stand) | (self.sent_back & made) | (waiting & made) == made

    @invariant()
    def a_level_desk_sees_what_the_hub_has(self) -> None:
        for desk in range(3):
            if not self.pending[desk] and self.confirmed[desk] is self.hub:
                assert encode_state(self._seen(desk)) == encode_state(self.hub)


TestReconciling = Reconciling.TestCase
