"""A served hub of one small hall for tests, real desks on it, and a line that counts and can be cut."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from app.commands.context import Desk
from models.device import DeviceFacts
from models.domain.case import CaseState, decode_state
from models.rulebook import Rulebook
from models.store import create_store, open_store
from models.tables import replica as t
from sync.client import HttpTransport, unreachable
from sync.engine import SyncEngine, SyncReport
from sync.hub import devices, people
from sync.hub import tables as h
from sync.hub.database import Hub, open_hub
from sync.hub.ingest import push
from sync.hub.server import EmbeddedHub
from sync.protocol import MAX_BATCH_OPS, EnrolReply, SignInLease
from tests.desk_kit import DATA_KEY, FixedClock
from tests.ready_hub import ready_database, small_hall
from tests.sync.hub.fake_desk import (
    HALL,
    START_MS,
    WINDOW,
    FakeDesk,
    TestClock,
    enrol_request,
    ready_desk,
)


@dataclass
class Line:
    """A real HTTP transport that counts what goes over it, and is cut when ``before`` says so."""

    url: str
    before: Callable[[str], bool] = lambda path: False
    requests: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = HttpTransport(self.url)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        if self.before(path):
            raise unreachable("cut")
        answer = self._http.send(method, path, headers, body)
        self.requests[path] += 1
        self.received[path] += len(answer[2])
        return answer

    def close(self) -> None:
        self._http.close()


@dataclass
class Hall:
    hub: Hub
    server: EmbeddedHub
    version: str
    clock: TestClock
    folder: Path
    open: list[Desk] = field(default_factory=list)

    def fake(self, hall: str = HALL, window: str = WINDOW) -> FakeDesk:
        return ready_desk(self.hub, self.version, hall, window)

    def fill(self, count: int, desk: FakeDesk | None = None, prefix: str = "case") -> FakeDesk:
        """Cases entered at another window."""
        desk = desk or self.fake()
        for index in range(count):
            desk.save(f"{prefix}-{index:05d}", {"form.a": f"值{index}"})
            if len(desk.waiting) == 400:
                push(self.hub, desk.device, desk.batch())
                desk.sent()
        if desk.waiting:
            push(self.hub, desk.device, desk.batch())
            desk.sent()
        return desk

    def desk(self, name: str = "desk", hall: str = HALL, window: str = WINDOW) -> Desk:
        """A real, approved desk with an empty replica."""
        key = secrets.token_bytes(32)
        reply = devices.enrol(self.hub, enrol_request(people.invite(self.hub, hall, window), key))
        people.approve(self.hub, reply.device)
        folder = self.folder / name
        folder.mkdir()
        made = self._opened(folder / "replica.db", reply, key, FixedClock(START_MS), fresh=True)
        self.open.append(made)
        return made

    def reopened(self, desk: Desk) -> Desk:
        """The same desk after a restart of the program."""
        desk.store.close()
        self.open.remove(desk)
        again = Desk(
            store=open_store(desk.store.path, DATA_KEY),
            device=desk.device,
            lease=desk.lease,
            clock=desk.clock,
            rulebook=Rulebook(),
            device_key=desk.device_key,
        )
        self.open.append(again)
        return again

    def _opened(self, path: Path, reply: EnrolReply, key: bytes, clock: FixedClock, *, fresh: bool) -> Desk:
        facts = DeviceFacts(
            device=reply.device,
            hub_url=self.server.url,
            hub_key=self.hub.keys.public,
            scope=reply.scope,
            hall_name=reply.hall_name,
            window=reply.window,
            window_name=reply.window_name,
            division=reply.division,
        )
        lease = SignInLease(
            lease_id="L1",
            device=reply.device,
            staff="T0718",
            name="王样例",
            roles=("window",),
            domains=(),
            scope=reply.scope,
            window=reply.window,
            issued_ms=START_MS,
            expires_ms=START_MS + 400 * 86_400_000,
        )
        store = (create_store if fresh else open_store)(path, DATA_KEY)
        return Desk(store=store, device=facts, lease=lease, clock=clock, rulebook=Rulebook(), device_key=key)

    def line(self, before: Callable[[str], bool] = lambda path: False) -> Line:
        return Line(self.server.url, before)

    def sync(self, desk: Desk, line: Line | None = None, most: int = MAX_BATCH_OPS) -> SyncReport:
        """One round; without ``line`` over the program's own transport, that asks ahead on a thread."""
        transport = (lambda: line) if line is not None else None
        return SyncEngine(
            desk.store,
            desk.device,
            desk.device_key,
            desk.rulebook,
            desk.clock,
            transport=transport,
            most=most,
        ).run()

    def states(self, scope: str = HALL) -> dict[str, CaseState]:
        with self.hub.read() as conn:
            heads = select(h.case_head.c.case_id, h.case_head.c.state).where(h.case_head.c.scope == scope)
            return {row.case_id: decode_state(row.state) for row in conn.execute(heads)}


@contextmanager
def open_hall(folder: Path, postgres_url: str | None = None) -> Iterator[Hall]:
    """On SQLite, or on a database of its own of that PostgreSQL server."""
    with ExitStack() as stack:
        if postgres_url is None:
            made = small_hall()
        else:
            made = stack.enter_context(ready_database(postgres_url, "hall"))[1]
        made.put(folder / "hub")
        clock = TestClock(made.ms)
        hub = open_hub(folder / "hub", now_ms=clock)
        stack.callback(hub.close)
        with EmbeddedHub(hub) as server:
            hall = Hall(hub, server, made.version, clock, folder)
            try:
                yield hall
            finally:
                for desk in hall.open:
                    desk.store.close()


def confirmed(desk: Desk) -> dict[str, CaseState]:
    with desk.store.read() as conn:
        rows = conn.execute(select(t.case_confirmed.c.case_id, t.case_confirmed.c.state)).all()
    return {row.case_id: decode_state(row.state) for row in rows}


def shown(desk: Desk) -> dict[str, CaseState]:
    with desk.store.read() as conn:
        rows = conn.execute(select(t.case_view.c.case_id, t.case_view.c.state)).all()
    return {row.case_id: decode_state(row.state) for row in rows}
