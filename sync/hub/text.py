"""Text from outside that is used as a key: PostgreSQL stores no NUL, and no key is a novel."""

from __future__ import annotations

LONGEST = 200


def storable(*texts: str) -> bool:
    return all("\0" not in text and len(text) <= LONGEST for text in texts)
