"""The wire: messages between desk and hub, and how they become bytes.

Bodies are MessagePack maps (msgspec), compressed with zstd, and with a shipped dictionary once both
ends have told each other that they hold it (``Hello.dictionary``, header ``X-Dictionary``).  Fields are only ever added, with a
default; an unknown field is ignored.  Bytes of ops are opaque here: they travel as stored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec
import zstandard

from sync.dictionary import compress, decompress
from sync.words import Message as Message
from sync.words import Posting as Posting
from sync.words import SignedPosting as SignedPosting
from sync.words import SignedRegistration as SignedRegistration
from sync.words import posting_payload as posting_payload

PROTOCOL = 2  # 2: snapshots, bucket repair, checkpoints, recovery
OLDEST = max(1, PROTOCOL - 2)  # the oldest that is still spoken
TOO_OLD = (
    "本机的程序太旧，中心已经不再支持，没有连接。办件都在本机，没有丢失。请升级工作站程序，之后会自动补传。"
)
CONTENT_TYPE = "application/vnd.taihaoban+msgpack.zstd"
MAX_BATCH_OPS = 500
MAX_BATCH_BYTES = 256 * 1024
MAX_MESSAGE_BYTES = 64 * 1024 * 1024

T = TypeVar("T")


class WireError(Exception):
    """The bytes are not a message of the expected type."""


class Outcome(StrEnum):
    """What the hub decided about one op; each carries a plain reason."""

    APPLIED = "applied"
    MERGED = "merged"
    CONFLICT = "conflict"
    HELD = "held"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Problem(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Body of any non-2xx answer: a stable ``code`` and a sentence for the clerk; who did it and when, of a revoking.

    ``again_ms``: of a crowd, after how long the hub has room for this desk; 0: it does not say.
    """

    code: str
    message: str
    by: str = ""
    at_ms: int = 0
    again_ms: int = 0


class Hello(Message, frozen=True, kw_only=True, omit_defaults=True):
    hub_id: str
    epoch: str
    hub_time_ms: int
    hub_key: bytes  # Ed25519 public key, raw 32 bytes
    nonce: str
    protocol: int = 1  # a default on the wire never changes: it is what is left out
    features: tuple[str, ...] = ()
    dictionary: int = 0  # id of the compression dictionary that the hub holds
    min_protocol: int = 1  # the oldest client the hub serves


class EnrolRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``signature`` is over :func:`enrol_payload`: it proves possession of the device key."""

    code: str
    device_key: bytes
    label: str
    escrow_key: bytes  # the replica's data key, kept by the hub for a further clerk's first sign-in
    signature: bytes
    former: str = ""  # the frozen device this machine was, with its key's signature over the same payload
    former_signature: bytes = b""


class EnrolReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    device: str
    status: str  # pending | approved | revoked
    scope: str
    hall_name: str
    window: str
    window_name: str
    division: str


class SessionRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``signature`` over :func:`session_payload` with a nonce from Hello; ``dseq`` is the desk's last.

    ``postings``: the hub's own word for the halls that the machine has been moved to, the latest of each.
    """

    device: str
    nonce: str
    signature: bytes
    dseq: int = 0
    protocol: int = 1
    postings: tuple[SignedPosting, ...] = ()
    audit: bytes = b""  # a sync.audit_head.SignedHead
    registered: bytes = b""  # beginning of the SHA-256 of the registration that the machine holds
    registrations: tuple[SignedRegistration, ...] = ()  # shown where the hub does not know the machine


class SessionReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    token: str
    epoch: str
    hub_time_ms: int
    scope: str
    hall_name: str
    window: str
    window_name: str
    division: str
    next_dseq: int
    catalog_version: str
    directory_hash: str
    calendar_hash: str
    wanted_files: tuple[str, ...] = ()  # files of the hall whose bytes the hub lacks
    credit_hash: str = ""  # of the 失信名单, when there is one
    catalog_effective: str = ""  # the version in force today, where a later one is already published
    forms_hash: str = ""  # of the list of blank forms and samples, when there is one
    posting: SignedPosting | None = None  # for a machine that was moved: to be kept and shown again
    audit: bytes = b""  # a sync.audit_head.Point
    registration: SignedRegistration | None = None  # to be kept: who it is, where it holds no such word yet


class SignInRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Needs no session: a clerk who is new on a machine cannot unlock its device key yet."""

    staff: str
    password: str
    device: str = ""


class SignInLease(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Permission to work offline: a role snapshot until ``expires_ms``; signed by the hub."""

    lease_id: str
    device: str
    staff: str
    name: str
    roles: tuple[str, ...]
    domains: tuple[str, ...]
    scope: str
    window: str
    issued_ms: int
    expires_ms: int


