"""Desks and a hub reduced to states and ops: whatever the order, nothing is lost and all agree."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.domain.apply import apply
from models.domain.case import CaseState, encode_state
from models.domain.merge import reconcile
from models.domain.ops import Op, OpKind
from tests.models.domain.test_apply import fields_for, ok, op, rules
from tests.models.domain.test_merge import ITEM, PATHS

DESKS = st.sampled_from((0, 1, 2))
VALUES = st.sampled_from(("甲", "乙", "丙", ""))


class Reconciling(RuleBasedStateMachine):
    """Three desks edit one case over their own snapshots; the hub takes ops in in any order."""

    @initialize()
    def open(self) -> None:
        fields = fields_for(ITEM) | dict.fromkeys(PATHS, "原")
        self.hub: CaseState = ok(apply(None, op(ITEM, OpKind.SAVE, fields), rules(ITEM)))
        self.confirmed = [self.hub] * 3
        self.pending: list[list[Op]] = [[], [], []]
        self.clashing: set[tuple[str, str]] = set()
        self.notes = 0
        self.made = 0

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

    @rule(desk=DESKS)
    def note(self, desk: int) -> None:
        seen = self._seen(desk)
        self._act(desk, op(ITEM, OpKind.NOTE, seen.fields, seen, text=f"备注{self.notes}"))
        self.notes += 1

    def _act(self, desk: int, made: Op) -> None:
        self.made += 1
        self.pending[desk].append(msgspec.structs.replace(made, op_id=f"op{self.made}"))

    @rule(desk=DESKS)
    def push(self, desk: int) -> None:
        if not self.pending[desk]:
            return
        one = self.pending[desk].pop(0)
        before = self.hub
        merge = reconcile(before, one, rules(ITEM))
        assert merge.state is not None
        assert merge.result in ("applied", "merged", "conflict")
        for path, change in one.changes.items():
            clash = next((c for c in merge.clashes if c.path == path), None)
            if clash is not None:
                # Both values are kept, and the hub's stands until a person decides.
                assert (clash.base, clash.mine, clash.theirs) == (change.old, change.new, before.value(path))
                assert merge.state.value(path) == before.value(path)
                self.clashing.add((one.op_id, path))
            else:
                assert merge.state.value(path) == change.new
                assert before.value(path) in (change.old, change.new)
        untouched = (before.fields.keys() | merge.state.fields.keys()) - one.changes.keys()
        assert all(before.value(p) == merge.state.value(p) for p in untouched)
        assert merge.state.rev == before.rev + 1
        self.hub = merge.state

    @rule(desk=DESKS)
    def pull(self, desk: int) -> None:
        self.confirmed[desk] = self.hub

    @invariant()
    def notes_are_all_somewhere(self) -> None:
        waiting = sum(one.kind == OpKind.NOTE for ops in self.pending for one in ops)
        assert len(self.hub.notes) + waiting == self.notes

    @invariant()
    def a_level_desk_sees_what_the_hub_has(self) -> None:
        for desk in range(3):
            if not self.pending[desk] and self.confirmed[desk] is self.hub:
                assert encode_state(self._seen(desk)) == encode_state(self.hub)


TestReconciling = Reconciling.TestCase
