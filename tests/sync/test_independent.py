"""Upload and download do not wait for each other, nor either for a catalogue that never comes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Desk
from models.device import get_meta
from sync import protocol as p
from sync.client import unreachable
from sync.hub.publish import publish_catalog
from tests.sync.hall_kit import Hall, Line, confirmed, open_hall
from tests.sync.hub.fake_desk import COMPLETE, DEPARTMENT, ITEM


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def accepted(desk: Desk) -> str:
    return intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=COMPLETE)).case_id


def anchor(desk: Desk) -> int:
    with desk.store.read() as conn:
        return int(get_meta(conn, "anchor_ms") or b"0")


@pytest.mark.parametrize("cut", ["/v1/catalog", "/v1/push", "/v1/pull", "/v1/numbers"])
def test_a_step_that_the_line_does_not_carry_keeps_no_other_from_its_work(hall: Hall, cut: str) -> None:
    """A long download that always breaks off, a path on which nothing large comes through."""
    desk = hall.desk()
    hall.sync(desk)
    case = accepted(desk)
    hall.fill(3)
    publish_catalog(hall.hub, (DEPARTMENT,), (msgspec.structs.replace(ITEM, name="样例事项（新版）"),))
    report = hall.sync(desk, hall.line(lambda path: path.startswith(cut)))
    assert report.problems or cut == "/v1/numbers"  # there are enough of them
    assert report.online is not bool(report.problems)
    assert (case in hall.states()) is (cut != "/v1/push")
    assert ("case-00000" in confirmed(desk)) is (cut != "/v1/pull")
    assert bool(report.catalog) is (cut != "/v1/catalog")


def test_a_dead_line_is_not_waited_for_again_and_again(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    accepted(desk)
    asked: list[str] = []

    def dead(path: str) -> bool:
        asked.append(path)
        return path not in ("/v1/hello", "/v1/session")

    assert not hall.sync(desk, hall.line(dead)).online
    assert len(asked) == 4  # each may cost a minute


def test_what_the_hub_has_answered_bounds_the_time_though_the_program_ended(hall: Hall) -> None:
    """Else the clock could be set back behind an act that is settled (app.commands.act)."""
    desk = hall.desk()
    hall.sync(desk)
    accepted(desk)
    hall.clock.ms += 5 * 86_400_000

    def ends(path: str) -> bool:
        if path == "/v1/pull":
            raise MemoryError  # as if the program were killed here
        return False

    with pytest.raises(MemoryError):
        hall.sync(desk, hall.line(ends))
    assert anchor(desk) >= hall.clock.ms - 60_000


@dataclass
class Narrow(Line):
    """A line that breaks before a large batch is through, or a hub that it brings down (``status``)."""

    most: int = 700
    status: int = 0

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        if path == "/v1/push" and len(body) > self.most:
            if not self.status:
                raise unreachable("cut")
            return self.status, p.CONTENT_TYPE, p.pack(p.Problem(code="fault", message="出了错"))
        return super().send(method, path, headers, body)


@pytest.mark.parametrize("status", [0, 500])
def test_batches_shrink_until_they_come_through(hall: Hall, status: int) -> None:
    desk = hall.desk()
    hall.sync(desk)
    cases = {accepted(desk) for _ in range(24)}
    rounds = 0
    while hall.sync(desk, Narrow(hall.server.url, status=status)).pending:
        rounds += 1
        assert rounds < 12
    assert cases <= hall.states().keys()
    assert rounds > 3  # each kept its half for the next
    with desk.store.read() as conn:
        assert get_meta(conn, "push_tries") == b"0"


def test_a_busy_hub_makes_no_batch_smaller(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    accepted(desk)
    hall.sync(desk, Narrow(hall.server.url, most=0, status=503))
    with desk.store.read() as conn:
        assert not get_meta(conn, "push_tries")
