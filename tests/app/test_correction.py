"""补正期限: the clerk, or the hall's list for the item, fixes the day; it is printed and the ledger shows it.
No law sets how many days, so none is invented: without either the paper keeps the hall's own wording."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import docx
import msgspec
import pytest

from app.commands import intake
from app.commands.act import Entry, perform
from app.commands.batch import entry_fields, intake_line, wanting_lines
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.queries.cases import read_state
from app.sample import filled
from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import Item
from models.domain.deadlines import due_date
from models.domain.ledger import case_clock
from models.domain.ops import OpKind
from models.errors import KnownError
from tests.app.test_promises import with_kit
from tests.desk_kit import item, make_desk

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
