"""Step 4 of the workbench: what may be taken over is shown with its source, what may not be done says why."""

from __future__ import annotations

import datetime as dt

import pytest
from pytestqt.qtbot import QtBot

from app.queries.reuse import ReuseOffer
from models.domain.case import Receipt
from tests.models.domain.promise_kit import ITEM, PERSON
from views.workbench.materials import MaterialsStep
from views.workbench.sheet import Known, Sheet

OFFER = ReuseOffer(
    material="M2",
    name="租赁合同",
    receipt=Receipt.ELECTRONIC,
    case_id="earlier",
    number="",
    day="2026-11-02",
    hall="岱岳区政务服务大厅",
    clerk="T0718",
)


@pytest.fixture
def sheet() -> Sheet:
    made = Sheet("case", ITEM, dt.date(2026, 11, 23))
    made.fields = {**PERSON, "answer.q1": "a"}
    made.known = Known(offers={"M2": OFFER})
    return made


@pytest.fixture
def step(qtbot: QtBot, sheet: Sheet) -> MaterialsStep:
    made = MaterialsStep()
    qtbot.addWidget(made)
    made.load(sheet)
    return made


def texts(step: MaterialsStep) -> str:
    model = step.table.model()
    assert model is not None
    rows, columns = model.rowCount(), model.columnCount()
    return " ".join(str(model.index(r, c).data()) for r in range(rows) for c in range(columns))


def test_an_offer_is_shown_and_taken_over_with_one_key(step: MaterialsStep, sheet: Sheet) -> None:
    assert "可沿用 2026-11-02" in texts(step)
    step._key("M2", "8")
    assert sheet.fields["material.M2"] == "electronic"
    assert sheet.fields["material.M2.from"] == OFFER.source
    assert "可沿用" not in texts(step)
    step._key("M2", "1")  # it is handed in after all
    assert "material.M2.from" not in sheet.fields


def test_without_an_offer_nothing_is_taken_over(step: MaterialsStep, sheet: Sheet) -> None:
    before = dict(sheet.fields)
    step._key("M1", "8")
    assert sheet.fields == before
    assert "没有可以沿用" in step._why.text()


def test_a_dishonest_applicant_is_told_and_may_hand_it_in(step: MaterialsStep, sheet: Sheet) -> None:
    sheet.known = Known(dishonest=True)
    step._key("M3", "6")
    assert "失信名单" in step._why.text()
    assert "material.M3" not in sheet.fields
    step._key("M3", "1")
    assert sheet.fields["material.M3"] == "paper"
