"""交接单 of a delivery and the query slip: what they say, and which seal they take."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import msgspec
import pytest

from app.commands import after, delivery
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.print_notice import papers_of, print_notice
from app.commands.query_slip import query_slip
from app.commands.seals import seal_register
from app.queries.cases import read_state
from app.sample import filled
from models.domain.procedures import Decision, DeliveryWay
from models.errors import KnownError
from tests.desk_kit import item, make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield made
    made.store.close()


def text_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_what_was_handed_over_is_listed_with_who_signs(desk: Desk) -> None:
    case = intake_line(desk, filled(item("SC001"), random.Random(3), "accept")).case_id
    reviewer = replace(desk, lease=msgspec.structs.replace(desk.lease, roles=("reviewer", "window")))
    after.decide(reviewer, case, Decision.GRANT)
    done = delivery.deliver(reviewer, case, DeliveryWay.COUNTER, "王样例")
    assert papers_of(desk, case, done.op_id) == ("", "handover")
    made = print_notice(desk, case, done.op_id, paper="handover")
    assert made.title == "材料出库交接单"
    text = text_of(made.data)
    for said in ("王样例", item("SC001").result, "核对签收人身份证件"):
        assert said in text


def test_a_query_slip_tells_how_the_case_stands_under_its_own_seal(desk: Desk) -> None:
    case = intake_line(desk, filled(item("SC001"), random.Random(3), "accept")).case_id
    state = read_state(desk, case)
    assert state is not None
    made = query_slip(desk, case, "李样例", "核对办理进度")
    text = text_of(made.data)
    for said in ("李样例", "核对办理进度", "已受理", state.item_name, "370911 2026 0000001 0"):
        assert said in text
    (use,) = seal_register(desk)
    assert (use.seal, use.case_id) == ("query", case)
    for who, what in (("", "用途"), ("李样例", " ")):
        with pytest.raises(KnownError, match="查询人和用途"):
            query_slip(desk, case, who, what)
    with pytest.raises(KnownError, match="没有这件办件"):
        query_slip(desk, "01990000-0000-7000-8000-000000000000", "李样例", "用途")
    assert len(seal_register(desk)) == 1
