"""一同发证: the results of a set wait for each other, unless the applicant wants them in parts."""

from __future__ import annotations

import argparse
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest

from app.cli import main
from app.commands import after
from app.commands.batch import intake_line
from app.commands.bundle_intake import start_waiting
from app.commands.context import Desk
from app.commands.delivery import APART, BY_LAW, deliver, deliver_together
from app.commands.event import event_line
from app.commands.print_notice import print_notice
from app.queries.bundles import SetState, open_bundle, read_set
from app.queries.cases import read_state
from app.sample import filled, filled_event
from models.domain.case import CaseState, CaseStatus
from models.domain.numbers import group_number
from models.domain.procedures import Decision, DeliveryWay
from models.domain.terms import delivered_by
from models.errors import KnownError
from tests.app.test_after import pass_days, with_roles
from tests.desk_kit import item, make_desk, open_made

COUNTER = DeliveryWay.COUNTER


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield with_roles(made, "window", "reviewer")
    made.store.close()


@pytest.fixture
def taken(desk: Desk) -> SetState:
    """残疾人服务: the first member granted, the other two accepted."""
    done = event_line(desk, filled_event(open_bundle(desk, "残疾人服务"), random.Random(1)))
    after.decide(desk, done.members[0].case_id, Decision.GRANT)
    begun = start_waiting(desk, done.members[0].case_id)
    assert [m.status for m in begun.members] == ["decided", "accepted", "accepted"]
    return begun


def state_of(desk: Desk, case_id: str) -> CaseState:
    state = read_state(desk, case_id)
    assert state is not None
    return state


def statuses(desk: Desk, found: SetState) -> list[str]:
    now = read_set(desk, found.members[0].case_id)
    assert now is not None
    return [m.status for m in now.members]


def text_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_results_wait_until_the_last_is_there(desk: Desk, taken: SetState) -> None:
    first, second, third = (m.case_id for m in taken.members)
    for hand_over in (deliver, deliver_together):
        with pytest.raises(KnownError, match="一同发放，还有 2 项没有发"):
            hand_over(desk, first, COUNTER, "样例签收人")
    assert statuses(desk, taken) == ["decided", "accepted", "accepted"]
    after.decide(desk, second, Decision.GRANT)
    after.decide(desk, third, Decision.GRANT)
    with pytest.raises(KnownError, match="还有 2 项没有发"):
        deliver(desk, first, COUNTER, "样例签收人")  # the others are ready: together
    done = deliver_together(desk, first, COUNTER, "样例签收人")
    assert {m.status for m in done.members} == {CaseStatus.DELIVERED}
    assert state_of(desk, third).notices[-1].reason == ""
    with pytest.raises(KnownError, match="没有已经决定"):
        deliver_together(desk, first, COUNTER, "样例签收人")


def test_one_receipt_names_every_result(desk: Desk, taken: SetState) -> None:
    for member in taken.members[1:]:
        after.decide(desk, member.case_id, Decision.GRANT)
    done = deliver_together(desk, taken.members[0].case_id, COUNTER, "样例签收人")
    receipt = print_notice(desk, done.members[2].case_id, done.members[2].op_id)
    assert receipt.title == "送达回证"
    sheet = print_notice(desk, done.members[2].case_id, done.members[2].op_id, paper="handover")
    for text in (text_of(receipt.data), text_of(sheet.data)):
        for member in done.members:
            assert group_number(member.number) in text
            assert (item(member.item_id).result or member.name) in text


def test_the_applicants_wish_to_have_them_in_parts_is_on_record(desk: Desk, taken: SetState) -> None:
    first, second, third = (m.case_id for m in taken.members)
    deliver(desk, first, COUNTER, "样例签收人", apart=True)
    assert state_of(desk, first).notices[-1].reason == APART
    after.decide(desk, second, Decision.GRANT)
    done = deliver_together(desk, second, COUNTER, "样例签收人", apart=True)
    assert [m.status for m in done.members] == ["delivered", "delivered", "accepted"]
    after.decide(desk, third, Decision.GRANT)
    deliver(desk, third, COUNTER, "另一签收人")  # the last one waits for nobody
    assert statuses(desk, taken) == ["delivered"] * 3
    alone = print_notice(desk, third, state_of(desk, third).notices[-1].op_id)
    assert group_number(state_of(desk, first).number) not in text_of(alone.data)


def test_a_permit_is_held_back_for_its_set_until_the_law_ends_that(desk: Desk) -> None:
    """行政许可法 第四十四条: issued and delivered within ten workdays of the grant, whatever the others do."""
    shop = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}
    done = event_line(desk, filled_event(open_bundle(desk, "我要开药店"), random.Random(1), shop))
    first = done.members[0].case_id
    after.decide(desk, first, Decision.GRANT)
    last = delivered_by(state_of(desk, first), item("SC001"), desk.rulebook.calendar)
    assert last is not None
    pass_days(desk, (last - desk.clock.now().day).days - 1)
    for hand_over in (deliver, deliver_together):
        with pytest.raises(KnownError, match=f"最迟 {last.isoformat()} 周.须送达"):
            hand_over(desk, first, COUNTER, "样例签收人")
    pass_days(desk, 1)
    now = deliver_together(desk, first, COUNTER, "样例签收人")
    assert now.members[0].status == CaseStatus.DELIVERED
    assert {m.status for m in now.members[1:]} == {"waiting"}
    assert state_of(desk, first).notices[-1].reason == BY_LAW


def test_a_case_of_its_own_is_no_set(desk: Desk) -> None:
    case = intake_line(desk, filled(item("SC001"), random.Random(3), "accept")).case_id
    after.decide(desk, case, Decision.GRANT)
    with pytest.raises(KnownError, match="不是一件事的成员"):
        deliver_together(desk, case, COUNTER, "样例签收人")
    deliver(desk, case, COUNTER, "样例签收人")
    assert state_of(desk, case).status is CaseStatus.DELIVERED


def test_a_set_is_handed_over_by_command(
    desk: Desk,
    taken: SetState,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def signed_in(args: argparse.Namespace) -> Desk:
        return with_roles(open_made(tmp_path), "window", "reviewer")

    desk.store.close()
    monkeypatch.setattr("app.desk_cli.open_desk", signed_in)
    words = ["desk", "act", taken.members[0].case_id, "deliver", "--way", "counter", "--recipient", "样例"]
    assert main(words) == 1
    assert "一同发放" in capsys.readouterr().err
    assert main([*words, "--together", "--apart", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "delivered"
    again = open_made(tmp_path)
    assert statuses(again, taken) == ["delivered", "accepted", "accepted"]
    again.store.close()


def test_what_can_never_come_holds_nothing_back(desk: Desk) -> None:
    """A denied member's successors stay where they are; the denial itself is handed over, without 分次领取."""
    done = event_line(desk, filled_event(open_bundle(desk, "残疾人服务"), random.Random(1)))
    first = done.members[0].case_id
    state = state_of(desk, first)
    failed = next(p for p in item(state.item_id).points)
    after.decide(desk, first, Decision.DENY, "不符合条件", {failed.id: "fail"})
    left = read_set(desk, first)
    assert left is not None
    assert [m.hopeless for m in left.members] == [False, True, True]
    deliver_together(desk, first, COUNTER, "样例签收人")
    told = state_of(desk, first).notices[-1]
    assert (told.kind, told.reason) == ("deliver", "")
