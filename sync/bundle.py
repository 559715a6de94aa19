"""摆渡包: what desk and hub would say over the line, in one file on a USB stick.

The file is encrypted with a key that only this desk and its hub can derive (from the replica's data
key, which the hub keeps in escrow), signed by its sender, numbered and expiring.  Its content are the
messages of :mod:`sync.protocol`, so taking it in is the same act as a round over the network: it may be
repeated, may come late or in another order, and mixes freely with network rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec
import zstandard

from models.crypto import BadSignature, WrongKey, combine, sign, verify
from models.errors import KnownError
from models.progress import UNSEEN, Progress
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.sealing import compressed, decompressed, digest, opened, sealed

MAGIC = b"THBBUNDLE1"
VERSION = 1
LIFE_MS = 30 * 24 * 3600 * 1000
MAX_BYTES = 512 * 1024 * 1024
_MARGIN = 1024 * 1024  # for the header, the seal and the names of the sections
_KEPT = "没有改动，办件都在。"

T = TypeVar("T", bound=p.Message)


class Header(p.Message, frozen=True, kw_only=True, omit_defaults=True):
    """Readable by anybody who finds the stick: no names, no numbers, no counts.

    ``made_ms`` is the hub's time as its sender knows it; ``sequence`` grows with each of a sender's.
    """

    version: int
    kind: str  # "desk" or "hub": who wrote it
    device: str
    hub: bytes  # the hub's public key
    sequence: int
    made_ms: int
    expires_ms: int
    registrations: tuple[p.SignedRegistration, ...] = ()  # as a desk shows them to a hub that forgot it


class Section(p.Message, frozen=True, kw_only=True, omit_defaults=True):
    """One message.  A name that the reader does not know is left out and told."""

    name: str
    data: bytes


class Have(p.Message, frozen=True, kw_only=True, omit_defaults=True):
    """The rules that the desk already holds."""

    catalog_version: str = ""
    directory_hash: str = ""
    calendar_hash: str = ""
    credit_hash: str = ""
    forms_hash: str = ""
    forms: tuple[bytes, ...] = ()  # the first eight bytes of the SHA-256 of blank forms and samples held
    staff: tuple[str, ...] = ()  # who holds an offline sign-in on this desk
    postings: tuple[p.SignedPosting, ...] = ()  # as in a SessionRequest
    audit: bytes = b""  # as in a SessionRequest


NAMES = frozenset(
    [
        "push",
        "after",
        "have",
        "session",
        "pull",
        "snapshot",
        "numbers_request",
        "numbers",
        "catalog",
        "directory",
        "calendar",
        "credit",
        "forms",
        "form",
        "leases",
        "file",
        "file_taken",
    ]
)


class _Body(p.Message, frozen=True, kw_only=True, omit_defaults=True):
    sections: tuple[Section, ...]


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    header: Header
    sections: tuple[Section, ...]

    def unknown(self) -> tuple[str, ...]:
        """Names of sections that this version does not know, each once."""
        return tuple(dict.fromkeys(one.name for one in self.sections if one.name not in NAMES))

    def messages(self, name: str, kind: type[T], progress: Progress = UNSEEN) -> list[T]:
        """The messages of that name, in order.  Raises KnownError for one that cannot be read, and Stopped."""
        found: list[T] = []
        try:
            for place, one in enumerate(self.sections):
                if one.name == name:
                    progress.step(place, len(self.sections))
                    found.append(p.unpack(one.data, kind))
            return found
        except p.WireError as error:
            raise KnownError(f"摆渡包里有看不懂的内容。{_KEPT}请升级程序后再导入。") from error


BUNDLE_BEFORE = "bundle_key_before"  # while the hub's escrow lacks the present data key


def bundle_key(data_key: bytes, device: str) -> bytes:
    """The key of all bundles between this desk and its hub."""
    return combine(data_key, device.encode(), b"taihaoban/bundle/1")


def section(name: str, message: p.Message) -> Section:
    return Section(name=name, data=p.pack(message))


def write_bundle(
    header: Header, sections: Sequence[Section], key: bytes, signing: bytes, progress: Progress = UNSEEN
) -> bytes:
    """The bytes of the file.  Raises KnownError when it would be larger than a reader takes, and Stopped."""
    if sum(len(one.data) for one in sections) > MAX_BYTES - _MARGIN:
        raise KnownError(f"要带的内容太多，一个摆渡包装不下，没有写文件。{_KEPT}请联网对账。")
    head = msgspec.msgpack.encode(header)
    packed = compressed(msgspec.msgpack.encode(_Body(sections=tuple(sections))), progress)
    body = sealed(key, packed, head, progress)
    signature = sign(signing, _signed(head, body, progress))
    return MAGIC + len(head).to_bytes(4, "big") + head + signature + body


def read_header(data: bytes) -> Header:
    """Who wrote it to whom.  Raises KnownError for a file that is no bundle, or a later program's."""
    return _split(data)[0]


