"""Each printed document with a seal is one line; a document takes its own seal only."""

from __future__ import annotations

import io
import random
from importlib.resources import files
from pathlib import Path

import pytest
from docx import Document

from app.commands.batch import intake_line
from app.commands.print_notice import print_notice
from app.commands.seals import seal_register
from app.commands.verify import verify_replica
from app.documents.render import TITLES
from app.documents.seals import SEAL_NAMES, SEALS, Seal, seal_of
from app.sample import filled
from models.errors import KnownError
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
