"""A later import on top of the catalogue in force."""

from __future__ import annotations

from pathlib import Path

from models.domain.catalog import Catalog, Department, Item
from sync.hub.catalog import merge_items
from tests.sync.hub.catalog.kit import HEAD, good, read_rows

OLD = Catalog(
    version="1",
    departments=(
        Department(id="D1", name="样例市样例局", division="370900"),
        Department(id="D2", name="别的局"),
    ),
    items=(Item(id="A", name="旧名", department="D1"), Item(id="B", name="不变", department="D2")),
)


def test_same_ids_are_replaced_and_others_stay(tmp_path: Path) -> None:
    rows = [("A", *good(办理项名称="新名")), ("C", *good(办理项名称="新增", 区划代码="370911"))]
    merged = merge_items(OLD, read_rows(tmp_path, rows, ("办理项标识", *HEAD)), "2")
    assert merged.version == "2"
    assert [(i.id, i.name) for i in merged.items] == [("A", "新名"), ("B", "不变"), ("C", "新增")]
    # The department that is known by name and division is not doubled, that of another district is new.
    assert [d.id for d in merged.departments][:2] == ["D1", "D2"]
    assert merged.items[0].department == "D1"
    assert merged.items[2].department == merged.departments[2].id
    assert len(merged.departments) == 3


def test_merging_twice_changes_nothing(tmp_path: Path) -> None:
    imported = read_rows(tmp_path, [good()])
    once = merge_items(OLD, imported, "2")
    assert merge_items(once, imported, "2") == once
