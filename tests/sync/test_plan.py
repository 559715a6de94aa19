"""The planner's decisions, for any outbox and any run of bad luck."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.hub.database import SMALLEST_BLOCK
from sync.leases import LOW_WATER, wants_refill
from sync.plan import (
    FIRST_RETRY_S,
    LAST_RETRY_S,
    LEASE_DAYS,
    LEAST_WANTED,
    MOST_WANTED,
    batch_length,
    consecutive,
    numbers_wanted,
    retry_delay,
)
from sync.protocol import MAX_BATCH_BYTES, MAX_BATCH_OPS

SIZES = st.lists(st.integers(min_value=1, max_value=MAX_BATCH_BYTES * 2), min_size=1, max_size=40)


@given(SIZES)
def test_a_batch_fits_or_is_one_op(sizes: list[int]) -> None:
    length = batch_length(sizes)
    assert 1 <= length <= min(len(sizes), MAX_BATCH_OPS)
    assert length == 1 or sum(sizes[:length]) <= MAX_BATCH_BYTES
    full = length == len(sizes) or sum(sizes[: length + 1]) > MAX_BATCH_BYTES
    assert full  # nothing that fits stays behind


def test_a_batch_never_holds_more_than_the_hub_takes() -> None:
    assert batch_length([1] * (MAX_BATCH_OPS + 7)) == MAX_BATCH_OPS


@given(st.integers(min_value=1, max_value=60), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_waiting_grows_to_five_minutes_and_is_spread(failures: int, chance: float) -> None:
    step = min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** (failures - 1))
    assert step / 2 <= retry_delay(failures, chance) <= step


DAY = dt.date(2026, 3, 2)


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 3000), max_size=40))
def test_a_desk_wants_three_times_its_busiest_lease(taken: dict[int, int]) -> None:
    by_day = {DAY + dt.timedelta(days=n): count for n, count in taken.items()}
    busiest = max((sum(taken.get(n + i, 0) for i in range(LEASE_DAYS)) for n in range(401)), default=0)
    assert numbers_wanted(by_day) == min(max(LEAST_WANTED, 3 * busiest), MOST_WANTED)


@given(
    st.integers(min_value=LEAST_WANTED, max_value=MOST_WANTED),
    st.lists(st.integers(min_value=0, max_value=400), max_size=60),
)
def test_after_a_round_more_than_half_of_what_is_wanted_is_there(wanted: int, taken: list[int]) -> None:
    blocks: list[list[int]] = []  # of each live one: left, granted
    for count in [0, *taken]:
        for block in blocks:
            of_it = min(count, block[0])
            block[0] -= of_it
            count -= of_it
        blocks = [block for block in blocks if block[0]]
        left, granted = sum(b[0] for b in blocks), sum(b[1] for b in blocks)
        if wants_refill(left, granted, wanted):
            size = max(SMALLEST_BLOCK, wanted - left)
            blocks.append([size, size])
            left += size
        assert left > max(LOW_WATER, wanted // 2)


class Outbox(RuleBasedStateMachine):
    """Answers get lost in any pattern, old ops are dropped, the hub is put back to its copy, the desk moves on from
    wherever that copy stands: every batch is a gapless run, nothing is lost, and the outbox empties."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0
        self.waiting: list[int] = []
        self.taken: set[int] = set()
        self.copied = self.dropped = 0

    @rule(count=st.integers(min_value=1, max_value=5))
    def work(self, count: int) -> None:
        self.waiting += range(self.last + 1, self.last + count + 1)
        self.last += count

    @rule(data=st.data())
    def feed_tells_of_some(self, data: st.DataObject) -> None:
        """The answer was lost; the feed brings what was applied, not what is held."""
        known = [dseq for dseq in self.waiting if dseq in self.taken]
        if known:
            told = data.draw(st.sets(st.sampled_from(known)))
            self.waiting = [dseq for dseq in self.waiting if dseq not in told]

    @rule(heard=st.booleans())
    def push(self, heard: bool) -> None:
        if self.waiting:
            batch = self._batch()
            following = len(self.taken) + 1
            if batch[0] > following:  # the hub asks for older ones
                self.waiting = list(range(following, self.last + 1))
                return
            self.taken.update(batch)
            if heard:
                self.waiting = self.waiting[len(batch) :]

    @rule()
    def copy(self) -> None:
        """A backup of the hub; older ones are never put back."""
        self.copied = len(self.taken)

    @rule()
    def drop_old(self) -> None:
        """What is settled and in every backup that may be put back goes from the desk, never the newest."""
        settled = min(self.waiting, default=self.last + 1) - 1
        self.dropped = max(self.dropped, min(settled, self.copied, self.last - 1))

    @rule()
    def restore(self) -> None:
        """Another epoch: the desk offers all that it still has."""
        self.taken = set(range(1, self.copied + 1))
        self.waiting = list(range(self.dropped + 1, self.last + 1))

    def _batch(self) -> list[int]:
        run = self.waiting[: consecutive(self.waiting)]
        batch = run[: batch_length([100] * len(run))]
        assert batch == list(range(batch[0], batch[0] + len(batch)))
        return batch

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.taken | set(self.waiting) == set(range(1, self.last + 1))
        assert self.taken == set(range(1, len(self.taken) + 1))  # the hub's log has no gap
        assert self.dropped <= len(self.taken)  # so it never asks for what the desk has dropped

    @invariant()
    def it_empties(self) -> None:
        left = list(self.waiting)
        rounds = 0
        while left:
            left = left[consecutive(left) :]
            rounds += 1
        assert rounds <= len(self.waiting)


TestOutbox = Outbox.TestCase
