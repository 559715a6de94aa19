"""颗粒化 (domain facts §5 row 11): a list of 1,135 办理项 comes in whole, parents and children match, each is found.

How long a search takes is a row of ``make bench`` (group ``items``)."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from models.domain.catalog import Catalog
from models.domain.lint import lint
from models.domain.search import SearchEntry, SearchIndex, initials
from sync.hub.catalog import ImportResult, read_catalog
from sync.hub.catalog.export import write_catalog
from tests.sync.hub.catalog.kit import csv_bytes, read_rows
from tests.sync.hub.catalog.two_levels import HEAD, ITEMS, PARENTS, rows


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> ImportResult:
    return read_rows(tmp_path_factory.mktemp("list"), rows(), HEAD)


def index(result: ImportResult) -> SearchIndex:
    return SearchIndex(
        SearchEntry(id=item.id, name=item.name, parent=item.parent, department="", code=item.national_code)
        for item in result.items
    )


def test_every_row_is_an_item_under_its_parent(imported: ImportResult) -> None:
    assert (imported.rows, imported.loaded, len(imported.items)) == (ITEMS, ITEMS, ITEMS)
    assert not [p for p in imported.problems if p.severity == "error"]
    families: dict[str, list[str]] = defaultdict(list)
    for item in imported.items:
        families[item.parent].append(item.national_code)
    assert len(families) == PARENTS
    for parent, codes in families.items():
        assert len({code[:31] for code in codes}) == 1, parent
        assert sorted(code[31:] for code in codes) == [f"{n:02d}" for n in range(1, len(codes) + 1)]


def test_the_linter_finds_no_fault_in_the_codes(imported: ImportResult) -> None:
    catalog = Catalog(version="v", departments=imported.departments, items=imported.items)
    assert [f.sentence for f in lint(catalog) if f.rule.startswith("code")] == []


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        ("事项编码", lambda code: code[:30] + "9" + code[31:], "code-differs"),
        ("主项实施编码", lambda code: code[:30], "code-length"),
        ("部门编码", lambda code: code[:17] + "0", ""),
    ],
)
def test_a_child_that_does_not_match_is_named(tmp_path: Path, cell: str, value: object, rule: str) -> None:
    assert callable(value)
    made = [list(row) for row in rows()]
    at = HEAD.index(cell)
    made[700][at] = value(made[700][at])
    result = read_rows(tmp_path, made, HEAD)
    catalog = Catalog(version="v", departments=result.departments, items=result.items)
    told = {f.item for f in lint(catalog) if f.rule == rule}
    named = {p.row for p in result.problems if p.field == cell}
    assert told == {result.items[700].id} if rule else named == {702}


def test_each_is_found_by_the_initials_of_its_name(imported: ImportResult) -> None:
    found = index(imported)
    for item in imported.items:
        typed = re.sub(r"\W", "", initials(item.name))
        assert item.id in [hit.id for hit in found.find(typed)], typed
    short = found.find("spxkhf")
    assert short
    assert all("食品许可核发" in i.name for i in imported.items if i.id in {h.id for h in short})


def test_it_goes_out_and_comes_in_the_same(tmp_path: Path, imported: ImportResult) -> None:
    write_catalog(imported.items, imported.departments, None, tmp_path / "out")
    again = read_catalog(tmp_path / "out")
    assert again.items == imported.items
    assert again.departments == imported.departments


def test_the_file_itself_is_the_same_each_time() -> None:
    assert csv_bytes(rows()) == csv_bytes(rows())
