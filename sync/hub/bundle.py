"""The hub's end of a 摆渡包: take a desk's in, write the one that goes back."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from models.crypto import BadSignature
from models.errors import KnownError
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.bundle import (
    LIFE_MS,
    VERSION,
    Have,
    Header,
    Section,
    bundle_key,
    check_sender,
    read_bundle,
    read_header,
    section,
    write_bundle,
)
from sync.file_protocol import WholeFile
from sync.hub import devices, feed, files, forms, ingest, numbers, publish, snapshot
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.audit_heads import hear
from sync.hub.blobs import StoreDown
from sync.hub.credit import credit_reply
from sync.hub.database import Hub
from sync.hub.places import read_places
from sync.hub.postings import regain
from sync.hub.readmit import readmit
from sync.hub.refusal import Refused
from sync.hub.signin import renew

SAFE = "中心没有改动。"
FORMS_BYTES = 64 * 1024 * 1024  # up to here blank forms and samples fill a bundle up


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk's bundle brought.  ``problems`` are plain sentences."""

    device: str
    ops: int = 0
    files: int = 0
    outcomes: dict[str, int] = {}
    problems: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()  # sections of a kind that this hub does not know


def take_in(hub: Hub, data: bytes) -> tuple[Taken, bytes]:
    """Take a desk's bundle in as if it had come over the network; returns what to carry back.

    The same bundle again changes nothing and is answered again.  Raises KnownError: no bundle, another
    hub's, expired by this hub's clock, changed, or of a desk that may not send any more.
    """
    header = read_header(data)
    now = hub.now_ms()
    if header.kind != "desk":
        raise KnownError(f"这是中心发给工作站的摆渡包，要在工作站上导入。{SAFE}")
    if header.hub != hub.keys.public:
        raise KnownError(f"这个摆渡包是发给另一个中心的。{SAFE}请核对文件。")
    if now > header.expires_ms:
        raise KnownError(f"这个摆渡包已经过期。{SAFE}办件都在工作站上，请核对工作站的时钟后重新导出。")
    _know(hub, header, data)
    with hub.read() as conn:
        try:
            device = devices.approved_device(conn, header.device)
        except Refused as error:
            raise KnownError(str(error), detail=error.code) from error
        key = bundle_key(devices.escrow_key(hub, conn, device), device.device)
    bundle = read_bundle(data, key, device.public_key)
    point = b""
    for told in bundle.messages("have", Have):
        regain(hub, device.device, told.postings)
        point = hear(hub, device.device, device.scope, device.public_key, told.audit) if told.audit else point
    answers: list[Section] = []
    problems: list[str] = []
    outcomes: dict[str, int] = {}
    ops = 0
    for request in bundle.messages("push", p.PushRequest):
        try:
            reply = ingest.push(hub, device.device, request)
        except Refused as error:
            problems.append(str(error))
            break  # what follows in the chain cannot be taken without it
        ops += len(request.ops)
        for one in reply.outcomes:
            outcomes[one.outcome.value] = outcomes.get(one.outcome.value, 0) + 1
        answers.append(section("push", reply))
    files_in = 0
    for file in bundle.messages("file", WholeFile):
        try:
            receipt = files.take_whole(hub, device, file)
        except Refused as error:
            if error.code != "unknown_file":  # its case was sent back or waits; the file stays at the desk
                problems.append(str(error))
            continue
        except StoreDown as error:
            problems.append(str(error))
            break
        files_in += receipt.done
        answers.append(section("file_taken", receipt))
    with hub.write() as conn:
        record(conn, now, device.device, "bundle_in", target=str(header.sequence), detail=f"{ops}")
    with hub.read() as conn:
        device = devices.approved_device(conn, header.device)
    answers += _numbers(hub, device, bundle.messages("numbers_request", p.NumbersRequest), problems)
    after = bundle.messages("after", p.PullRequest)
    have = bundle.messages("have", Have)
    reply_data = _outgoing(
        hub, device, key, answers, after[0] if after else None, have[0] if have else None, point
    )
    taken = Taken(
        device=device.device,
        ops=ops,
        files=files_in,
        outcomes=outcomes,
        problems=tuple(problems),
        skipped=bundle.unknown(),
    )
    return taken, reply_data


def _know(hub: Hub, header: Header, data: bytes) -> None:
    """A hub restored from an older backup may not know the machine; the stick brings the hub's word for it."""
    with hub.read() as conn:
        found = devices.find_device(conn, header.device)
    if found is not None or not header.registrations:
        return

    def written_by(key: bytes) -> None:
        try:
            check_sender(data, key)
        except BadSignature as error:
            raise KnownError(f"摆渡包不完整或者被改动过。{SAFE}请重新导出，再拷一次。") from error

    try:
        readmit(hub, header.device, header.registrations, written_by)
    except Refused as error:
        raise KnownError(str(error), detail=error.code) from error


