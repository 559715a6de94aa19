"""Pages, checksums, epochs; sequences under concurrent writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from sync.checksum import scope_checksum
from sync.hub import tables as t
from sync.hub.backup import start_epoch
from sync.hub.database import Hub, open_hub
from sync.hub.feed import pull
from sync.hub.ingest import push
from sync.hub.refusal import Refused
from sync.protocol import Outcome, PullRequest
from tests.sync.hub.fake_desk import HALL, OTHER_HALL, SECOND_WINDOW, FakeDesk, ready_desk


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


def test_pages_join_up_and_only_the_last_carries_the_checksum(hub: Hub, desk: FakeDesk) -> None:
    for index in range(5):
        desk.save(f"c{index % 3}", {f"form.f{index}": "x"}, rev=index // 3)
    push(hub, desk.device, desk.batch())
    seqs: list[int] = []
    latest: dict[str, tuple[int, bytes]] = {}
    checksums: list[bytes] = []
    after, epoch = 0, ""
    while True:
        page = pull(hub, HALL, PullRequest(scope=HALL, epoch=epoch, after_seq=after, limit=2))
        seqs += [e.seq for e in page.entries]
        latest.update((e.case_id, (e.rev, e.state)) for e in page.entries)
        checksums.append(page.checksum)
        after, epoch = seqs[-1], page.epoch
        if after >= page.head_seq:
            break
    assert seqs == [1, 2, 3, 4, 5]
    assert checksums[:-1] == [b"", b""]
    assert checksums[-1] == scope_checksum(
        [(case_id, rev, state) for case_id, (rev, state) in latest.items()]
    )


def test_a_page_is_bounded_in_bytes_but_never_empty(hub: Hub, desk: FakeDesk) -> None:
    for index in range(4):
        desk.save(f"c{index}", {"form.long": "长" * 200_000})
    push(hub, desk.device, desk.batch())
    page = pull(hub, HALL, PullRequest(scope=HALL, epoch="", after_seq=0))
    assert [e.seq for e in page.entries] == [1]
    assert page.checksum == b""


def test_other_scope_is_refused_and_an_empty_one_is_whole(hub: Hub, desk: FakeDesk) -> None:
    with pytest.raises(Refused):
        pull(hub, HALL, PullRequest(scope=OTHER_HALL, epoch="", after_seq=0))
    page = pull(hub, OTHER_HALL, PullRequest(scope=OTHER_HALL, epoch="", after_seq=0))
    assert (page.entries, page.head_seq, page.checksum) == ((), 0, bytes(32))


def test_other_epoch_starts_from_the_beginning(hub: Hub, desk: FakeDesk) -> None:
    desk.save("c1", {"form.a": "1"})
    push(hub, desk.device, desk.batch())
    first = pull(hub, HALL, PullRequest(scope=HALL, epoch="", after_seq=0))
    assert pull(hub, HALL, PullRequest(scope=HALL, epoch=first.epoch, after_seq=1)).entries == ()
    with hub.write() as conn:
        start_epoch(conn, hub.now_ms())
    again = pull(hub, HALL, PullRequest(scope=HALL, epoch=first.epoch, after_seq=1))
    assert again.epoch != first.epoch
    assert again.entries == first.entries


def test_concurrent_writers_leave_no_gap_and_readers_see_a_prefix(
    hub: Hub, version: str, tmp_path: Path, hub_database: str | None
) -> None:
    """Two hubs on one database (as two workers), four desks of one hall, one reader all along."""
    second = open_hub(tmp_path / "hub", hub_database, now_ms=hub.now_ms)
    desks = [ready_desk(h, version, window=w) for h in (hub, second) for w in ("370911-07", SECOND_WINDOW)]
    rounds = 8

    def write(desk: FakeDesk) -> None:
        for index in range(rounds):
            desk.save(f"{desk.device}-{index}", {"form.a": "1"})
            desk.save("shared", {f"form.{desk.device}.{index}": "1"}, rev=0)
            reply = push(desk.hub, desk.device, desk.batch())
            assert {o.outcome for o in reply.outcomes} <= {Outcome.APPLIED, Outcome.MERGED}
            desk.sent()

    def read() -> list[int]:
        seen: list[int] = []
        while len(seen) < len(desks) * rounds * 2:
            page = pull(second, HALL, PullRequest(scope=HALL, epoch=epoch, after_seq=seen[-1] if seen else 0))
            seen += [e.seq for e in page.entries]
        return seen

    epoch = pull(hub, HALL, PullRequest(scope=HALL, epoch="", after_seq=0)).epoch
    try:
        with ThreadPoolExecutor(5) as pool:
            reader = pool.submit(read)
            for done in [pool.submit(write, desk) for desk in desks]:
                done.result(timeout=60)
            seen = reader.result(timeout=60)
    finally:
        second.close()
    assert seen == list(range(1, len(desks) * rounds * 2 + 1))
    with hub.read() as conn:
        heads = conn.execute(select(t.case_head.c.case_id, t.case_head.c.rev, t.case_head.c.state)).all()
        checksum = conn.execute(
            select(t.scope_seq.c.checksum).where(t.scope_seq.c.scope == HALL)
        ).scalar_one()
    assert {h.case_id: h.rev for h in heads}["shared"] == len(desks) * rounds
    assert checksum == scope_checksum([(h.case_id, h.rev, h.state) for h in heads])
