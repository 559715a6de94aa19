"""A batch of own ops, signed for the hub: over the line or in a 摆渡包."""

from __future__ import annotations

from collections.abc import Sequence

from models.crypto import sign
from models.domain.ops import op_hash
from sync.protocol import PushRequest, push_payload


def signed_push(device: str, key: bytes, first_dseq: int, ops: Sequence[bytes]) -> PushRequest:
    """``ops`` follow each other from ``first_dseq``, at least one; ``key`` is the device's own."""
    head = op_hash(ops[-1])
    return PushRequest(
        device=device,
        first_dseq=first_dseq,
        ops=tuple(ops),
        head=head,
        signature=sign(key, push_payload(device, first_dseq, len(ops), head)),
    )
