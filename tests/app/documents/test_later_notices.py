"""Notices of the acts after acceptance, from acts on a real desk (domain facts §2.7)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.commands.after import decide, extend, pause
from app.commands.batch import intake_line
from app.commands.context import Changes, Desk
from app.commands.delivery import deliver
from app.commands.print_notice import print_notice
from app.queries.cases import read_state
from app.sample import filled
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.procedures import Decision, DeliveryWay, Procedure
from models.errors import KnownError
from tests.app.test_documents import text_of
from tests.desk_kit import item, make_desk

REASON = "现场需要专家论证，情况复杂。"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path / "desk", numbers=20)
    lease = msgspec.structs.replace(made.lease, roles=("window", "reviewer"))
    made = replace(made, lease=lease)
    yield made
    made.store.close()


def accepted(desk: Desk, item_id: str = "TZ009") -> str:
    return intake_line(desk, filled(item(item_id), random.Random(1), "accept")).case_id


def state_of(desk: Desk, case_id: str) -> CaseState:
    state = read_state(desk, case_id)
    assert state is not None
    return state


def printed(desk: Desk, done: Changes) -> tuple[str, str]:
    """(title, text)"""
    made = print_notice(desk, done.case_id, done.op_id)
    text = text_of(made.data)
    assert made.warning == ""
    assert "{{" not in text
    assert "{%" not in text
    return made.title, text


def failing(desk: Desk, case_id: str, of: Item) -> dict[str, str]:
    point = of.points[0]
    return {point.id: "fail", f"{point.id}.note": "与申报不一致"}


def test_a_special_procedure_tells_kind_basis_and_time_needed(desk: Desk) -> None:
    done = pause(desk, accepted(desk), Procedure.EXPERTS, REASON, 12)
    title, text = printed(desk, done)
    basis = state_of(desk, done.case_id).stoppages[0].basis
    assert title == "特别程序告知书"
    for wanted in ("特别程序告知书", "专家评审", basis, "12 个工作日", REASON, "审批专用章"):
        assert wanted in text, wanted


def test_a_capped_procedure_is_told_with_its_cap(desk: Desk) -> None:
    case = accepted(desk)
    with pytest.raises(KnownError, match="不超过 20 个工作日，不能再告知 21 个"):
        pause(desk, case, Procedure.EXPERTS, REASON, 21)
    _, text = printed(desk, pause(desk, case, Procedure.EXPERTS, REASON, 20))
    assert "专家评审不超过 20 个工作日" in text


def test_a_suspension_is_not_called_a_special_procedure(desk: Desk) -> None:
    done = pause(desk, accepted(desk), Procedure.SUSPENSION, REASON, 3, basis="样例依据第一条")
    _, text = printed(desk, done)
    assert "暂停计时告知书" in text
    assert "特别程序" not in text


def test_an_extension_tells_approver_reason_and_new_last_days(desk: Desk) -> None:
    case_id = accepted(desk)
    before = state_of(desk, case_id).notices[-1]
    done = extend(desk, case_id, 10, "样例负责人", REASON)
    _, text = printed(desk, done)
    notice = state_of(desk, case_id).notices[-1]
    assert notice.due_legal > before.due_legal
    year, month, day = (int(part) for part in notice.due_legal.split("-"))
    for wanted in (
        "延期通知书",
        "样例负责人",
        REASON,
        "10 个工作日",
        f"15 个工作日，延长 10 个工作日，至 {year}年{month}月{day}日",
    ):
        assert wanted in text, wanted


def test_a_grant_names_decision_basis_and_result(desk: Desk) -> None:
    done = decide(desk, accepted(desk), Decision.GRANT)
    _, text = printed(desk, done)
    of = item("TZ009")
    for wanted in ("决定书", "准予", of.result, *of.basis, "审批专用章"):
        assert wanted in text, wanted


def test_a_denial_prints_its_reason_the_failed_points_and_the_remedies(desk: Desk) -> None:
    case_id = accepted(desk)
    of = item("TZ009")
    done = decide(desk, case_id, Decision.DENY, REASON, failing(desk, case_id, of))
    _, text = printed(desk, done)
    assert state_of(desk, case_id).notices[-1].failed_points == (of.points[0].text,)
    for wanted in ("不予", REASON, of.points[0].text, "行政复议", "行政诉讼"):
        assert wanted in text, wanted


def test_a_delivery_tells_what_to_whom_and_how(desk: Desk) -> None:
    case_id = accepted(desk)
    resume_free = decide(desk, case_id, Decision.GRANT)
    done = deliver(desk, resume_free.case_id, DeliveryWay.POST, "样例收件人")
    _, text = printed(desk, done)
    for wanted in ("送达回证", "准予", item("TZ009").result, "邮寄", "样例收件人", "身份核验"):
        assert wanted in text, wanted
