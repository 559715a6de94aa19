"""清单质检: a sound list gives nothing, and each planted fault gives its own finding."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.bundle import bundle_problems
from models.domain.catalog import (
    Answer,
    ApplicantKind,
    Bundle,
    BundleMember,
    Catalog,
    Condition,
    DayLimit,
    Department,
    Fee,
    Item,
    ItemKind,
    Material,
    Need,
    Option,
    ProofRule,
    Question,
    Stage,
)
from models.domain.lint import lint
from models.domain.listing import Listing

ROOT = Path(__file__).resolve().parents[3]
PERMIT_STAGES = ("受理", "审核", "审批", "办结", "送达")
PAPER = Material(id="M1", name="样例申请书", blank="空白表.docx", sample="样表.pdf")


def stages(*days: int) -> tuple[Stage, ...]:
    return tuple(
        Stage(id=str(n), name=name, workdays=day)
        for n, (name, day) in enumerate(zip(PERMIT_STAGES, days, strict=True))
    )


SOUND = Item(
    id="A",
    name="样例许可",
    kind=ItemKind.COMMITTED,
    handling="reviewed",
    power_type="行政许可",
    applicants=(ApplicantKind.ORGANISATION,),
    legal=DayLimit(days=20, basis="《样例条例》第一条"),
    promised=DayLimit(days=5),
    result="样例许可证",
    closing="certificate",
    result_sample="样本.pdf",
    online_depth="III",
    visits=1,
    visits_reason="核验原件",
    consult="0538-0001",
    complaint="0538-0002",
    topics=("准营准办",),
    stages=stages(1, 2, 1, 1, 0),
    answers=(Answer(question="问？", answer="答。"),),
    materials=(PAPER,),
)


def told(*items: Item, **more: Any) -> list[tuple[str, str, str]]:
    """(severity, rule, item)"""
    return [(f.severity, f.rule, f.item) for f in lint(Catalog(version="", items=items, **more))]


def changed(**fields: Any) -> Item:
    return msgspec.structs.replace(SOUND, **fields)


def test_a_sound_item_gives_nothing() -> None:
    assert told(SOUND) == []


CODE = "11370900MB28449441" + "3" + "000117109003"
SHANDONG = (Department(id="D", name="样例局", division="370900"),)
YES_NO = (Option(id="y", label="是"), Option(id="n", label="否"))
FEE = Fee(name="样例费", standard="10 元", basis="样例标准", online=True)
INSTANT = {"kind": ItemKind.INSTANT, "handling": "at_once", "promised": DayLimit(days=0)}
PLANTED: list[tuple[str, dict[str, Any]]] = [
    ("kind-promise", {"kind": ItemKind.INSTANT, "handling": "at_once"}),
    ("kind-promise", {"promised": DayLimit(days=0), "stages": stages(0, 0, 0, 0, 0)}),
    ("kind-handling", {"handling": "at_once"}),
    ("promise-over-legal", {"legal": DayLimit(days=4, basis="甲")}),
    ("limit-range", {"legal": DayLimit(days=10_000, basis="甲")}),
    ("stages-over-promise", {"stages": stages(1, 3, 1, 1, 0)}),
    ("deferral-over-promise", {"deferral_days": 6}),
    ("extension-basis", {"extension": DayLimit(days=3)}),
    ("visits-reason", {"visits_reason": ""}),
    ("visits-reason", {"visits": 0}),
    ("visits-post", {"visits": 0, "visits_reason": "", "online_depth": ""}),
    ("depth-visits", {"online_depth": "IV"}),
    ("depth-visits", {"online_depth": "IV", "visits": None, "visits_reason": ""}),
    ("fee-lines", {"fee": "收"}),
    ("fee-lines", {"fees": (FEE,)}),
    ("fee-complete", {"fee": "收", "fees": (msgspec.structs.replace(FEE, basis=""),)}),
    ("fee-complete", {"fee": "收", "fees": (msgspec.structs.replace(FEE, standard=""),)}),
    ("fee-complete", {"fee": "收", "fees": (msgspec.structs.replace(FEE, online=False),)}),
    ("contact-missing", {"consult": ""}),
    ("contact-missing", {"complaint": ""}),
    ("contact-same", {"complaint": SOUND.consult}),
    ("contact-same", {"complaint": "（0538）0001"}),
    ("topic-applicants", {"topics": ("准营准办", "婚姻登记")}),
    ("topic-applicants", {"applicants": tuple(ApplicantKind), "topics": ("投资审批",)}),
    ("permit-answers", {"answers": ()}),
    ("permit-stages", {"stages": SOUND.stages[:4]}),
    ("permit-stages", {"stages": (*SOUND.stages[:4], Stage(id="9", name="公示"))}),
    ("closing-result", {"closing": "document"}),
    ("closing-result", {"result": "样例批文"}),
    ("closing-result", {"result": "样例批复文件"}),
    ("result-sample", {"result_sample": ""}),
    ("red-line", {"red_line": True, "deferral_allowed": True}),
    ("red-line", {"red_line": True, "commitment_allowed": True}),
    ("red-line", {"red_line": True, "materials": (msgspec.structs.replace(PAPER, need=Need.DEFERRABLE),)}),
    ("conditions", {"materials": (msgspec.structs.replace(PAPER, when=Condition(all_of=(("q", ("y",)),))),)}),
    ("code-length", {"national_code": "1234"}),
    ("code-characters", {"national_code": "00011710900-"}),
    ("code-uscc", {"national_code": "11440300MB2C91012X" + "4" + "000117109003"}),
    ("code-prefix", {"national_code": "11370900MB28449441" + "3" + "440117109003"}),
    ("code-prefix", {"national_code": "440117109003", "department": "D"}),
    ("code-length", {"listing": Listing(task_code="000117109003")}),
    ("code-length", {"listing": Listing(catalog_code="0001171090031")}),
    ("code-uscc", {"listing": Listing(task_code="11440300MB2C91012X" + "4" + "000117109003")}),
    ("code-differs", {"national_code": CODE, "listing": Listing(catalog_code="000117109004")}),
    ("code-differs", {"listing": Listing(task_code=CODE, catalog_code="000117109004")}),
    ("code-type", {"national_code": "009917109003"}),
    ("code-type-differs", {"national_code": "000717109003"}),
]


@pytest.mark.parametrize(("rule", "fields"), PLANTED)
def test_each_planted_fault_is_an_error_of_its_own(rule: str, fields: dict[str, Any]) -> None:
    found = told(changed(**fields), departments=SHANDONG)
    assert ("error", rule, "A") in found
    assert {one for severity, one, _ in found if severity == "error"} == {rule}


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("kind-missing", {"kind": ItemKind.UNKNOWN}),
        ("handling-missing", {"handling": ""}),
        ("limit-missing", {"legal": DayLimit(), "promised": DayLimit()}),
        ("promise-missing", {"promised": DayLimit()}),
        ("limit-basis", {"legal": DayLimit(days=20)}),
        ("visits-missing", {"visits": None, "visits_reason": ""}),
        ("topic-missing", {"topics": ()}),
        ("topic-unknown", {"topics": ("样例主题",)}),
        ("closing-missing", {"closing": ""}),
        ("materials-missing", {"materials": ()}),
        ("material-blank", {"materials": (msgspec.structs.replace(PAPER, blank=""),)}),
        ("material-file-name", {"materials": (msgspec.structs.replace(PAPER, blank="甲/乙.docx"),)}),
        ("material-sample", {"materials": (msgspec.structs.replace(PAPER, sample=""),)}),
        # The outer check digit holds, that of the organisation code inside does not.
        ("code-organisation", {"national_code": "11370900MB28449454" + "3" + "000117109003"}),
        # 27 of 30 real codes agree: a level that does not is no more than a doubt.
        ("code-level", {"national_code": "11370900MB284494414000117109003"}),
    ],
)
def test_what_is_not_said_is_a_warning(rule: str, fields: dict[str, Any]) -> None:
    found = told(changed(**fields))
    assert ("warning", rule, "A") in found
    assert "error" not in {severity for severity, _, _ in found}


def test_sound_variants_give_nothing() -> None:
    assert told(changed(**INSTANT, stages=stages(0, 0, 0, 0, 0))) == []
    assert told(changed(visits=0, visits_reason="", online_depth="", by_post=True)) == []
    assert told(changed(visits=0, visits_reason="", online_depth="IV")) == []
    assert told(changed(fee="收", fees=(FEE,))) == []
    assert told(changed(result="样例批复", closing="approval")) == []
    assert told(changed(power_type="公共服务", stages=(), answers=())) == []
    # Time outside the limit (第四十五条) is not summed, and the government issues its own papers.
    far = Stage(id="9", name="专家评审", workdays=30, counted=False)
    paper = msgspec.structs.replace(PAPER, source="government", blank="", sample="")
    assert told(changed(stages=(*SOUND.stages, far), materials=(paper,))) == []


def test_codes_of_a_list() -> None:
    task = "11370900MB28449441" + "3" + "000117109003"
    assert told(changed(national_code=task), changed(id="B", national_code=task + "01")) == []
    both = changed(national_code=task + "01", listing=Listing(task_code=task, catalog_code=task[-12:]))
    assert told(both) == []
    other = msgspec.structs.replace(both, listing=Listing(task_code=task[:-1] + "4"))
    assert ("error", "code-differs", "A") in told(other, changed(id="B", national_code=task))
    lone = changed(id="B", national_code=task[:-1] + "4" + "01")
    assert ("error", "code-task", "B") in told(changed(national_code=task), lone)
    assert ("warning", "code-task-unchecked", "") in told(lone)
    children = [
        changed(id=str(n), parent="样例主项", national_code=f"0001171{n}900{n}"[:12]) for n in (1, 1, 2)
    ]
    children = [msgspec.structs.replace(child, id=str(n)) for n, child in enumerate(children)]
    assert [f for f in told(*children) if f[1] == "code-siblings"] == [("warning", "code-siblings", "2")]
    assert ("error", "id-repeated", "A") in told(SOUND, SOUND)
    assert ("warning", "code-repeated", "B") in told(
        changed(national_code=task), changed(id="B", national_code=task)
    )


def needing(key: str, makes: str, *canonical: str, when: Condition | None = None) -> Item:
    papers = tuple(
        Material(id=one, name=f"纸{one}", canonical=one, source="government", when=when or Condition())
        for one in canonical
    )
    return changed(id=key, name=f"事{key}", produces=makes, materials=papers or (PAPER,), result=f"证{key}")


def test_nesting_is_told_with_its_whole_path() -> None:
    ring = [needing("A", "a", "b"), needing("B", "b", "c"), needing("C", "c", "a"), needing("D", "d", "a")]
    (found,) = lint(Catalog(version="", items=tuple(ring)))
    assert (found.severity, found.rule, found.item) == ("error", "nesting", "A")
    assert "A → B → C → A" in found.sentence
    assert all(f"事{key}" in found.sentence for key in "ABC")
    # Another way to the paper, a renewal of the item's own, or an optional paper: nobody is stuck.
    assert told(*ring, needing("E", "b")) == []
    assert told(needing("A", "a", "a"), needing("B", "a", "a")) == [("error", "nesting", "A")]
    assert told(needing("A", "a", "a")) == []
    optional = msgspec.structs.replace(ring[1].materials[0], need=Need.OPTIONAL)
    assert told(ring[0], msgspec.structs.replace(ring[1], materials=(optional,)), ring[2]) == []
    sometimes = needing("B", "b", "a", when=Condition(all_of=(("q", ("y",)),)))
    asked = Question(id="q", text="样例", options=(Option(id="y", label="是"), Option(id="n", label="否")))
    sometimes = msgspec.structs.replace(sometimes, questions=(asked,))
    assert told(needing("A", "a", "b"), sometimes) == [("warning", "nesting-situation", "A")]


papers = st.sets(st.sampled_from("abcd"), max_size=2)


@given(st.lists(st.tuples(st.sampled_from(["", *"abcd"]), papers), min_size=1, max_size=5))
def test_nesting_is_told_exactly_when_some_items_wait_for_each_other_alone(
    made: list[tuple[str, set[str]]],
) -> None:
    items = [needing(str(n), makes, *sorted(needs)) for n, (makes, needs) in enumerate(made)]

    def closed(group: tuple[int, ...]) -> bool:
        """Each of the group needs a paper that others make, and all who make it are in the group."""
        return all(
            any(
                (makers := {m for m, (makes, _) in enumerate(made) if makes == paper and m != n})
                and makers <= set(group)
                for paper in made[n][1]
            )
            for n in group
        )

    groups = [g for size in range(1, len(made) + 1) for g in combinations(range(len(made)), size)]
    found = [f for f in told(*items) if f[1] == "nesting"]
    assert bool(found) is any(closed(group) for group in groups)


def test_a_result_that_is_asked_for_and_not_linked() -> None:
    maker = changed(id="B", produces="sample-permit")
    paper = Material(id="M2", name="样例许可证（正、副本）", source="government")
    asks = changed(result="", materials=(paper,))
    assert told(asks, maker) == [("warning", "result-unlinked", "A")]
    linked = msgspec.structs.replace(paper, canonical="sample-permit")
    assert told(changed(result="", materials=(linked,)), maker) == []


def test_proofs_must_be_on_the_list() -> None:
    rules = (
        ProofRule(name="样例证明", allowed=True),
        ProofRule(name="单身证明", allowed=False, instead="信息核查"),
    )

    def asks(name: str, *, proof: bool = True) -> Item:
        return changed(materials=(Material(id="M", name=name, proof=proof, source="government"),))

    assert told(asks("样例证明（原件）"), proofs=rules) == []
    assert told(asks("别的证明"), proofs=rules) == [("error", "proof-unlisted", "A")]
    assert told(asks("别的证明", proof=False), proofs=rules) == []
    assert told(asks("申请人单身证明复印件", proof=False), proofs=rules) == [
        ("error", "proof-abolished", "A")
    ]
    assert told(asks("别的证明")) == [("warning", "proof-list-missing", "")]


def test_bundles() -> None:
    def bundle(*members: BundleMember) -> Bundle:
        return Bundle(id="X", name="样例一件事", members=members)

    fine = bundle(BundleMember(item="A"), BundleMember(item="B", after=("A",)))
    two = (SOUND, changed(id="B"))
    assert told(*two, bundles=(fine,)) == []
    empty = msgspec.structs.replace(bundle(), status="online")
    assert told(*two, bundles=(empty,)) == [("warning", "bundle-empty", "X")]
    asked = Question(id="q", text="问", options=(Option(id="a", label="甲"), Option(id="b", label="乙")))
    apart = msgspec.structs.replace(
        bundle(
            BundleMember(item="A", when=Condition(all_of=(("q", ("a",)),))),
            BundleMember(item="B", when=Condition(all_of=(("q", ("b",)),)), after=("A",)),
        ),
        questions=(asked,),
    )
    assert told(*two, bundles=(apart,)) == [("warning", "bundle-prerequisite", "X")]
    circle = bundle(BundleMember(item="A", after=("B",)), BundleMember(item="B", after=("A",)))
    assert told(*two, bundles=(circle,)) == [("error", "bundle-circle", "X")]
    assert told(SOUND, bundles=(fine,)) == [("error", "bundle-member", "X")]
    asks = changed(questions=(Question(id="q", text="问？", options=YES_NO),))
    settled = BundleMember(item="A", settled=Condition(all_of=(("q", ("y",)),)))
    assert told(asks, bundles=(bundle(settled),)) == []
    assert told(SOUND, bundles=(bundle(settled),)) == [("error", "bundle-answer", "X")]
    strange = msgspec.structs.replace(settled, settled=Condition(all_of=(("q", ("z",)),)))
    assert told(asks, bundles=(bundle(strange),)) == [("error", "bundle-answer", "X")]
    nothing = msgspec.structs.replace(settled, settled=Condition(all_of=(("q", ()),)))
    assert told(asks, bundles=(bundle(nothing),)) == [("error", "bundle-answer", "X")]
    assert bundle_problems(bundle(nothing), {"A": asks}) == ("“样例许可”没有情形“q=”",)
    # What the lint tells and what keeps it from being offered is one thing.
    for made in (circle, fine, bundle(settled), bundle(strange), bundle(nothing)):
        told_by_lint = [f.sentence for f in lint(Catalog(version="v", items=(SOUND,), bundles=(made,)))
                        if f.item == "X"]  # fmt: skip
        assert told_by_lint == list(bundle_problems(made, {"A": SOUND}))
    own = Question(id="A.q", text="问？", options=(*YES_NO, Option(id="z", label="别的")))
    for questions, found in (
        ((msgspec.structs.replace(own, options=YES_NO),), []),
        ((own,), ["bundle-answer"]),
    ):
        made = msgspec.structs.replace(bundle(BundleMember(item="A")), questions=questions)
        assert [rule for _, rule, _ in told(asks, bundles=(made,))] == found
    outside = bundle(BundleMember(item="A", after=("B",)))
    assert told(*two, bundles=(outside,)) == [("error", "bundle-prerequisite", "X")]


def test_every_rule_is_planted_and_written_down() -> None:
    """Each rule that the code can tell has a planted fault above and its place in docs/import-format.md."""
    folder = ROOT / "models" / "domain"
    code = "".join(file.read_text("utf-8") for file in sorted(folder.glob("lint_*.py")))
    code += (folder / "item_codes.py").read_text("utf-8")
    rules = set(re.findall(r'(?:error|warning|CodeDoubt)\(\s*"([a-z-]+)"', code))
    rules |= set(re.findall(r'rule="([a-z-]+)"', code))
    rules |= set(re.findall(r'yield "(bundle-[a-z]+)"', (folder / "bundle.py").read_text("utf-8")))
    assert {
        "kind-promise",
        "code-level",
        "nesting",
        "conditions",
        "bundle-circle",
        "code-task-unchecked",
    } <= rules
    planted = Path(__file__).read_text("utf-8").split("def test_every_rule")[0]
    assert {rule for rule in rules if f'"{rule}"' not in planted} == set()
    table = (ROOT / "docs" / "import-format.md").read_text("utf-8").split("## 清单质检")[1].split("\n## ")[0]
    # The table shortens a family: code-length, -characters, -uscc.
    assert {rule for rule in rules if rule not in table and rule.split("-", 1)[-1] not in table} == set()
