"""The later acts on a real replica: who may do them, what they print, what screens are told."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.commands import after, delivery, intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.context import Desk
from app.commands.papers import write_papers
from app.commands.print_notice import print_notice
from app.commands.verify import verify_replica
from app.queries.cases import read_state
from app.queries.deadlines import announced, count_service, due_rows, read_time
from app.queries.deemed import TO_TELL, deemed_to_tell
from app.queries.to_do import cases_to_do
from app.sample import filled
from models.device import set_meta
from models.domain.case import CaseState, CaseStatus
from models.domain.checklist import shown_points, wanting_materials
from models.domain.procedures import Decision, DeliveryWay, Procedure
from models.domain.workdays import builtin_calendar
from models.errors import KnownError
from tests.app.test_documents import text_of
from tests.desk_kit import FixedClock, item, make_desk

DAY_MS = 86_400_000
ITEM = "TZ004"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield with_roles(made, "window", "reviewer")
    made.store.close()


def with_roles(desk: Desk, *roles: str) -> Desk:
    lease = msgspec.structs.replace(desk.lease, roles=roles, expires_ms=2**52)
    return replace(desk, lease=lease)


def pass_days(desk: Desk, days: float) -> None:
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += int(days * DAY_MS)


def taken(desk: Desk, outcome: str = "accept", of: str = ITEM) -> str:
    return intake_line(desk, filled(item(of), random.Random(3), outcome)).case_id


def state_of(desk: Desk, case_id: str) -> CaseState:
    state = read_state(desk, case_id)
    assert state is not None
    return state


def row_text(desk: Desk, case_id: str) -> tuple[str, str]:
    row = due_rows(desk, [case_id])[case_id]
    return row.text, row.tone


def test_from_acceptance_to_delivery(desk: Desk) -> None:
    case = taken(desk)
    pass_days(desk, 1)
    after.pause(desk, case, Procedure.EXPERTS, "样例评审", 3)
    assert row_text(desk, case) == ("时限暂停", "")
    pass_days(desk, 2)
    after.resume(desk, case)
    after.extend(desk, case, 10, "样例负责人", "样例原因")
    notice = state_of(desk, case).notices[-1]
    clock = read_time(desk, case)
    assert clock is not None
    assert clock.clock.due is not None
    assert notice.due_legal == clock.clock.due.isoformat()
    after.decide(desk, case, Decision.GRANT)
    delivery.deliver(desk, case, DeliveryWay.COUNTER, "样例签收人")
    state = state_of(desk, case)
    assert state.status is CaseStatus.DELIVERED
    assert [n.kind for n in state.notices] == ["accept", "pause", "extend", "decide", "deliver"]
    assert verify_replica(desk) == []


def test_a_window_clerk_judges_nothing(desk: Desk) -> None:
    clerk = with_roles(desk, "window")
    case = taken(clerk)
    judging: tuple[Callable[[], object], ...] = (
        lambda: after.pause(clerk, case, Procedure.EXPERTS, "样例", 3),
        lambda: after.extend(clerk, case, 5, "样例负责人", "样例"),
        lambda: after.decide(clerk, case, Decision.GRANT),
    )
    for act in judging:
        with pytest.raises(KnownError, match="审查人员或者组长"):
            act()
    assert state_of(clerk, case).status is CaseStatus.ACCEPTED


def test_a_denial_brings_its_review_with_it(desk: Desk) -> None:
    case = taken(desk)
    point = shown_points(item(ITEM), state_of(desk, case).answers)[0]
    with pytest.raises(KnownError, match="审查要点"):
        after.decide(desk, case, Decision.DENY, "样例理由")
    after.decide(desk, case, Decision.DENY, "样例理由", {point.id: "fail"})
    assert state_of(desk, case).notices[-1].failed_points == (point.text,)


def test_silence_is_announced_before_it_counts_and_recorded_by_the_desk_that_took_the_papers_in(
    desk: Desk,
) -> None:
    case = taken(desk, "receive")
    assert row_text(desk, case) == ("5 个工作日后视为受理", "")
    assert announced(desk) == []
    pass_days(desk, 3)
    assert row_text(desk, case) == ("2 个工作日后视为受理", "amber")
    pass_days(desk, 4)
    assert row_text(desk, case) == ("今天必须告知，过后视为受理", "red")
    assert after.record_deemed(desk) == []
    pass_days(desk, 1)
    (row,) = announced(desk)
    assert row.deemed
    assert row.text.startswith("已视为受理")
    (done,) = after.record_deemed(desk)
    assert done.case_id == case
    state = state_of(desk, case)
    assert (state.status, state.accepted_on, state.deemed) == (CaseStatus.ACCEPTED, "2026-11-23", True)
    assert after.record_deemed(desk) == []
    assert (state.notices[-1].kind, state.notices[-1].due_legal) == ("deem", read_due(desk, case, "法定"))
    with pytest.raises(KnownError, match="已受理"):
        intake.supplement(desk, Entry(case_id=case, item_id=ITEM, fields=dict(state.fields)), ())


def test_a_procedure_longer_than_told_is_announced(desk: Desk) -> None:
    case = taken(desk)
    pass_days(desk, 1)
    after.pause(desk, case, Procedure.EXPERTS, "样例评审", 2)
    pass_days(desk, 2)
    assert (row_text(desk, case), announced(desk)) == (("时限暂停", ""), [])
    pass_days(desk, 1)
    assert row_text(desk, case) == ("时限暂停，告知的时间已过 1 个工作日，请恢复计时", "red")
    assert [row.case_id for row in announced(desk)] == [case]


def read_due(desk: Desk, case_id: str, name: str) -> str:
    timed = read_time(desk, case_id)
    assert timed is not None
    return next(one.deadline.due.isoformat() for one in timed.clock.limits if one.name == name)


def test_who_was_accepted_by_silence_is_told_so_in_writing(desk: Desk, tmp_path: Path) -> None:
    case = taken(desk, "receive")
    pass_days(desk, 8)
    (done,) = after.record_deemed(desk)
    (row,) = deemed_to_tell(desk)
    assert (row.case_id, row.text) == (case, TO_TELL)
    assert [one.case_id for one in cases_to_do(desk)] == [case]
    made = print_notice(desk, case, done.op_id)
    text = text_of(made.data)
    assert made.title == "受理通知书（视为受理）"
    for said in (
        "自收到申请材料之日起即为受理",
        "第三十二条第一款第（四）项",
        "2026年11月23日",
        "受理专用章",
    ):
        assert said in text, said
    assert "现予受理" not in text
    assert deemed_to_tell(desk) == []
    assert cases_to_do(desk) == []
    write_papers(desk, case, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"01-receive.docx", "02-deem.docx"}


def test_a_case_silence_accepted_can_be_completed_and_granted(desk: Desk) -> None:
    line = filled(item(ITEM), random.Random(3), "receive")
    short = msgspec.structs.replace(line, materials=line.materials[:-2])
    case = intake_line(desk, short).case_id
    missing = [m.id for m in wanting_materials(item(ITEM), state_of(desk, case).fields)]
    assert len(missing) == 2
    pass_days(desk, 8)
    after.record_deemed(desk)
    with pytest.raises(KnownError, match="不能准予"):
        after.decide(desk, case, Decision.GRANT)
    with pytest.raises(KnownError, match="不是本件还缺的材料"):
        after.handed_in(desk, case, ["M99"])
    after.handed_in(desk, case, missing[:1])
    after.handed_in(desk, case)
    after.decide(desk, case, Decision.GRANT)
    state = state_of(desk, case)
    assert state.status is CaseStatus.DECIDED
    assert all(state.fields[f"point.{p.id}"] == "pass" for p in shown_points(item(ITEM), state.answers))


def test_another_machine_leaves_the_record_to_the_one_that_received(desk: Desk, tmp_path: Path) -> None:
    taken(desk, "receive")
    pass_days(desk, 10)
    other = replace(desk, device=msgspec.structs.replace(desk.device, device="D02"))
    assert after.record_deemed(other) == []
    assert len(announced(other)) == 1


def test_supplied_starts_the_limit(desk: Desk) -> None:
    of = item(ITEM)
    line = filled(of, random.Random(3), "supplement")
    case = intake_line(desk, line).case_id
    fields = dict(state_of(desk, case).fields)
    pass_days(desk, 2)
    with pytest.raises(KnownError, match="没有收齐"):
        after.supplied(desk, Entry(case_id=case, item_id=ITEM, fields=fields))
    fields |= entry_fields(of, filled(of, random.Random(3)))
    after.supplied(desk, Entry(case_id=case, item_id=ITEM, fields=fields))
    pass_days(desk, 1)
    intake.accept(desk, Entry(case_id=case, item_id=ITEM, fields=fields))
    state = state_of(desk, case)
    assert (state.complete_on, state.accepted_on) == ("2026-11-25", "2026-11-25")
    timed = read_time(desk, case)
    assert timed is not None
    assert timed.clock.start == dt.date(2026, 11, 25)
    assert state.notices[-1].due_legal in {str(one.deadline.due) for one in timed.clock.limits}


def test_receipts_out_of_hours_are_counted_by_the_clock(desk: Desk) -> None:
    taken(desk, "receive")  # Monday, half past ten
    pass_days(desk, 2 / 24)
    taken(desk, "accept")  # in the lunch break
    pass_days(desk, 5)
    for _ in range(3):
        taken(desk, "receive")  # Saturday
    counted = count_service(desk, dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    assert (counted.regular, counted.overtime, counted.weekend, counted.days) == (1, 1, 3, 1)
    assert count_service(desk, dt.date(2026, 11, 28), dt.date(2026, 11, 28)).weekend == 3


def test_a_day_near_midnight_waits_for_the_hub(desk: Desk) -> None:
    pass_days(desk, 13.47 / 24)  # some two minutes before midnight
    case = taken(desk)
    row = due_rows(desk, [case])[case]
    assert row.unconfirmed
    assert row.text.endswith("（待中心确认）")


def test_what_has_no_template_is_said_plainly(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = taken(desk)
    done = after.decide(desk, case, Decision.GRANT)
    monkeypatch.setattr("app.commands.print_notice.TITLES", {"accept": "受理通知书"})
    with pytest.raises(KnownError, match="还没有这种文书的模板"):
        print_notice(desk, case, done.op_id)


def test_an_unknown_case_is_said_plainly(desk: Desk) -> None:
    with pytest.raises(KnownError, match="没有这件办件"):
        after.resume(desk, "nowhere")


def test_a_calendar_from_the_hub_makes_the_day_final_without_a_new_act(desk: Desk) -> None:
    pass_days(desk, 33)  # 26 December 2026
    case = taken(desk)
    before = read_time(desk, case)
    assert before is not None
    assert before.row.provisional
    assert before.row.text.endswith("（待日历）")
    off = {dt.date(2027, 1, day): "元旦" for day in (1, 4, 5)}
    known = builtin_calendar().with_year(2027, off, frozenset())
    with desk.store.write() as conn:
        set_meta(conn, "calendar", msgspec.json.encode(msgspec.to_builtins(known, str_keys=True)))
    with desk.store.read() as conn:
        desk.rulebook.adopt_calendar(conn)
    later = read_time(desk, case)
    assert later is not None
    assert not later.row.provisional
    assert later.row.due > before.row.due
    assert next(line.day for line in later.clock.lines if line.kind == "recomputed") == later.row.due
