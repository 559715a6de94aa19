"""What the hub makes of the acts after acceptance: rights, the first valid one wins, false days."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from models.domain.case import CaseState, CaseStatus, Later, decode_state
from models.domain.catalog import DayLimit, Item
from models.domain.ops import Act, Change, OpKind, encode_op
from models.domain.procedures import Decision, Procedure
from sync.hub import people, signin
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.places import publish_directory
from sync.hub.publish import publish_catalog
from sync.protocol import OpOutcome, Outcome, SignInLease, SignInRequest
from tests.sync.hub.fake_desk import DEPARTMENT, HALL, ITEM, PASSWORD, SECOND_WINDOW, FakeDesk, ready_desk

DAY_MS = 86_400_000
PERMIT: Item = msgspec.structs.replace(ITEM, power_type="行政许可", promised=DayLimit(days=5, basis="样例条"))
PAUSE = Act(reason="样例", later=Later(procedure=Procedure.HEARING, workdays=5))
GRANT = Act(later=Later(decision=Decision.GRANT))


@pytest.fixture
def version(hub: Hub) -> str:
    return publish_catalog(hub, (DEPARTMENT,), (PERMIT,))


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


@pytest.fixture
def other(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version, window=SECOND_WINDOW)


def send(desk: FakeDesk) -> list[OpOutcome]:
    reply = push(desk.hub, desk.device, desk.batch())
    desk.sent()
    return list(reply.outcomes)


def outcomes(told: list[OpOutcome]) -> list[Outcome]:
    return [one.outcome for one in told]


def state_of(hub: Hub, case_id: str) -> CaseState:
    with hub.read() as conn:
        data = conn.execute(select(t.case_head.c.state).where(t.case_head.c.case_id == case_id)).scalar_one()
    return decode_state(data)


def test_the_first_stop_of_two_desks_wins_and_the_other_goes_to_a_person(
    hub: Hub, desk: FakeDesk, other: FakeDesk
) -> None:
    desk.accept("c1")
    send(desk)
    desk.make(OpKind.PAUSE, "c1", base_rev=1, act=PAUSE)
    other.make(OpKind.PAUSE, "c1", base_rev=1, act=PAUSE)
    assert outcomes(send(desk)) == [Outcome.APPLIED]
    (told,) = send(other)
    assert told.outcome is Outcome.CONFLICT
    assert "已经暂停" in told.reason
    assert len(state_of(hub, "c1").stoppages) == 1


def test_a_decision_on_a_case_stopped_elsewhere_goes_to_a_person(
    hub: Hub, desk: FakeDesk, other: FakeDesk
) -> None:
    desk.accept("c1")
    send(desk)
    desk.make(OpKind.PAUSE, "c1", base_rev=1, act=PAUSE)
    send(desk)
    other.make(OpKind.DECIDE, "c1", base_rev=1, act=GRANT)
    (told,) = send(other)
    assert told.outcome is Outcome.CONFLICT
    assert state_of(hub, "c1").status is CaseStatus.ACCEPTED


def test_silence_put_on_record_twice_troubles_nobody(hub: Hub, desk: FakeDesk, other: FakeDesk) -> None:
    desk.start_ms -= 20 * DAY_MS
    fields = {path: Change("", value) for path, value in _person().items()}
    desk.make(OpKind.RECEIVE, "c1", fields, act=Act(number=desk.number()))
    send(desk)
    desk.start_ms += 20 * DAY_MS
    desk.make(OpKind.DEEM, "c1", base_rev=1)
    other.make(OpKind.DEEM, "c1", base_rev=1)
    assert outcomes(send(desk)) == [Outcome.APPLIED]
    assert outcomes(send(other)) == [Outcome.REJECTED]
    state = state_of(hub, "c1")
    assert (state.deemed, state.accepted_on) == (True, "2026-08-29")
    other.make(OpKind.NOTE, "c1", base_rev=2, act=Act(text="样例"))
    assert outcomes(send(other)) == [Outcome.APPLIED]  # nothing waits behind it


@pytest.mark.parametrize(
    ("kind", "act"), [(OpKind.PAUSE, PAUSE), (OpKind.DECIDE, GRANT), (OpKind.EXTEND, Act())]
)
def test_no_later_act_is_dated_after_its_arrival(hub: Hub, desk: FakeDesk, kind: OpKind, act: Act) -> None:
    desk.accept("c1")
    send(desk)
    desk.start_ms += 3 * DAY_MS
    desk.make(kind, "c1", base_rev=1, act=act)
    (told,) = send(desk)
    assert told.outcome is Outcome.REJECTED
    assert "时钟快了" in told.reason


def test_the_roles_of_the_lease_decide_not_those_of_today(hub: Hub, desk: FakeDesk) -> None:
    _staff(hub, "window", "reviewer")
    leased = _sign_in(hub, desk)
    desk.accept("c1")
    desk.accept("c2")
    send(desk)
    _staff(hub, "window")
    _make_under(desk, leased.lease_id, "c1", PAUSE)
    assert outcomes(send(desk)) == [Outcome.APPLIED]
    now = _sign_in(hub, desk)
    _make_under(desk, now.lease_id, "c2", PAUSE)
    (told,) = send(desk)
    assert told.outcome is Outcome.REJECTED
    assert "审查人员或者组长" in told.reason
    assert state_of(hub, "c2").stoppages == ()


def test_a_lease_the_hub_does_not_know_is_judged_by_the_register(hub: Hub, desk: FakeDesk) -> None:
    desk.accept("c1")
    _staff(hub, "window")
    desk.make(OpKind.DECIDE, "c1", base_rev=1, act=GRANT)
    assert outcomes(send(desk)) == [Outcome.APPLIED, Outcome.REJECTED]
    assert state_of(hub, "c1").status is CaseStatus.ACCEPTED


def test_the_hall_marks_receipts_by_its_own_hours(hub: Hub, desk: FakeDesk) -> None:
    desk.accept("c1")  # ten in the morning
    send(desk)
    assert state_of(hub, "c1").service == ""
    hall = {"id": HALL, "name": "样例大厅", "division": HALL, "hours": "13:00-17:00"}
    publish_directory(hub, msgspec.json.encode({"halls": [hall], "windows": [], "departments": []}))
    desk.accept("c2")
    send(desk)
    assert state_of(hub, "c2").service == "overtime"


def test_what_a_window_may_not_take_in_is_refused_unless_its_desk_cannot_know(
    hub: Hub, desk: FakeDesk
) -> None:
    desk.window = "370911-07"
    window = {"id": desk.window, "hall": HALL, "kind": "specialist", "domains": ["real_estate"]}
    hall = {"id": HALL, "name": "样例大厅", "division": HALL}
    publish_directory(hub, msgspec.json.encode({"halls": [hall], "windows": [window]}))
    desk.accept("c1")  # it heard the hub before that directory
    desk.anchor_ms = hub.now_ms() + 1000
    desk.accept("c2")
    lawful, refused = send(desk)
    assert (lawful.outcome, refused.outcome) == (Outcome.APPLIED, Outcome.REJECTED)
    assert refused.reason == "本窗口只办不动产登记事项，须到办理市场准入的窗口，这一步没有采用。"


def _person() -> dict[str, str]:
    return {
        "applicant.kind": "person",
        "applicant.name": "王样例",
        "applicant.id_number": "11010519491231002X",
        "applicant.phone": "13800000000",
    }


def _staff(hub: Hub, *roles: str) -> None:
    line = people.StaffLine(staff="T0718", name="李样例", scope=HALL, roles=roles)
    people.add_staff(hub, line, PASSWORD)


def _sign_in(hub: Hub, desk: FakeDesk) -> SignInLease:
    reply = signin.sign_in(hub, SignInRequest(staff="T0718", password=PASSWORD), desk.device)
    return msgspec.msgpack.decode(reply.signed.lease, type=SignInLease)


def _make_under(desk: FakeDesk, lease_id: str, case_id: str, act: Act) -> None:
    """An op that names the lease it was made under."""
    head, waiting = desk.head, len(desk.waiting)
    op = desk.make(OpKind.PAUSE, case_id, base_rev=1, act=act)
    del desk.waiting[waiting:]
    desk.head = head
    desk.keep(encode_op(msgspec.structs.replace(op, lease_id=lease_id)))
