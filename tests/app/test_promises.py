"""容缺, 告知承诺, 照后办证 and reuse at a real desk: acts, the task list, the 失信名单, offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from app.commands import after, intake
from app.commands.act import Entry
from app.commands.context import Desk
from app.commands.promises import check_false, check_true, make_up
from app.commands.verify import verify_replica
from app.queries.reuse import offers
from app.queries.tasks import credit_proposals, read_tasks
from models.device import set_meta
from models.domain.case import Missing, Receipt
from models.domain.catalog import Catalog, Item, ItemKind, Material, RuleDocument, encode_catalog
from models.domain.credit import CreditList, credit_token
from models.domain.duties import Consequence
from models.domain.procedures import Decision
from models.duty_list import list_all_duties
from models.errors import KnownError
from models.projection import live_state
from models.tables import replica as t
from tests.desk_kit import FixedClock, make_desk, signed
from tests.models.domain.promise_kit import DAY_MS, HANDED_IN, ITEM, PERSON

TODAY = dt.date(2026, 11, 23)
OTHER = msgspec.structs.replace(ITEM, id="KIT-2", name="另一样例许可")
ON_TRUST = {**HANDED_IN, "material.M2": "deferred", "material.M3": "committed", "promise.licence": "yes"}


def with_kit(desk: Desk, *more: Item, rules: tuple[RuleDocument, ...] = ()) -> Desk:
    """The desk under a catalogue that has the kit's items."""
    version = "2026.11.23-r0002"
    data = encode_catalog(Catalog(version=version, items=(ITEM, OTHER, *more), rules=rules))
    with desk.store.write() as conn:
        conn.execute(
            insert(t.catalog).values(version=version, data=data, signature=signed(data), received_ms=1)
        )
        set_meta(conn, "catalog_version", version.encode())
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = with_kit(make_desk(tmp_path))
    yield made
    made.store.close()


def entry(desk: Desk, fields: dict[str, str], item: Item = ITEM) -> Entry:
    return Entry(case_id=desk.make_id(), item_id=item.id, fields=dict(fields))


def again(desk: Desk, case_id: str, **more: str) -> Entry:
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case_id)
    assert state is not None
    return Entry(case_id=case_id, item_id=state.item_id, fields={**state.fields, **more})


def later(desk: Desk, days: int) -> None:
    """Let days pass; the lease of tests holds for a week."""
    assert isinstance(desk.clock, FixedClock)
    desk.clock.now_ms += days * DAY_MS


def test_what_is_taken_on_trust_is_listed_until_it_is_done(desk: Desk) -> None:
    case = intake.accept(desk, entry(desk, ON_TRUST)).case_id
    tasks = read_tasks(desk, TODAY)
    assert [(x.kind, x.due, x.overdue) for x in tasks] == [
        ("deferral", "2026-11-30", False),
        ("licence", "2026-12-07", False),
        ("commitment", "2026-12-21", False),
    ]
    make_up(desk, again(desk, case), "deferral:M2", Receipt.PAPER)
    check_true(desk, again(desk, case), "commitment:M3", "与档案一致")
    assert [x.kind for x in read_tasks(desk, TODAY)] == ["licence"]
    assert credit_proposals(desk) == []
    check_false(desk, again(desk, case), "licence", "未取得许可", Consequence.REVOKE)
    assert read_tasks(desk, TODAY) == []
    (proposal,) = credit_proposals(desk)
    assert (proposal.case_id, proposal.outcome) == (case, "撤销")
    assert verify_replica(desk) == []


def test_an_overdue_promise_is_listed_the_next_day(desk: Desk) -> None:
    intake.accept(desk, entry(desk, {**HANDED_IN, "promise.licence": "yes"}))
    assert read_tasks(desk, dt.date(2026, 12, 7), overdue_only=True) == []
    (task,) = read_tasks(desk, dt.date(2026, 12, 8), overdue_only=True)
    assert (task.kind, task.overdue) == ("licence", True)


