"""Cases on their way into a department's own system: every way out on record, the number back as an act."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import msgspec
import openpyxl
import pytest
from sqlalchemy import select

from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.copy_out import as_line, backfill, export_package, note_copied
from app.commands.verify import verify_replica
from app.queries.case_filter import CaseFilter
from app.queries.case_list import list_cases
from app.queries.cases import read_case, read_state
from app.queries.other_systems import BUILT_IN, CopyCase, read_copy, read_systems, unmatched
from app.sample import filled
from models.domain.other_system import fill, number_path
from models.errors import KnownError
from models.tables import replica as t
from tests.desk_kit import catalog, item, make_desk

GIVEN = "SC202611230001"


def taken_in(desk: Desk, item_id: str = "SC001", seed: int = 1) -> CopyCase:
    done = intake_line(desk, filled(item(item_id), random.Random(seed), "accept"))
    found = read_copy(desk, done.case_id)
    assert found is not None
    return found


def audited(desk: Desk) -> list[tuple[str, str]]:
    with desk.store.read() as conn:
        return [(row.act, row.detail) for row in conn.execute(select(t.audit).order_by(t.audit.c.aseq))]


def test_every_built_in_system_reads_and_asks_only_for_what_some_item_has() -> None:
    known = read_systems(BUILT_IN)
    assert known.problems == ()
    assert len({system.id for system in known.systems}) == len(known.systems) >= 3
    for system in known.systems:
        asked = {f"form.{f.id}" for i in catalog().items if system.takes(i) for f in i.fields}
        wanted = {path for column in system.columns for path in column.of if path.startswith("form.")}
        assert wanted <= asked, system.id


def test_a_halls_own_file_takes_the_place_of_one_and_a_broken_one_is_named(tmp_path: Path) -> None:
    own = (
        '{"标识":"mine","名称":"自有系统","办理项":["SH001"],"栏目":[{"栏目":"编号","取自":["case.number"]}]}'
    )
    (tmp_path / "shichang.json").write_text(own, encoding="utf-8")
    known = read_systems(tmp_path)
    assert [s.name for s in known.of(item("SH001"))] == ["自有系统"]
    assert [s.id for s in known.of(item("SC001"))] == ["own"]  # what it replaced is gone
    for broken in ("{", own.replace("栏目", "列"), own.replace("mine", "不行"), "[]"):
        (tmp_path / "shichang.json").write_text(broken, encoding="utf-8")
        known = read_systems(tmp_path)
        assert len(known.problems) == 1
        assert "shichang.json" in known.problems[0]
        assert [s.id for s in known.of(item("SC001"))] == ["shichang"]


def test_a_copy_is_put_on_record_without_its_values(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    found = taken_in(desk)
    fields = fill(found.systems[0], found.item, found.state)
    note_copied(desk, found.state.case_id, found.systems[0], [fields[7].heading, fields[8].heading])
    act, detail = audited(desk)[-1]
    assert (act, detail) == ("copy_out", "shichang|证件号码、联系电话")
    assert found.state.value("applicant.id_number") not in detail
    assert as_line(fields).split("\t") == [f.value for f in fields]
    assert verify_replica(desk) == []
    desk.store.close()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_package_holds_headings_and_values_and_no_formula(tmp_path: Path, suffix: str) -> None:
    desk = make_desk(tmp_path / "desk")
    found = taken_in(desk)
    state = found.state
    state.fields["applicant.name"] = "=cmd()"
    fields = fill(found.systems[0], found.item, state)
    target = tmp_path / f"package{suffix}"
    export_package(desk, state, found.systems[0], fields, target)
    if suffix == ".csv":
        rows = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
        assert "'=cmd()" in rows[1]
    else:
        sheet = openpyxl.load_workbook(target).worksheets[0]
        rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row}.isdisjoint({"f"})
        assert "=cmd()" in rows[1]
    assert rows[0] == [f.heading for f in fields]
    assert state.number in rows[1]
    assert audited(desk)[-1] == ("export_system", f"shichang|{len(fields)}")
    with pytest.raises(KnownError, match="没有导出"):
        export_package(desk, state, found.systems[0], fields, tmp_path / "none" / f"x{suffix}")
    desk.store.close()


def test_the_number_comes_back_as_an_act_and_the_case_leaves_the_list(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    found, other = taken_in(desk), taken_in(desk, "BD007", 2)
    taken_in(desk, "SH005", 3)  # no system is described for it
    system, case_id = found.systems[0], found.state.case_id
    assert {one.row.case_id for one in unmatched(desk)} == {case_id, other.state.case_id}
    wrong = ("", "SC12", "DD202611230001")
    for number in wrong:
        with pytest.raises(KnownError, match="办件没有改动"):
            backfill(desk, case_id, system, number)
    backfill(desk, case_id, system, f" {GIVEN[:6]} {GIVEN[6:]} ")
    page = read_case(desk, case_id)
    assert page is not None
    assert page.state.value(number_path("shichang")) == GIVEN
    assert page.history[-1].kind == "note"
    assert f"市场准入系统流水号 {GIVEN}" in page.state.notes[-1].text
    assert [one.row.case_id for one in unmatched(desk)] == [other.state.case_id]
    listed = list_cases(desk, CaseFilter(unmatched=True))
    assert [row.case_id for row in listed] == [other.state.case_id]
    assert unmatched(desk, "没有这样的") == []
    with pytest.raises(KnownError, match="已经回填过"):
        backfill(desk, case_id, system, GIVEN)
    backfill(desk, case_id, system, "SC202611230002")  # put right: the former one stays in the story
    assert len([line for line in read_case(desk, case_id).history if line.kind == "note"]) == 2  # type: ignore[union-attr]
    desk.store.close()


def test_a_note_beside_an_acceptance_on_trust_takes_nothing_away(tmp_path: Path) -> None:
    """What acceptance added by itself, such as the day of a promise, is not in the entry of who writes the note."""
    desk = make_desk(tmp_path)
    of = item("SC015")
    for seed in range(200):
        line = filled(of, random.Random(seed), "accept", on_trust=True)
        if any(m.form in ("deferred", "committed") for m in line.materials):
            break
    else:
        raise AssertionError("no seed takes anything on trust")
    done = intake_line(desk, msgspec.structs.replace(line, note="已电话告知（样例）"))
    state = read_state(desk, done.case_id)
    assert state is not None
    assert [note.text for note in state.notes] == ["已电话告知（样例）"]
    assert [path for path in state.fields if path.endswith(".due")]
    desk.store.close()
