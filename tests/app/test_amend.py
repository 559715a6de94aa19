"""当场更正 at a real desk and hub: the command, the story, and what it leaves alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands import after, intake
from app.commands.act import Entry
from app.commands.batch import entry_fields
from app.commands.context import Desk
from app.commands.papers import REVIEW, write_papers
from app.commands.reconcile import reconcile
from app.documents.guide import review_sheet
from app.queries.amended import place_name
from app.queries.cases import read_case, read_state
from app.sample import filled
from models.domain.case import CaseStatus
from models.errors import KnownError
from tests.app.test_documents import text_of
from tests.desk_kit import catalog, item, make_desk
from tests.sync.hall_kit import open_hall, shown
from tests.sync.hub.fake_desk import COMPLETE, SECOND_WINDOW

OF = item("TZ004")
FIELDS = entry_fields(OF, filled(OF, random.Random(3), "accept"))
PATH = next(f"form.{f.id}" for f in OF.fields if f.required and FIELDS.get(f"form.{f.id}"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield made
    made.store.close()


def test_the_story_tells_place_words_and_who_confirmed(desk: Desk) -> None:
    case = intake.receive(desk, Entry(case_id=desk.make_id(), item_id=OF.id, fields=FIELDS)).case_id
    intake.amend(desk, after.entry_of(desk, case), PATH, FIELDS[PATH], FIELDS[PATH] + "一", "applicant")
    intake.amend(desk, after.entry_of(desk, case), "applicant.phone", FIELDS["applicant.phone"],
                 "13900000002", "applicant")  # fmt: skip
    page = read_case(desk, case)
    assert page is not None
    words = [line.text for line in page.history if line.kind == "amend"]
    assert words[0].startswith(f"{place_name(PATH, OF)}：{FIELDS[PATH]} → {FIELDS[PATH]}一（申请人当场更正")
    assert "13900000002" not in words[1]
    assert page.state.value(PATH) == FIELDS[PATH] + "一"
    assert (page.state.status, page.state.supplemented_on) == (CaseStatus.RECEIVED, "")


def test_a_paper_marked_as_wrong_is_in_once_it_is_corrected(desk: Desk) -> None:
    wrong = FIELDS | {"material.M1": "defective", "material.M1.note": "日期写错"}
    entry = Entry(case_id=desk.make_id(), item_id=OF.id, fields=wrong)
    case = intake.amend(desk, entry, "material.M1", "2062 年", "2026 年", "applicant").case_id
    state = read_state(desk, case)
    assert state is not None
    assert (state.value("material.M1"), state.value("material.M1.note")) == ("paper", "")
    assert intake.accept(desk, after.entry_of(desk, case)).number
    with pytest.raises(KnownError, match="已受理"):
        intake.amend(desk, after.entry_of(desk, case), "material.M1", "甲", "乙", "applicant")


def test_without_the_applicants_word_nothing_is_written(desk: Desk) -> None:
    entry = Entry(case_id=desk.make_id(), item_id=OF.id, fields=FIELDS)
    with pytest.raises(KnownError, match="申请人或者代理人本人"):
        intake.amend(desk, entry, PATH, "错", "对", "")
    assert read_state(desk, entry.case_id) is None


def test_it_reaches_the_hub_and_the_other_window(tmp_path: Path) -> None:
    with open_hall(tmp_path) as hall:
        desk, other = hall.desk(), hall.desk("other", window=SECOND_WINDOW)
        for one in (desk, other):
            reconcile(one)
        entry = Entry(case_id=desk.make_id(), item_id="SAMPLE-1", fields=dict(COMPLETE))
        case = intake.receive(desk, entry).case_id
        intake.amend(desk, after.entry_of(desk, case), "material.M1", "少签名", "已签名", "applicant")
        assert reconcile(desk).problems == []
        reconcile(other)
        assert shown(other)[case] == hall.states()[case] == shown(desk)[case]
        assert [one.now for one in hall.states()[case].amended] == ["已签名"]


def test_the_review_sheet_of_a_case_tells_its_marks_and_its_corrections(desk: Desk, tmp_path: Path) -> None:
    case = intake.receive(desk, Entry(case_id=desk.make_id(), item_id=OF.id, fields=FIELDS)).case_id
    intake.amend(desk, after.entry_of(desk, case), "material.M1", "2062 年", "2026 年", "applicant")
    done = write_papers(desk, case, tmp_path / "out", review=True)
    assert REVIEW in done.files
    text = text_of((tmp_path / "out" / REVIEW).read_bytes())
    for said in (OF.materials[0].name, "2062 年", "2026 年", "申请人", "2026-11-23", "☑"):
        assert said in text, said


def test_the_review_sheet_has_room_for_it() -> None:
    import io

    import docx

    sheet = docx.Document(io.BytesIO(review_sheet(OF, catalog())))
    assert "当场更正记录" in [p.text for p in sheet.paragraphs]
    assert ["更正处", "原来写的", "更正为", "申请人签名", "日期"] in [
        [cell.text for cell in table.rows[0].cells] for table in sheet.tables
    ]
