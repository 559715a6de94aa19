"""The wire of attached files: resumable by offset, as tus has it, over the messages of this protocol.

The facts of a file come to the hub in an op before any byte does; the hub takes no file that no case
refers to.  Bytes are sealed: neither the line nor a store behind the hub learns anything from them.
"""

from __future__ import annotations

from sync.protocol import Message

MAX_CHUNK = 512 * 1024


class FileOffer(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Ask how much of a file the hub has."""

    file_id: str


class FileChunk(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Bytes from ``offset`` on.  They are taken when they follow on; otherwise the answer tells where to go on."""

    file_id: str
    offset: int
    data: bytes


class FileReply(Message, frozen=True, kw_only=True, omit_defaults=True):
    """``sent``: bytes the hub has, durably.  ``done``: all of them, and their SHA-256 is the announced one.

    ``spoilt``: all had come and were something else, so it has thrown them away.
    """

    file_id: str
    sent: int = 0
    done: bool = False
    spoilt: bool = False


class FileWant(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Fetch up to ``length`` bytes from ``offset`` on."""

    file_id: str
    offset: int
    length: int = MAX_CHUNK


class FormWant(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Fetch up to ``length`` bytes of a blank form or sample, which the list names by ``sha256`` (hex)."""

    sha256: str
    offset: int
    length: int = MAX_CHUNK


class FileBytes(Message, frozen=True, kw_only=True, omit_defaults=True):
    size: int
    data: bytes


class WholeFile(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A file in a 摆渡包: sealed, of a case; or a blank form or sample as it is, its SHA-256 the id."""

    file_id: str
    data: bytes
