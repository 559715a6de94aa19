"""A desk reduced to what a hub can see of it: a key, a chain of ops, a block of numbers."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator

from models.crypto import public_key, sign
from models.domain.catalog import DayLimit, Department, Domain, Item, Material
from models.domain.numbers import make_number
from models.domain.ops import GENESIS, SCHEMA_VERSION, Act, Change, Op, OpKind, OpTime, encode_op, op_hash
from sync.hub import devices, people
from sync.hub.database import Hub
from sync.hub.numbers import grant, year_of
from sync.hub.places import publish_directory
from sync.protocol import (
    EnrolReply,
    EnrolRequest,
    NumbersRequest,
    PushRequest,
    enrol_payload,
    push_payload,
)

START_MS = 1_789_696_800_000  # 2026-09-18 10:00 in China
HALL, OTHER_HALL = "370911", "370921"
WINDOW, SECOND_WINDOW = "370911-07", "370911-08"
PASSWORD = "sample-password"
DIRECTORY = (
    '{"halls":[{"id":"370911","name":"岱岳区政务服务大厅","division":"370911"},'
    '{"id":"370921","name":"宁阳县政务服务大厅","division":"370921"}],'
    '"windows":[{"id":"370911-07","hall":"370911","name":"7 号综合窗口"},'
    '{"id":"370911-08","hall":"370911","name":"8 号综合窗口"},'
    '{"id":"370921-01","hall":"370921","name":"1 号综合窗口"}],"departments":[]}'
).encode()
DEPARTMENT = Department(id="D1", name="样例局")
ITEM = Item(
    id="SAMPLE-1",
    name="样例事项",
    department="D1",
    domain=Domain.MARKET,
    legal=DayLimit(days=20, basis="样例条"),
    materials=(Material(id="M1", name="申请表"), Material(id="M2", name="身份证明")),
)
PERSON = {
    "applicant.kind": "person",
    "applicant.name": "王样例",
    "applicant.id_number": "11010519491231002X",
    "applicant.phone": "13800000000",
}
COMPLETE = {**PERSON, "material.M1": "paper", "material.M2": "paper"}


class TestClock:
    """The hub's clock, moved by hand."""

    __test__ = False

    def __init__(self, ms: int = START_MS) -> None:
        self.ms = ms

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


class FakeDesk:
    """Makes ops as a desk would, keeping them until they are pushed."""

    def __init__(self, hub: Hub, device: str, scope: str, key: bytes, version: str) -> None:
        self.hub = hub
        self.device = device
        self.scope = scope
        self.key = key
        self.version = version
        self.staff = "T0718"
        self.window = ""
        self.dseq = 0
        self.head = GENESIS
        self.first = 1
        self.waiting: list[bytes] = []
        self.serials: Iterator[int] = itertools.count(0)
        self.anchor_ms = 0
        self.start_ms = START_MS
        self.item_id = ITEM.id

    def take_numbers(self) -> None:
        year = year_of(self.hub.now_ms())
        request = NumbersRequest(request_id=secrets.token_hex(8), year=year, have=0)
        block = grant(self.hub, self.device, self.scope, request).blocks[0]
        self.serials = itertools.count(block.first)
        self.year = year

    def number(self) -> str:
        return make_number(self.scope, self.year, next(self.serials))

    def make(
        self,
        kind: OpKind | str,
        case_id: str,
        changes: dict[str, Change] | None = None,
        *,
        base_rev: int = 0,
        act: Act | None = None,
        op_id: str = "",
        scope: str = "",
        version: str = "",
    ) -> Op:
        self.dseq += 1
        op = Op(
            op_id=op_id or f"{self.device}-{self.dseq}",
            device=self.device,
            dseq=self.dseq,
            lease_id="lease",
            staff=self.staff,
            window=self.window,
            case_id=case_id,
            scope=scope or self.scope,
            kind=str(kind),
            item_id=self.item_id,
            item_name="样例事项",
            catalog_version=version or self.version,
            schema_version=SCHEMA_VERSION,
            base_rev=base_rev,
            changes=changes or {},
            act=act or Act(),
            time=OpTime(wall_ms=self.start_ms + self.dseq * 1000, anchor_ms=self.anchor_ms),
            prev_hash=self.head,
        )
        self.keep(encode_op(op))
        return op

    def keep(self, data: bytes) -> None:
        self.head = op_hash(data)
        self.waiting.append(data)

    def save(
        self, case_id: str, fields: dict[str, str], old: dict[str, str] | None = None, rev: int = 0
    ) -> Op:
        before = old or {}
        changes = {path: Change(before.get(path, ""), value) for path, value in fields.items()}
        return self.make(OpKind.SAVE, case_id, changes, base_rev=rev)

    def accept(
        self, case_id: str, fields: dict[str, str] | None = None, number: str = "", rev: int = 0
    ) -> Op:
        changes = {
            path: Change("", value) for path, value in (COMPLETE if fields is None else fields).items()
        }
        act = Act(number=number or self.number())
        return self.make(OpKind.ACCEPT, case_id, changes, base_rev=rev, act=act)

    def batch(self, ops: list[bytes] | None = None, first: int | None = None) -> PushRequest:
        data = self.waiting if ops is None else ops
        start = self.first if first is None else first
        head = op_hash(data[-1])
        signature = sign(self.key, push_payload(self.device, start, len(data), head))
        return PushRequest(
            device=self.device, first_dseq=start, ops=tuple(data), head=head, signature=signature
        )

    def sent(self) -> None:
        """What was pushed need not be pushed again."""
        self.first += len(self.waiting)
        self.waiting = []


def enrol_request(code: str, key: bytes) -> EnrolRequest:
    public = public_key(key)
    return EnrolRequest(
        code=code,
        device_key=public,
        label="样例机",
        escrow_key=b"e" * 32,
        signature=sign(key, enrol_payload(code, public)),
    )


def enrolled(hub: Hub, hall: str = HALL, window: str = WINDOW) -> tuple[EnrolReply, bytes]:
    """An invited, enrolled, not yet approved machine and its key."""
    key = secrets.token_bytes(32)
    return devices.enrol(hub, enrol_request(people.invite(hub, hall, window), key)), key


def ready_desk(hub: Hub, version: str, hall: str = HALL, window: str = WINDOW) -> FakeDesk:
    """An approved desk with numbers."""
    reply, key = enrolled(hub, hall, window)
    people.approve(hub, reply.device)
    desk = FakeDesk(hub, reply.device, hall, key, version)
    desk.take_numbers()
    return desk


def add_clerk(hub: Hub, staff: str = "T0718", hall: str = HALL) -> None:
    people.add_staff(hub, people.StaffLine(staff=staff, name="李样例", scope=hall), PASSWORD)


def load_places(hub: Hub) -> None:
    publish_directory(hub, DIRECTORY)
