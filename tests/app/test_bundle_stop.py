"""A 摆渡包 can be stopped at any step, going out and coming in: nothing is lost, nothing comes twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.commands.act import Entry
from app.commands.attach import attach
from app.commands.bundle import bundle_name, export_bundle, import_bundle
from app.commands.verify import verify_replica
from app.queries.cases import find_cases, read_state
from models.errors import KnownError
from models.progress import Progress, Stopped, StoppedHalfway
from sync.hub.bundle import take_in
from sync.sealing import PIECE
from tests.app.test_bundle import Post, hub, post, work
from tests.sync.test_engine import sync

__all__ = ["hub", "post"]  # fixtures


class StopAt(Progress):
    """Stopped at the n-th step, and from then on at each, as a pressed key stays pressed."""

    def __init__(self, place: int) -> None:
        self.seen, self._place, self.final = 0, place, False

    def step(self, done: int, whole: int) -> None:
        self.seen += 1
        if self.seen >= self._place and not self.final:
            raise Stopped

    def commit(self) -> None:
        self.final = True


def with_a_scan(post: Post, size: int) -> None:
    case = work(post.desk, 7)[0]
    state = read_state(post.desk, case)
    assert state is not None
    entry = Entry(case_id=case, item_id=state.item_id, fields=dict(state.fields))
    attach(post.desk, entry, random.Random(7).randbytes(size), title="样例扫描件")


def test_an_import_stopped_at_every_step_in_turn_ends_as_one_that_was_not(post: Post) -> None:
    work(post.desk, 1, 2, 3)
    with_a_scan(post, 3000)
    back = post.carry()
    stopped: list[Stopped] = []
    for place in range(1, 500):
        try:
            report = import_bundle(post.desk, back, StopAt(place))
        except Stopped as one:
            stopped.append(one)
        else:
            break
        assert verify_replica(post.desk) == []
    halfway = [one for one in stopped if isinstance(one, StoppedHalfway)]
    assert {"停下以前收进来的" in str(one) for one in halfway} == {True}
    assert len(halfway) >= 4  # rules, outcomes, the feed, numbers: each is a transaction of its own
    assert (report.pending, report.problems) == (0, ())
    assert {row.sync for row in find_cases(post.desk)} == {"synced"}
    with pytest.raises(KnownError, match="都已包括"):
        import_bundle(post.desk, back)
    with post.server:
        after = sync(post.desk)
    assert (after.pushed, after.pulled, after.problems) == (0, 0, [])


def test_an_export_stopped_anywhere_leaves_no_file_and_what_waits_waits(post: Post) -> None:
    with_a_scan(post, 3 * PIECE)
    out = post.folder / bundle_name(post.desk)
    free = StopAt(10_000)
    export_bundle(post.desk, out, free)
    out.unlink()
    assert free.seen >= 5 * 3  # reading, packing, sealing, signing, writing: each a step a MiB
    for place in range(1, free.seen + 1):
        with pytest.raises(Stopped):
            export_bundle(post.desk, out, StopAt(place))
        assert list(Path(post.folder).glob("*.thb*")) == []
    export_bundle(post.desk, out)
    taken, _ = take_in(post.hub, out.read_bytes())
    assert (taken.ops, taken.files, taken.problems) == (2, 1, ())
