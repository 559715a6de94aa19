"""Chunks of a file in any order, and the stores behind the hub: a folder or a bucket do the same."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.commands.attach import attach, fetch_file, find_file, open_file
from app.commands.context import Desk
from models.errors import KnownError
from models.tables import replica as t
from sync import file_protocol as fp
from sync.attachments import MAX_TRIES
from sync.hub import files
from sync.hub import tables as h
from sync.hub.blobs import FolderBlobs, StoreDown, open_blobs
from sync.hub.database import init_hub, open_hub
from sync.hub.devices import find_device
from tests.sync.attachments.kit import CASE, SCAN, at_hub, entry, hall, only, ready, send
from tests.sync.hall_kit import Hall
from tests.sync.hub.fake_desk import HALL

__all__ = ["hall"]


CUT = st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 5))


@given(content=st.binary(min_size=1, max_size=400), cuts=st.lists(CUT, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_chunks_in_any_order_and_any_number_never_make_another_file(
    hall: Hall, content: bytes, cuts: list[tuple[int, int, int]]
) -> None:
    """Whatever arrives, the hub has the file as announced, or says from where to go on."""
    with hall.hub.read() as conn:
        count = len(conn.execute(select(h.file.c.file_id)).all())
    name = f"d{count}"
    desk = (
        ready(hall, content + f"{count:08d}".encode(), name)
        if count == 0
        else _one_more(hall, content, count)
    )
    with desk.store.read() as conn:
        row = conn.execute(select(t.file).order_by(t.file.c.added_ms.desc(), t.file.c.file_id)).first()
        assert row is not None
        row = conn.execute(select(t.file).where(t.file.c.upload == "waiting")).first()
    assert row is not None
    sealed = desk.vault.read(row.file_id)
    with hall.hub.read() as conn:
        device = find_device(conn, desk.device.device)
    assert device is not None
    for first, second, flaw in cuts:
        at, end = sorted((len(sealed) * first // 1000, len(sealed) * second // 1000))
        piece = sealed[at:end]
        if piece and flaw == 0:
            piece = bytes([piece[0] ^ 1]) + piece[1:]
        reply = files.take_chunk(hall.hub, device, fp.FileChunk(file_id=row.file_id, offset=at, data=piece))
        assert 0 <= reply.sent <= len(sealed)
        if reply.done:
            assert hall.hub.blobs.read(f"{HALL}/{row.file_id}") == sealed
    for _ in range(MAX_TRIES + 1):
        send(hall, desk)
    assert at_hub(hall)[row.file_id] == "here"
    assert hall.hub.blobs.read(f"{HALL}/{row.file_id}") == sealed


def _one_more(hall: Hall, content: bytes, count: int) -> Desk:
    desk = hall.open[0]
    attach(desk, entry(), content + f"{count:08d}".encode(), title=f"第{count}份")
    hall.sync(desk)
    return desk


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a bucket at a real S3 server in this process."""
    import boto3
    from moto.server import ThreadedMotoServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="key",
        aws_secret_access_key="se/cret+",
        region_name="us-east-1",
    ).create_bucket(Bucket="scans")
    yield f"s3://key:se%2Fcret%2B@127.0.0.1:{port}/scans/hall?tls=no"
    server.stop()


@pytest.mark.slow
def test_a_bucket_and_a_folder_do_the_same(s3: str, tmp_path: Path) -> None:
    for store in (open_blobs(tmp_path, s3), FolderBlobs(tmp_path / "files")):
        assert store.read("370911/a") is None
        assert store.size("370911/a") is None
        store.remove("370911/a")
        store.put("370911/a", b"0123456789")
        store.put("370911/a.part/000", b"piece")
        assert store.read("370911/a") == b"0123456789"
        assert store.read("370911/a", 3, 4) == b"3456"
        assert store.read("370911/a", 8, 10) == b"89"
        assert store.read("370911/a", 10, 5) == b""
        assert store.size("370911/a") == 10
        assert store.names() == ["370911/a", "370911/a.part/000"]
        assert store.names("370911/a.part/") == ["370911/a.part/000"]
        store.remove("370911/a")
        assert store.names() == ["370911/a.part/000"]


@pytest.mark.slow
def test_a_hub_keeps_its_files_in_a_bucket(s3: str, hall: Hall) -> None:
    hall.hub.blobs = open_blobs(hall.folder, s3.replace("/hall?", "/other-hall?"))
    desk = ready(hall)
    assert send(hall, desk) == []
    assert hall.hub.blobs.names() == [f"{HALL}/{only(desk)}"]
    other = hall.desk("other", window="370911-08")
    hall.sync(other)
    file = find_file(other, CASE, only(desk))
    fetch_file(other, CASE, file)
    assert open_file(other, file) == SCAN
    assert files.scrub(hall.hub).broken == ()


def test_a_store_that_is_down_is_one_plain_sentence(tmp_path: Path) -> None:
    store = open_blobs(tmp_path, "s3://key:secret@127.0.0.1:9/scans?tls=no")
    failed: list[str] = []

    def ask() -> None:
        try:
            store.size("a")
        except StoreDown as error:
            failed.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert failed == ["中心的附件库暂时用不了，附件都还在工作站。稍后会自动再传。"]
    for bad in ("http://host/scans", "s3://host", "s3://key:secret@example.org/scans?tls=no"):
        with pytest.raises(KnownError, match="没有改动"):
            open_blobs(tmp_path, bad)


def test_the_hub_remembers_where_its_files_are(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", files="s3://key:secret@127.0.0.1:9/scans?tls=no").close()
    again = open_hub(tmp_path / "hub")
    with pytest.raises(StoreDown):
        again.blobs.put("a", b"b")
    again.close()
    assert json.loads((tmp_path / "hub" / "hub.json").read_bytes())["files"].startswith("s3://")
