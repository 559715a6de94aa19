"""材料符合必须限期审批: what stays untouched at its deadline is before the supervisor."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from app.cli import main
from models.domain.case import Later, Missing
from models.domain.catalog import DayLimit, ReviewPoint
from models.domain.ops import Act, Change, OpKind
from models.domain.procedures import Procedure
from models.errors import KnownError
from sync.hub import people
from sync.hub.database import Hub, init_hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.hub.supervise import due_cases
from tests.sync.hub.fake_desk import (
    COMPLETE,
    DEPARTMENT,
    HALL,
    ITEM,
    OTHER_HALL,
    PASSWORD,
    FakeDesk,
    TestClock,
    ready_desk,
)

DAY_MS = 86_400_000
OF = msgspec.structs.replace(
    ITEM,
    power_type="行政许可",
    promised=DayLimit(days=3, basis="样例条"),
    points=(ReviewPoint(id="P1", text="样例要点"),),
)
PASSED = COMPLETE | {"point.P1": "pass"}


@pytest.fixture
def desk(hub: Hub) -> FakeDesk:
    made = ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), (OF,)))
    line = people.StaffLine(staff="T0718", name="李样例", scope=HALL, roles=("window", "reviewer"))
    people.add_staff(hub, line, PASSWORD)
    return made


def sent(desk: FakeDesk) -> None:
    reply = push(desk.hub, desk.device, desk.batch())
    desk.sent()
    assert {one.outcome for one in reply.outcomes} == {"applied"}


def test_the_untouched_is_listed_once_its_day_is_over(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    desk.accept("c1", PASSED)
    desk.accept("c2", PASSED)
    pause = Act(reason="样例", later=Later(procedure=Procedure.HEARING, workdays=5))
    desk.make(OpKind.PAUSE, "c2", base_rev=1, act=pause)
    sent(desk)
    assert due_cases(hub) == []  # Friday 2026-09-18, three workdays to go
    (near,) = due_cases(hub, within=3)
    assert (near.case_id, near.left, near.passed, near.phase) == ("c1", 3, True, "running")
    clock.ms += 4 * DAY_MS
    (today,) = due_cases(hub)
    assert (today.left, today.due) == (0, "2026-09-22")  # Sunday the 20th is a workday
    clock.ms += DAY_MS
    (late,) = due_cases(hub)
    assert (late.left, late.passed, late.hall, late.staff) == (-1, True, HALL, "T0718")
    assert due_cases(hub, hall=OTHER_HALL) == []
    with pytest.raises(KnownError, match="不能小于 0"):
        due_cases(hub, within=-1)


def test_what_is_not_yet_fit_is_not_said_to_be(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    desk.make(OpKind.RECEIVE, "c1", act=Act(number=desk.number()), changes=_as_changes(COMPLETE))
    sent(desk)
    clock.ms += 30 * DAY_MS
    (told,) = due_cases(hub)
    assert (told.phase, told.passed) == ("running", False)  # deemed accepted, its point never marked


def test_what_silence_accepted_is_listed_with_whether_the_applicant_was_told(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    desk.accept("c0", PASSED)
    desk.make(OpKind.RECEIVE, "c1", act=Act(number=desk.number()), changes=_as_changes(COMPLETE))
    sent(desk)
    assert due_cases(hub, deemed=True) == []
    clock.ms += 8 * DAY_MS
    (one,) = due_cases(hub, deemed=True)
    assert (one.case_id, one.deemed, one.told) == ("c1", True, False)
    desk.start_ms = clock.ms
    desk.make(OpKind.DEEM, "c1", base_rev=1, act=Act(later=Later(basis="样例")))
    sent(desk)
    (one,) = due_cases(hub, deemed=True)
    assert (one.deemed, one.told) == (True, True)


def test_a_stop_longer_than_told_is_before_the_supervisor(hub: Hub, desk: FakeDesk, clock: TestClock) -> None:
    desk.accept("c1", PASSED)
    pause = Act(reason="样例", later=Later(procedure=Procedure.HEARING, workdays=1))
    desk.make(OpKind.PAUSE, "c1", base_rev=1, act=pause)
    sent(desk)
    assert due_cases(hub) == []
    clock.ms += 3 * DAY_MS  # Monday
    (late,) = due_cases(hub)
    assert (late.phase, late.left, late.passed, late.due) == ("paused", -1, False, "2026-09-20")


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init_hub(tmp_path).close()
    assert main(["hub", "report", "due", "--data", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"late": 0, "lapsed": 0, "cases": []}
    assert main(["hub", "report", "due", "--data", str(tmp_path), "--within", "5"]) == 0
    assert "已超期 0 件，5 个工作日内到期 0 件" in capsys.readouterr().out


def _as_changes(fields: dict[str, str]) -> dict[str, Change]:
    return {path: Change("", text) for path, text in fields.items()}


def test_a_correction_that_lapsed_is_told_apart_from_what_the_office_is_late_with(
    hub: Hub, desk: FakeDesk, clock: TestClock
) -> None:
    fields = {path: value for path, value in COMPLETE.items() if "material" not in path}
    missing = tuple(Missing(material=m.id, name=m.name, reason="未提交") for m in OF.materials)
    act = Act(number=desk.number(), missing=missing)
    desk.make(OpKind.SUPPLEMENT, "c1", _as_changes(fields | {"supplement.due": "2026-09-25"}), act=act)
    sent(desk)
    clock.ms += 7 * DAY_MS
    assert due_cases(hub) == []  # the 25th still counts
    clock.ms += DAY_MS
    (one,) = due_cases(hub)
    assert (one.case_id, one.phase, one.due, one.left) == ("c1", "lapsed", "2026-09-25", 0)
    assert due_cases(hub, deemed=True) == []