def test_a_withdrawn_case_owes_nothing(desk: Desk) -> None:
    case = intake.accept(desk, entry(desk, ON_TRUST)).case_id
    intake.withdraw(desk, again(desk, case), "不办了")
    assert read_tasks(desk, TODAY) == []


def test_duties_kept_by_an_older_program_are_listed_once(desk: Desk) -> None:
    intake.accept(desk, entry(desk, ON_TRUST))
    with desk.store.write() as conn:
        conn.execute(t.case_duty.delete())
        list_all_duties(conn)
    assert len(read_tasks(desk, TODAY)) == 3


def test_a_dishonest_applicant_is_told_why_and_can_hand_everything_in(desk: Desk) -> None:
    key = bytes(range(32))
    credit = CreditList(key=key, people={credit_token(key, PERSON["applicant.id_number"]): ""})
    with desk.store.write() as conn:
        set_meta(conn, "credit", msgspec.json.encode(credit))
        set_meta(conn, "credit_hash", b"h1")
        desk.rulebook.adopt_calendar(conn)
    for path, value in (
        ("material.M2", "deferred"),
        ("material.M3", "committed"),
        ("promise.licence", "yes"),
    ):
        with pytest.raises(KnownError, match="失信名单"):
            intake.accept(desk, entry(desk, {**HANDED_IN, path: value}))
    assert intake.accept(desk, entry(desk, HANDED_IN)).number


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text("abcM123.护照", min_size=1, max_size=8).filter(lambda name: name not in ("M1", "M2", "M3", "M4"))
)
def test_no_command_demands_what_the_list_does_not_name(desk: Desk, name: str) -> None:
    extra = entry(desk, {**HANDED_IN, f"material.{name}": "paper"})
    short = {p: v for p, v in HANDED_IN.items() if p != "material.M1"}
    lines = (
        Missing(material="M1", name="申请表", reason="未提交"),
        Missing(material=name, name="额外材料", reason="未提交"),
    )
    if name.rpartition(".")[0] not in ("M1", "M2", "M3", "M4"):
        for act in (intake.save_case, intake.receive, intake.accept):
            with pytest.raises(KnownError, match="实施清单里没有"):
                act(desk, extra)
    with pytest.raises(KnownError, match="实施清单里没有"):
        intake.supplement(desk, entry(desk, short), lines)


