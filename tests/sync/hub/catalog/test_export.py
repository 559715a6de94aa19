"""Export and import are inverse, for the demo city, for dirty lists and for anything generated."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.catalog import (
    Answer,
    ApplicantKind,
    Bundle,
    BundleMember,
    Condition,
    DayLimit,
    Department,
    Domain,
    Fee,
    Field,
    FieldType,
    Former,
    Item,
    ItemKind,
    Material,
    Need,
    Option,
    ProofRule,
    Question,
    ReviewPoint,
    Stage,
)
from models.domain.listing import Listing
from models.errors import KnownError
from sync.hub.catalog import ImportResult, read_catalog, write_catalog
from sync.hub.catalog.assemble import _NO_FEE
from tests.sync.hub.catalog.kit import CITY, HEAD, csv_bytes
from tests.sync.hub.catalog.test_real_list import dirty_rows

pytestmark = pytest.mark.slow

text = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12).filter(lambda t: t.strip() == t)
some = text.filter(bool)
ident = st.text("abcXYZ019.-_", min_size=1, max_size=8).filter(
    lambda t: not t.startswith(("-", ".")) and "E" not in t and not t.replace(".", "").isdigit()
)
count = st.integers(0, 99)
former = st.none() | st.builds(
    Former,
    materials=count,
    stages=count,
    workdays=count,
    visits=count,
    merged=count,
    demo=st.booleans(),
    source=text,
)
fees = st.lists(
    st.builds(Fee, name=some, standard=some, basis=text, relief=text, online=st.booleans()),
    max_size=2, unique=True,
)  # fmt: skip
answers = st.lists(st.builds(Answer, question=some, answer=some), max_size=2, unique=True)
proofs = st.lists(
    st.builds(ProofRule, name=some.map("证明甲{}".format), allowed=st.booleans(), basis=text, instead=text),
    max_size=3, unique_by=lambda rule: rule.name,
)  # fmt: skip
code = st.just("") | ident
_texts = (
    "list_version",
    "power_source",
    "department_kind",
    "entrusted_by",
    "flow",
    "legal_note",
    "promised_note",
)
listings = st.builds(
    Listing,
    **dict.fromkeys((*_texts, "quantity_limit"), text),
    **dict.fromkeys(("catalog_code", "local_catalog_code", "task_code", "local_task_code"), code),
    **dict.fromkeys(
        ("channels", "partners", "intermediaries"), st.lists(some, max_size=2).map(lambda found: tuple(found))
    ),
    **dict.fromkeys(("booking", "online", "terminals"), st.booleans()),
    state=st.sampled_from(["", "in_use", "suspended", "cancelled"]),
)
limit = st.builds(DayLimit, days=st.none() | st.integers(0, 3650), approximate=st.booleans(), basis=text)


@st.composite
def catalog_items(draw: st.DrawFn) -> Item:
    red = draw(st.booleans())
    asked = draw(st.lists(ident, max_size=3, unique=True))
    questions: list[Question] = []

    def when() -> Condition:
        if not questions or draw(st.booleans()):
            return Condition()
        question = draw(st.sampled_from(questions))
        options = draw(st.lists(st.sampled_from([o.id for o in question.options]), min_size=1, unique=True))
        return Condition(all_of=((question.id, tuple(options)),))

    for key in asked:
        ids = draw(st.lists(some, min_size=2, max_size=3, unique=True))
        options = tuple(Option(id=one, label=draw(some)) for one in ids)
        questions.append(Question(id=key, text=draw(some), options=options, when=when()))
    needs = [Need.REQUIRED, Need.OPTIONAL] + ([] if red else [Need.DEFERRABLE])
    materials = tuple(
        Material(
            id=key, name=draw(some), need=draw(st.sampled_from(needs)), original=draw(st.booleans()),
            copies=draw(st.integers(1, 99)), form=draw(st.sampled_from(["paper", "electronic", "either"])),
            source=draw(st.sampled_from(["applicant", "government", "other"])),
            commitment_allowed=not red and draw(st.booleans()),
            standard=tuple(draw(st.lists(some, max_size=2))), basis=draw(text), when=when(),
            canonical=draw(code), proof=draw(st.booleans()), blank=draw(text), sample=draw(text),
            pages=draw(st.integers(0, 99)), reuse_days=draw(st.integers(0, 3650)),
            kind=draw(st.sampled_from(["", "proof", "form", "other"])), source_note=draw(text),
            page_format=draw(text), fill_note=draw(text),
        )
        for key in draw(st.lists(ident, max_size=2, unique=True))
    )  # fmt: skip
    fields = tuple(
        Field(
            id=key, label=draw(some), type=draw(st.sampled_from([t for t in FieldType if t != "choice"])),
            required=draw(st.booleans()), max_length=draw(st.integers(1, 10_000)),
            choices=tuple(draw(st.lists(some, max_size=2, unique=True))), unit=draw(text), hint=draw(text), when=when(),
        )
        for key in draw(st.lists(ident, max_size=2, unique=True))
    )  # fmt: skip
    points = tuple(
        ReviewPoint(
            id=key, text=draw(some), material=draw(st.sampled_from(["", *(m.id for m in materials)])),
            basis=draw(text), when=when(),
        )
        for key in draw(st.lists(ident, max_size=2, unique=True))
    )  # fmt: skip
    stages = tuple(
        Stage(
            id=key, name=draw(some), workdays=draw(st.none() | st.integers(0, 3650)), role=draw(text),
            counted=draw(st.booleans()), note=draw(text),
        )
        for key in draw(st.lists(ident, max_size=2, unique=True))
    )  # fmt: skip
    kinds = st.lists(st.sampled_from(list(ApplicantKind)), min_size=1, unique=True)
    return Item(
        id=draw(ident), name=draw(some), parent=draw(text), department="D1",
        domain=draw(st.sampled_from(list(Domain))), kind=draw(st.sampled_from(list(ItemKind))),
        power_type=draw(st.sampled_from(["", "行政许可", "公共服务"])), applicants=tuple(draw(kinds)),
        legal=draw(limit), promised=draw(limit), red_line=red, deferral_allowed=not red and draw(st.booleans()),
        commitment_allowed=not red and draw(st.booleans()), specialist=draw(st.booleans()),
        basis=tuple(draw(st.lists(some, max_size=2))), result=draw(text),
        not_counted=tuple(draw(st.lists(some, max_size=2))), level=draw(text),
        accepted_in=tuple(draw(st.lists(st.sampled_from(["370900", "3709"]), max_size=2))), note=draw(text),
        questions=tuple(questions), fields=fields, materials=materials, points=points,
        local_code=draw(code), transfer=draw(st.sampled_from(["", "permit", "linked", "fee"])),
        former_department=draw(text), shared_scope=draw(st.sampled_from(["", "city", "county"])),
        entry_center=draw(st.booleans()), handling=draw(st.sampled_from(["", "at_once", "reviewed"])),
        online_depth=draw(st.sampled_from(["", "I", "II", "III", "IV"])),
        visits=draw(st.none() | count), visits_reason=draw(text), by_post=draw(st.booleans()),
        special_procedures=tuple(draw(st.lists(some, max_size=2))),
        conditions=tuple(draw(st.lists(some, max_size=2))),
        result_kind=draw(st.sampled_from(["", "certificate", "approval", "other"])),
        closing=draw(st.sampled_from(["", "certificate", "document", "approval"])),
        produces=draw(code), result_sample=draw(text), licence_first=draw(st.none() | count),
        deferral_days=draw(st.none() | count),
        correction_days=draw(st.none() | st.integers(1, 400)),
        extension=DayLimit(days=draw(st.none() | count), basis=draw(text)), address=draw(text), hours=draw(text), consult=draw(text),
        complaint=draw(text), topics=tuple(draw(st.lists(some, max_size=2))), stages=stages,
        fees=tuple(draw(fees)), answers=tuple(draw(answers)), former=draw(former), detail_rule=draw(text),
        fee=draw(text.filter(lambda t: t not in _NO_FEE)), check_days=draw(st.integers(0, 3650)), listing=draw(listings),
    )  # fmt: skip


@st.composite
def item_bundles(draw: st.DrawFn, items: list[Item]) -> tuple[Bundle, ...]:
    made = []
    for key in draw(st.lists(ident, max_size=2, unique=True)):
        asked = draw(st.lists(ident, max_size=2, unique=True))
        yes_no = (Option(id="y", label=draw(some)), Option(id="n", label=draw(some)))
        questions = tuple(Question(id=one, text=draw(some), options=yes_no) for one in asked)
        chosen = draw(st.lists(st.sampled_from([i.id for i in items]), max_size=3, unique=True))
        when = Condition(all_of=((asked[0], ("n", "y")),)) if asked else Condition()
        members = tuple(
            # Only an earlier one is waited for, so there is no circle.
            BundleMember(item=one, when=when, after=tuple(chosen[:n][-1:]), joint_visit=draw(st.booleans()))
            for n, one in enumerate(chosen)
        )
        made.append(
            Bundle(
                id=key, name=draw(some), status=draw(st.sampled_from(["online", "preparing"])),
                questions=questions, members=members, former=draw(former), source=draw(text), note=draw(text),
            )
        )  # fmt: skip
    return tuple(made)


def again(result: ImportResult, name: str) -> ImportResult:
    with tempfile.TemporaryDirectory() as folder:
        write_catalog(
            result.items, result.departments, result.city, Path(folder) / name,
            bundles=result.bundles, proofs=result.proofs,
        )  # fmt: skip
        assert [p.name for p in Path(folder).iterdir()] == [name]
        return read_catalog(Path(folder) / name)


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
@pytest.mark.parametrize("source", ["city", "dirty"])
def test_round_trip(tmp_path: Path, name: str, source: str) -> None:
    (tmp_path / "items.csv").write_bytes(csv_bytes([HEAD, *dirty_rows()]))
    result = read_catalog(CITY if source == "city" else tmp_path / "items.csv")
    back = again(result, name)
    assert back.items == result.items
    assert back.departments == result.departments
    assert back.city == result.city
    assert (back.bundles, back.proofs) == (result.bundles, result.proofs)


@settings(max_examples=60)
@given(
    st.lists(catalog_items(), min_size=1, max_size=3, unique_by=lambda i: i.id),
    proofs,
    st.sampled_from(["o.xlsx", "o"]),
    st.data(),
)
def test_round_trip_of_anything(
    items: list[Item], proofs: list[ProofRule], name: str, data: st.DataObject
) -> None:
    departments = (Department(id="D1", name="样例局", division="370900", phone="+86 538", address="=1+1"),)
    result = ImportResult(
        departments=departments,
        items=tuple(items),
        city=None,
        problems=(),
        rows=len(items),
        loaded=len(items),
        bundles=data.draw(item_bundles(items)),
        proofs=tuple(proofs),
    )
    back = again(result, name)
    assert back.items == result.items
    assert back.departments == departments
    assert (back.bundles, back.proofs) == (result.bundles, result.proofs)


def test_what_is_written_again_is_the_same_file(tmp_path: Path) -> None:
    first = read_catalog(CITY)
    for name in ("one", "two"):
        read = first if name == "one" else read_catalog(tmp_path / "one")
        write_catalog(
            read.items, read.departments, read.city, tmp_path / name, bundles=read.bundles, proofs=read.proofs
        )
    written = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()}
    assert written == {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()}
    assert {"事项.csv", "材料.csv", "环节.csv", "收费.csv", "常见问题.csv", "证明事项清单.csv"} <= set(
        written
    )


def test_formulas_are_text_in_both(tmp_path: Path) -> None:
    item = Item(id="A", name="=1+1", note="@SUM(A1)")
    for name in ("o.xlsx", "o"):
        write_catalog([item], (), None, tmp_path / name)
        assert read_catalog(tmp_path / name).items[0].name == "=1+1"
    assert "'=1+1" in (tmp_path / "o" / "事项.csv").read_text("utf-8-sig")


def test_nothing_is_written_that_cannot_be(tmp_path: Path) -> None:
    item = Item(id="A", name="样例")
    (tmp_path / "taken").mkdir()
    long = Item(id="A", name="样例", note="长" * 40_000)
    for items, path in (
        ([], tmp_path / "a.xlsx"),
        ([item], tmp_path / "taken"),
        ([item], tmp_path / "no" / "a.xlsx"),
        ([long], tmp_path / "a.xlsx"),
    ):
        with pytest.raises(KnownError):
            write_catalog(items, (), None, path)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
    write_catalog([long], (), None, tmp_path / "b")
    assert read_catalog(tmp_path / "b").items == (long,)
