"""容缺 and 告知承诺 on paper, from acceptances on a real desk; and every paper of a case at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from sqlalchemy import select

from app.commands import intake
from app.commands.context import Desk
from app.commands.papers import write_papers
from app.commands.print_notice import papers_of, print_notice
from app.commands.promises import make_up
from app.commands.seals import seal_register
from app.documents.context import date_cn
from app.queries.cases import read_state
from app.queries.rule_words import documents_behind
from models.domain.case import Receipt
from models.domain.catalog import RuleDocument
from models.domain.duties import Duty, DutyKind
from models.domain.rule_documents import Rule
from models.errors import KnownError
from models.tables import replica as t
from tests.app.test_documents import text_of
from tests.app.test_promises import ON_TRUST, again, entry, with_kit
from tests.desk_kit import make_desk
from tests.models.domain.promise_kit import HANDED_IN


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = with_kit(make_desk(tmp_path / "desk"))
    yield made
    made.store.close()


def trusted(desk: Desk) -> tuple[str, str, dict[str, Duty]]:
    """(case id, op id, duties by kind) of an acceptance with a deferral and a promise."""
    done = intake.accept(desk, entry(desk, ON_TRUST))
    state = read_state(desk, done.case_id)
    assert state is not None
    return done.case_id, done.op_id, {duty.kind: duty for duty in state.duties}


def test_each_paper_says_what_was_put_on_record(desk: Desk) -> None:
    case_id, op_id, duties = trusted(desk)
    deferral, promise = duties[DutyKind.DEFERRAL], duties[DutyKind.COMMITMENT]
    last = date_cn(dt.date.fromisoformat(deferral.due))
    for paper in ("defer_promise", "defer_notice"):
        text = text_of(print_notice(desk, case_id, op_id, paper=paper).data)
        for wanted in (deferral.name, deferral.way, last, deferral.consequence):
            assert wanted in text, (paper, wanted)
    text = text_of(print_notice(desk, case_id, op_id, paper=f"commitment:{promise.material}").data)
    for wanted in (promise.obligation, promise.name, promise.consequence, "自愿选择"):
        assert wanted in text, wanted
    assert deferral.name not in text
    licence = duties[DutyKind.LICENCE]
    text = text_of(print_notice(desk, case_id, op_id, paper="licence_promise").data)
    last = date_cn(dt.date.fromisoformat(licence.due))
    for wanted in ("照后办证承诺书", licence.obligation, licence.name, last, licence.consequence, "自愿选择"):
        assert wanted in text, wanted


def test_the_document_behind_a_rule_is_named_where_the_paper_rests_on_it(tmp_path: Path) -> None:
    rules = (
        RuleDocument(id="deferral", title="旧容缺办法", effective_to="2026-01-01"),
        RuleDocument(id="deferral", title="容缺办法", number="样例〔2026〕1号", effective_from="2026-01-01"),
        RuleDocument(id="commitment", title="承诺办法", number="样例〔2020〕42号"),
        RuleDocument(id="licence_first", title="照后办法"),
    )
    desk = with_kit(make_desk(tmp_path / "ruled"), rules=rules)
    case_id, op_id, duties = trusted(desk)
    promise = f"commitment:{duties[DutyKind.COMMITMENT].material}"
    for paper, wanted in (
        ("defer_promise", "《容缺办法》（样例〔2026〕1号）"),
        ("defer_notice", "《容缺办法》（样例〔2026〕1号）"),
        (promise, "《承诺办法》（样例〔2020〕42号）"),
        ("licence_promise", "《照后办法》"),
    ):
        text = text_of(print_notice(desk, case_id, op_id, paper=paper).data)
        assert wanted in text, paper
        assert "旧容缺办法" not in text
    state = read_state(desk, case_id)
    assert documents_behind(desk, state)[Rule.DEFERRAL] == "《容缺办法》（样例〔2026〕1号）"
    desk.store.close()


def test_an_acceptance_on_trust_does_not_say_that_everything_is_there(desk: Desk) -> None:
    case_id, op_id, _ = trusted(desk)
    said = text_of(print_notice(desk, case_id, op_id).data)
    assert "除下列容缺后补、告知承诺的以外，材料齐全、符合法定形式" in said
    whole = intake.accept(desk, entry(desk, HANDED_IN))
    said = text_of(print_notice(desk, whole.case_id, whole.op_id).data)
    assert "申请，材料齐全、符合法定形式" in said


def test_nothing_on_trust_is_no_such_paper(desk: Desk) -> None:
    done = intake.accept(desk, entry(desk, HANDED_IN))
    assert papers_of(desk, done.case_id, done.op_id) == ("",)
    for paper in ("defer_notice", "commitment:M3", "nonsense"):
        with pytest.raises(KnownError, match="没有这种文书"):
            print_notice(desk, done.case_id, done.op_id, paper=paper)
    assert papers_of(desk, "no-such-case", done.op_id) == ()


def test_each_paper_is_kept_and_printed_first_on_its_own(desk: Desk) -> None:
    case_id, op_id, duties = trusted(desk)
    papers = papers_of(desk, case_id, op_id)
    promise = f"commitment:{duties['commitment'].material}"
    assert papers == ("", "defer_promise", "defer_notice", promise, "licence_promise")
    first = [print_notice(desk, case_id, op_id, paper=paper) for paper in papers]
    make_up(desk, again(desk, case_id), duties["deferral"].id, Receipt.PAPER)
    assert [print_notice(desk, case_id, op_id, paper=paper).data for paper in papers] == [
        p.data for p in first
    ]
    with desk.store.read() as conn:
        acts = conn.execute(select(t.audit.c.act).order_by(t.audit.c.aseq)).scalars().all()
    assert [act for act in acts if act in ("print", "reprint")] == ["print"] * 5 + ["reprint"] * 5
    assert [use.kind for use in seal_register(desk)] == ["accept", "defer_notice"] * 2


def test_all_papers_of_a_case_are_written_and_each_is_on_record(desk: Desk, tmp_path: Path) -> None:
    case_id, _, _ = trusted(desk)
    own = tmp_path / "own"
    own.mkdir()
    bad = docx.Document()
    bad.add_paragraph("{{ salary }}")
    bad.save(str(own / "accept.docx"))
    done = write_papers(desk, case_id, tmp_path / "out", own)
    assert done.files == (
        "01-accept.docx",
        "02-defer_promise.docx",
        "03-defer_notice.docx",
        "04-commitment.docx",
        "05-licence_promise.docx",
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(done.files)
    assert len(done.warnings) == 1
    assert "accept.docx" in done.warnings[0]
    assert "salary" in done.warnings[0]
    assert "受理通知书" in text_of((tmp_path / "out" / "01-accept.docx").read_bytes())
    with desk.store.read() as conn:
        exports = conn.execute(select(t.audit.c.case_id).where(t.audit.c.act == "export")).scalars().all()
    assert exports == [case_id] * 5


def test_a_case_without_papers_says_so(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="还没有出具过文书"):
        write_papers(desk, "no-such-case", tmp_path / "out")
    assert not (tmp_path / "out").exists()
