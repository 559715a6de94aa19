"""Attached files (扫描件、电子附件) as the law sees them: facts in the case, bytes elsewhere.

A file's facts travel in the op that attaches it, before its bytes.  The bytes are sealed once, under a key
of their own, on the machine that took them in; everyone else stores and sends them as they are.
"""

from __future__ import annotations

import re

import msgspec

MAX_FILE_BYTES = 64 * 1024 * 1024
_NAME = re.compile("[0-9a-f]{64}")


class CaseFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``file_id``: 64 hex digits, a keyed HMAC of the content; says nothing of it.  ``key``: 32 bytes.

    ``size`` and ``sha256`` are of the sealed bytes, so that whoever only stores them can check them.
    ``material`` is the id of the listed material it proves, empty for the case as a whole.
    ``void`` is the reason why it no longer counts; nothing is ever deleted.
    """

    file_id: str
    key: bytes
    size: int
    sha256: bytes
    media: str
    title: str
    material: str = ""
    pages: int = 0
    op_id: str = ""
    staff: str = ""
    device: str = ""
    at_ms: int = 0
    void: str = ""


def file_problem(file: CaseFile) -> str:
    """Why these facts cannot be right; "" when they can."""
    if not _NAME.fullmatch(file.file_id) or len(file.key) != 32 or len(file.sha256) != 32:
        return "附件的标识不完整，没有采用。请重新附一次。"
    if not 0 < file.size <= MAX_FILE_BYTES + 64:
        return f"附件是空的，或者超过 {MAX_FILE_BYTES // 1024 // 1024} MB，没有采用。请分成几份再附。"
    if not file.title.strip() or len(file.title) > 200 or not 0 <= file.pages < 10_000:
        return "附件要有名称，没有采用。请写上名称再附。"
    return ""
