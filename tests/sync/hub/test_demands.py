"""No op, whoever made it, brings the hub to demand what the list does not name (法律底线)."""

from __future__ import annotations

import pytest

from models.domain.case import Missing
from models.domain.ops import Act, Change, OpKind
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.protocol import OpOutcome, Outcome
from tests.sync.hub.fake_desk import PERSON, FakeDesk, ready_desk

LISTED = Missing(material="M1", name="申请表", reason="未提交")
OTHER = Missing(material="M2", name="身份证明", reason="未提交")


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


def told(desk: FakeDesk, *missing: Missing) -> OpOutcome:
    """What the hub answers to an 一次性告知 with these lines, made by no desk of ours."""
    changes = {path: Change("", value) for path, value in PERSON.items()}
    desk.make(OpKind.SUPPLEMENT, "C1", changes, act=Act(number=desk.number(), missing=missing))
    outcome = push(desk.hub, desk.device, desk.batch()).outcomes[-1]
    desk.sent()
    return outcome


def test_a_lawful_notice_goes_through(desk: FakeDesk) -> None:
    assert told(desk, LISTED, OTHER).outcome is Outcome.APPLIED


@pytest.mark.parametrize(
    "line",
    [
        Missing(material="M9", name="无房证明", reason="未提交"),
        Missing(material="M1", name="无房证明", reason="未提交"),
        Missing(material="M1", name="申请表", reason="未提交", standard="另附无房证明"),
        Missing(material="M1", name="申请表", reason="还须提交无房证明"),
        Missing(material="M1", name="申请表", reason="缺少无房证明"),
    ],
)
def test_a_forged_demand_is_rejected(desk: FakeDesk, line: Missing) -> None:
    answer = told(desk, line, OTHER)
    assert answer.outcome is Outcome.REJECTED
    assert "实施清单" in answer.reason


def test_neither_a_note_nor_a_material_of_its_own_gets_in(desk: FakeDesk) -> None:
    desk.save("C2", PERSON)
    desk.make(OpKind.NOTE, "C2", base_rev=1, act=Act(text="请提供无房证明"))
    desk.save("C3", {**PERSON, "material.M9": "paper"})
    desk.save("C4", {**PERSON, "material.M1.note": "另附无房证明"})
    outcomes = [one.outcome for one in push(desk.hub, desk.device, desk.batch()).outcomes]
    assert outcomes == [Outcome.APPLIED, Outcome.REJECTED, Outcome.REJECTED, Outcome.REJECTED]
