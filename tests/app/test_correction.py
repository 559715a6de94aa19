"""补正期限: the clerk, or the hall's list for the item, fixes the day; it is printed and the ledger shows it.
No law sets how many days, so none is invented: without either the paper keeps the hall's own wording."""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import msgspec
import pytest

from app.commands import after, intake
from app.commands.act import Entry, perform
from app.commands.batch import entry_fields, intake_line, wanting_lines
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.queries.cases import read_state
from app.queries.deadlines import announced, due_rows, lapsed_corrections, read_time
from app.queries.to_do import cases_to_do
from app.sample import filled
from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import Item
from models.domain.deadlines import due_date
from models.domain.ledger import case_clock
from models.domain.ops import OpKind
from models.errors import KnownError
from tests.app.test_promises import with_kit
from tests.desk_kit import FixedClock, item, make_desk

OF = item("SC001")
PRESET = msgspec.structs.replace(OF, id="PRESET", correction_days=7)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = with_kit(make_desk(tmp_path), OF, PRESET)
    yield made
    made.store.close()


def told(desk: Desk, of: Item, until: str = "") -> CaseState:
    line = filled(of, random.Random(2), "supplement")
    fields = entry_fields(of, line)
    entry = Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)
    intake.supplement(desk, entry, wanting_lines(of, fields, line), until)
    state = read_state(desk, entry.case_id)
    assert state is not None
    return state


def paper(desk: Desk, state: CaseState) -> str:
    document = docx.Document(io.BytesIO(print_notice(desk, state.case_id, state.notices[0].op_id).data))
    return "\n".join(p.text for p in document.paragraphs)


def ledger(desk: Desk, state: CaseState, of: Item) -> str:
    clock = case_clock(state, of, desk.rulebook.calendar, desk.clock.now().day)
    return "\n".join(line.text for line in clock.lines)


def test_the_day_the_clerk_writes_is_printed_and_in_the_ledger(desk: Desk) -> None:
    state = told(desk, OF, "2026年12月15日")
    assert "补正期限：至2026年12月15日（周二）止。" in paper(desk, state)
    assert "补正期限到 2026-12-15 周二" in ledger(desk, state, OF)


def test_the_list_presets_workdays_and_the_clerk_may_write_another_day(desk: Desk) -> None:
    last = due_date(desk.clock.now().day, 7, desk.rulebook.calendar).due
    assert f"补正期限到 {last.isoformat()}" in ledger(desk, told(desk, PRESET), PRESET)
    assert "补正期限到 2026-12-31" in ledger(desk, told(desk, PRESET, "2026-12-31"), PRESET)


def test_without_either_the_hall_s_wording_stands(desk: Desk) -> None:
    state = told(desk, OF)
    assert "自收到本告知书之日起______日内" in paper(desk, state)
    assert "补正期限" not in ledger(desk, state, OF)


@pytest.mark.parametrize("until", ["十天", "2026-02-30", "2020-01-01", "today"])
def test_a_day_that_is_none_or_leaves_no_time_is_refused(desk: Desk, until: str) -> None:
    day = desk.clock.now().day.isoformat() if until == "today" else until
    with pytest.raises(KnownError, match="补正期限须是告知日以后的一天"):
        told(desk, OF, day)


def test_only_the_notice_sets_it(desk: Desk) -> None:
    state = told(desk, OF, "2026-12-15")
    for value in ("2026-12-01", ""):
        fields = {k: v for k, v in {**state.fields, "supplement.due": value}.items() if v}
        with pytest.raises(KnownError, match="不能另行改动"):
            perform(desk, OpKind.SAVE, Entry(case_id=state.case_id, item_id=OF.id, fields=fields))
    early = Entry(case_id=desk.make_id(), item_id=OF.id, fields={"supplement.due": "2026-12-15"})
    with pytest.raises(KnownError, match="不能另行改动"):
        perform(desk, OpKind.SAVE, early)


def test_what_comes_in_time_or_late_is_taken_all_the_same(desk: Desk) -> None:
    """The day ends no application: no law says so."""
    state = told(desk, OF, "2026-12-15")
    papers = {f"material.{m.id}": "paper" for m in OF.materials if not state.value(f"material.{m.id}")}
    wrong = {path: "paper" for path, value in state.fields.items() if value == "defective"}
    entry = Entry(case_id=state.case_id, item_id=OF.id, fields=state.fields | papers | wrong)
    intake.save_case(desk, entry)
    again = read_state(desk, state.case_id)
    assert again is not None
    assert again.status is CaseStatus.SUPPLEMENT
    assert again.value("supplement.due") == "2026-12-15"


def test_a_line_of_a_file_may_say_it(desk: Desk) -> None:
    line = msgspec.structs.replace(filled(OF, random.Random(2), "supplement"), until="2026-12-15")
    changes = intake_line(desk, line)
    state = read_state(desk, changes.case_id)
    assert state is not None
    assert state.value("supplement.due") == "2026-12-15"


def test_a_correction_that_lapsed_is_for_the_person_who_must_decide(desk: Desk) -> None:
    state = told(desk, OF, "2026-12-01")
    last = dt.date(2026, 12, 1)
    assert lapsed_corrections(desk, last) == []
    assert due_rows(desk, [state.case_id], last)[state.case_id].text == "等补正，到 2026-12-01"
    day = last + dt.timedelta(days=1)
    (row,) = lapsed_corrections(desk, day)
    assert (row.case_id, row.phase, row.tone) == (state.case_id, "waiting", "amber")
    assert (row.text, row.due) == ("补正期满，请决定怎样办", "2026-12-01")
    assert [one.case_id for one in announced(desk, day)] == [state.case_id]
    assert row.left is None  # nobody at the office is late
    timed = read_time(desk, state.case_id, day)
    assert timed is not None
    assert not timed.clock.overdue
    said = "\n".join(line.text for line in timed.clock.lines)
    for choice in ("登记补齐", "不能再次告知", "撤回", "不予受理", "不能自动退件"):
        assert choice in said
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += 9 * 86_400_000
    assert [one.case_id for one in cases_to_do(desk)] == [state.case_id]


def test_whoever_has_answered_is_on_no_list(desk: Desk) -> None:
    """Late is in time: the five days of the office run from the day everything is in (视为受理 included)."""
    state = told(desk, OF, "2026-12-01")
    desk = replace(desk, lease=msgspec.structs.replace(desk.lease, expires_ms=desk.lease.expires_ms * 2))
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += 10 * 86_400_000
    after.handed_in(desk, state.case_id)
    today = desk.clock.now().day
    assert lapsed_corrections(desk, today) == []
    timed = read_time(desk, state.case_id, today)
    assert timed is not None
    assert (timed.clock.phase, timed.clock.correct_by) == ("telling", None)
    timed = read_time(desk, state.case_id, today + dt.timedelta(days=20))
    assert timed is not None
    assert timed.clock.deemed
    other = told(desk, OF, "2027-01-05")
    intake.withdraw(desk, Entry(case_id=other.case_id, item_id=OF.id, fields=dict(other.fields)), "不办了")
    assert lapsed_corrections(desk, dt.date(2027, 2, 1)) == []
