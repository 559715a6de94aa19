"""The story of a case: each act by day with its outcome, and what was corrected without numbers of persons."""

from __future__ import annotations

import random

from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import intake_line
from app.queries.cases import read_case, read_state
from app.sample import filled
from app.screen_check import check_screen
from models.domain.ops import OP_NAMES
from tests.desk_kit import item
from tests.views.keys import settle
from views.cases.story import OUTCOME, Story, change_words
from views.station import Station


def test_each_act_is_told_with_its_outcome_and_masked_corrections(qtbot: QtBot, station: Station) -> None:
    made = intake_line(station.desk, filled(item("SC001"), random.Random(3), "save"))
    state = read_state(station.desk, made.case_id)
    assert state is not None
    old = state.value("applicant.phone")
    fields = {**state.fields, "applicant.phone": "13800000012"}
    intake.save_case(station.desk, Entry(case_id=made.case_id, item_id=state.item_id, fields=fields))
    station.show_case(made.case_id)
    settle(qtbot, station)
    story = station.cases.findChildren(Story)[-1]
    told = [one.text() for one in story.findChildren(QLabel) if one.text()]
    page = read_case(station.desk, made.case_id)
    assert page is not None
    assert len(page.history) == 2
    assert told.count(OP_NAMES[page.history[0].kind]) == 2
    assert told.count(OUTCOME["pending"][0]) == 2
    assert any(f"{old[:3]}****{old[-4:]} → 138****0012" in text for text in told)
    whole = "\n".join(told)
    assert old not in whole
    assert "13800000012" not in whole
    assert [fault for fault in check_screen(station.shell) if "重叠" in fault] == []


def test_corrections_are_told_in_words_and_the_rest_counted() -> None:
    filled_in = ("applicant.name", "", "王样例")
    number = ("applicant.id_number", "11010519491231002X", "110105194912310038")
    assert change_words((filled_in, number), None) == (
        "填写 1 处；证件号码：1101**********002X → 1101**********0038"
    )
    many = tuple((f"form.第{n}项", "旧", "新") for n in range(7))
    assert change_words(many, None).endswith("第4项：旧 → 新；另改 2 处")
    assert change_words((), None) == ""