def seen(desk: Desk, item: Item = OTHER, fields: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [
        (o.material, o.receipt.value)
        for o in offers(desk, "new", item, {**PERSON, "answer.q1": "a", **(fields or {})})
    ]


def test_what_was_verified_once_is_offered_with_its_source(desk: Desk) -> None:
    number = intake.accept(desk, entry(desk, HANDED_IN)).number
    lease, licence = offers(desk, "new", OTHER, {**PERSON, "answer.q1": "a"})
    assert (lease.material, lease.receipt, lease.number, lease.day) == (
        "M2",
        "electronic",
        number,
        "2026-11-23",
    )
    assert (licence.material, licence.receipt) == ("M4", "certificate")
    assert "2026-11-23" in lease.source
    assert "T0718" in lease.source
    taken = {**HANDED_IN, **lease.fields, **licence.fields}
    case = intake.accept(desk, entry(desk, taken, OTHER)).case_id
    assert again(desk, case).fields["material.M2.from"] == lease.source


@pytest.mark.parametrize(
    "change",
    [
        {"point.P1": ""},
        {"material.M2": "deferred"},
        {"material.M2.from": "370911 · 2026-01-01"},
        {"applicant.id_number": "370911199001011231"},
    ],
)
def test_what_was_not_verified_here_of_this_person_is_not_offered(desk: Desk, change: dict[str, str]) -> None:
    intake.receive(desk, entry(desk, {**HANDED_IN, **change}))
    assert ("M2", "electronic") not in seen(desk)


def test_an_offer_ends_with_its_days_with_its_case_and_when_it_is_in(desk: Desk) -> None:
    case = intake.accept(desk, entry(desk, HANDED_IN)).case_id
    assert seen(desk, fields={"material.M2": "paper"}) == [("M4", "certificate")]
    later(desk, 2)
    short = tuple(msgspec.structs.replace(m, reuse_days=1) for m in OTHER.materials)
    assert seen(desk, msgspec.structs.replace(OTHER, materials=short)) == []
    assert len(seen(desk)) == 2
    intake.withdraw(desk, again(desk, case), "不办了")
    assert seen(desk) == []


def test_a_certificate_that_an_earlier_case_issued_is_offered_until_it_is_given_up(tmp_path: Path) -> None:
    plain = {"questions": (), "points": (), "kind": ItemKind.INSTANT, "licence_first": None}
    issuer = msgspec.structs.replace(
        OTHER, id="KIT-8", name="样例设立登记", result="营业执照", produces="business-licence",
        materials=(Material(id="M1", name="申请表"),), **plain,
    )  # fmt: skip
    ender = msgspec.structs.replace(
        issuer, id="KIT-9", name="样例注销登记", result="", produces="",
        materials=(Material(id="M1", name="执照", canonical="business-licence"),),
    )  # fmt: skip
    desk = with_kit(make_desk(tmp_path), issuer, ender)
    form = {**PERSON, "material.M1": "paper"}
    done = intake.accept(desk, entry(desk, form, issuer))
    assert offers(desk, "new", OTHER, {**PERSON, "answer.q1": "a"}) == ()  # not granted yet
    after.decide(desk, done.case_id, Decision.GRANT)
    (licence,) = offers(desk, "new", OTHER, {**PERSON, "answer.q1": "a"})
    assert (licence.material, licence.receipt, licence.certificate) == ("M4", "certificate", "营业执照")
    assert licence.source.startswith("营业执照 · ")
    later(desk, 1)
    ended = intake.accept(desk, entry(desk, form, ender))
    after.decide(desk, ended.case_id, Decision.GRANT)
    assert offers(desk, "new", OTHER, {**PERSON, "answer.q1": "a"}) == ()
    desk.store.close()


def test_a_paper_that_must_be_seen_is_not_offered(desk: Desk) -> None:
    intake.accept(desk, entry(desk, HANDED_IN))
    paper = tuple(msgspec.structs.replace(m, form="paper", source="applicant") for m in OTHER.materials)
    assert seen(desk, msgspec.structs.replace(OTHER, materials=paper)) == []


def test_the_letter_of_an_id_may_be_typed_either_way(desk: Desk) -> None:
    intake.accept(desk, entry(desk, HANDED_IN))
    assert len(seen(desk, fields={"applicant.id_number": PERSON["applicant.id_number"].lower()})) == 2


def test_offers_are_found_by_an_index(desk: Desk) -> None:
    with desk.store.read() as conn:
        query = select(t.case_view.c.state).where(text(f"{t.backwards('id_tail')} IN (:x, :y)"))
        plan = conn.execute(text(f"EXPLAIN QUERY PLAN {query}"), {"x": "X200", "y": "x200"}).all()
    assert "ix_case_view_id_tail_back" in str(plan)


def test_another_window_of_the_hall_makes_it_up(desk: Desk) -> None:
    case = intake.accept(desk, entry(desk, ON_TRUST)).case_id
    other = replace(desk, lease=msgspec.structs.replace(desk.lease, staff="T0719", window="370911-08"))
    later(desk, 3)
    make_up(other, again(desk, case), "deferral:M2", Receipt.SCAN)
    with desk.store.read() as conn:
        state = live_state(conn, desk.rulebook, case)
    assert state is not None
    assert (state.duties[0].done_on, state.duties[0].staff) == ("2026-11-26", "T0719")
