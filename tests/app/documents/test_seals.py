"""Each printed document with a seal is one line; a document takes its own seal only."""

from __future__ import annotations

import io
import random
from importlib.resources import files
from pathlib import Path

import pytest
from docx import Document

from app.commands import after
from app.commands.batch import intake_line
from app.commands.event import event_line
from app.commands.print_notice import print_notice
from app.commands.print_set import print_set
from app.commands.seals import seal_register
from app.commands.verify import verify_replica
from app.documents.render import TITLES
from app.documents.seals import SEAL_NAMES, SEALS, Seal, seal_of
from app.queries.bundles import open_bundle
from app.sample import filled, filled_event
from models.domain.procedures import Decision
from models.errors import KnownError
from tests.app.test_after import with_roles
from tests.app.test_documents import text_of
from tests.desk_kit import item, make_desk


def test_each_print_is_one_line_of_which_what_whose_and_who(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=5)
    done = [
        intake_line(desk, filled(item("SB012"), random.Random(n), how))
        for n, how in ((1, "accept"), (2, "receive"))
    ]
    printed = [print_notice(desk, one.case_id, one.op_id) for one in done]  # a receipt takes no seal
    print_notice(desk, done[0].case_id, done[0].op_id)
    uses = seal_register(desk)
    assert [(u.seal, u.kind, u.case_id, u.document_id, u.staff) for u in uses] == [
        ("acceptance", "accept", done[0].case_id, printed[0].document_id, "T0718"),
        ("acceptance", "accept", done[0].case_id, printed[0].document_id, "T0718"),
    ]
    assert all(u.at_ms for u in uses)
    assert verify_replica(desk) == []
    desk.store.close()


def test_each_printed_decision_and_each_notice_of_a_set_is_a_line_of_its_own(tmp_path: Path) -> None:
    desk = with_roles(make_desk(tmp_path), "window", "reviewer")
    cases = [intake_line(desk, filled(item("SB012"), random.Random(n))).case_id for n in (1, 2)]
    failed = item("SB012").points[0].id if item("SB012").points else "G1"
    granted = after.decide(desk, cases[0], Decision.GRANT)
    denied = after.decide(desk, cases[1], Decision.DENY, "样例", {failed: "fail"})
    printed = [print_notice(desk, done.case_id, done.op_id) for done in (granted, denied)]
    members = event_line(desk, filled_event(open_bundle(desk, "残疾人服务"), random.Random(1))).members
    printed.append(print_set(desk, members[0].case_id))
    assert [(u.seal, u.kind, u.document_id) for u in seal_register(desk)] == [
        ("approval", "grant", printed[0].document_id),
        ("approval", "deny", printed[1].document_id),
        ("acceptance", "bundle", printed[2].document_id),
    ]
    desk.store.close()


@pytest.mark.parametrize("kind", sorted(TITLES))
def test_a_built_in_template_names_the_seal_it_takes_and_no_other(kind: str) -> None:
    data = files("resources").joinpath("templates", f"{kind}.docx").read_bytes()
    assert Document(io.BytesIO(data)).paragraphs
    text = text_of(data)
    named = {seal for seal, name in SEAL_NAMES.items() if name in text}
    assert named == ({SEALS[kind]} if kind in SEALS else set())


def test_the_query_slip_takes_the_query_seal_only() -> None:
    assert seal_of("query") is Seal.QUERY
    assert seal_of("query", Seal.QUERY) is Seal.QUERY
    with pytest.raises(KnownError, match="不能盖审批专用章"):
        seal_of("query", Seal.APPROVAL)
    with pytest.raises(KnownError, match="不能盖政务信息查询专用章"):
        seal_of("grant", Seal.QUERY)
    with pytest.raises(KnownError, match="不盖专用章"):
        seal_of("deliver", Seal.APPROVAL)
