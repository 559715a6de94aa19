"""The code on a receipt by which its holder rates: who printed it and for which act, signed by that machine.

It works when the receipt was printed offline, says nothing personal, and a hub that knows the machine's
public key can tell it from an invented one.
"""

from __future__ import annotations

import base64
import binascii

import msgspec

from models.crypto import BadSignature, sign, verify
from models.domain.visit import receipt_payload

HEAD = "THBR1"


class RatingCode(msgspec.Struct, frozen=True, kw_only=True):
    device: str
    about: str
    proof: bytes

    def holds(self, public: bytes) -> bool:
        """Whether the machine with this key made it."""
        try:
            verify(public, receipt_payload(self.device, self.about), self.proof)
        except BadSignature:
            return False
        return True


def make_code(device_key: bytes, device: str, about: str) -> str:
    """``THBR1|machine|act|signature``; the same whenever it is printed."""
    proof = sign(device_key, receipt_payload(device, about))
    return "|".join((HEAD, device, about, base64.urlsafe_b64encode(proof).decode().rstrip("=")))


def read_code(text: str) -> RatingCode | None:
    """None for what is no such code; what a page's address puts before it is passed over."""
    start = text.find(HEAD + "|")
    parts = text[start:].strip().split("|") if start >= 0 else []
    if len(parts) != 4 or not all(parts) or any(c < " " for c in text):
        return None
    try:
        proof = base64.b64decode(parts[3] + "=" * (-len(parts[3]) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return RatingCode(device=parts[1], about=parts[2], proof=proof)
