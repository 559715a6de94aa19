"""Publishing takes two people; what was approved is what is published."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from models.crypto import public_key, verify
from models.domain.catalog import (
    Bundle,
    BundleMember,
    Catalog,
    DayLimit,
    Item,
    Material,
    ProofRule,
    RuleDocument,
    decode_catalog,
    encode_catalog,
)
from models.domain.ops import Act, OpKind, encode_op
from models.domain.review import review_text
from models.errors import KnownError
from sync.hub import draft, inbox, ingest, people, publish
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.refusal import Refused
from sync.hub.setup import import_catalog
from sync.hub.signin import sign_in
from sync.protocol import Outcome, SignInLease, SignInRequest
from tests.sync.hub.catalog.kit import HEAD, csv_bytes, good
from tests.sync.hub.fake_desk import (
    COMPLETE,
    DEPARTMENT,
    HALL,
    ITEM,
    OTHER_HALL,
    PASSWORD,
    FakeDesk,
    TestClock,
    add_clerk,
    ready_desk,
)
from tests.sync.hub.two_people import add_publishers, publish_by_two

STRICTER = replace(ITEM, red_line=True, legal=DayLimit(days=10, basis="样例条"))
NEXT_DAY = "2026-09-19"
DAY_MS = 24 * 3600 * 1000


def whole(*items: Item) -> Catalog:
    return Catalog(version="", departments=(DEPARTMENT,), items=items)


@pytest.fixture(autouse=True)
def two_people(hub: Hub) -> None:
    add_publishers(hub)
    people.add_staff(hub, people.StaffLine(staff="W1", name="样例", roles=("window",)), PASSWORD)


def published(hub: Hub, *items: Item, effective: str = "") -> str:
    draft.save_draft(hub, whole(*items))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    return draft.publish_draft(hub, "E1", PASSWORD, effective)


def acts(hub: Hub) -> list[tuple[str, str]]:
    with hub.read() as conn:
        return [(r.actor, r.act) for r in conn.execute(select(t.audit).order_by(t.audit.c.aseq))]


def test_two_people_publish_what_was_approved(hub: Hub) -> None:
    version = published(hub, ITEM)
    reply = publish.catalog_reply(hub, version)
    verify(public_key(hub.keys.signing), reply.data, reply.signature)
    assert decode_catalog(reply.data).items == (ITEM,)
    assert draft.read_draft(hub) is None
    told = acts(hub)
    steps = [("E1", "catalog_submit"), ("L1", "catalog_approve"), ("E1", "catalog_publish")]
    assert [one for one in told if one in steps] == steps


def test_the_author_alone_cannot(hub: Hub, version: str) -> None:
    draft.save_draft(hub, whole(STRICTER))
    with pytest.raises(Refused, match="草稿”，须经法制审核"):
        draft.publish_draft(hub, "E1", PASSWORD)
    draft.submit(hub, "E1", PASSWORD)
    for attempt in (draft.approve, draft.publish_draft):
        with pytest.raises(Refused):
            attempt(hub, "E1", PASSWORD)
    assert publish.current_catalog(hub).version == version  # type: ignore[union-attr]  # published by the fixture
    assert ("E1", "not_entitled") in acts(hub)
    assert ("E1", "catalog_publish_refused") in acts(hub)


def test_who_changed_roles_in_between_is_still_the_author(hub: Hub) -> None:
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    people.add_staff(hub, people.StaffLine(staff="E1", name="样例", roles=("legal_reviewer",)), PASSWORD)
    with pytest.raises(Refused, match="不能审核自己的草稿"):
        draft.approve(hub, "E1", PASSWORD)
    assert ("E1", "catalog_approve_refused") in acts(hub)
    assert draft.read_draft(hub).status == "submitted"  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize("how", ["disabled", "other role"])
def test_a_reviewer_who_left_meanwhile_has_reviewed_nothing(hub: Hub, version: str, how: str) -> None:
    draft.save_draft(hub, whole(STRICTER))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    if how == "disabled":
        people.disable_staff(hub, "L1")
    else:
        people.add_staff(hub, people.StaffLine(staff="L1", name="样例", roles=("window",)), PASSWORD)
    with pytest.raises(Refused, match="请由现任法制审核人员重新审核"):
        draft.publish_draft(hub, "E1", PASSWORD)
    assert publish.current_catalog(hub).version == version  # type: ignore[union-attr]  # published by the fixture
    line = people.StaffLine(staff="L2", name="另一样例", roles=("legal_reviewer",))
    people.add_staff(hub, line, PASSWORD)
    draft.approve(hub, "L2", PASSWORD)
    assert draft.publish_draft(hub, "E1", PASSWORD) != version


def test_one_person_under_two_numbers_is_looked_at(hub: Hub) -> None:
    for name, expected in (("甲样例", []), ("起草样例", ["reviewed_by_namesake"])):
        people.add_staff(
            hub, people.StaffLine(staff="E9", name="起草样例", roles=("catalog_editor",)), PASSWORD
        )
        people.add_staff(hub, people.StaffLine(staff="L9", name=name, roles=("legal_reviewer",)), PASSWORD)
        draft.save_draft(hub, whole(ITEM))
        draft.submit(hub, "E9", PASSWORD)
        draft.approve(hub, "L9", PASSWORD)
        assert kinds_of_alarms(hub) == expected


def test_no_one_holds_both_roles(hub: Hub) -> None:
    both = people.StaffLine(staff="B1", name="样例", roles=("catalog_editor", "legal_reviewer"))
    with pytest.raises(KnownError, match="两个人分别担任"):
        people.add_staff(hub, both, PASSWORD)


def test_a_wrong_password_or_role_does_nothing(hub: Hub) -> None:
    draft.save_draft(hub, whole(ITEM))
    for staff, password in (("E1", "wrong-password"), ("L1", PASSWORD), ("W1", PASSWORD), ("X9", PASSWORD)):
        with pytest.raises(Refused):
            draft.submit(hub, staff, password)
    assert draft.read_draft(hub).status == "draft"  # type: ignore[union-attr]  # it is there


def test_a_change_after_approval_needs_approval_anew(hub: Hub, version: str) -> None:
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    draft.save_draft(hub, whole(STRICTER))
    with pytest.raises(Refused, match="须经法制审核"):
        draft.publish_draft(hub, "E1", PASSWORD)


def test_other_bytes_than_the_approved_ones_are_not_published(hub: Hub, version: str) -> None:
    draft.save_draft(hub, whole(STRICTER))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    with hub.write() as conn:  # somebody with the database in hand
        conn.execute(update(t.catalog_draft).values(data=encode_catalog(whole(ITEM))))
    with pytest.raises(Refused, match="审核之后改动过"):
        draft.publish_draft(hub, "E1", PASSWORD)
    assert publish.current_catalog(hub).version == version  # type: ignore[union-attr]  # published by the fixture


def test_sent_back_with_a_reason(hub: Hub) -> None:
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    with pytest.raises(KnownError, match="原因"):
        draft.reject(hub, "L1", PASSWORD, " ")
    sent_back = draft.reject(hub, "L1", PASSWORD, "材料依据不明")
    assert (sent_back.status, sent_back.reason) == ("draft", "材料依据不明")
    with pytest.raises(Refused):
        draft.approve(hub, "L1", PASSWORD)


def test_a_draft_on_an_older_version_is_not_published(hub: Hub, version: str) -> None:
    draft.save_draft(hub, whole(STRICTER))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    publish.publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    with pytest.raises(Refused, match="又发布过新版"):
        draft.publish_draft(hub, "E1", PASSWORD)


def test_published_once_however_many_press_the_key(hub: Hub) -> None:
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    done: list[str] = []
    failed: list[KnownError] = []

    def press() -> None:
        try:
            done.append(draft.publish_draft(hub, "E1", PASSWORD))
        except KnownError as error:
            failed.append(error)

    threads = [threading.Thread(target=press) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(done), len(failed), len(draft.versions(hub))) == (1, 2, 1)


def test_the_difference_is_told_in_words(hub: Hub, version: str) -> None:
    added = replace(ITEM, id="SAMPLE-2", name="新样例")
    draft.save_draft(hub, whole(STRICTER, added))
    changed, new = draft.draft_changes(hub)
    assert (changed.item, changed.kind) == ("SAMPLE-1", "changed")
    assert changed.changes == ("法定时限由20 个工作日改为10 个工作日", "红线事项：否改为是")
    assert (new.kind, new.name) == ("added", "新样例")
    draft.save_draft(hub, whole(added))
    assert [(one.item, one.kind) for one in draft.draft_changes(hub)][-1] == ("SAMPLE-1", "removed")


def test_a_version_counts_from_its_day(hub: Hub, clock: TestClock) -> None:
    first = published(hub, ITEM)
    later = published(hub, STRICTER, effective=NEXT_DAY)
    assert [(one.version, one.in_force) for one in draft.versions(hub)] == [(later, False), (first, True)]
    assert decode_catalog(publish.catalog_reply(hub, later).data).effective_on == NEXT_DAY
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    for day, why in (("", "不能早于"), ("2026-09-01", "已经过去"), ("9月20日", "不是日期")):
        with pytest.raises(KnownError, match=why):
            draft.publish_draft(hub, "E1", PASSWORD, day)
    clock.ms += DAY_MS
    assert [one.in_force for one in draft.versions(hub)] == [True, False]


def push(hub: Hub, desk: FakeDesk) -> list[str]:
    reply = ingest.push(hub, desk.device, desk.batch())
    desk.sent()
    return [str(outcome.outcome) for outcome in reply.outcomes]


def test_an_act_under_a_version_to_come_stands_and_a_person_looks(hub: Hub) -> None:
    first = published(hub, ITEM)
    later = published(hub, STRICTER, effective=NEXT_DAY)
    add_clerk(hub)
    desk = ready_desk(hub, later)
    desk.accept("c1")
    desk.accept("c2")
    desk.version = first
    desk.accept("c3")
    assert push(hub, desk) == ["applied"] * 3  # the numbers are printed
    assert kinds_of_alarms(hub) == ["version_early"] * 2


def test_an_act_under_a_version_long_replaced_stands_and_a_person_looks(hub: Hub, clock: TestClock) -> None:
    """Row 3: a desk whose sign-in still holds has heard of it long since; one that was cut off may not have."""
    first = published(hub, ITEM)
    add_clerk(hub)
    desk = ready_desk(hub, first)
    desk.accept("c1")
    published(hub, STRICTER, effective=NEXT_DAY)
    desk.start_ms = clock.ms = clock.ms + 14 * DAY_MS
    desk.accept("c2")
    assert push(hub, desk) == ["applied"] * 2
    assert kinds_of_alarms(hub) == []
    desk.start_ms = clock.ms = clock.ms + 2 * DAY_MS
    desk.accept("c3")
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text="样例"))  # a case stays under its version for good
    assert push(hub, desk) == ["applied"] * 2
    assert kinds_of_alarms(hub) == ["version_old"]


def kinds_of_alarms(hub: Hub) -> list[str]:
    with hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.kind)).scalars())


def test_a_change_after_acceptance_raises_a_task_until_it_is_settled(hub: Hub, clock: TestClock) -> None:
    first = published(hub, ITEM)
    add_clerk(hub)
    desk = ready_desk(hub, first)
    desk.accept("c1")
    assert push(hub, desk) == ["applied"]
    later = published(hub, STRICTER, effective=NEXT_DAY)
    assert inbox.review_tasks(hub) == []
    clock.ms += DAY_MS
    (task,) = inbox.review_tasks(hub)
    assert (task.case_id, task.now, task.staff) == ("c1", later, "T0718")
    assert "红线事项：否改为是" in task.changes
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text=review_text(later, "仍按受理时的版本办理")))
    assert push(hub, desk) == ["applied"]
    assert inbox.review_tasks(hub) == []


def test_accepted_in_one_county_for_another(hub: Hub) -> None:
    shared = replace(ITEM, id="SHARED", shared_scope="city", level="县")
    own = replace(ITEM, id="OWN", level="县")
    version = published(hub, shared, own)
    desk = ready_desk(hub, version, OTHER_HALL, "370921-01")
    desk.item_id = "SHARED"
    desk.accept("c1", {**COMPLETE, "applicant.division": HALL})
    desk.item_id = "OWN"
    desk.accept("c2", {**COMPLETE, "applicant.division": HALL})
    taken, refused = push(hub, desk)
    assert (taken, refused != "applied") == ("applied", True)
    assert [one.case_id for one in inbox.cases_for(hub, "岱岳")] == ["c1"]
    assert [one.accepted_at for one in inbox.cases_for(hub, HALL)] == [OTHER_HALL]
    assert inbox.cases_for(hub, OTHER_HALL) == []
    with pytest.raises(KnownError, match="没有叫"):
        inbox.cases_for(hub, "无此地")


def test_a_clerk_without_the_domain_cannot_accept(hub: Hub) -> None:
    version = published(hub, ITEM)
    line = people.StaffLine(staff="T0718", name="李样例", scope=HALL, domains=("real_estate",))
    people.add_staff(hub, line, PASSWORD)
    desk = ready_desk(hub, version)
    reply = sign_in(hub, SignInRequest(staff="T0718", password=PASSWORD), desk.device)
    lease = msgspec.msgpack.decode(reply.signed.lease, type=SignInLease)
    op = desk.accept("c1")
    desk.waiting, desk.head = [], op.prev_hash
    desk.keep(encode_op(replace(op, lease_id=lease.lease_id)))
    (outcome,) = ingest.push(hub, desk.device, desk.batch()).outcomes
    assert outcome.outcome is Outcome.REJECTED
    assert "权限" in outcome.reason


def test_the_rule_register_is_kept_by_an_import(hub: Hub, tmp_path: Path) -> None:
    rule = RuleDocument(id="deferral", title="样例办法", effective_from="2026-01-01")
    draft.save_draft(hub, replace(whole(ITEM), rules=(rule,)))
    publish_by_two(hub)
    (tmp_path / "x.csv").write_bytes(csv_bytes([HEAD, good()]))
    import_catalog(hub, tmp_path / "x.csv")
    made = draft.read_draft(hub)
    assert made is not None
    assert (made.catalog.rules, len(made.catalog.items)) == ((rule,), 2)


def test_a_step_and_a_new_draft_at_once_leave_one_whole_draft(hub: Hub) -> None:
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    steps = [
        lambda: draft.approve(hub, "L1", PASSWORD),
        lambda: draft.save_draft(hub, whole(STRICTER)),
        lambda: draft.publish_draft(hub, "E1", PASSWORD),
    ]
    unexpected: list[BaseException] = []

    def run(step: Callable[[], object]) -> None:
        try:
            step()
        except KnownError:
            pass  # refused, by which came first
        except BaseException as error:
            unexpected.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert unexpected == []
    published_items = [
        decode_catalog(publish.catalog_reply(hub, v.version).data) for v in draft.versions(hub)
    ]
    assert all(catalog.items == (ITEM,) for catalog in published_items)


PROOFS = (ProofRule(name="样例证明", allowed=True), ProofRule(name="单身证明", allowed=False))
PAPER = Material(id="M9", name="单身证明", source="government")
CIRCLE = Bundle(
    id="X", name="样例一件事", members=(BundleMember(item=ITEM.id, after=(ITEM.id,)), BundleMember(item="无"))
)


@pytest.mark.parametrize(
    ("catalog", "told"),
    [
        (replace(whole(replace(ITEM, materials=(*ITEM.materials, PAPER))), proofs=PROOFS), "单身证明"),
        (
            replace(
                whole(replace(ITEM, materials=(replace(PAPER, name="别的证明", proof=True),))), proofs=PROOFS
            ),
            "别的证明",
        ),
        (whole(replace(ITEM, red_line=True, deferral_allowed=True)), "红线"),
        (replace(whole(ITEM), bundles=(CIRCLE,)), "不在目录里"),
    ],
)
def test_what_is_not_lawful_is_not_published_however_it_came_in(
    hub: Hub, version: str, catalog: Catalog, told: str
) -> None:
    draft.save_draft(hub, catalog)
    with pytest.raises(Refused, match=told):
        draft.submit(hub, "E1", PASSWORD)
    # Nor by a hand in the database, between the two steps.
    draft.save_draft(hub, whole(ITEM))
    draft.submit(hub, "E1", PASSWORD)
    draft.approve(hub, "L1", PASSWORD)
    data = encode_catalog(replace(catalog, version="", effective_on=""))
    with hub.write() as conn:
        conn.execute(update(t.catalog_draft).values(data=data, approved=hashlib.sha256(data).hexdigest()))
    with pytest.raises(Refused, match=told):
        draft.publish_draft(hub, "E1", PASSWORD)
    found = publish.current_catalog(hub)
    assert found is not None
    assert found.version == version


def test_a_proof_abolished_later_stops_the_item_that_asks_for_it(hub: Hub, tmp_path: Path) -> None:
    asking = replace(ITEM, materials=(*ITEM.materials, replace(PAPER, name="样例证明", proof=True)))
    draft.save_draft(hub, replace(whole(asking), proofs=PROOFS))
    publish_by_two(hub)
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "事项.csv").write_bytes(csv_bytes([HEAD, good()]))
    (tmp_path / "list" / "证明事项清单.csv").write_bytes(
        csv_bytes([("证明名称", "是否保留"), ("样例证明", "否")])
    )
    import_catalog(hub, tmp_path / "list")
    with pytest.raises(Refused, match=r"样例证明.*已经取消"):
        draft.submit(hub, "E1", PASSWORD)
