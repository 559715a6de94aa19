"""What a strict clerk would send back: the same layout for every notice, nothing cut, no page for two lines."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import docx
import msgspec
import pytest
from docx.document import Document
from docx.oxml.ns import qn

from app.commands import after, intake
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.documents.consult import consult_sheet
from app.documents.guide import review_sheet, service_guide
from app.documents.pdf import converter, to_pdf
from app.documents.required import REQUIRED
from app.queries.cases import read_state
from app.sample import filled
from models.domain.procedures import Procedure
from tests.app.test_documents import text_of
from tests.app.test_promises import ON_TRUST, entry, with_kit
from tests.desk_kit import catalog, item, make_desk

NOW = dt.date(2026, 11, 23)
SEALED = (
    "accept",
    "deem",
    "supplement",
    "refuse",
    "bundle",
    "pause",
    "extend",
    "grant",
    "deny",
    "defer_notice",
)


def template(kind: str) -> Document:
    return docx.Document(io.BytesIO(files("resources").joinpath("templates", f"{kind}.docx").read_bytes()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path / "desk", numbers=20)
    made = replace(made, lease=msgspec.structs.replace(made.lease, roles=("window", "reviewer")))
    yield made
    made.store.close()


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_pages_are_numbered_tables_fit_and_their_heads_are_repeated(kind: str) -> None:
    paper = template(kind)
    (section,) = paper.sections
    footer = "".join(paragraph.text for paragraph in section.footer.paragraphs)
    assert re.sub(r"\d", "n", footer) == "第 n 页　共 n 页"
    room = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    for table in paper.tables:
        assert sum(cell.width or 0 for cell in table.rows[0].cells) <= room + 3600, (
            table.rows[0].cells[0].text
        )
        if any("{%tr for" in cell.text for row in table.rows for cell in row.cells):
            assert table.rows[0]._tr.findall(f".//{qn('w:tblHeader')}"), (
                "the head comes again on the next page"
            )


@pytest.mark.parametrize("kind", SEALED)
def test_who_seals_is_named_above_the_seal(kind: str) -> None:
    said = template(kind).tables[-1].rows[0].cells[1].text.split("\n")
    seal = next(place for place, line in enumerate(said) if "专用章" in line)
    assert said[seal - 1] == "{{ organ }}"


def test_a_provisional_notice_names_no_code_by_its_place(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "none", numbers=0)
    done = intake_line(desk, filled(item("SC012"), random.Random(8), "supplement"))
    text = text_of(print_notice(desk, done.case_id, done.op_id).data)
    desk.store.close()
    assert "临时收件号" in text
    assert "评价码" in text
    for wrong in ("右边的码", "本凭证", "邮寄至：见"):
        assert wrong not in text


def test_a_limit_on_paper_says_that_its_last_day_counts(tmp_path: Path) -> None:
    desk = with_kit(make_desk(tmp_path))
    done = intake.accept(desk, entry(desk, ON_TRUST))
    text = text_of(print_notice(desk, done.case_id, done.op_id).data)
    desk.store.close()
    assert "租赁合同（2026年11月30日止，到受理窗口补交）" in text


def test_an_extension_of_the_legal_limit_does_not_print_the_promise_as_still_running(desk: Desk) -> None:
    case = intake_line(desk, filled(item("TZ009"), random.Random(1), "accept")).case_id
    done = after.extend(desk, case, 10, "样例负责人", "论证意见需要进一步核实")
    text = text_of(print_notice(desk, case, done.op_id).data)
    assert "不再按承诺期限，以延长后的法定期限为准" in text
    assert "论证意见需要进一步核实。" in text
    done = after.pause(desk, case, Procedure.EXPERTS, "需要论证！", 3)
    assert "需要论证！。" not in text_of(print_notice(desk, case, done.op_id).data)


def test_a_guide_bears_its_code_on_the_first_page_whatever_its_length() -> None:
    for made in (
        service_guide(item("TZ009"), catalog()),
        consult_sheet(item("SC012"), "v1", {}, NOW, "样例大厅"),
    ):
        body = list(docx.Document(io.BytesIO(made)).element.body)
        first = next(place for place, part in enumerate(body) if part.findall(f".//{qn('w:drawing')}"))
        heads = [place for place, part in enumerate(body) if "一、" in "".join(part.itertext())]
        assert first < heads[0]


def test_who_has_not_told_the_situation_is_told_that_more_may_be_needed() -> None:
    of = item("SC012")
    words = "没有说明的情形，可能另需清单上的其他材料"
    told = {question.id: question.options[0].id for question in of.questions}
    assert words in text_of(consult_sheet(of, "v1", {}, NOW, "样例大厅"))
    assert words not in text_of(consult_sheet(of, "v1", told, NOW, "样例大厅"))


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", to_pdf(data)))


@pytest.mark.skipif(not converter(), reason="LibreOffice is not installed")
def test_a_sheet_takes_no_page_for_its_last_lines(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "none", numbers=0)
    whole = filled(item("SC012"), random.Random(9), "accept")
    some = msgspec.structs.replace(whole, outcome="supplement", materials=whole.materials[:-4])
    done = intake_line(desk, some)
    state = read_state(desk, done.case_id)
    assert state is not None
    assert len(state.notices[-1].missing) == 4
    assert pages(print_notice(desk, done.case_id, done.op_id).data) == 1
    desk.store.close()
    assert pages(service_guide(item("TZ009"), catalog())) == 2
    assert pages(review_sheet(item("SC012"), catalog())) == 2