def read_bundle(data: bytes, key: bytes, sender: bytes, progress: Progress = UNSEEN) -> Bundle:
    """Check and decrypt.  ``sender`` is the writer's public key.  Raises KnownError and Stopped."""
    header, head, signature, body = _split(data)
    try:
        verify(sender, _signed(head, body, progress), signature)
        plain = decompressed(opened(key, body, head, progress), MAX_BYTES, progress)
        sections = msgspec.msgpack.decode(plain, type=_Body).sections
    except (BadSignature, WrongKey, zstandard.ZstdError, msgspec.MsgspecError, RecursionError) as error:
        raise KnownError(f"摆渡包不完整或者被改动过。{_KEPT}请重新导出，再拷一次。") from error
    return Bundle(header=header, sections=sections)


def check_sender(data: bytes, sender: bytes) -> None:
    """Raises BadSignature when the file was not written, whole as it is, by whom this key belongs to."""
    _, head, signature, body = _split(data)
    verify(sender, _signed(head, body), signature)


def _split(data: bytes) -> tuple[Header, bytes, bytes, bytes]:
    start = len(MAGIC) + 4
    size = int.from_bytes(data[len(MAGIC) : start], "big")
    end = start + size
    if not data.startswith(MAGIC) or len(data) < end + 64 or size > 4096:
        raise KnownError(f"这个文件不是摆渡包，或者没有拷全。{_KEPT}请核对文件，或者重新导出。")
    head = data[start:end]
    try:
        header = msgspec.msgpack.decode(head, type=Header)
    except msgspec.MsgspecError as error:
        raise KnownError(f"这个文件不是摆渡包，或者没有拷全。{_KEPT}请核对文件，或者重新导出。") from error
    if header.version > VERSION:
        raise KnownError(f"摆渡包是更新版本的程序写的。{_KEPT}请升级程序后再导入。")
    return header, head, data[end : end + 64], data[end + 64 :]


def _signed(head: bytes, body: bytes, progress: Progress = UNSEEN) -> bytes:
    return b"taihaoban/bundle/1\0" + head + digest(b"", body, progress)


class NotInBundle(KnownError):
    """The stick brings no answer to this; it waits for the next one, or for the network."""

    def __init__(self) -> None:
        super().__init__("摆渡包里没有这一项的答复，下次对账再办。")


def _after(reply: sp.SnapshotReply) -> str:
    try:
        return msgspec.msgpack.decode(reply.chunk, type=sp.SnapshotChunk).after
    except msgspec.MsgspecError as error:
        raise KnownError(f"摆渡包里有看不懂的内容。{_KEPT}请升级程序后再导入。") from error


_ANSWERED = frozenset(
    f"/v1/{name}"
    for name in (
        "hello",
        "session",
        "push",
        "pull",
        "snapshot",
        "numbers",
        "directory",
        "calendar",
        "credit",
        "forms",
    )
)


