"""Hundreds of desks coming back in the same second, each with its ops of a day offline."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import select

from app.sample import resident_id
from models.errors import KnownError
from sync.client import HubClient, HubRefused
from sync.hub import devices, people
from sync.hub import tables as h
from sync.hub.database import Hub
from sync.hub.places import publish_directory
from sync.hub.publish import publish_catalog
from sync.plan import retry_delay
from sync.protocol import PullRequest
from tests.boundary.compare import Tally, hub_faults
from tests.sync.hub.fake_desk import COMPLETE, DEPARTMENT, ITEM, FakeDesk, enrol_request

PER_HALL = 10
MOST_TRIES = 12


@dataclass
class Storm:
    """``batches``: seconds from sending a batch to its answer, of those that were taken in; ``desks``: from
    waking up to the last page, with all the time that a desk which was sent away waited at home."""

    batches: list[float] = field(default_factory=list)
    desks: list[float] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def row(self, ops: int) -> str:
        return (
            f"batch p50 {share(self.batches, 0.5):.2f} s, p99 {share(self.batches, 0.99):.2f} s; "
            f"desk p50 {share(self.desks, 0.5):.2f} s, p99 {share(self.desks, 0.99):.2f} s; "
            f"{ops / self.seconds if self.seconds else 0:.0f} ops/s; retries {dict(self.retries)}"
        )


def share(values: list[float], part: float) -> float:
    """The value below which ``part`` of them lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def prepare(hub: Hub, count: int, ops: int, per_hall: int = PER_HALL, seed: int = 1) -> list[FakeDesk]:
    """Publish places and a catalogue, and make ``count`` approved desks with ``ops`` acts each."""
    rng = random.Random(seed)
    halls = [f"3709{number:02d}" for number in range(1, (count - 1) // per_hall + 2)]
    places = {
        "halls": [{"id": one, "name": f"{one} 样例大厅", "division": one} for one in halls],
        "windows": [{"id": f"{one}-01", "hall": one, "name": "1 号综合窗口"} for one in halls],
        "departments": [],
    }
    publish_directory(hub, msgspec.json.encode(places))
    version = publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    made = []
    for number in range(count):
        hall = halls[number % len(halls)]
        key = secrets.token_bytes(32)
        reply = devices.enrol(hub, enrol_request(people.invite(hub, hall, f"{hall}-01"), key))
        people.approve(hub, reply.device)
        desk = FakeDesk(hub, reply.device, hall, key, version)
        desk.take_numbers()
        for place in range(ops):
            desk.accept(f"{desk.device}-case-{place}", {**COMPLETE, "applicant.id_number": resident_id(rng)})
        made.append(desk)
    return made


def unleash(url: str, hub_key: bytes, desks: list[FakeDesk], seed: int = 1) -> Storm:
    """All desks at once: session, push, pull to the head.  A desk that is sent away comes again, jittered."""
    storm = Storm()
    barrier = threading.Barrier(len(desks) + 1)
    threads = [
        threading.Thread(
            target=_reconnect, args=(storm, barrier, url, hub_key, desk, random.Random(f"{seed}/{place}"))
        )
        for place, desk in enumerate(desks)
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    storm.seconds = time.perf_counter() - started
    return storm


def _reconnect(
    storm: Storm, barrier: threading.Barrier, url: str, hub_key: bytes, desk: FakeDesk, rng: random.Random
) -> None:
    barrier.wait()
    started = time.perf_counter()
    for tries in range(1, MOST_TRIES + 1):
        try:
            with HubClient(url) as client:
                _round(storm, client, hub_key, desk)
            with storm.lock:
                storm.desks.append(time.perf_counter() - started)
            return
        except KnownError as error:
            with storm.lock:
                storm.retries[error.detail or type(error).__name__] += 1
            told = error.again_ms / 1000 if isinstance(error, HubRefused) else 0.0
            time.sleep(told or retry_delay(tries, rng.random()))
    with storm.lock:
        storm.faults.append(f"{desk.device} gave up after {MOST_TRIES} tries")


def _round(storm: Storm, client: HubClient, hub_key: bytes, desk: FakeDesk) -> None:
    session = client.open_session(desk.device, desk.key, desk.dseq, hub_key)
    while desk.waiting:
        sent = time.perf_counter()
        reply = client.push(desk.batch(desk.waiting[:500]))
        with storm.lock:
            storm.batches.append(time.perf_counter() - sent)
        wrong = [
            f"{one.op_id}: {one.outcome} {one.reason}" for one in reply.outcomes if one.outcome != "applied"
        ]
        if wrong or reply.next_dseq <= desk.first:
            raise AssertionError(wrong or "nothing was taken in")
        desk.waiting = desk.waiting[reply.next_dseq - desk.first :]
        desk.first = reply.next_dseq
    seq = 0
    while True:
        wanted = PullRequest(scope=desk.scope, epoch=session.epoch, after_seq=seq, lean=True)
        page = client.pull(wanted)
        for entry in page.entries:
            if entry.seq != seq + 1:
                with storm.lock:
                    storm.faults.append(f"{desk.device} saw seq {entry.seq} after {seq}")
            seq = entry.seq
        if not page.entries or seq >= page.head_seq:
            return


def judge(hub: Hub, desks: list[FakeDesk], ops: int, storm: Storm) -> Tally:
    """Every op of every desk once at the hub, and the hub whole."""
    tally = Tally()
    tally.add(storm.faults, "storm")
    with hub.read() as conn:
        logged = conn.execute(select(h.op_log.c.device, h.op_log.c.dseq)).all()
        tally.numbers = len(conn.execute(select(h.number_ledger.c.number)).all())
    times = Counter((row.device, row.dseq) for row in logged)
    expected = {(desk.device, dseq) for desk in desks for dseq in range(1, ops + 1)}
    tally.ops = len(expected)
    tally.lost = len(expected - times.keys())
    tally.doubled = sum(count - 1 for count in times.values()) + len(times.keys() - expected)
    if tally.numbers != len(expected):
        tally.faults.append(f"{tally.numbers} numbers for {len(expected)} cases")
    tally.add(hub_faults(hub), "hub")
    return tally