class SignedLease(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``lease`` are the bytes of a SignInLease; ``signature`` is the hub's, over those bytes."""

    lease: bytes
    signature: bytes


class LeasesRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """工号 that have an offline sign-in on the asking desk."""

    staff: tuple[str, ...]


class Leases(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Offline sign-ins that go on, and 工号 whose sign-in on this desk ends."""

    renewed: tuple[SignedLease, ...] = ()
    revoked: tuple[str, ...] = ()


class SignInReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    signed: SignedLease
    escrow_key: bytes


class EscrowRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The data key of the asking desk's replica, new since a rekey."""

    escrow_key: bytes


class EscrowReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """The hub holds it; sticks go under it from now on."""

    hub_time_ms: int


class OpOutcome(Message, frozen=True, kw_only=True, omit_defaults=True):
    dseq: int
    op_id: str
    outcome: Outcome
    rev: int = 0
    reason: str = ""


class PushRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Consecutive ops of one device.  ``signature`` is over :func:`push_payload`.

    ``cuts``: for each op, where its link to the one before was cut out (-1: it is whole); only for a hub
    with the feature ``cut``.  ``brief`` asks for plain successes as ``PushReply.applied``.
    """

    device: str
    first_dseq: int
    ops: tuple[bytes, ...]
    head: bytes
    signature: bytes
    cuts: tuple[int, ...] = ()
    brief: bool = False


class FieldConflict(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One disagreement.  ``path`` is a field, or "" when the act itself could not stand."""

    conflict_id: str
    case_id: str
    op_id: str
    path: str
    base: str
    mine: str
    theirs: str
    kind: str  # C or D (DESIGN §3)
    reason: str = ""
    device: str = ""
    staff: str = ""
    at_ms: int = 0
    theirs_staff: str = ""
    theirs_at_ms: int = 0


class PushReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``next_dseq`` tells where to go on, also when the batch did not follow on.

    ``applied``: first and last dseq of runs of plain successes, when the desk asked to be brief.
    """

    epoch: str
    hub_time_ms: int
    next_dseq: int
    outcomes: tuple[OpOutcome, ...] = ()
    applied: tuple[tuple[int, int], ...] = ()


class PullRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``lean``: leave out what the desk can put back (:mod:`sync.thin`).

    ``snapshots``: the desk can take one, so a feed that begins too late need not be sent.
    """

    scope: str
    epoch: str
    after_seq: int
    limit: int = 500
    lean: bool = False
    snapshots: bool = False


class FeedEntry(Message, frozen=True, kw_only=True, omit_defaults=True):
    """One committed step of a scope.  ``state`` are the bytes of the case after it.

    Left out in a lean answer (``thin``, bits): 1 ``op``, which is the desk's own; 2 ``state``, which
    follows from the op; 4 ``op_id`` and ``case_id``, which stand in the op.  ``cut``: where the op's
    link to the op of the entry before was cut out.
    """

    seq: int
    case_id: str
    op_id: str
    outcome: Outcome
    rev: int
    op: bytes
    state: bytes
    at_ms: int = 0
    reason: str = ""
    conflicts: tuple[FieldConflict, ...] = ()
    resolved: tuple[str, ...] = ()
    thin: int = 0
    cut: int = -1


class PullReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """When ``epoch`` differs from the request's, ``entries`` start again from 0."""

    epoch: str
    scope: str
    hub_time_ms: int
    entries: tuple[FeedEntry, ...]
    head_seq: int
    checksum: bytes = b""  # over (case_id, rev, state) of the scope; only on the last page
    snapshot: bool = False  # the feed after ``after_seq`` is not whole any more: take a snapshot


class NumbersRequest(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for serials of ``year``; ``have`` is what is left.  ``request_id`` makes it idempotent."""

    request_id: str
    year: int
    have: int
    want: int = 0


class BlockGrant(Message, frozen=True, kw_only=True, omit_defaults=True):
    block_id: str
    division: str
    year: int
    first: int
    last: int


class NumbersReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    blocks: tuple[BlockGrant, ...]
    hub_time_ms: int


class CatalogReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``data`` are bytes of models.domain.catalog.encode_catalog; signed by the hub."""

    version: str
    data: bytes
    signature: bytes


class DirectoryReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Divisions, departments, halls, windows as JSON bytes, and the hash that names them."""

    hash: str
    data: bytes
    signature: bytes


class CalendarReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    hash: str
    data: bytes
    signature: bytes


class CreditReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``data`` is a models.domain.credit.CreditList as JSON: keyed hashes, no id numbers."""

    hash: str
    data: bytes
    signature: bytes


class FormsReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``data`` is a models.domain.forms.FormList as JSON; the files themselves are fetched by SHA-256."""

    hash: str
    data: bytes
    signature: bytes


def enrol_payload(code: str, device_key: bytes) -> bytes:
    return b"taihaoban/enrol/1\0" + code.encode() + b"\0" + device_key


def session_payload(device: str, nonce: str, dseq: int) -> bytes:
    return f"taihaoban/session/1\0{device}\0{nonce}\0{dseq}".encode()


def push_payload(device: str, first_dseq: int, count: int, head: bytes) -> bytes:
    return f"taihaoban/push/1\0{device}\0{first_dseq}\0{count}\0".encode() + head


def pack(message: Message, dictionary: int = 0) -> bytes:
    """The bytes of a message.  ``dictionary`` is the id of the one the receiver holds, 0 for none."""
    return compress(msgspec.msgpack.encode(message), dictionary)


def unpack(data: bytes, kind: type[T], limit: int = MAX_MESSAGE_BYTES) -> T:
    """Inverse of :func:`pack`, up to ``limit`` bytes.  Raises :class:`WireError`, whatever the bytes are."""
    try:
        # The library ignores max_output_size when the frame itself states how large it becomes.
        if zstandard.frame_content_size(data) > limit:
            raise WireError("message too large")
        return msgspec.msgpack.decode(decompress(data, limit), type=kind)
    except (zstandard.ZstdError, msgspec.MsgspecError, MemoryError, ValueError, RecursionError) as error:
        raise WireError(str(error)) from error
