"""Export and import are inverse, for the demo city, for dirty lists and for anything generated."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.catalog import (
    ApplicantKind,
    Condition,
    DayLimit,
    Department,
    Domain,
    Field,
    FieldType,
    Item,
    ItemKind,
    Material,
    Need,
    Option,
    Question,
    ReviewPoint,
)
from models.errors import KnownError
from sync.hub.catalog import ImportResult, read_catalog, write_catalog
from tests.sync.hub.catalog.kit import CITY, HEAD, csv_bytes
from tests.sync.hub.catalog.test_real_list import dirty_rows

text = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="'"), max_size=12).filter(
    lambda t: t.strip() == t and not t.startswith("#")
)
some = text.filter(bool)
ident = st.text("abcXYZ019.-_", min_size=1, max_size=8).filter(
    lambda t: not t.startswith(("-", ".")) and "E" not in t and not t.replace(".", "").isdigit()
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
    )  # fmt: skip


def again(result: ImportResult, name: str) -> ImportResult:
    with tempfile.TemporaryDirectory() as folder:
        write_catalog(result.items, result.departments, result.city, Path(folder) / name)
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


@settings(max_examples=60)
@given(
    st.lists(catalog_items(), min_size=1, max_size=3, unique_by=lambda i: i.id),
    st.sampled_from(["o.xlsx", "o"]),
)
def test_round_trip_of_anything(items: list[Item], name: str) -> None:
    departments = (Department(id="D1", name="样例局", division="370900", phone="+86 538", address="=1+1"),)
    result = ImportResult(
        departments=departments,
        items=tuple(items),
        city=None,
        problems=(),
        rows=len(items),
        loaded=len(items),
    )
    back = again(result, name)
    assert back.items == result.items
    assert back.departments == departments


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
