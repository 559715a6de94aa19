"""The worked example of docs/protocol.md, checked as another team would, and with the real code and hub."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from models.domain.ops import decode_op, op_hash
from sync import protocol as p
from sync.hub.ingest import push
from sync.hub.refusal import Refused
from sync.thin import brief, cut_push, mend_push
from tests.sync.golden.example import DEVICE, DOCUMENT, hub_with_the_desk, made, published
from tests.sync.plain_msgpack import read


@pytest.fixture(scope="module")
def doc() -> dict[str, bytes]:
    return published()


def test_another_team_can_check_the_batch(doc: dict[str, bytes]) -> None:
    seed = Ed25519PrivateKey.from_private_bytes(doc["seed"])
    public = doc["public-key"]
    assert seed.public_key().public_bytes_raw() == public
    device = "d" + hashlib.sha256(public).hexdigest()[:11]
    first, second = read(doc["op-1"]), read(doc["op-2"])
    assert [first["device"], second["device"]] == [device, device]
    assert [first["dseq"], second["dseq"]] == [1, 2]
    assert first["prev_hash"] == bytes(32)
    assert hashlib.sha256(doc["op-1"]).digest() == doc["op-1-hash"] == second["prev_hash"]
    assert hashlib.sha256(doc["op-2"]).digest() == doc["op-2-hash"]
    assert list(first["changes"]) == sorted(first["changes"])
    assert first["changes"]["applicant.name"] == ["", "王样例"]
    payload = b"\0".join([b"taihaoban/push/1", device.encode(), b"1", b"2", doc["op-2-hash"]])
    assert payload == doc["payload"]
    assert seed.sign(payload) == doc["signature"]
    Ed25519PublicKey.from_public_bytes(public).verify(doc["signature"], payload)
    request = read(doc["request"])
    assert request == {
        "device": device,
        "first_dseq": 1,
        "ops": [doc["op-1"], doc["op-2"]],
        "head": doc["op-2-hash"],
        "signature": doc["signature"],
        "brief": True,
    }
    assert zstandard.ZstdDecompressor().decompress(doc["request-frame"]) == doc["request"]
    answer = read(doc["answer"])
    assert zstandard.ZstdDecompressor().decompress(doc["answer-frame"]) == doc["answer"]
    assert answer == {
        "epoch": "example-epoch",
        "hub_time_ms": 1_789_696_803_000,
        "next_dseq": 3,
        "applied": [[1, 2]],
    }


def test_a_changed_byte_is_noticed_at_each_step(doc: dict[str, bytes]) -> None:
    spoilt = bytearray(doc["op-1"])
    spoilt[-1] ^= 1
    assert hashlib.sha256(spoilt).digest() != read(doc["op-2"])["prev_hash"]
    public = Ed25519PublicKey.from_public_bytes(doc["public-key"])
    with pytest.raises(InvalidSignature):
        public.verify(doc["signature"], doc["payload"][:-1] + bytes([doc["payload"][-1] ^ 1]))


def test_this_program_says_the_same(doc: dict[str, bytes]) -> None:
    """zstd frames may differ between versions of the library; what is in them may not."""
    fresh = made()
    assert list(fresh) == list(doc)
    for label, value in doc.items():
        if not label.endswith("-frame"):
            assert value == fresh[label], label
    assert decode_op(doc["op-1"]).changes["applicant.name"].new == "王样例"
    assert op_hash(doc["op-2"]) == doc["op-2-hash"]
    whole = p.unpack(doc["request-frame"], p.PushRequest)
    cut = cut_push(whole)
    at = doc["op-2"].index(doc["op-1-hash"])
    assert cut.cuts == (-1, at)
    assert f"`cuts` is [-1, {at}]: the 32 bytes at offset {at}" in DOCUMENT.read_text(encoding="utf-8")


def test_a_real_hub_takes_the_published_bytes(doc: dict[str, bytes], tmp_path: Path) -> None:
    hub, _ = hub_with_the_desk(tmp_path)
    try:
        request = p.unpack(doc["request-frame"], p.PushRequest)
        reply = push(hub, DEVICE, request)
        assert [(o.dseq, o.outcome, o.rev) for o in reply.outcomes] == [(1, "applied", 1), (2, "applied", 2)]
        again = brief(push(hub, DEVICE, mend_push(cut_push(request))))
        published_answer = p.unpack(doc["answer-frame"], p.PushReply)
        same = msgspec.structs.replace(
            again, epoch=published_answer.epoch, hub_time_ms=published_answer.hub_time_ms
        )
        assert same == published_answer
        forged = msgspec.structs.replace(request, signature=bytes(64))
        with pytest.raises(Refused, match="签名不对"):
            push(hub, DEVICE, forged)
    finally:
        hub.close()
