"""Numbers of a database that went back without anybody telling the hub: never granted twice, and honoured."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from models.domain.numbers import make_number
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.database import SMALLEST_BLOCK, Hub
from sync.hub.granted import FILE, GrantedFile
from sync.hub.ingest import push
from sync.hub.ledger import read_account
from sync.hub.numbers import grant
from sync.hub.refusal import Refused
from sync.protocol import NumbersRequest, Outcome
from tests.sync.hub.fake_desk import SECOND_WINDOW, ready_desk

SERIES = "370911/2026"


def ask(hub: Hub, device: str, request_id: str) -> range:
    request = NumbersRequest(request_id=request_id, year=2026, have=0)
    block = grant(hub, device, "370911", request).blocks[0]
    return range(block.first, block.last + 1)


def as_before(conn: Connection, device: str, following: int) -> None:
    """As a standby, or an older copy, has it: the last grant is not there, and the epoch is the same."""
    conn.execute(t.number_block.delete().where(t.number_block.c.device == device))
    if following > 1:
        conn.execute(t.number_series.update().values(next=following))
    else:
        conn.execute(t.number_series.delete())


@pytest.mark.parametrize("first_asked", [True, False])
def test_a_grant_that_the_database_forgot_is_not_made_again(
    hub: Hub, version: str, first_asked: bool
) -> None:
    desk = ready_desk(hub, version)
    other = ready_desk(hub, version, window=SECOND_WINDOW)
    printed = other.number()
    with hub.write() as conn:
        as_before(conn, other.device, SMALLEST_BLOCK + 1)
    if first_asked:
        assert ask(hub, desk.device, "request-1").start == 2 * SMALLEST_BLOCK + 1
    other.accept("c1", number=printed)
    assert push(hub, other.device, other.batch()).outcomes[0].outcome is Outcome.APPLIED
    assert ask(hub, desk.device, "request-2").start > 2 * SMALLEST_BLOCK
    desk.accept("c2", number=make_number("370911", 2026, 900_000))
    assert push(hub, desk.device, desk.batch()).outcomes[0].outcome is Outcome.REJECTED
    (series,) = read_account(hub).series
    assert series.granted == series.next_serial - 1
    assert (series.used, series.withdrawn) == (1, SMALLEST_BLOCK - 1)


def test_also_where_the_whole_series_is_gone(hub: Hub, version: str) -> None:
    desk = ready_desk(hub, version)
    printed = desk.number()
    with hub.write() as conn:
        as_before(conn, desk.device, 1)
    desk.accept("c1", number=printed)
    assert push(hub, desk.device, desk.batch()).outcomes[0].outcome is Outcome.APPLIED
    assert ask(hub, desk.device, "request-1").start == SMALLEST_BLOCK + 1


def test_a_grant_that_cannot_be_written_down_is_not_made(
    hub: Hub, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(series: str, following: int) -> None:
        raise KnownError("磁盘满")

    monkeypatch.setattr(hub.granted, "note", full)
    with pytest.raises(Refused) as caught:
        ask(hub, "d1", "request-1")
    assert (caught.value.status, caught.value.code) == (503, "not_kept")
    with hub.read() as conn:
        assert conn.execute(select(t.number_block)).all() == []


def test_the_file_survives_a_torn_line_and_is_read_by_all_workers(tmp_path: Path) -> None:
    one, other = GrantedFile(tmp_path), GrantedFile(tmp_path)
    assert one.reach(SERIES) == 1
    one.note(SERIES, 101)
    assert (one.reach(SERIES), other.reach(SERIES)) == (101, 101)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'\n{"series":"370911/2026","ne')
    assert other.reach(SERIES) == 101
    one.note(SERIES, 201)
    other.note("370921/2026", 51)
    assert (one.reach(SERIES), other.reach(SERIES), one.reach("370921/2026")) == (201, 201, 51)
    (tmp_path / FILE).unlink()
    assert one.reach(SERIES) == 1
