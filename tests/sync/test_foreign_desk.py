"""A desk written from docs/protocol.md alone (no line of the program's own) works with a served hub."""

from __future__ import annotations

import hashlib
import secrets
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.hub import people
from tests.sync.hall_kit import Hall, confirmed, open_hall
from tests.sync.hub.fake_desk import HALL, ITEM, START_MS, WINDOW
from tests.sync.plain_msgpack import read, write

TYPE = "application/vnd.taihaoban+msgpack.zstd"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


@dataclass
class Foreign:
    """Another team's desk.  Writes every integer, text and map in the longest form there is."""

    url: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    token: str = ""
    device: str = ""
    hub_key: bytes = b""
    scope: str = ""
    catalog: str = ""
    epoch: str = ""
    ops: list[bytes] = field(default_factory=list)

    def call(self, path: str, message: dict[str, Any] | None = None, status: int = 200) -> Any:
        body = None if message is None else zstandard.ZstdCompressor().compress(write(message))
        headers = {"Content-Type": TYPE, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                code, kind, data = answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            code, kind, data = error.code, error.headers["Content-Type"], error.read()
        assert (code, kind) == (status, TYPE)
        unpacker = zstandard.ZstdDecompressor()
        return read(unpacker.decompress(data, max_output_size=32 * 1024 * 1024))

    def enrol(self, code: str) -> None:
        self.hub_key = self.call("/v1/hello")["hub_key"]
        public = self.key.public_key().public_bytes_raw()
        payload = b"taihaoban/enrol/1\0" + code.encode() + b"\0" + public
        reply = self.call(
            "/v1/enrol",
            {
                "code": code,
                "device_key": public,
                "label": "外来",
                "escrow_key": secrets.token_bytes(32),
                "signature": self.key.sign(payload),
            },
        )
        self.device = reply["device"]

    def open(self, status: int = 200) -> Any:
        nonce = self.call("/v1/hello")["nonce"]
        payload = f"taihaoban/session/1\0{self.device}\0{nonce}\0{len(self.ops)}".encode()
        reply = self.call(
            "/v1/session",
            {
                "device": self.device,
                "nonce": nonce,
                "signature": self.key.sign(payload),
                "dseq": len(self.ops),
                "protocol": 2,
            },
            status,
        )
        if status == 200:
            self.token, self.scope, self.epoch = reply["token"], reply["scope"], reply["epoch"]
            self.catalog = reply["catalog_version"]
        return reply

    def act(self, kind: str, case_id: str, rev: int, changes: dict[str, list[str]], **act: str) -> None:
        self.ops.append(
            write(
                {
                    "a field of a later version": {"is": ["ignored", None, True, -7]},
                    "prev_hash": hashlib.sha256(self.ops[-1]).digest() if self.ops else bytes(32),
                    "act": act,
                    "changes": dict(sorted(changes.items())),
                    "time": {"wall_ms": START_MS},
                    "op_id": str(uuid.uuid4()),
                    "device": self.device,
                    "dseq": len(self.ops) + 1,
                    "lease_id": "L9",
                    "staff": "T0900",
                    "case_id": case_id,
                    "scope": self.scope,
                    "kind": kind,
                    "item_id": ITEM.id,
                    "catalog_version": self.catalog,
                    "schema_version": 1,
                    "base_rev": rev,
                }
            )
        )

    def push(self, first: int = 1) -> Any:
        sent = self.ops[first - 1 :]
        head = hashlib.sha256(sent[-1]).digest()
        payload = f"taihaoban/push/1\0{self.device}\0{first}\0{len(sent)}\0".encode() + head
        return self.call(
            "/v1/push",
            {
                "device": self.device,
                "first_dseq": first,
                "ops": sent,
                "head": head,
                "signature": self.key.sign(payload),
            },
        )

    def pull(self) -> tuple[dict[str, tuple[int, bytes]], bytes]:
        """The scope from the feed: (rev, state) by case, and the checksum of the last page."""
        cases: dict[str, tuple[int, bytes]] = {}
        after = 0
        while True:
            page = self.call(
                "/v1/pull", {"scope": self.scope, "epoch": self.epoch, "after_seq": after, "limit": 2}
            )
            for entry in page["entries"]:
                assert entry["seq"] == after + 1
                after = entry["seq"]
                if entry["state"]:
                    rev: int = read(entry["state"])["rev"]
                    cases[entry["case_id"]] = (rev, entry["state"])
            if after >= page["head_seq"]:
                return cases, page["checksum"]


def checksum(cases: dict[str, tuple[int, bytes]]) -> bytes:
    digests = [
        int.from_bytes(hashlib.sha256(f"{case_id}\0{rev}\0".encode() + state).digest(), "big")
        for case_id, (rev, state) in cases.items()
    ]
    return reduce(lambda total, one: total ^ one, digests, 0).to_bytes(32, "big")


def enrolled(hall: Hall) -> Foreign:
    desk = Foreign(hall.server.url)
    desk.enrol(people.invite(hall.hub, HALL, WINDOW))
    assert desk.open(403)["code"] == "device_pending"
    people.approve(hall.hub, desk.device)
    assert desk.open()["next_dseq"] == 1
    return desk


def test_a_foreign_desk_sends_reads_and_proves_the_same_state(hall: Hall) -> None:
    desk = enrolled(hall)
    own = hall.desk()
    desk.act("save", "case-x", 0, {"applicant.name": ["", "王样例"], "form.a": ["", "一"]})
    desk.act("note", "case-x", 1, {}, text="从别家程序来")
    desk.act("a kind of 2031", "case-y", 0, {})
    reply = desk.push()
    told = [(one["dseq"], one["outcome"], one.get("rev", 0)) for one in reply["outcomes"]]
    assert told == [(1, "applied", 1), (2, "applied", 2), (3, "held", 0)]
    assert reply["next_dseq"] == 4
    assert desk.push()["outcomes"] == reply["outcomes"]  # the same again, the same answer
    cases, total = desk.pull()
    assert checksum(cases) == total
    assert read(cases["case-x"][1])["fields"] == {"applicant.name": "王样例", "form.a": "一"}
    assert hall.sync(own).problems == []
    assert confirmed(own)["case-x"].notes[0].text == "从别家程序来"
    desk.act("save", "case-x", 2, {"form.a": ["一", "二"]})
    assert desk.push(4)["outcomes"][0]["outcome"] == "applied"
    hall.sync(own)
    assert confirmed(own)["case-x"].fields["form.a"] == "二"


def test_it_gets_numbers_rules_and_snapshots_with_the_hubs_signature(hall: Hall) -> None:
    desk = enrolled(hall)
    hall.fill(3)
    hub_key = Ed25519PublicKey.from_public_bytes(desk.hub_key)
    catalog = desk.call(f"/v1/catalog/{desk.catalog}")
    hub_key.verify(catalog["signature"], catalog["data"])
    directory = desk.call("/v1/directory")
    hub_key.verify(directory["signature"], directory["data"])
    assert hashlib.sha256(directory["data"]).hexdigest() == directory["hash"]
    asked = {"request_id": "foreign-0001", "year": 2026, "have": 0, "want": 0}
    blocks = desk.call("/v1/numbers", asked)["blocks"]
    assert desk.call("/v1/numbers", asked)["blocks"] == blocks
    assert blocks[0]["last"] > blocks[0]["first"]
    reply = desk.call("/v1/snapshot", {"scope": desk.scope})
    hub_key.verify(reply["signature"], b"taihaoban/snapshot/1\0" + reply["chunk"])
    chunk = read(reply["chunk"])
    assert {one["case_id"]: (one["rev"], one["state"]) for one in chunk["cases"]} == desk.pull()[0]
    digests = [0] * 256
    for case_id, (rev, state) in desk.pull()[0].items():
        one = hashlib.sha256(f"{case_id}\0{rev}\0".encode() + state).digest()
        digests[hashlib.sha256(case_id.encode()).digest()[0]] ^= int.from_bytes(one, "big")
    hashes = b"".join(one.to_bytes(32, "big") for one in digests)
    assert not desk.call("/v1/buckets", {"scope": desk.scope, "hashes": hashes}).get("cases")


def test_what_it_does_wrong_is_told_and_changes_nothing(hall: Hall) -> None:
    desk = enrolled(hall)
    desk.act("save", "case-x", 0, {"form.a": ["", "一"]})
    good = desk.key
    desk.key = Ed25519PrivateKey.generate()
    head = hashlib.sha256(desk.ops[-1]).digest()
    wrong = {"device": desk.device, "first_dseq": 1, "ops": desk.ops, "head": head, "signature": bytes(64)}
    assert desk.call("/v1/push", wrong, 403)["code"] == "bad_signature"
    desk.key = good
    desk.push()
    desk.ops[0] = desk.ops[0].replace("一".encode(), "二".encode())  # a chain that has forked
    told = desk.push()["outcomes"]
    assert [one["outcome"] for one in told] == ["quarantined"]
    assert desk.open(403)["code"] == "device_frozen"
    assert hall.states()["case-x"].fields == {"form.a": "一"}
