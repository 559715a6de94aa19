"""Push, bytes per case and catch-up, beside PouchDB → express-pouchdb with the same documents."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from app.city_hall import CityHall
from app.commands.context import Desk
from tests.bench.hall import accept_offline, add_numbers, clean, confirmed, engine, open_desk, write_documents
from tests.bench.pouch import NoReference, Pouch, install
from tests.bench.relay import Relay
from tests.bench.rows import Row

SLOW_KBIT = 256
LOSS = 0.1
CATCH_UP_S = 60.0  # the budget for 10,000 cases
PATIENCE = 10  # PouchDB is stopped after this many times our own time


@dataclass
class Taken:
    """One direction of one side: cases, seconds, bytes both ways."""

    cases: int
    seconds: float
    size: int

    @property
    def rate(self) -> float:
        return self.cases / self.seconds if self.seconds else 0.0

    @property
    def each(self) -> float:
        return self.size / self.cases if self.cases else 0.0


def line_rows(folder: Path, cases: int) -> list[Row]:
    with CityHall(folder / "hub") as hall:
        hall.start()
        desk, other = open_desk(hall, folder / "one", 0), open_desk(hall, folder / "two", 1)
        try:
            add_numbers(desk, cases)
            started = time.perf_counter()
            accept_offline(desk, cases)
            taken_in = time.perf_counter() - started
            documents = folder / "documents.jsonl"
            write_documents(desk, documents)
            pushed, whole, good = _push(hall, desk, cases)
            caught, same = _catch_up(hall, desk, other)
        finally:
            desk.store.close()
            other.store.close()
    rows = [Row("take cases in, offline", f"{cases / taken_in:.0f} cases/s", note=f"{cases} cases accepted")]
    theirs, slow, words = _reference(folder, documents, cases, max(caught.seconds, 1.0) * PATIENCE)
    return [*rows, *_compare(pushed, whole, theirs, good, words), _caught(caught, slow, same, cases, words)]


def _push(hall: CityHall, desk: Desk, cases: int) -> tuple[Taken, Taken, bool]:
    """Until the hub has decided every op, and until the desk has also read its own cases back."""
    marks: list[tuple[float, int]] = []
    with Relay(hall.port) as relay:

        def progress(done: int, total: int) -> None:
            if done == total and total:
                marks.append((time.perf_counter(), relay.total()))

        started = time.perf_counter()
        report = engine(desk, relay.url, progress).run()
        ended = time.perf_counter()
        whole = Taken(cases, ended - started, relay.total())
    at, size = marks[0]
    good = clean(report) and report.pushed == cases and len(hall.states()) == cases
    return Taken(cases, at - started, size), whole, good


def _catch_up(hall: CityHall, desk: Desk, other: Desk) -> tuple[Taken, bool]:
    with Relay(hall.port, kbit=SLOW_KBIT, loss=LOSS) as relay:
        started = time.perf_counter()
        report = engine(other, relay.url).run()
        seconds = time.perf_counter() - started
        size = relay.total()
    return Taken(report.pulled, seconds, size), clean(report) and confirmed(desk) == confirmed(other)


def _reference(
    folder: Path, documents: Path, cases: int, cap_s: float
) -> tuple[Taken | None, Taken | None, str]:
    """(push, pull over the slow line, words on how) of PouchDB; None where it could not be measured."""
    try:
        pouch = install()
        adapter = pouch.load(documents, folder / "pouch-one")
        with pouch.server(folder / "pouch-hub") as port:
            with Relay(port) as relay:
                result = pouch.push(f"{relay.url}/cases", folder / "pouch-one")
                pushed = Taken(result.docs, result.seconds, relay.total())
            slow = _slow_pull(pouch, port, folder, cap_s)
    except NoReference as error:
        return None, None, str(error)
    words = f"PouchDB on {adapter} at both ends (no fsync of its own), batches of 500 documents"
    return (pushed if pushed.cases == cases else None), slow, words


def _slow_pull(pouch: Pouch, port: int, folder: Path, cap_s: float) -> Taken:
    with Relay(port, kbit=SLOW_KBIT, loss=LOSS) as relay:
        result = pouch.pull(f"{relay.url}/cases", folder / "pouch-two", cap_s)
        return Taken(result.docs, result.seconds, relay.total())


def _compare(pushed: Taken, whole: Taken, theirs: Taken | None, good: bool, words: str) -> list[Row]:
    rate, size = f"{pushed.rate:.0f} cases/s", f"{pushed.each:.0f} B/case"
    budget = ("≥8× cases/s", "≤1/10 of the bytes")
    also = Row(
        "push and read back, bytes",
        f"{whole.each:.0f} B/case",
        note=f"the whole round, {whole.rate:.0f} cases/s; fsync of each batch at both ends",
    )
    if theirs is None:
        return [Row("push", rate, budget=budget[0], note=words), Row("push, bytes", size, note=words), also]
    faster, share = pushed.rate / theirs.rate, pushed.each / theirs.each
    lost = "" if good else "NOT EVERY CASE ARRIVED; "
    return [
        Row(
            "push",
            rate,
            f"{theirs.rate:.0f} docs/s",
            f"×{faster:.2f}",
            budget[0],
            good and faster >= 8,
            lost + words,
        ),
        Row(
            "push, bytes",
            size,
            f"{theirs.each:.0f} B/doc",
            f"1/{1 / share:.1f}",
            budget[1],
            good and share <= 0.1,
            "both ways, counted on the wire by the same relay",
        ),
        also,
    ]


def _caught(ours: Taken, theirs: Taken | None, same: bool, cases: int, words: str) -> Row:
    reference = ratio = ""
    note = words
    if theirs is not None:
        full = theirs.cases >= cases
        reference = f"{theirs.seconds:.0f} s" + ("" if full else f" for {theirs.cases} cases, then stopped")
        ratio = f"×{ours.rate / theirs.rate:.1f}" if theirs.cases else "–"
        note = f"{ours.each:.0f} B/case against {theirs.each:.0f}"
    limit = CATCH_UP_S * cases / 10_000
    return Row(
        f"catch-up, {SLOW_KBIT} kbit/s, {LOSS:.0%} loss",
        f"{ours.seconds:.1f} s",
        reference,
        ratio,
        f"≤{limit:.0f} s",
        same and ours.seconds <= limit,
        ("" if same else "THE DESKS DIFFER; ") + note,
    )
