"""Notices: opened again, every required content found (domain facts §2.7)."""

from __future__ import annotations

import io
import random
from pathlib import Path

import docx
import pytest

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import intake_line, wanting_lines
from app.commands.context import Desk
from app.commands.print_notice import export_document, print_notice
from app.queries.cases import read_state
from app.sample import filled
from models.errors import KnownError
from tests.desk_kit import item, make_desk


@pytest.fixture
def desk(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator of Desk
    made = make_desk(tmp_path / "desk", numbers=20)
    yield made
    made.store.close()


def text_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def issue(desk: Desk, item_id: str, outcome: str, seed: int = 1) -> tuple[str, str, str]:
    """(text of the notice, case id, op id)."""
    done = intake_line(desk, filled(item(item_id), random.Random(seed), outcome, agent=True))
    printed = print_notice(desk, done.case_id, done.op_id)
    assert printed.warning == ""
    return text_of(printed.data), done.case_id, done.op_id


def test_acceptance_names_dates_limits_and_seal(desk: Desk) -> None:
    text, case_id, _ = issue(desk, "TZ009", "accept")
    state = read_state(desk, case_id)
    assert state is not None
    for wanted in (
        "受理通知书",
        state.value("applicant.name"),
        "370911 2026 0000001",
        "第三十二条第一款第（五）项",
        "7 个工作日",
        "15 个工作日",
        "专家评审",
        "受理专用章",
        "次日起算",
    ):
        assert wanted in text, wanted
    assert "{{" not in text
    assert "{%" not in text


def test_an_approximate_limit_is_never_printed_as_law(desk: Desk) -> None:
    text, _, _ = issue(desk, "SH006", "accept")
    assert item("SH006").legal.approximate
    assert "以实施清单公布为准" in text


def test_supplement_lists_everything_missing(desk: Desk) -> None:
    text, case_id, _ = issue(desk, "SC001", "supplement")
    state = read_state(desk, case_id)
    assert state is not None
    for line in state.notices[0].missing:
        assert line.name in text
        assert line.reason in text
        assert line.standard in text
    assert "除上列内容外，不再要求补正其他材料" in text


def test_papers_that_stay_are_named_and_the_notice_proves_it_where_no_receipt_does(desk: Desk) -> None:
    text, case_id, _ = issue(desk, "SC009", "supplement", seed=5)
    state = read_state(desk, case_id)
    assert state is not None
    kept = [m.name for m in item("SC009").materials if state.value(f"material.{m.id}") == "paper"]
    assert kept
    assert f"{'、'.join(kept)}，由窗口保管，以本文书为凭据，凭本文书领回" in text
    _, first, _ = issue(desk, "SC009", "receive", seed=5)
    before = read_state(desk, first)
    assert before is not None
    fields = {path: "" if path.startswith("material.M1") else text for path, text in before.fields.items()}
    given = Entry(case_id=first, item_id="SC009", fields=fields)
    lines = wanting_lines(item("SC009"), fields, filled(item("SC009"), random.Random(1)))
    done = intake.supplement(desk, given, lines)
    assert "由窗口保管，凭收件凭证领回" in text_of(print_notice(desk, first, done.op_id).data)


def test_refusal_gives_ground_point_and_remedy(desk: Desk) -> None:
    text, case_id, _ = issue(desk, "SC001", "refuse")
    state = read_state(desk, case_id)
    assert state is not None
    notice = state.notices[0]
    for wanted in ("不予受理通知书", notice.reason, notice.failed_points[0], "行政复议", "行政诉讼"):
        assert wanted in text, wanted


def test_receipt_lists_what_was_taken_and_names_the_agent(desk: Desk) -> None:
    text, case_id, _ = issue(desk, "SC001", "receive")
    state = read_state(desk, case_id)
    assert state is not None
    assert state.value("agent.name") in text
    for material in item("SC001").materials:
        assert material.name in text


def test_rare_names_and_marks_print_as_they_are(desk: Desk) -> None:
    import msgspec

    line = filled(item("SB012"), random.Random(1))
    name = "欧阳㐂𠮷\ue00f·样例"
    line = msgspec.structs.replace(line, applicant=msgspec.structs.replace(line.applicant, name=name))
    done = intake_line(desk, line)
    assert name in text_of(print_notice(desk, done.case_id, done.op_id).data)


def test_printing_again_gives_the_same_bytes(desk: Desk) -> None:
    done = intake_line(desk, filled(item("SB012"), random.Random(1)))
    assert print_notice(desk, done.case_id, done.op_id) == print_notice(desk, done.case_id, done.op_id)


def test_a_provisional_receipt_says_so(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "empty", numbers=0)
    done = intake_line(desk, filled(item("SB012"), random.Random(1), "receive"))
    text = text_of(print_notice(desk, done.case_id, done.op_id).data)
    assert "本号为临时收件号，不是受理编号" in text
    assert done.receipt in text
    desk.store.close()


@pytest.mark.parametrize("content", [b"not a docx", b""])
def test_a_broken_own_template_is_named_and_the_built_in_used(
    desk: Desk, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "accept.docx").write_bytes(content)
    done = intake_line(desk, filled(item("SB012"), random.Random(1)))
    printed = print_notice(desk, done.case_id, done.op_id, tmp_path)
    assert "accept.docx" in printed.warning
    assert "受理通知书" in text_of(printed.data)


def test_a_wrong_tag_in_an_own_template_is_named(desk: Desk, tmp_path: Path) -> None:
    own = docx.Document()
    own.add_paragraph("{{ no_such_tag }}")
    own.save(str(tmp_path / "accept.docx"))
    done = intake_line(desk, filled(item("SB012"), random.Random(1)))
    printed = print_notice(desk, done.case_id, done.op_id, tmp_path)
    assert "no_such_tag" in printed.warning


def test_export_is_the_kept_document_and_a_bad_place_is_told(desk: Desk, tmp_path: Path) -> None:
    done = intake_line(desk, filled(item("SB012"), random.Random(1)))
    printed = print_notice(desk, done.case_id, done.op_id)
    export_document(desk, printed.document_id, tmp_path / "out.docx")
    assert (tmp_path / "out.docx").read_bytes() == printed.data
    with pytest.raises(KnownError, match="换一个位置"):
        export_document(desk, printed.document_id, tmp_path / "no" / "such" / "place.docx")
