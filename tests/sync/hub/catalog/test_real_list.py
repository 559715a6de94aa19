"""The dirty list that the product must take: the real one where it is, and one as dirty made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain.catalog import ApplicantKind, DayLimit, Domain, Item, ItemKind
from models.domain.item_codes import POWER_TYPES
from sync.hub.catalog import ImportResult, read_catalog
from tests.sync.hub.catalog.kit import HEAD, REAL_LIST, csv_bytes, rows_told


def dirty_rows() -> list[tuple[str, ...]]:
    """614 rows of the real list's dirt: local codes of 23 to 55 characters, bad 部门编码, 未分类."""
    codes = ("511602000000", "115113010833722043-1-00", "G-000007-001", "511A0138000000")
    offices = ("083372204", "68236467-9", "1151130000877869M", "4148481895459659776", "")
    rows: list[tuple[str, ...]] = []
    for n in range(614):
        code = "-".join((codes[n % 4], f"{n:06d}", codes[(n + 1) % 4], codes[(n + 2) % 4]))
        name = "城市建筑物、设施上张挂、张贴宣传品审批" if n in (100, 400) else f"样例办理项{n}"
        parent = "未分类" if n % 2 else f"样例主项{n % 37}"
        kind = ("1", "20", "10", "7")[n % 4]
        rows.append((f"样例区第{n % 5}局", parent, name, code, "511602000000", kind, offices[n % 5]))
    return rows


@pytest.fixture(scope="module", params=["made", "real"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ImportResult:
    path = tmp_path_factory.mktemp("list") / "items.csv"
    # Where the real list is not at hand (a clone on a bare machine) the made one is read in GB18030.
    made = csv_bytes([HEAD, *dirty_rows()], "utf-8-sig" if request.param == "made" else "gb18030")
    path.write_bytes(made)
    real = request.param == "real" and REAL_LIST.exists()
    return read_catalog(REAL_LIST if real else path)


def test_every_row_becomes_an_item(imported: ImportResult) -> None:
    assert (imported.rows, imported.loaded, len(imported.items)) == (614, 614, 614)
    assert len({item.id for item in imported.items}) == 614
    assert not [p for p in imported.problems if p.severity == "error"]


def test_department_parent_item(imported: ImportResult) -> None:
    known = {department.id: department.name for department in imported.departments}
    assert all(known[item.department] for item in imported.items)
    assert len(known) in (5, 14)
    assert {d.division for d in imported.departments} == {"511602"}
    assert all(item.parent for item in imported.items)


def test_what_is_missing_stays_missing(imported: ImportResult) -> None:
    for item in imported.items:
        assert (item.legal, item.promised) == (DayLimit(), DayLimit())
        assert (item.kind, item.domain) == (ItemKind.UNKNOWN, Domain.UNSORTED)
        assert (item.questions, item.fields, item.materials, item.points) == ((), (), (), ())
        assert item.applicants == tuple(ApplicantKind)
    assert {item.power_type for item in imported.items} <= set(POWER_TYPES.values())
    assert rows_told(imported, "法定时限") == {2}


def test_every_doubtful_row_is_told_by_its_row(imported: ImportResult) -> None:
    unsorted = {n for n, item in enumerate(imported.items, start=2) if item.parent == "未分类"}
    assert rows_told(imported, "主项") == unsorted
    assert rows_told(imported, "事项编码") == set(range(2, 616))
    assert len(rows_told(imported, "办理项名称")) == 2
    coded = {d.id for d in imported.departments if d.code}
    doubtful = {n for n, item in enumerate(imported.items, start=2) if item.department not in coded}
    assert rows_told(imported, "部门编码") >= doubtful
    assert len({(p.row, p.field, p.reason) for p in imported.problems}) == len(imported.problems)


def test_the_same_list_gives_the_same_ids(imported: ImportResult, tmp_path: Path) -> None:
    (tmp_path / "turned.csv").write_bytes(csv_bytes([HEAD, *reversed(dirty_rows())]))
    (tmp_path / "straight.csv").write_bytes(csv_bytes([HEAD, *dirty_rows()]))

    def by_id(name: str) -> dict[str, Item]:
        return {item.id: item for item in read_catalog(tmp_path / name).items}

    assert by_id("turned.csv") == by_id("straight.csv")
