"""Searching, and the memory it takes, in a replica of a million cases (``--search-cases``)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from app.commands.batch import entry_fields
from app.queries.cases import find_cases
from app.sample import filled
from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import Item
from models.domain.numbers import make_number
from models.prepared import upsert
from models.projection import view_row
from models.tables import replica as t
from tests.bench.rows import Row, quantile
from tests.desk_kit import NOW_MS, VERSION, catalog, make_desk, open_made

SEED = 20_261_124
DAY_MS = 86_400_000
QUERIES = "queries.json"
EACH = 100  # cases whose data is searched for
BATCH = 20_000
# A hall's names are not the sample's ten by ten: surnames and given names by weight, as in any phone book.
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌宇浩然子轩梓涵欣怡雨泽晨曦思远志鹏海燕春梅冬雪永康"


def cases(count: int, rng: random.Random) -> Iterator[CaseState]:
    """Plainly fictional cases over five years; the fields of each item are filled in once."""
    items = list(catalog().items)
    kept: dict[str, dict[str, str]] = {}
    for serial in range(1, count + 1):
        item: Item = rng.choice(items)
        if item.id not in kept:
            kept[item.id] = entry_fields(item, filled(item, rng))
        fields = dict(kept[item.id])
        if fields["applicant.kind"] == "person":
            given = "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))
            fields["applicant.name"] = rng.choice(SURNAMES) + given
            fields["applicant.id_number"] = f"3709111980{rng.randrange(10**8):08d}"
        else:
            core = "".join(rng.choice(GIVEN) for _ in range(2))
            fields["applicant.name"] = f"泰安{core}样例{serial % 1000:03d}有限公司"
        at = NOW_MS - (count - serial) * (5 * 365 * DAY_MS) // count
        yield CaseState(
            case_id=f"{at:012x}"[:8] + f"-{at & 0xFFFF:04x}-7000-8000-{serial:012x}",
            scope="370911",
            item_id=item.id,
            item_name=item.name,
            catalog_version=VERSION,
            rev=1,
            status=CaseStatus.ACCEPTED,
            number=make_number("370911", 2026, serial),
            device="D01",
            staff="T0718",
            opened_ms=at,
            changed_ms=at,
            received_on="2026-11-23",
            fields=fields,
        )


def build(folder: Path, count: int) -> None:
    """A replica whose view holds ``count`` cases, in real columns; the rest of the tables stays empty."""
    desk = make_desk(folder, numbers=0)
    put = upsert(t.case_view)
    indexes = sorted(t.case_view.indexes, key=lambda index: str(index.name))
    with desk.store.write() as conn:
        for index in indexes:
            index.drop(conn)
    rest = cases(count, random.Random(SEED))
    while some := list(islice(rest, BATCH)):
        with desk.store.write() as conn:
            put.many(conn, [{**view_row(state), "sync": "synced"} for state in some])
    for index in indexes:
        with desk.store.write() as conn:
            index.create(conn)
    desk.store.close()


class Query(msgspec.Struct):
    kind: str
    text: str


class Found(msgspec.Struct):
    """What a process of its own measured: seconds per kind of query; MiB."""

    taken: dict[str, list[float]]
    none: dict[str, int]
    peak: float


def queries(count: int) -> list[Query]:
    """What clerks type, whole or in part, for cases picked over all years."""
    rng = random.Random(SEED + 1)
    wanted = set(rng.sample(range(count), min(EACH, count)))
    made: list[Query] = []
    for state in (s for place, s in enumerate(cases(count, random.Random(SEED))) if place in wanted):
        name, number, identity = (
            state.value("applicant.name"),
            state.number,
            state.value("applicant.id_number"),
        )
        initial = str(view_row(state)["initials"])
        made += [
            Query("name", name),
            Query("name as typed", name[: rng.randrange(1, len(name) + 1)]),
            Query("initials", initial[: rng.randrange(2, len(initial) + 1)]),
            Query("id tail", identity[-rng.randrange(4, 7) :]),
            Query("number", number[: rng.randrange(4, 19)]),
            Query("number tail", number[-rng.randrange(4, 9) :]),
            Query("item", state.item_name[:4]),
            Query("name and id tail", f"{name} {identity[-4:]}"),
        ]
    return made


def measure(folder: Path) -> Found:
    """Run the queries as the window does, with Qt loaded."""
    from PyQt6.QtWidgets import QApplication

    import views.station

    assert views.station
    application = QApplication([])
    desk = open_made(folder)
    found = Found({}, {}, 0.0)
    for query in msgspec.json.decode((folder / QUERIES).read_bytes(), type=list[Query]):
        started = time.perf_counter()
        rows = find_cases(desk, query.text, limit=200)
        found.taken.setdefault(query.kind, []).append(time.perf_counter() - started)
        if not rows:
            found.none[query.kind] = found.none.get(query.kind, 0) + 1
    desk.store.close()
    application.quit()
    found.peak = _peak()
    return found


def _peak() -> float:
    """Peak MiB of this program alone: what getrusage tells begins with the size of the parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def search_rows(folder: Path, count: int) -> list[Row]:
    started = time.perf_counter()
    build(folder, count)
    built = time.perf_counter() - started
    (folder / QUERIES).write_bytes(msgspec.json.encode(queries(count)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.search", str(folder)], check=True, capture_output=True
    )
    found = msgspec.json.decode(done.stdout, type=Found)
    every = [value * 1000 for values in found.taken.values() for value in values]
    kinds = ", ".join(f"{kind} {quantile(v, 0.95) * 1000:.0f}" for kind, v in found.taken.items())
    size = (folder / "replica.db").stat().st_size / 2**30
    p95 = quantile(every, 0.95)
    lost = f"FOUND NOTHING: {found.none}; " if found.none else ""
    return [
        Row(
            f"search {count:,} cases, p95",
            f"{p95:.1f} ms",
            "",
            "",
            "≤30 ms",
            p95 <= 30 and not found.none,
            f"{lost}p95 by kind: {kinds}; slowest {max(every):.0f} ms; {size:.1f} GiB built in {built:.0f} s",
        ),
        Row(
            f"memory with {count:,} cases",
            f"{found.peak:.0f} MiB",
            "",
            "",
            "≤250 MB",
            found.peak * 1.048576 <= 250,
            "peak of a process with Qt and the screens loaded, after the searches",
        ),
    ]


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(Path(sys.argv[1]))))
