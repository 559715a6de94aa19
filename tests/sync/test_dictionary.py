"""The shipped dictionary: smaller for those who hold it, no harm to those who do not."""

from __future__ import annotations

from uuid import UUID

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from models.domain.ops import OpKind, encode_op
from sync import dictionary
from sync import protocol as p
from tests.desk_kit import item
from tests.models.domain.test_apply import fields_for, op


def as_text(value: UUID) -> bytes:
    return b"\xd9\x24" + str(value).encode()


def message() -> p.PushRequest:
    of = item("SC001")
    data = encode_op(op(of, OpKind.ACCEPT, fields_for(of)))
    return p.PushRequest(device="D01", first_dseq=1, ops=(data,), head=bytes(32), signature=bytes(64))


def test_it_is_shipped_and_saves_most_of_a_single_case() -> None:
    assert dictionary.held() > 0
    plain, shared = p.pack(message()), p.pack(message(), dictionary.held())
    assert len(shared) < len(plain) / 2
    assert p.unpack(plain, p.PushRequest) == p.unpack(shared, p.PushRequest) == message()


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(b"\xc1"), st.uuids().map(as_text))))
def test_squeezing_loses_nothing(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert dictionary.unsqueeze(dictionary.squeeze(data)) == data


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b"\xc1", b"\xc1\x01", b"\xc1\x00"]))))
def test_foreign_bytes_make_it_not_stumble(parts: list[bytes]) -> None:
    assert isinstance(dictionary.unsqueeze(b"".join(parts)), bytes)


def test_only_a_dictionary_that_both_hold_is_used() -> None:
    held = dictionary.held()
    assert dictionary.common(held) == held
    assert dictionary.common(held + 1) == 0
    for header in ("", "x", "-1", "١", str(held + 1), "9" * 40):
        assert dictionary.asked(header) == 0
    assert dictionary.asked(str(held)) == held


def test_a_frame_with_another_dictionary_is_no_message() -> None:
    samples: list[bytes | bytearray | memoryview] = [
        bytes([n % 251]) * 40 + str(n).encode() * 9 for n in range(4000)
    ]
    other = zstandard.train_dictionary(2048, samples)
    frame = zstandard.ZstdCompressor(dict_data=other).compress(b"\x80" * 500)
    with pytest.raises(p.WireError):
        p.unpack(frame, p.PushRequest)
