"""Ratings at the desk: from the second screen or a receipt and from nothing else; what a receipt carries."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import docx
import msgspec
import numpy as np
import pytest
from PIL import Image

from app.commands import intake
from app.commands.act import Entry
from app.commands.after import entry_of
from app.commands.batch import entry_fields
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.commands.rating import Ballot, give, mark, rate, respond, seal_ballot
from app.queries.cases import read_case, read_state
from app.queries.tasks import TaskLine, read_tasks
from app.sample import filled
from devices.codes.picture import codes_in
from models.crypto import public_key
from models.domain.case import CaseState
from models.domain.visit import Answer, Rating
from models.errors import KnownError
from models.rating_code import make_code, read_code
from models.service_texts import service_texts
from tests.desk_kit import item, make_desk

ITEM = item("SC005")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def case(desk: Desk) -> CaseState:
    fields = entry_fields(ITEM, filled(ITEM, random.Random(2), "accept"))
    made = intake.accept(desk, Entry(case_id=desk.make_id(), item_id=ITEM.id, fields=fields))
    state = read_state(desk, made.case_id)
    assert state is not None
    return state


def sealed(desk: Desk, state: CaseState, level: int = 5, days: int = 5) -> Rating:
    notice = state.notices[-1]
    return seal_ballot(desk, state.case_id, notice.op_id, notice.day, Ballot(level=level), days)


def again(desk: Desk, state: CaseState) -> CaseState:
    found = read_state(desk, state.case_id)
    assert found is not None
    return found


def test_the_second_screen_rates(desk: Desk, case: CaseState) -> None:
    rate(desk, case.case_id, sealed(desk, case, 4))
    assert [one.level for one in again(desk, case).ratings] == [4]
    with pytest.raises(KnownError, match="已经评价过"):
        rate(desk, case.case_id, sealed(desk, case, 5))


def test_no_command_takes_a_rating_without_the_visitors_proof(desk: Desk, case: CaseState) -> None:
    good = sealed(desk, case, 2)
    for forged in (
        msgspec.structs.replace(good, proof=b"x" * 64),
        msgspec.structs.replace(good, level=5),
        msgspec.structs.replace(good, channel="account"),
        msgspec.structs.replace(good, channel="receipt", issuer=desk.device.device),
    ):
        with pytest.raises(KnownError, match="没有记录，仍是未评价"):
            rate(desk, case.case_id, forged)
    assert again(desk, case).ratings == ()


def test_the_code_of_the_own_receipt_is_a_proof_too(desk: Desk, case: CaseState) -> None:
    notice = case.notices[-1]
    code = read_code(make_code(desk.device_key, desk.device.device, notice.op_id))
    assert code is not None
    by_code = Rating(
        about=code.about, day=notice.day, level=3, channel="receipt", proof=code.proof, issuer=code.device
    )
    rate(desk, case.case_id, by_code)
    assert [one.channel for one in again(desk, case).ratings] == ["receipt"]


def test_a_notice_carries_a_code_that_proves_itself(desk: Desk, case: CaseState) -> None:
    printed = print_notice(desk, case.case_id, case.notices[-1].op_id)
    document = docx.Document(io.BytesIO(printed.data))
    images = [part.blob for part in document.part.package.iter_parts() if part.content_type == "image/png"]
    codes = [
        text for blob in images for text in codes_in(np.asarray(Image.open(io.BytesIO(blob)).convert("RGB")))
    ]
    (found,) = [code for text in codes if (code := read_code(text)) is not None]
    assert (found.device, found.about) == ("D01", case.notices[-1].op_id)
    assert found.holds(public_key(desk.device_key))
    assert "自愿" in "".join(
        cell.text for table in document.tables for row in table.rows for cell in row.cells
    )
    assert print_notice(desk, case.case_id, case.notices[-1].op_id).data == printed.data


def bad_ratings(desk: Desk) -> list[TaskLine]:
    return [task for task in read_tasks(desk, desk.clock.now().day) if task.kind == "rating"]


def test_a_bad_rating_is_a_task_until_it_is_dealt_with(desk: Desk, case: CaseState) -> None:
    rate(desk, case.case_id, sealed(desk, case, 1, days=3))
    (task,) = bad_ratings(desk)
    assert (task.kind_name, task.due) == ("差评整改", "2026-11-26")
    respond(desk, entry_of(desk, case.case_id), task.duty, Answer.FIXED, "已电话回访，当场改正")
    assert bad_ratings(desk) == []


def test_the_story_tells_it_in_plain_words(desk: Desk, case: CaseState) -> None:
    texts = service_texts()
    mark(desk, case.case_id, {"service.priority": "senior", "step.rate": "yes"})
    give(desk, case.case_id, texts.free[0], 3)
    rate(desk, case.case_id, sealed(desk, case, 2))
    page = read_case(desk, case.case_id)
    assert page is not None
    told = [line.text for line in page.history[1:]]
    assert told == [
        "优先服务：老年人；八步曲：请评价",
        "免费复印 3 页，合 ¥0.60",
        "不满意（窗口第二屏）",
    ]
