"""The loops of ``python -m tests.boundary``, short; the long ones run by command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.boundary.desk_kill import desk_kill
from tests.boundary.hall import Hall
from tests.boundary.hub_kill import hub_kill
from tests.boundary.line import bad_lines
from tests.boundary.storm import judge, prepare, unleash

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, city_hub: Path) -> Path:
    """A folder with a made SQLite hub in it."""
    shutil.copytree(city_hub, tmp_path / "hub")
    return tmp_path


def quiet(text: str) -> None:
    pass


def test_a_desk_killed_in_acts_and_pushes_loses_nothing(folder: Path) -> None:
    tally, phases = desk_kill(folder, 4, 1, quiet)
    assert tally.clean, tally
    assert tally.ops
    assert phases.total() == 4
    assert tally.sound == tally.verified == 5  # after each kill, and of the one desk at the end


def test_a_killed_hub_on_sqlite_loses_nothing(folder: Path) -> None:
    tally, killed = hub_kill(folder, 2, 1, quiet, None, 1, desks=1)
    assert tally.clean, tally
    assert tally.ops
    assert killed["server"] == 2


@pytest.mark.postgres
def test_killed_workers_on_postgresql_lose_nothing(tmp_path: Path, postgres_database: str) -> None:
    tally, killed = hub_kill(tmp_path, 2, 3, quiet, postgres_database, 2, desks=2)
    assert tally.clean, tally
    assert tally.ops
    assert killed.total() == 2


def test_everything_converges_after_bad_lines(folder: Path) -> None:
    tally, table = bad_lines(folder, 1, 1, quiet)
    assert tally.clean, tally
    assert any(int(row.split()[-3]) > 0 for row in table[1:])  # some tries did fail: the faults bite


@pytest.mark.postgres
@pytest.mark.parametrize(("desks", "ops", "per_hall"), [(60, 10, 10), (24, 5, 24)])
def test_a_storm_loses_and_doubles_nothing(
    tmp_path: Path, postgres_database: str, desks: int, ops: int, per_hall: int
) -> None:
    """Over several halls, and all into one: every desk also reads its hall's feed, which has no gap."""
    with Hall(tmp_path / "hub", postgres_database, 2, city=False) as hall, hall.opened() as hub:
        made = prepare(hub, desks, ops, per_hall)
        storm = unleash(hall.url, hub.keys.public, made)
        tally = judge(hub, made, ops, storm)
    assert tally.clean, tally
    assert (tally.ops, len(storm.desks)) == (desks * ops, desks)
