"""Situations: what the analysis says is exactly what trying every combination of answers says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.catalog import (
    Bundle,
    BundleMember,
    Catalog,
    Condition,
    Item,
    Material,
    Option,
    Question,
    ReviewPoint,
)
from models.domain.checklist import live_answers, needed_materials, shown_points
from models.domain.conditions import ProblemKind, bundle_conditions, can_hold, problems
from models.domain.lint import lint
from tests.desk_kit import catalog

IDS = ("q1", "q2", "q3", "q4")
OPTIONS = ("a", "b", "c")

conditions = st.builds(
    Condition,
    all_of=st.lists(
        st.tuples(
            st.sampled_from((*IDS, "q9")),
            st.lists(st.sampled_from((*OPTIONS, "z")), max_size=2, unique=True).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)


@st.composite
def items(draw: st.DrawFn) -> Item:
    count = draw(st.integers(0, len(IDS)))
    order = draw(st.permutations(IDS[:count]))
    questions = tuple(
        Question(
            id=key,
            text=key,
            options=tuple(Option(id=o, label=o) for o in OPTIONS[: draw(st.integers(2, 3))]),
            when=draw(st.one_of(st.just(Condition()), conditions)),
        )
        for key in order
    )
    materials = tuple(Material(id=f"M{n}", name=f"材料{n}", when=draw(conditions)) for n in range(3))
    points = tuple(
        ReviewPoint(id=f"P{n}", text=f"要点{n}", material=f"M{n}", when=draw(conditions)) for n in range(2)
    )
    return Item(id="X", name="样例", questions=questions, materials=materials, points=points)


def situations(item: Item) -> list[dict[str, str]]:
    """Every way to answer, also to answer nothing or only part."""
    choices = [["", *(o.id for o in q.options)] for q in item.questions]
    ids = [q.id for q in item.questions]
    return [dict(zip(ids, answer, strict=True)) for answer in itertools.product(*choices)]


@settings(max_examples=200, deadline=None)
@given(items())
def test_the_analysis_is_exact(item: Item) -> None:
    tried = situations(item)
    needed = {m.id for answers in tried for m in needed_materials(item, answers)}
    shown = {p.id for answers in tried for p in shown_points(item, answers)}
    asked = {q for answers in tried for q in live_answers(item, answers)}
    for material in item.materials:
        assert can_hold(item.questions, material.when) is (material.id in needed)
    for question in item.questions:
        reached = can_hold(
            item.questions,
            Condition(all_of=((question.id, tuple(o.id for o in question.options)),)),
        )
        assert reached is (question.id in asked)
    deadly = {(p.part, p.id) for p in problems(item) if p.kind is not ProblemKind.UNKNOWN_OPTION}
    named = {(p.part, p.id) for p in problems(item)}
    for material in item.materials:
        if material.id not in needed:
            assert ("material", material.id) in named
    for question in item.questions:
        if question.id not in asked:
            assert ("question", question.id) in named
    for part, key in deadly:
        never = {"material": needed, "question": asked, "point": shown}[part]
        assert key not in never
    for point in item.points:
        if point.id not in shown:
            assert ("point", point.id) in named or ("material", point.material) in named


def question(key: str, *when: tuple[str, tuple[str, ...]]) -> Question:
    options = tuple(Option(id=o, label=o) for o in ("a", "b"))
    return Question(id=key, text=key, options=options, when=Condition(all_of=when))


def kinds(*questions: Question, when: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> list[str]:
    material = Material(id="M1", name="样例材料", when=Condition(all_of=when))
    return [
        p.kind.value for p in problems(Item(id="X", name="样例", questions=questions, materials=(material,)))
    ]


Q1, Q2 = question("q1"), question("q2", ("q1", ("a",)))


@pytest.mark.parametrize(
    ("questions", "when", "expected"),
    [
        ((Q1, Q2), (("q2", ("b",)),), []),
        ((Q1, Q2), (("q1", ("b",)), ("q2", ("a",))), ["unreachable"]),
        ((Q1,), (("q1", ("a",)), ("q1", ("b",))), ["contradictory"]),
        ((Q1,), (("q7", ("a",)),), ["unknown_question"]),
        ((Q1,), (("q1", ("a", "z")),), ["unknown_option"]),
        ((question("q1", ("q2", ("a",))), question("q2", ("q1", ("a",)))), (), ["cyclic", "cyclic"]),
        ((Q2, Q1), (), ["later"]),
        ((Q1, Q1), (), ["twice"]),
    ],
)
def test_each_problem_has_its_name(
    questions: tuple[Question, ...], when: tuple[tuple[str, tuple[str, ...]], ...], expected: list[str]
) -> None:
    assert kinds(*questions, when=when) == expected


def test_a_point_and_its_material_must_meet() -> None:
    item = Item(
        id="X",
        name="样例",
        questions=(Q1,),
        materials=(Material(id="M1", name="甲", when=Condition(all_of=(("q1", ("a",)),))),),
        points=(ReviewPoint(id="P1", text="乙", material="M1", when=Condition(all_of=(("q1", ("b",)),))),),
    )
    assert [(p.kind.value, p.id) for p in problems(item)] == [("unreachable", "P1")]


def test_thirty_questions_are_no_trouble() -> None:
    chain = [question("q0")] + [question(f"q{n}", (f"q{n - 1}", ("a",))) for n in range(1, 30)]
    assert kinds(*chain, when=(("q29", ("b",)), ("q0", ("a",)))) == []
    assert kinds(*chain, when=(("q29", ("b",)), ("q0", ("b",)))) == ["unreachable"]


def test_a_bundle_names_what_can_never_begin() -> None:
    members = (
        BundleMember(item="A", after=("B",)),
        BundleMember(item="B", after=("A",)),
        BundleMember(item="C", when=Condition(all_of=(("q1", ("b",)), ("q2", ("a",)))), after=("Z",)),
        BundleMember(item="C"),
    )
    found = bundle_conditions(Bundle(id="K", name="样例一件事", questions=(Q1, Q2), members=members))
    assert sorted((p.kind.value, p.id) for p in found) == [
        ("twice", "C"),
        ("unreachable", "C"),
    ]


def test_the_demo_city_has_no_dead_branches() -> None:
    assert [p for item in catalog().items for p in problems(item)] == []


def test_the_lint_names_dead_branches_of_items_and_bundles() -> None:
    dead = Condition(all_of=(("q1", ("b",)), ("q2", ("a",))))
    item = Item(id="X", name="样例", questions=(Q1, Q2), materials=(Material(id="M1", name="甲", when=dead),))
    bundle = Bundle(
        id="K", name="样例一件事", questions=(Q1, Q2), members=(BundleMember(item="X", when=dead),)
    )
    found = lint(Catalog(version="v", items=(item,), bundles=(bundle,)))
    told = [(f.item, f.material, f.severity) for f in found if f.rule == "conditions"]
    assert sorted(told) == [("K", "", "error"), ("X", "M1", "error")]