class BundleTransport:
    """The hub's side of a round, answered from a return bundle: the desk's engine runs as ever."""

    def __init__(self, bundle: Bundle, progress: Progress = UNSEEN) -> None:
        self._progress, self._calls = progress, 0
        self._header = bundle.header
        self._session = next(iter(bundle.messages("session", p.SessionReply)), None)
        self._outcomes = {
            outcome.dseq: outcome
            for reply in bundle.messages("push", p.PushReply)
            for outcome in reply.outcomes
        }
        self._pages = bundle.messages("pull", p.PullReply, progress)
        self._chunks: dict[str, sp.SnapshotReply] = {}
        for reply in bundle.messages("snapshot", sp.SnapshotReply, progress):
            self._chunks[_after(reply)] = reply
        self._after = [request.after_seq for request in bundle.messages("after", p.PullRequest)]
        self._numbers = {
            request.request_id: reply
            for request, reply in zip(
                bundle.messages("numbers_request", p.NumbersRequest),
                bundle.messages("numbers", p.NumbersReply),
                strict=True,
            )
        }
        self._documents: dict[str, p.Message] = {
            f"/v1/catalog/{reply.version}": reply for reply in bundle.messages("catalog", p.CatalogReply)
        }
        for directory in bundle.messages("directory", p.DirectoryReply):
            self._documents["/v1/directory"] = directory
        for calendar in bundle.messages("calendar", p.CalendarReply):
            self._documents["/v1/calendar"] = calendar
        for credit in bundle.messages("credit", p.CreditReply):
            self._documents["/v1/credit"] = credit
        for forms in bundle.messages("forms", p.FormsReply):
            self._documents["/v1/forms"] = forms

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        if path not in _ANSWERED and not path.startswith("/v1/catalog/"):
            unknown = p.Problem(code="not_served", message=str(NotInBundle()))
            return 404, p.CONTENT_TYPE, p.pack(unknown)
        # Between two transactions of the round: what the last one took in is durable.
        self._calls += 1
        self._progress.step(self._calls, max(self._calls, len(self._pages) + len(self._chunks)))
        message = self._answer(path, body)
        if message is None:
            raise NotInBundle()
        return 200, p.CONTENT_TYPE, p.pack(message)

    def close(self) -> None:
        """The bundle is in memory."""

    def _answer(self, path: str, body: bytes) -> p.Message | None:
        if self._session is None:
            return None
        if path == "/v1/hello":
            return p.Hello(
                hub_id="",
                epoch=self._session.epoch,
                hub_time_ms=self._header.made_ms,
                hub_key=self._header.hub,
                nonce="bundle",
            )
        if path == "/v1/session":
            return self._session
        if path == "/v1/push":
            return self._pushed(p.unpack(body, p.PushRequest))
        if path == "/v1/pull":
            return self._pulled(p.unpack(body, p.PullRequest))
        if path == "/v1/snapshot":
            wanted = p.unpack(body, sp.SnapshotRequest)
            return self._chunks.get(wanted.after) if not wanted.case_ids else None
        if path == "/v1/numbers":
            return self._numbers.get(p.unpack(body, p.NumbersRequest).request_id)
        return self._documents.get(path)

    def _pushed(self, request: p.PushRequest) -> p.Message | None:
        last = request.first_dseq + len(request.ops) - 1
        told = [o for dseq, o in self._outcomes.items() if request.first_dseq <= dseq <= last]
        if not told or self._session is None:
            return None
        return p.PushReply(
            epoch=self._session.epoch,
            hub_time_ms=self._header.made_ms,
            next_dseq=max(o.dseq for o in told) + 1,
            outcomes=tuple(told),
        )

    def _pulled(self, request: p.PullRequest) -> p.Message | None:
        if request.after_seq < min(self._after, default=0):
            return None  # it was made for a desk that had read further: this one was put back since
        for page in self._pages:
            fresh = tuple(entry for entry in page.entries if entry.seq > request.after_seq)
            if page.head_seq < request.after_seq and not self._chunks:
                return None  # this desk has read on by line since
            if fresh or page is self._pages[-1]:
                return msgspec.structs.replace(page, entries=fresh)
        return None
