"""The crypto interface against the published vectors, and against tampering."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crypto import (
    BadSignature,
    KdfParameters,
    WrongKey,
    combine,
    derive_from_password,
    public_key,
    random_key,
    seal,
    sign,
    unseal,
    verify,
)

KEY = bytes(range(32))
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def test_ed25519_as_in_rfc_8032() -> None:
    expected = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert public_key(SEED) == PUBLIC
    assert sign(SEED, b"") == expected
    verify(PUBLIC, b"", expected)


def test_scrypt_as_in_rfc_7914() -> None:
    # The vector is 64 bytes long; scrypt's last step is PBKDF2, whose first block is the first 32.
    key = derive_from_password("password", b"NaCl", KdfParameters(n=1024, r=8, p=16))
    assert key.hex() == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"


def test_hkdf_as_in_rfc_5869() -> None:
    key = combine(b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)))
    assert key.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_unseal_reads_aes_256_gcm_as_published() -> None:
    # McGrew & Viega, test case 14: zero key, zero nonce, one zero block.
    sealed = bytes(12) + bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    assert unseal(bytes(32), sealed) == bytes(16)


def test_the_password_typed_full_width_is_the_same_password() -> None:
    cheap = KdfParameters(n=2**4)
    assert derive_from_password("Ａｂ１口令", b"s", cheap) == derive_from_password("Ab1口令", b"s", cheap)
    assert derive_from_password("ab1口令", b"s", cheap) != derive_from_password("Ab1口令", b"s", cheap)


@given(st.binary(max_size=200), st.binary(max_size=20), st.data())
def test_any_flipped_bit_of_a_seal_is_noticed(plain: bytes, aad: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, plain, aad))
    assert unseal(KEY, bytes(sealed), aad) == plain
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WrongKey):
        unseal(KEY, bytes(sealed), aad)


def test_a_seal_opens_only_whole_under_its_key_and_its_purpose() -> None:
    sealed = seal(KEY, b"plain", b"aad")
    assert sealed != seal(KEY, b"plain", b"aad")  # a nonce is never used twice
    for key, bytes_, aad in (
        (random_key(), sealed, b"aad"),
        (KEY, sealed, b"other"),
        (KEY, sealed[:-1], b"aad"),
        (KEY, sealed[:20], b"aad"),
        (KEY, b"", b"aad"),
    ):
        with pytest.raises(WrongKey):
            unseal(key, bytes_, aad)


def test_a_signature_fits_one_message_and_one_key() -> None:
    signature = sign(SEED, b"message")
    verify(PUBLIC, b"message", signature)
    for public, message, given_ in (
        (PUBLIC, b"message!", signature),
        (PUBLIC, b"message", signature[:-1] + bytes([signature[-1] ^ 1])),
        (PUBLIC, b"message", bytes([signature[0] ^ 1]) + signature[1:]),
        (PUBLIC, b"message", signature + b"\0"),
        (PUBLIC, b"message", b""),
        (public_key(KEY), b"message", signature),
        (b"", b"message", signature),
        (b"\xff" * 32, b"message", signature),
    ):
        with pytest.raises(BadSignature):
            verify(public, message, given_)


@pytest.mark.parametrize(
    "cost", [{"n": 2**40}, {"n": 1000}, {"n": 1}, {"r": 0}, {"r": 2**20}, {"p": 0}, {"p": 99}]
)
def test_a_cost_that_would_eat_the_machine_is_refused(cost: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="scrypt"):
        KdfParameters(**cost)
