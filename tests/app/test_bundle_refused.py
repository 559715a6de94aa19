"""摆渡包 that this desk or this hub cannot use: each is explained in one sentence and changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

import sync.bundle
import sync.courier
from app.commands.act import Entry
from app.commands.attach import attach
from app.commands.bundle import _courier, export_bundle, import_bundle
from app.commands.enrol import enrol
from app.config import Profile
from app.queries.cases import read_state
from models.clock import SystemClock
from models.crypto import public_key
from models.domain.ops import OpTime
from models.errors import KnownError
from models.tables import replica as t
from sync.bundle import Header, Section, read_bundle, read_header, write_bundle
from sync.hub import tables as h
from sync.hub.blobs import StoreDown
from sync.hub.bundle import for_desk, take_in
from sync.hub.people import approve, invite
from tests.app.test_bundle import PASSWORD, Post, hub, post, work

__all__ = ["hub", "post"]  # fixtures

DAY_MS = 86_400_000


class Later(SystemClock):
    """A machine that knows, by its own counter since it last heard the hub, that 40 days have passed."""

    def now(self) -> OpTime:
        time = super().now()
        return msgspec.structs.replace(time, attested_ms=time.wall_ms + 40 * DAY_MS)


def held(post: Post) -> tuple[object, ...]:
    """All that a stick could change at the desk."""
    tables = (t.op, t.op_status, t.case_confirmed, t.case_view, t.cursor, t.number_block, t.conflict, t.lease)
    with post.desk.store.read() as conn:
        return tuple(conn.execute(select(table)).all() for table in tables)


def at_the_hub(post: Post) -> tuple[object, ...]:
    with post.hub.read() as conn:
        return tuple(
            conn.execute(select(table)).all() for table in (h.op_log, h.case_head, h.number_block, h.file)
        )


@contextmanager
def refused(post: Post, words: str) -> Iterator[None]:
    before = held(post), at_the_hub(post)
    with pytest.raises(KnownError, match=words) as told:
        yield
    assert "没有改动" in str(told.value)
    assert (held(post), at_the_hub(post)) == before


def written(post: Post, data: bytes) -> Path:
    path = post.folder / "wrong.thb"
    path.write_bytes(data)
    return path


def forged(post: Post, data: bytes, **header: object) -> Header:
    return msgspec.structs.replace(read_header(data), **header)


def test_a_stick_for_another_desk(post: Post) -> None:
    work(post.desk, 1)
    with post.server:
        other = Profile(post.folder / "other")
        reply = enrol(other, post.server.url, invite(post.hub, "370911", "370911-08"), "T0719", PASSWORD)
        approve(post.hub, reply.device)
    path = written(post, for_desk(post.hub, reply.device))
    with refused(post, "发给另一台工作站"):
        import_bundle(post.desk, path)
    assert import_bundle(post.desk, post.carry()).pending == 0


def test_a_stick_of_another_hub(post: Post) -> None:
    back = for_desk(post.hub, post.desk.device.device)
    key = bytes(range(32))
    known = read_bundle(back, post.desk.bundle_key, post.hub.keys.public)
    header = forged(post, back, hub=public_key(key))
    path = written(post, write_bundle(header, known.sections, post.desk.bundle_key, key))
    with refused(post, "不是本机登记的中心发的"):
        import_bundle(post.desk, path)
    # It may also say that it is ours; its signature then is not.
    path = written(post, write_bundle(known.header, known.sections, post.desk.bundle_key, key))
    with refused(post, "不完整或者被改动过"):
        import_bundle(post.desk, path)


def test_a_return_stick_that_has_expired(post: Post) -> None:
    work(post.desk, 2)
    back = post.carry()
    with refused(post, "已经过期.*请在中心重新导出"):
        import_bundle(replace(post.desk, clock=Later()), back)
    assert import_bundle(post.desk, back).pending == 0  # by a clock that is right it has not


def test_a_stick_of_a_later_program(post: Post) -> None:
    data, _ = _courier(post.desk).export()
    known = read_bundle(data, post.desk.bundle_key, public_key(post.desk.device_key))
    later = forged(post, data, version=2)
    with refused(post, "更新版本的程序写的"):
        take_in(post.hub, write_bundle(later, known.sections, post.desk.bundle_key, post.desk.device_key))
    back = for_desk(post.hub, post.desk.device.device)
    path = written(
        post,
        write_bundle(forged(post, back, version=2), (), post.desk.bundle_key, post.hub.keys.signing),
    )
    with refused(post, "更新版本的程序写的"):
        import_bundle(post.desk, path)


def test_a_section_that_cannot_be_read(post: Post) -> None:
    back = for_desk(post.hub, post.desk.device.device)
    garbled = (Section(name="session", data=b"?"),)
    path = written(
        post, write_bundle(read_header(back), garbled, post.desk.bundle_key, post.hub.keys.signing)
    )
    with refused(post, "看不懂的内容"):
        import_bundle(post.desk, path)


def test_more_than_one_stick_holds_is_told_before_anything_is_written(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(post.desk, 3, 4)
    monkeypatch.setattr(sync.bundle, "MAX_BYTES", sync.bundle._MARGIN + 100)
    with refused(post, "一个摆渡包装不下"):
        export_bundle(post.desk, post.folder / "full.thb")
    assert not (post.folder / "full.thb").exists()
    monkeypatch.undo()
    assert import_bundle(post.desk, post.carry()).pending == 0


def with_scans(post: Post, *sizes: int) -> None:
    case = work(post.desk, 5)[0]
    for size in sizes:
        state = read_state(post.desk, case)
        assert state is not None
        entry = Entry(case_id=case, item_id=state.item_id, fields=dict(state.fields))
        attach(post.desk, entry, random.Random(size).randbytes(size), title=f"样例{size}")


def uploads(post: Post) -> dict[int, str]:
    with post.desk.store.read() as conn:
        return {row.size - 28: row.upload for row in conn.execute(select(t.file))}


def test_small_files_go_first_and_what_has_no_room_waits_for_the_next_stick(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scans(post, 90_000, 500, 20_000)
    monkeypatch.setattr(sync.courier, "FILES_BYTES", 60_000)
    import_bundle(post.desk, post.carry())
    assert uploads(post) == {500: "done", 20_000: "done", 90_000: "waiting"}
    monkeypatch.undo()
    import_bundle(post.desk, post.carry())
    assert set(uploads(post).values()) == {"done"}


def test_a_store_that_is_down_keeps_the_files_of_a_stick_waiting_and_takes_the_cases(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scans(post, 600)
    data, _ = _courier(post.desk).export()

    def down(name: str, data: bytes) -> None:
        raise StoreDown("ENOSPC")

    monkeypatch.setattr(post.hub.blobs, "put", down)
    taken, back = take_in(post.hub, data)
    monkeypatch.undo()
    assert (taken.files, len(taken.problems)) == (0, 1)
    assert "附件都还在工作站" in taken.problems[0]
    assert import_bundle(post.desk, written(post, back)).pending == 0
    assert set(uploads(post).values()) == {"waiting"}
    import_bundle(post.desk, post.carry())
    assert set(uploads(post).values()) == {"done"}


def test_a_file_that_is_not_the_announced_one_is_not_taken_from_a_stick(post: Post) -> None:
    with_scans(post, 700)
    with post.desk.store.read() as conn:
        name = conn.execute(select(t.file.c.file_id)).scalar_one()
    good = post.desk.vault.read(name)
    post.desk.vault.put(name, bytes([good[0] ^ 1]) + good[1:])
    import_bundle(post.desk, post.carry())
    assert uploads(post) == {700: "waiting"}
    post.desk.vault.put(name, good)
    import_bundle(post.desk, post.carry())
    assert uploads(post) == {700: "done"}
