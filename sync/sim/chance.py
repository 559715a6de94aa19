"""Randomness and signatures of a simulated world: everything follows from its seed."""

from __future__ import annotations

import hashlib
import hmac
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from models.crypto import signing_with


class HashSigning:
    """Finds changed bytes and other keys as a curve would, at a hundredth of the time.

    The verifier knows the secret, so it proves nothing to anybody outside the simulation.
    """

    def __init__(self) -> None:
        self._seeds: dict[bytes, bytes] = {}

    def public(self, seed: bytes) -> bytes:
        public = hashlib.sha256(b"public\0" + seed).digest()
        self._seeds[public] = seed
        return public

    def sign(self, seed: bytes, message: bytes) -> bytes:
        return hashlib.blake2b(message, key=seed, digest_size=64).digest()

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        seed = self._seeds.get(public)
        return seed is not None and hmac.compare_digest(self.sign(seed, message), signature)


@contextmanager
def fixed_randomness(rng: random.Random) -> Iterator[None]:
    """Inside the block the process draws its ids, nonces and keys from ``rng``: a seed replays exactly."""
    former = secrets.token_bytes, secrets.token_hex

    def token_bytes(nbytes: int | None = None) -> bytes:
        return rng.randbytes(32 if nbytes is None else nbytes)

    def token_hex(nbytes: int | None = None) -> str:
        return token_bytes(nbytes).hex()

    secrets.token_bytes, secrets.token_hex = token_bytes, token_hex
    try:
        yield
    finally:
        secrets.token_bytes, secrets.token_hex = former


@contextmanager
def simulated(rng: random.Random, signing: HashSigning) -> Iterator[None]:
    with fixed_randomness(rng), signing_with(signing):
        yield
