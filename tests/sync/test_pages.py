"""A round of many batches and pages: the next is asked for while the last is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.verify import verify_replica
from models.ops import last_op
from sync import pull, push
from sync.apply import apply_page, record_outcomes
from sync.hub import tables as h
from sync.hub.ingest import push as hub_push
from sync.thin import Unrestorable
from tests.sync.hall_kit import Hall, confirmed, open_hall, shown
from tests.sync.hub.fake_desk import PERSON, FakeDesk


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    url = str(request.getfixturevalue("postgres_url")) if request.param == "postgres" else None
    with open_hall(tmp_path, url) as made:
        yield made


def save(desk: Desk, count: int = 1) -> None:
    for index in range(count):
        entry = Entry(case_id=desk.make_id(), item_id="SAMPLE-1", fields={**PERSON, "form.a": f"第{index}件"})
        intake.save_case(desk, entry)


def at_hub(hall: Hall) -> list[int]:
    """The dseqs that the hub holds, in order."""
    with hall.hub.read() as conn:
        return list(conn.execute(select(h.op_log.c.dseq).order_by(h.op_log.c.dseq)).scalars())


@pytest.mark.parametrize("threaded", [True, False])
def test_ten_acts_go_in_four_batches_and_come_back_in_four_pages(hall: Hall, threaded: bool) -> None:
    desk, other = hall.desk(), hall.desk("other")
    for one in (desk, other):
        assert hall.sync(one).problems == []
    save(desk, 10)
    line = None if threaded else hall.line()
    report = hall.sync(desk, line, most=3)
    assert (report.problems, report.pushed, report.pulled, report.pending) == ([], 10, 10, 0)
    assert at_hub(hall) == list(range(1, 11))
    line = None if threaded else hall.line()
    report = hall.sync(other, line, most=3)
    assert (report.problems, report.pulled) == ([], 10)
    assert line is None or line.requests["/v1/pull"] == 4
    assert confirmed(desk) == confirmed(other) == shown(other) == hall.states()
    assert verify_replica(desk) == verify_replica(other) == []


@pytest.mark.parametrize("cut_at", [1, 2, 3, 4])
def test_a_line_cut_between_batches_goes_on_where_it_was(hall: Hall, cut_at: int) -> None:
    desk = hall.desk()
    hall.sync(desk)
    save(desk, 10)
    sent = 0

    def cut(path: str) -> bool:
        nonlocal sent
        sent += path == "/v1/push"
        return sent == cut_at

    report = hall.sync(desk, hall.line(cut), most=3)
    told = 3 * (cut_at - 1)
    assert (report.pushed, report.pending, len(report.problems)) == (told, 10 - told, 1)
    report = hall.sync(desk, most=3)
    assert (report.problems, report.pushed, report.pending) == ([], 10 - told, 0)
    assert at_hub(hall) == list(range(1, 11))


def test_a_desk_killed_while_the_next_batch_is_under_way_sends_nothing_twice(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hall.desk()
    hall.sync(desk)
    save(desk, 10)

    class Killed(BaseException):
        """No KnownError: nothing in the program may handle it."""

    def killed(*anything: object) -> None:
        raise Killed

    monkeypatch.setattr(push, "record_outcomes", killed)
    with pytest.raises(Killed):
        hall.sync(desk, hall.line(), most=3)
    monkeypatch.setattr(push, "record_outcomes", record_outcomes)
    assert at_hub(hall) == list(range(1, 7))  # the second batch was on its way; the desk heard of neither
    desk = hall.reopened(desk)
    report = hall.sync(desk, most=3)
    assert (report.problems, report.pushed, report.pending) == ([], 10, 0)
    assert at_hub(hall) == list(range(1, 11))
    assert verify_replica(desk) == []


def test_an_act_made_while_a_batch_is_under_way_goes_with_the_round_and_alarms_nobody(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    save(desk)
    made = 0

    def at_work(path: str) -> bool:
        nonlocal made
        if path == "/v1/push" and not made:
            made = 1
            save(desk)
        return False

    report = hall.sync(desk, hall.line(at_work))
    assert (report.problems, report.pushed, report.pending) == ([], 2, 0)
    with desk.store.read() as conn:
        assert last_op(conn)[0] == 2


def test_a_page_that_cannot_be_put_back_is_asked_for_whole_though_the_next_is_under_way(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = hall.desk()
    hall.sync(desk)
    hall.fill(10)
    asked: list[tuple[int, bool]] = []

    def stumbles(conn, rulebook, device, reply):  # type: ignore[no-untyped-def]  # as apply_page
        asked.append((reply.entries[0].seq, any(entry.thin for entry in reply.entries)))
        if len(asked) == 2:
            raise Unrestorable
        return apply_page(conn, rulebook, device, reply)

    monkeypatch.setattr(pull, "apply_page", stumbles)
    report = hall.sync(desk, most=3)
    assert (report.problems, report.pulled) == ([], 10)
    assert asked == [(1, True), (4, True), (4, False), (7, False), (10, False)]
    assert confirmed(desk) == hall.states()


def test_the_feed_tells_steps_that_a_later_chunk_has_shown_already(hall: Hall) -> None:
    first = hall.fill(6)
    last, other = "case-00005", hall.fake()
    chunks = 0

    def changed(path: str) -> bool:
        """After the first chunk the last case takes three steps, the second of them merged: told with its state."""
        nonlocal chunks
        chunks += path == "/v1/snapshot"
        if path == "/v1/snapshot" and chunks == 2:
            first.save(last, {"form.a": "二"}, {"form.a": "值5"}, rev=1)
            push_fake(hall, first)
            other.save(last, {"applicant.name": "样例甲"}, rev=1)
            push_fake(hall, other)
            first.save(last, {"form.a": "三"}, {"form.a": "二"}, rev=3)
            push_fake(hall, first)
        return False

    desk = hall.desk()
    report = hall.sync(desk, hall.line(changed), most=2)
    assert report.problems == []
    assert confirmed(desk) == shown(desk) == hall.states()
    assert hall.states()[last].rev == 4
    with hall.hub.read() as conn:
        outcomes = conn.execute(select(h.feed.c.outcome).where(h.feed.c.case_id == last)).scalars().all()
    assert list(outcomes) == ["applied", "applied", "merged", "applied"]
    assert verify_replica(desk) == []


def push_fake(hall: Hall, desk: FakeDesk) -> None:
    hub_push(hall.hub, desk.device, desk.batch())
    desk.sent()