def for_desk(hub: Hub, device_name: str) -> bytes:
    """A bundle with everything of its hall for a desk that sent none.  Raises KnownError."""
    with hub.read() as conn:
        try:
            device = devices.approved_device(conn, device_name)
        except Refused as error:
            raise KnownError(str(error), detail=error.code) from error
        key = bundle_key(devices.escrow_key(hub, conn, device), device.device)
    return _outgoing(hub, device, key, [], None, None)


def _numbers(
    hub: Hub, device: devices.Device, requests: list[p.NumbersRequest], problems: list[str]
) -> list[Section]:
    answers: list[Section] = []
    with hub.read() as conn:
        hall = read_places(conn).hall(device.scope)
    if hall is None:
        return []
    for request in requests:
        try:
            reply = numbers.grant(hub, device.device, hall.division, request)
        except Refused as error:
            problems.append(str(error))
            continue
        answers += [section("numbers_request", request), section("numbers", reply)]
    return answers


def _is_not_told(hub: Hub, scope: str, epoch: str, seq: int) -> bool:
    """Whether the feed cannot go on from there: folded away, or the hub itself has gone back since."""
    with hub.read() as conn:
        row = conn.execute(select(t.scope_seq).where(t.scope_seq.c.scope == scope)).first()
    floor, head = (row.floor_seq, row.seq) if row is not None else (0, 0)
    if seq > head:
        feed.tell_went_back(hub, scope, epoch)
    return not floor <= seq <= head


def _whole(hub: Hub, device: devices.Device) -> tuple[list[Section], int]:
    """The scope as a snapshot, and the sequence that the feed goes on from."""
    sections: list[Section] = []
    request = sp.SnapshotRequest(scope=device.scope)
    first = -1
    while True:
        reply = snapshot.read_chunk(hub, device, request)
        chunk = msgspec.msgpack.decode(reply.chunk, type=sp.SnapshotChunk)
        first = chunk.seq if first < 0 else first
        sections.append(section("snapshot", reply))
        if chunk.finished:
            return sections, first
        request = msgspec.structs.replace(
            request, epoch=chunk.epoch, snapshot=chunk.snapshot, after=chunk.last
        )


def _outgoing(
    hub: Hub,
    device: devices.Device,
    key: bytes,
    answers: list[Section],
    after: p.PullRequest | None,
    have: Have | None,
    point: bytes = b"",
) -> bytes:
    session = msgspec.structs.replace(devices.session_facts(hub, device), audit=point)
    start = after if after is not None and after.epoch == session.epoch else None
    sections = [section("session", session), *answers]
    seq = start.after_seq if start is not None else 0
    if start is None or _is_not_told(hub, device.scope, session.epoch, seq):
        chunks, seq = _whole(hub, device)
        sections += chunks
    request = p.PullRequest(scope=device.scope, epoch=session.epoch, after_seq=seq)
    sections.append(section("after", request))
    while True:
        page = feed.pull(hub, device.scope, request)
        sections.append(section("pull", page))
        if not page.entries or page.entries[-1].seq >= page.head_seq:
            break
        request = msgspec.structs.replace(request, after_seq=page.entries[-1].seq)
    if have is None or have.catalog_version != session.catalog_version:
        if session.catalog_effective:
            sections.append(section("catalog", publish.catalog_reply(hub, session.catalog_effective)))
        sections.append(section("catalog", publish.catalog_reply(hub, session.catalog_version)))
    if session.directory_hash and (have is None or have.directory_hash != session.directory_hash):
        sections.append(section("directory", publish.directory_reply(hub)))
    if session.calendar_hash and (have is None or have.calendar_hash != session.calendar_hash):
        sections.append(section("calendar", publish.calendar_reply(hub)))
    if session.credit_hash and (have is None or have.credit_hash != session.credit_hash):
        sections.append(section("credit", credit_reply(hub)))
    if session.forms_hash and (have is None or have.forms_hash != session.forms_hash):
        sections.append(section("forms", forms.forms_reply(hub)))
    leases = renew(hub, device, have.staff if have is not None else ())
    if leases.renewed or leases.revoked:
        sections.append(section("leases", leases))
    room = FORMS_BYTES - sum(len(one.data) for one in sections)
    sections += [
        section("form", one) for one in forms.for_bundle(hub, have.forms if have is not None else (), room)
    ]
    made = session.hub_time_ms
    header = Header(
        version=VERSION,
        kind="hub",
        device=device.device,
        hub=hub.keys.public,
        sequence=made,
        made_ms=made,
        expires_ms=made + LIFE_MS,
    )
    return write_bundle(header, sections, key, hub.keys.signing)
