"""The worked example of docs/protocol.md §11: one batch, made by the real code and answered by a real hub.

``python -m tests.sync.golden.example`` prints the block for the document.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import textwrap
from pathlib import Path

import msgspec

from models.crypto import public_key, sign
from models.domain.ops import (
    GENESIS,
    SCHEMA_VERSION,
    Act,
    Change,
    Op,
    OpKind,
    OpTime,
    encode_op,
    op_hash,
    uuid7,
)
from sync import protocol as p
from sync.hub import devices, people
from sync.hub.database import Hub, init_hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.thin import brief, cut_push, mend_push
from tests.sync.hub.fake_desk import (
    DEPARTMENT,
    HALL,
    ITEM,
    START_MS,
    WINDOW,
    TestClock,
    enrol_request,
    load_places,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "protocol.md"
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")  # RFC 8032, test 1
DEVICE = "d" + hashlib.sha256(public_key(SEED)).hexdigest()[:11]
CASE = uuid7(START_MS, b"worked-exa")


def ops(version: str) -> tuple[bytes, bytes]:
    """A draft of a case, and a correction of one of its fields."""
    first = Op(
        op_id=uuid7(START_MS + 1000, b"first op.."),
        device=DEVICE,
        dseq=1,
        lease_id="L1",
        staff="T0718",
        case_id=CASE,
        scope=HALL,
        kind=OpKind.SAVE,
        item_id=ITEM.id,
        item_name=ITEM.name,
        window=WINDOW,
        catalog_version=version,
        schema_version=SCHEMA_VERSION,
        base_rev=0,
        changes={
            "applicant.kind": Change("", "person"),
            "applicant.name": Change("", "王样例"),
            "material.M1": Change("", "paper"),
        },
        time=OpTime(wall_ms=START_MS + 1000, mono_ms=61_000, boot="b1", anchor_ms=START_MS - 5),
        prev_hash=GENESIS,
    )
    second = msgspec.structs.replace(
        first,
        op_id=uuid7(START_MS + 2000, b"second op."),
        dseq=2,
        kind=OpKind.NOTE,
        base_rev=1,
        changes={},
        act=Act(text="样例备注"),
        time=OpTime(wall_ms=START_MS + 2000, mono_ms=62_000, boot="b1", anchor_ms=START_MS - 5),
        prev_hash=op_hash(encode_op(first)),
    )
    return encode_op(first), encode_op(second)


def request(data: tuple[bytes, ...]) -> p.PushRequest:
    head = op_hash(data[-1])
    payload = p.push_payload(DEVICE, 1, len(data), head)
    return p.PushRequest(
        device=DEVICE, first_dseq=1, ops=data, head=head, signature=sign(SEED, payload), brief=True
    )


def hub_with_the_desk(folder: Path) -> tuple[Hub, str]:
    """A hub at which the example's key is enrolled and approved, and its catalogue version."""
    hub = init_hub(folder / "hub", None, TestClock())
    load_places(hub)
    version = publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    reply = devices.enrol(hub, enrol_request(people.invite(hub, HALL, WINDOW), SEED))
    people.approve(hub, reply.device)
    return hub, version


def made() -> dict[str, bytes]:
    """Everything the document quotes, by label."""
    with tempfile.TemporaryDirectory() as folder:
        hub, version = hub_with_the_desk(Path(folder))
        data = ops(version)
        whole = request(data)
        answer = brief(push(hub, DEVICE, mend_push(cut_push(whole))))
        hub.close()
    answer = msgspec.structs.replace(answer, epoch="example-epoch", hub_time_ms=START_MS + 3000)
    return {
        "seed": SEED,
        "public-key": public_key(SEED),
        "op-1": data[0],
        "op-1-hash": op_hash(data[0]),
        "op-2": data[1],
        "op-2-hash": op_hash(data[1]),
        "payload": p.push_payload(DEVICE, 1, 2, whole.head),
        "signature": whole.signature,
        "request": msgspec.msgpack.encode(whole),
        "request-frame": p.pack(whole),
        "answer": msgspec.msgpack.encode(answer),
        "answer-frame": p.pack(answer),
    }


def rendered(values: dict[str, bytes]) -> str:
    lines = []
    for label, value in values.items():
        lines += [f"{label}:", *(f"  {row}" for row in textwrap.wrap(value.hex(), 104))]
    return "\n".join(lines)


def published() -> dict[str, bytes]:
    """What the document says, by label."""
    block = re.search(r"```hex\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None, "protocol.md has lost its worked example"
    found: dict[str, str] = {}
    label = ""
    for line in block[1].splitlines():
        if line.endswith(":") and not line.startswith(" "):
            label = line[:-1]
            found[label] = ""
        else:
            found[label] += line.strip()
    return {label: bytes.fromhex(text) for label, text in found.items()}


if __name__ == "__main__":
    print(rendered(made()))
