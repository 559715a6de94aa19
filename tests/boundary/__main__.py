"""``python -m tests.boundary``: real processes, real databases, real sockets, killed and starved.

Prints counts that can be quoted; exit code 1 on any violation.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.boundary.compare import Tally


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _desk_kill(args: argparse.Namespace, folder: Path) -> Tally:
    from tests.boundary.desk_kill import desk_kill

    tally, phases = desk_kill(folder, args.kills, args.seed, _say)
    _count("desk-kill", f"{args.kills} kills ({_words(phases)})", tally)
    return tally


def _hub_kill(args: argparse.Namespace, folder: Path) -> Tally:
    from tests.boundary.hub_kill import hub_kill

    with _database(args.sqlite) as url:
        workers = 1 if args.sqlite else args.workers
        tally, killed = hub_kill(folder, args.kills, args.seed, _say, url, workers)
    where = "SQLite" if args.sqlite else f"PostgreSQL, {workers} workers"
    _count(f"hub-kill on {where}", f"{killed.total()} kills ({_words(killed)})", tally)
    return tally


def _proxy(args: argparse.Namespace, folder: Path) -> Tally:
    from tests.boundary.line import bad_lines

    tally, table = bad_lines(folder, args.rounds, args.seed, _say)
    print("\n".join(table))
    _count("proxy", f"{len(table) - 1} schedules", tally)
    return tally


def _storm(args: argparse.Namespace, folder: Path) -> Tally:
    from tests.boundary.hall import Hall
    from tests.boundary.storm import judge, prepare, unleash

    with (
        _database(args.sqlite) as url,
        Hall(folder / "hub", url, 1 if args.sqlite else args.workers, city=False) as hall,
        hall.opened() as hub,
    ):
        desks = prepare(hub, args.desks, args.ops, args.per_hall, args.seed)
        _say(f"{args.desks} desks are ready")
        storm = unleash(hall.url, hub.keys.public, desks, args.seed)
        tally = judge(hub, desks, args.ops, storm)
    where = "SQLite" if args.sqlite else f"PostgreSQL, {args.workers} workers"
    print(storm.row(args.desks * args.ops))
    _count("storm", f"{args.desks} desks × {args.ops} ops on {where}", tally)
    return tally


@contextlib.contextmanager
def _database(sqlite: bool) -> Iterator[str | None]:
    if sqlite:
        yield None
        return
    from tests.postgres import fresh_database, postgres_server

    with postgres_server() as server, fresh_database(server) as url:
        yield url


def _say_log(place: Path) -> None:
    """The end of what the hub itself had to say: without it a loop that got stuck explains nothing."""
    if place.is_file():
        _say("hub.log ends:\n" + "\n".join(place.read_text("utf-8", "replace").splitlines()[-60:]))


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _count(name: str, what: str, tally: Tally) -> None:
    print(
        f"{name}: {what}; {tally.ops} ops, {tally.numbers} numbers; "
        f"lost {tally.lost}, doubled {tally.doubled}, other faults {len(tally.faults)}; "
        f"desk verify clean {tally.sound} of {tally.verified} times"
    )
    for fault in tally.faults[:20]:
        print(f"  {fault}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.boundary", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    loops = parser.add_subparsers(title="loops", required=True)
    _add(loops, "desk-kill", _desk_kill).add_argument("--kills", type=int, default=200)
    hub = _add(loops, "hub-kill", _hub_kill)
    hub.add_argument("--kills", type=int, default=200)
    hub.add_argument("--workers", type=int, default=2)
    hub.add_argument("--sqlite", action="store_true")
    _add(loops, "proxy", _proxy).add_argument("--rounds", type=int, default=5)
    storm = _add(loops, "storm", _storm)
    storm.add_argument("--desks", type=int, default=500)
    storm.add_argument("--ops", type=int, default=60)
    storm.add_argument("--per-hall", type=int, default=10)
    storm.add_argument("--workers", type=int, default=2)
    storm.add_argument("--sqlite", action="store_true")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="taihaoban-boundary-"))
    started = time.monotonic()
    tally: Tally | None = None
    try:
        tally = args.run(args, folder)
    finally:
        if tally is None or not tally.clean:
            _say_log(folder / "hub.log")
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'clean' if tally.clean else 'VIOLATED'} after {time.monotonic() - started:.0f} s")
    return 0 if tally.clean else 1


def _add(
    loops: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace, Path], Tally],
) -> argparse.ArgumentParser:
    parser = loops.add_parser(name, help=(run.__doc__ or "").strip())
    parser.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
