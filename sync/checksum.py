"""The checksum over the cases of a scope, which desk and hub compare after each pull."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def case_digest(case_id: str, rev: int, state: bytes) -> bytes:
    """What a case counts for in the checksums: SHA-256 over (case_id, rev, state bytes)."""
    return hashlib.sha256(f"{case_id}\0{rev}\0".encode() + state).digest()


def scope_checksum(rows: Iterable[tuple[str, int, bytes]]) -> bytes:
    """Order-free digest of a scope's cases: XOR of their :func:`case_digest`."""
    total = 0
    for case_id, rev, state in rows:
        total ^= int.from_bytes(case_digest(case_id, rev, state), "big")
    return total.to_bytes(32, "big")
