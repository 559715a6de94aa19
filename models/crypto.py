"""The one place where algorithms are named, so that SM2/SM3/SM4 could take their place here.

AES-256-GCM, scrypt, HKDF-SHA256, Ed25519; keys are raw 32 bytes everywhere else.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol

import msgspec
from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF, scrypt
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

KEY_BYTES = 32
_NONCE = 12
_TAG = 16


class CryptoError(Exception):
    """Base of the errors below; never shown to a user as it is."""


class WrongKey(CryptoError):
    """The key does not open what was sealed, or the bytes were changed."""


class BadSignature(CryptoError):
    """The signature is not by that key over those bytes."""


class KdfParameters(msgspec.Struct, frozen=True, kw_only=True):
    """scrypt's cost.  The default takes about 0.1 s and 32 MiB on an office machine.

    Raises ValueError for a cost that no honest file holds: decoding one must not eat the machine.
    """

    n: int = 2**15
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        small = self.r >= 1 and 128 * self.n * self.r <= 2**28 and 1 <= self.p <= 16
        if not (power_of_two and small):
            raise ValueError("scrypt cost out of range")


INTERACTIVE = KdfParameters()


def random_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def derive_from_password(password: str, salt: bytes, parameters: KdfParameters = INTERACTIVE) -> bytes:
    """32 bytes from a password; the same password, salt and parameters give the same bytes."""
    # NFKC: the same password typed full-width, or by another input method, stays the same password.
    plain = unicodedata.normalize("NFKC", password).encode()
    key = scrypt(plain, salt, KEY_BYTES, N=parameters.n, r=parameters.r, p=parameters.p)
    assert isinstance(key, bytes)
    return key


def combine(first: bytes, second: bytes, purpose: bytes) -> bytes:
    """One key that needs both secrets (HKDF; ``purpose`` separates uses)."""
    key = HKDF(first, KEY_BYTES, second, SHA256, context=purpose)
    assert isinstance(key, bytes)
    return key


def seal(key: bytes, plain: bytes, aad: bytes = b"") -> bytes:
    """nonce ‖ ciphertext ‖ tag under AES-256-GCM; ``aad`` must be given again to open."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(aad)
    body, tag = cipher.encrypt_and_digest(plain)
    return nonce + body + tag


def seal_once(key: bytes, plain: bytes, aad: bytes = b"") -> bytes:
    """As :func:`seal`, and the same bytes every time: for a key that seals one content, ever."""
    nonce = bytes(_NONCE)
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(aad)
    body, tag = cipher.encrypt_and_digest(plain)
    return nonce + body + tag


def unseal(key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
    """Inverse of :func:`seal`.  Raises WrongKey."""
    if len(sealed) < _NONCE + _TAG:
        raise WrongKey("too short")
    cipher = AES.new(key, AES.MODE_GCM, nonce=sealed[:_NONCE])
    cipher.update(aad)
    try:
        return cipher.decrypt_and_verify(sealed[_NONCE:-_TAG], sealed[-_TAG:])
    except ValueError as error:
        raise WrongKey("seal does not open") from error


class Sealing:
    """:func:`seal` in pieces: ``nonce``, then each piece of :meth:`more`, then :meth:`tag`."""

    def __init__(self, key: bytes, aad: bytes = b"") -> None:
        self.nonce = secrets.token_bytes(_NONCE)
        self._cipher = AES.new(key, AES.MODE_GCM, nonce=self.nonce)
        self._cipher.update(aad)

    def more(self, plain: bytes | memoryview) -> bytes:
        return self._cipher.encrypt(plain)

    def tag(self) -> bytes:
        return self._cipher.digest()


class Opening:
    """:func:`unseal` in pieces of ``body``; nothing of them may be believed before :meth:`check`.  Raises WrongKey."""

    def __init__(self, key: bytes, sealed: bytes, aad: bytes = b"") -> None:
        if len(sealed) < _NONCE + _TAG:
            raise WrongKey("too short")
        self.body = sealed[_NONCE:-_TAG]
        self._tag = sealed[-_TAG:]
        self._cipher = AES.new(key, AES.MODE_GCM, nonce=sealed[:_NONCE])
        self._cipher.update(aad)

    def more(self, piece: bytes | memoryview) -> bytes:
        return self._cipher.decrypt(piece)

    def check(self) -> None:
        try:
            self._cipher.verify(self._tag)
        except ValueError as error:
            raise WrongKey("seal does not open") from error


class Signing(Protocol):
    """A signature algorithm over raw 32-byte seeds and public keys and 64-byte signatures."""

    def public(self, seed: bytes) -> bytes: ...

    def sign(self, seed: bytes, message: bytes) -> bytes: ...

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool: ...


class Ed25519:
    """RFC 8032; deterministic."""

    def public(self, seed: bytes) -> bytes:
        return _private(seed).public_key().export_key(format="raw")

    def sign(self, seed: bytes, message: bytes) -> bytes:
        return eddsa.new(_private(seed), "rfc8032").sign(message)

    def verify(self, public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            eddsa.new(_public(public), "rfc8032").verify(message, signature)
        except (ValueError, TypeError):
            return False
        return True


@lru_cache(maxsize=8)
def _private(seed: bytes) -> ECC.EccKey:
    return ECC.construct(curve="Ed25519", seed=seed)


@lru_cache(maxsize=256)
def _public(raw: bytes) -> ECC.EccKey:
    return eddsa.import_public_key(raw)


_signing: Signing = Ed25519()


@contextmanager
def signing_with(algorithm: Signing) -> Iterator[None]:
    """Sign and verify with another algorithm inside the block, in the whole process.

    For the simulator, whose thousands of runs need no curve; SM2 would take the same place.
    """
    global _signing
    former, _signing = _signing, algorithm
    try:
        yield
    finally:
        _signing = former


def public_key(seed: bytes) -> bytes:
    """The raw 32-byte public key of a 32-byte seed."""
    return _signing.public(seed)


def sign(seed: bytes, message: bytes) -> bytes:
    """64 bytes; the same message gives the same signature."""
    return _signing.sign(seed, message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Returns for a good signature; raises BadSignature for anything else."""
    if not _signing.verify(public, message, signature):
        raise BadSignature("signature does not fit")
