"""一件事 as rules: chosen members, one form, one pile of papers, the timeline; by example and as properties."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.bundle import (
    Items,
    Member,
    asked,
    bundle_problems,
    counts,
    members,
    prerequisite_circles,
    timeline,
)
from models.domain.bundle_plan import plan_set
from models.domain.case import Receipt
from models.domain.catalog import (
    Bundle,
    BundleMember,
    Condition,
    DayLimit,
    Field,
    FieldType,
    Former,
    Item,
    Material,
    Need,
    Option,
    Question,
    ReviewPoint,
    Stage,
)
from models.domain.united import member_fields, merged_form, united_materials, united_points

YES_NO = (Option(id="y", label="是"), Option(id="n", label="否"))
TODAY = dt.date(2026, 11, 23)
KEYS = "ABCDEF"


def question(key: str, when: Condition | None = None) -> Question:
    return Question(id=key, text=f"{key}？", options=YES_NO, when=when or Condition())


conditions = st.builds(
    lambda pairs: Condition(all_of=tuple((q, (o,)) for q, o in pairs.items())),
    st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), st.sampled_from(["y", "n"]), max_size=2),
)
fields = st.lists(
    st.builds(
        Field,
        id=st.sampled_from(["f1", "f2", "f3"]),
        label=st.just("名称"),
        type=st.sampled_from([FieldType.TEXT, FieldType.INTEGER]),
        required=st.booleans(),
        max_length=st.integers(1, 50),
    ),
    unique_by=lambda f: f.id,
    max_size=3,
)
materials = st.lists(
    st.builds(
        Material,
        id=st.sampled_from(["M1", "M2", "M3"]),
        name=st.just("材料"),
        canonical=st.sampled_from(["", "licence", "id-card"]),
        copies=st.integers(1, 5),
        original=st.booleans(),
        need=st.sampled_from(list(Need)),
        form=st.sampled_from(["paper", "electronic", "either"]),
    ),
    unique_by=lambda m: m.id,
    max_size=3,
)


@st.composite
def bundles(draw: st.DrawFn) -> tuple[Bundle, Items]:
    """Any bundle without circles: a member waits for earlier ones only."""
    keys = KEYS[: draw(st.integers(1, 6))]
    items = {
        key: Item(
            id=key,
            name=f"事项{key}",
            fields=tuple(draw(fields)),
            materials=tuple(draw(materials)),
            produces=draw(st.sampled_from(["", "licence"])),
            promised=DayLimit(days=draw(st.none() | st.integers(0, 30)), approximate=draw(st.booleans())),
        )
        for key in keys
    }
    chosen = tuple(
        BundleMember(
            item=key,
            when=draw(conditions),
            after=tuple(draw(st.sets(st.sampled_from(keys[:n]), max_size=3))) if n else (),
        )
        for n, key in enumerate(keys)
    )
    asks = (
        question("q1"),
        question("q2", draw(conditions.filter(lambda c: dict(c.all_of).keys() <= {"q1"}))),
    )
    return Bundle(id="B", name="一件事", questions=(*asks, question("q3")), members=chosen), items


answers = st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), st.sampled_from(["y", "n"]))


@given(bundles(), answers, answers)
def test_a_further_answer_never_takes_a_member_away(
    made: tuple[Bundle, Items], some: dict[str, str], more: dict[str, str]
) -> None:
    before = {m.item.id for m in members(*made, some)}
    assert before <= {m.item.id for m in members(*made, more | some)}


@given(bundles(), answers)
def test_every_need_of_every_member_is_met_by_the_union(
    made: tuple[Bundle, Items], given: dict[str, str]
) -> None:
    chosen = members(*made, given)
    united = united_materials(chosen, given)
    assert len({paper.key for paper in united}) == len(united)
    demanded = {(m.item.id, paper.id): paper for m in chosen for paper in m.item.materials}
    assert sorted(use for paper in united for use in paper.uses) == sorted(demanded)
    for paper in united:
        for use in paper.uses:
            wanted = demanded[use]
            assert paper.copies >= wanted.copies
            assert paper.original or not wanted.original
            assert paper.need is not Need.OPTIONAL or wanted.need is Need.OPTIONAL
            assert wanted.form in ("either", paper.form)
        # Nobody asks for more than some member's own list does.
        assert paper.copies == max(demanded[use].copies for use in paper.uses)


@given(bundles(), answers)
def test_no_shared_field_is_typed_twice(made: tuple[Bundle, Items], given: dict[str, str]) -> None:
    chosen = members(*made, given)
    form = merged_form(chosen, given)
    assert len({f.field.id for f in form.fields}) == len(form.fields)
    assert form.apart == sum(len(m.item.fields) for m in chosen) == sum(len(f.members) for f in form.fields)
    for merged in form.fields:
        own = [f for m in chosen for f in m.item.fields if f.id == merged.field.id]
        assert merged.field.required == any(f.required for f in own)
        assert merged.field.max_length == min(f.max_length for f in own)
    clashing = {c.field for c in form.clashes}
    assert clashing == {
        f.field.id
        for f in form.fields
        if len({o.type for m in chosen for o in m.item.fields if o.id == f.field.id}) > 1
    }


@given(bundles(), answers)
def test_side_by_side_is_no_longer_than_the_sum_and_no_shorter_than_any_chain(
    made: tuple[Bundle, Items], given: dict[str, str]
) -> None:
    chosen = members(*made, given)
    line = timeline(chosen)
    spans = {span.item: span for span in line.spans}
    assert line.critical <= line.total
    for member in chosen:
        span = spans[member.item.id]
        assert span.end <= line.critical
        assert span.start == max((spans[one].end for one in member.after), default=0)
        assert span.end - span.start == (span.days or 0)
    if chosen:
        slow = [span for span in line.spans if span.critical]
        assert any(span.end == line.critical for span in slow)
        assert sum(span.days or 0 for span in slow) >= line.critical


@given(bundles(), answers)
def test_what_a_set_says_of_a_member_is_only_what_the_member_asks(
    made: tuple[Bundle, Items], given: dict[str, str]
) -> None:
    chosen = members(*made, given)
    entered = {f"form.{key}": "1" for key in ("f1", "f2", "f3")} | {
        f"answer.{k}": v for k, v in given.items()
    }
    entered |= {f"material.{paper.key}": "paper" for paper in united_materials(chosen, given)}
    for member in chosen:
        own = member_fields(member, chosen, entered)
        assert {p[5:] for p in own if p.startswith("form.")} == {f.id for f in member.item.fields}
        assert {p[9:] for p in own if p.startswith("material.")} == {m.id for m in member.item.materials}


def test_a_circle_is_named_by_its_items() -> None:
    items = {key: Item(id=key, name=f"事项{key}") for key in "AB"}
    bundle = Bundle(
        id="B",
        name="一件事",
        members=(BundleMember(item="A", after=("B",)), BundleMember(item="B", after=("A",))),
    )
    assert prerequisite_circles(bundle) == (("A", "B"),)
    assert "前置互相等待：事项A → 事项B → 事项A" in bundle_problems(bundle, items)
    with pytest.raises(ValueError, match="A → B → A"):
        timeline(members(bundle, items, {}))


def test_members_that_do_not_exist_and_answers_nobody_asks_for_are_told() -> None:
    items = {"A": Item(id="A", name="事项A", questions=(question("q1"),))}
    bundle = Bundle(
        id="B",
        name="一件事",
        members=(
            BundleMember(item="A", settled=Condition(all_of=(("q1", ("maybe",)),))),
            BundleMember(item="C"),
        ),
    )
    problems = "；".join(bundle_problems(bundle, items))
    assert "成员“C”不在目录里" in problems
    assert "q1=maybe" in problems


def licence_and_shop() -> tuple[Bundle, Items]:
    licence = Item(
        id="L",
        name="营业执照",
        produces="business-licence",
        promised=DayLimit(days=1),
        materials=(Material(id="M1", name="身份证明", canonical="id-card"),),
        points=(ReviewPoint(id="P1", text="人证一致", material="M1"),),
        stages=(Stage(id="1", name="受理"), Stage(id="2", name="审核"), Stage(id="3", name="送达")),
    )
    shop = Item(
        id="S",
        name="食品经营许可",
        promised=DayLimit(days=10),
        questions=(question("q1"), question("q2")),
        materials=(
            Material(id="M1", name="营业执照", canonical="business-licence", source="government"),
            Material(id="M2", name="经营者身份证明", canonical="id-card", copies=2),
            Material(id="M3", name="布局图", when=Condition(all_of=(("q1", ("y",)),))),
        ),
        points=(
            ReviewPoint(id="P1", text="人证一致", material="M2"),
            ReviewPoint(id="P2", text="执照有效", material="M1"),
        ),
        stages=(Stage(id="1", name="受理"), Stage(id="2", name="审核"), Stage(id="3", name="送达")),
    )
    bundle = Bundle(
        id="B",
        name="我要开店",
        members=(
            BundleMember(item="L"),
            BundleMember(item="S", after=("L",), settled=Condition(all_of=(("q2", ("n",)),))),
        ),
        former=Former(materials=9, stages=12, workdays=40, visits=5),
    )
    return bundle, {"L": licence, "S": shop}


def test_a_paper_that_a_member_issues_is_not_asked_for() -> None:
    bundle, items = licence_and_shop()
    chosen = members(bundle, items, {"S.q1": "y"})
    papers = {paper.key: paper for paper in united_materials(chosen, {"S.q1": "y"})}
    assert papers["business-licence"].produced_by == "L"
    assert not papers["business-licence"].asked_for
    assert papers["id-card"].copies == 2
    assert papers["id-card"].members == ("L", "S")
    assert {paper.key for paper in papers.values() if paper.asked_for} == {"id-card", "S.M3"}
    # The point on the licence waits for the licence; the shared point is marked once.
    (point,) = united_points(chosen, {"S.q1": "y"})
    assert point.uses == (("L", "P1"), ("S", "P1"))
    tally = counts(bundle, chosen, {"S.q1": "y"}, 2)
    assert (tally.apart.materials, tally.apart.steps, tally.apart.days) == (4, 6, 11)
    assert (tally.together.materials, tally.together.steps, tally.together.days) == (2, 4, 11)
    assert tally.former is not None
    assert tally.former.days == 40


def test_a_paper_of_a_member_that_does_not_wait_is_still_asked_for() -> None:
    _bundle, items = licence_and_shop()
    chosen = tuple(Member(place=n, item=items[key]) for n, key in enumerate("LS", start=1))
    papers = {paper.key: paper for paper in united_materials(chosen, {})}
    assert papers["business-licence"].asked_for


def test_a_paper_is_asked_for_while_one_of_its_users_cannot_wait_for_it() -> None:
    _bundle, items = licence_and_shop()
    hurry = msgspec.structs.replace(items["S"], id="H")
    chosen = (
        Member(place=1, item=items["L"]),
        Member(place=2, item=items["S"], after=("L",)),
        Member(place=3, item=hurry),
    )
    papers = {paper.key: paper for paper in united_materials(chosen, {})}
    assert papers["business-licence"].members == ("S", "H")
    assert papers["business-licence"].asked_for


def test_a_member_s_open_question_is_asked_and_a_settled_one_is_not() -> None:
    bundle, items = licence_and_shop()
    assert [a.id for a in asked(bundle, items, {})] == ["S.q1"]


def test_receipts_are_those_that_every_member_takes() -> None:
    bundle, items = licence_and_shop()
    papers = {paper.key: paper for paper in united_materials(members(bundle, items, {}), {})}
    assert Receipt.PAPER in papers["id-card"].receipts
    assert Receipt.CERTIFICATE not in papers["id-card"].receipts  # the applicant's own paper
    assert Receipt.COMMITTED not in papers["id-card"].receipts


def test_what_a_waiting_member_lacks_does_not_hold_up_the_others() -> None:
    bundle, items = licence_and_shop()
    plan = plan_set(bundle, items, {"material.id-card": "defective"}, TODAY)
    licence, shop = plan.members
    assert licence.waits_for == ()
    assert shop.waits_for == ("L",)
    open_paths = {gap.path for gap in plan.open_gaps}
    assert "material.id-card" not in open_paths  # judged: it holds up its member, not the set
    assert "answer.S.q1" in open_paths
    assert "point.L.P1" in open_paths
    assert not licence.ready
