"""Members of a 一件事 beside each other (domain facts §5 rows 25, 31, 34): who is in, who waits, who goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands import after
from app.commands.act import Entry, perform
from app.commands.bundle_intake import start_waiting
from app.commands.context import Desk
from app.commands.event import event_line
from app.queries.bundles import SetState, open_bundle, read_set
from app.queries.cases import read_state
from app.sample import filled_event
from models.domain.case import CaseState, CaseStatus
from models.domain.ops import OpKind
from models.domain.procedures import Decision
from models.errors import KnownError
from tests.app.test_after import with_roles
from tests.desk_kit import item, make_desk

SHOP = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = with_roles(make_desk(tmp_path), "window", "reviewer")
    yield made
    made.store.close()


def taken(desk: Desk, bundle: str, answers: dict[str, str] | None = None) -> SetState:
    return event_line(desk, filled_event(open_bundle(desk, bundle), random.Random(1), answers))


def state_of(desk: Desk, case_id: str) -> CaseState:
    state = read_state(desk, case_id)
    assert state is not None
    return state


def test_other_answers_choose_other_members(desk: Desk) -> None:
    whole = {m.item_id for m in taken(desk, "我要开药店", SHOP).members}
    for question, answer in (("device", "no"), ("food", "no"), ("sign", "no")):
        fewer = {m.item_id for m in taken(desk, "我要开药店", SHOP | {question: answer}).members}
        assert fewer < whole, question
    alone = {m.item_id for m in taken(desk, "我要开药店", SHOP | {"form": "shop"}).members}
    assert "SC001" in whole - alone  # a shop of one's own is registered otherwise
    assert alone - whole


def test_members_that_wait_for_nobody_begin_in_the_same_act_of_receipt(desk: Desk) -> None:
    begun = [m for m in taken(desk, "拿地即开工").members if m.status != "waiting"]
    assert [m.item_id for m in begun] == ["TZ001", "TZ004"]
    states = [state_of(desk, m.case_id) for m in begun]
    assert {s.status for s in states} == {CaseStatus.ACCEPTED}
    assert len({s.changed_ms // 60_000 for s in states}) == 1
    assert states[0].number != states[1].number
    assert all(not s.value("bundle.after") for s in states)


def test_what_waits_cannot_be_accepted_alone_without_the_paper_it_waits_for(desk: Desk) -> None:
    """It is the paper that binds: brought along from elsewhere, it must be taken in (第三十二条)."""
    done = taken(desk, "我要开药店", SHOP)
    waiting = next(m for m in done.members if m.item_id == "SC012")
    state = state_of(desk, waiting.case_id)
    (licence,) = (m.id for m in item("SC012").materials if m.canonical == item("SC001").produces)
    marks = {f"point.{p.id}": "pass" for p in item("SC012").points}
    for path in (f"material.{licence}", "bundle.after"):
        marks[path] = ""
    fields = {**state.fields, **marks}
    entry = Entry(case_id=waiting.case_id, item_id="SC012", fields={k: v for k, v in fields.items() if v})
    with pytest.raises(KnownError, match="还差 1 项"):
        perform(desk, OpKind.ACCEPT, entry)
    assert state_of(desk, waiting.case_id) == state
    held = {**entry.fields, f"material.{licence}": "certificate"}
    for kind in (OpKind.ACCEPT, OpKind.RECEIVE):
        with pytest.raises(KnownError, match="“公司设立登记”发给，那一项还没有准予"):
            perform(desk, kind, Entry(case_id=waiting.case_id, item_id="SC012", fields=held))
    perform(desk, OpKind.SAVE, Entry(case_id=waiting.case_id, item_id="SC012", fields=held))
    with pytest.raises(KnownError, match="“公司设立登记”发给，那一项还没有准予"):
        perform(desk, OpKind.ACCEPT, Entry(case_id=waiting.case_id, item_id="SC012", fields=held))
    tied = {**held, "bundle.cases": "SC001=x"}
    with pytest.raises(KnownError, match="有哪些成员"):
        perform(desk, OpKind.SAVE, Entry(case_id=waiting.case_id, item_id="SC012", fields=tied))
    brought = {**entry.fields, f"material.{licence}": "paper"}
    perform(desk, OpKind.ACCEPT, Entry(case_id=waiting.case_id, item_id="SC012", fields=brought))
    assert state_of(desk, waiting.case_id).status is CaseStatus.ACCEPTED


def test_a_denied_member_flags_the_set_and_stops_no_other(desk: Desk) -> None:
    done = taken(desk, "我要开药店", SHOP)
    first = done.members[0].case_id
    after.decide(desk, first, Decision.GRANT)
    begun = [m for m in start_waiting(desk, first).members[1:] if m.status in ("accepted", "received")]
    assert len(begun) >= 3
    for member in begun:
        state = state_of(desk, member.case_id)
        if state.status is CaseStatus.RECEIVED:
            marks = {f"point.{p.id}": "pass" for p in item(member.item_id).points}
            entry = Entry(case_id=member.case_id, item_id=member.item_id, fields=state.fields | marks)
            perform(desk, OpKind.ACCEPT, entry)
    denied, *others = begun
    point = item(denied.item_id).points[0].id
    after.decide(desk, denied.case_id, Decision.DENY, "不符合条件", {point: "fail"})
    for member in others:
        after.decide(desk, member.case_id, Decision.GRANT)
    now = read_set(desk, first)
    assert now is not None
    by_id = {m.item_id: state_of(desk, m.case_id) for m in now.members}
    assert by_id[denied.item_id].decision == Decision.DENY
    assert {by_id[m.item_id].decision for m in others} == {Decision.GRANT}
    assert by_id["SC001"].decision == Decision.GRANT
    assert [(m.item_id, m.reason) for m in now.flagged] == [(denied.item_id, "已作出不予决定：不符合条件")]
