"""Bad sheets against a real hub: each problem by the row a person sees; the catalogue never half-changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from models.domain.catalog import encode_catalog
from models.errors import KnownError
from sync.hub.catalog import read_catalog
from sync.hub.database import Hub, init_hub
from sync.hub.publish import catalog_reply, current_catalog
from sync.hub.setup import import_catalog
from tests.sync.hub.catalog.kit import HEAD, OFFICE, book, csv_bytes, good, read_tables, said
from tests.sync.hub.two_people import publish_by_two


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = init_hub(tmp_path / "hub")
    (tmp_path / "first.csv").write_bytes(csv_bytes([HEAD, good()]))
    import_catalog(made, tmp_path / "first.csv")
    publish_by_two(made)
    yield made
    made.close()


def state(hub: Hub) -> tuple[bytes, bytes]:
    catalog = current_catalog(hub)
    assert catalog is not None
    return encode_catalog(catalog), catalog_reply(hub, "current").signature


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04broken", "部门,办理项名称\n".encode(), "名称不对,列也不对\n甲,乙\n".encode(),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00",
    ],
)  # fmt: skip
def test_what_cannot_be_read_leaves_the_catalogue_as_it_is(hub: Hub, tmp_path: Path, content: bytes) -> None:
    before = state(hub)
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(KnownError, match="目录没有改动"):
        import_catalog(hub, tmp_path / "bad.csv")
    assert state(hub) == before


def test_a_list_of_refused_rows_alone_publishes_nothing(hub: Hub, tmp_path: Path) -> None:
    before = state(hub)
    (tmp_path / "bad.csv").write_bytes(csv_bytes([HEAD, good(办理项名称="")]))
    result = import_catalog(hub, tmp_path / "bad.csv")
    assert (result.rows, result.loaded, [p.row for p in result.problems if p.severity == "error"]) == (
        1,
        0,
        [2],
    )
    assert state(hub) == before


def test_good_rows_come_in_beside_bad_ones_in_one_version(hub: Hub, tmp_path: Path) -> None:
    before = catalog_reply(hub, "current").version
    rows = [good(办理项名称="新的"), good(办理项名称=""), good(办理项名称="也是新的")]
    (tmp_path / "next.csv").write_bytes(csv_bytes([HEAD, *rows], "gb18030"))
    result = import_catalog(hub, tmp_path / "next.csv")
    assert said(result, "error") == [(3, "办理项名称", "没有名称，这一行没有读入")]
    publish_by_two(hub)
    after = current_catalog(hub)
    assert after is not None
    assert sorted(i.name for i in after.items) == sorted(["样例办理项", "新的", "也是新的"])
    # The version before is still what it was, under its own signature.
    old = catalog_reply(hub, before)
    assert (old.version, "新的".encode() in old.data) == (before, False)


def test_merged_cells_formulas_and_dates_in_the_new_sheets(tmp_path: Path) -> None:
    made = book(tmp_path / "x.xlsx", [("办理项标识", *HEAD, "到现场次数"), ("A", *good(), 1)], "事项")
    sheet = made.create_sheet("环节")
    for row in (
        ("环节与时限",),
        ("办理项标识", "环节标识", "环节名称", "工作日"),
        ("A", "S1", "受理", 1),
        (None, "S2", "审核", "=1+1"),
        ("A", "S3", "决定", "2026-03-01"),
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A4")
    made.save(tmp_path / "x.xlsx")
    result = read_catalog(tmp_path / "x.xlsx")
    (item,) = result.items
    assert item.visits == 1
    # The row of nobody is no reason to leave A out: no row of A's own is wrong.
    assert [(s.id, s.workdays) for s in item.stages] == [("S1", 1), ("S3", None)]
    told = {(p.row, p.field, p.severity) for p in result.problems if p.table == "环节"}
    # A merged 办理项标识 is not guessed: whose 环节 it is decides what a hall may do.
    assert told >= {(4, "办理项标识", "error"), (4, "工作日", "warning"), (5, "工作日", "warning")}
    assert all(
        "合并" in p.reason
        for p in result.problems
        if (p.row, p.field, p.severity) == (4, "办理项标识", "warning")
    )


def test_situations_that_wait_for_each_other(tmp_path: Path) -> None:
    result = read_tables(
        tmp_path,
        事项=[("办理项标识", *HEAD), ("A", *good())],
        情形=[
            ("办理项标识", "问题标识", "问题", "选项", "情形条件"),
            ("A", "q1", "甲？", "y:是|n:否", "q2=y"),
            ("A", "q2", "乙？", "y:是|n:否", "q1=y"),
        ],
    )
    assert [(p.table, p.row) for p in result.problems if p.severity == "error"] == [
        ("事项", 2), ("情形", 2), ("情形", 3),
    ]  # fmt: skip


def test_situations_that_can_never_be(tmp_path: Path) -> None:
    result = read_tables(
        tmp_path,
        事项=[("办理项标识", *HEAD), ("A", *good())],
        情形=[
            ("办理项标识", "问题标识", "问题", "选项", "情形条件"),
            ("A", "q1", "甲？", "y:是|n:否", ""),
            ("A", "q2", "乙？", "y:是|n:否", "q1=y"),
            ("A", "q3", "丙？", "y:是|n:否", "q2=y;q1=n"),
        ],
        材料=[
            ("办理项标识", "材料标识", "材料名称", "情形条件"),
            ("A", "M1", "样例", "q2=y"),
            ("A", "M2", "永远不要", "q1=n;q2=n"),
        ],
    )
    assert result.loaded == 1
    told = [(p.table, p.row, p.field) for p in result.problems if "情形下都不成立" in p.reason]
    assert told == [("情形", 4, "情形条件"), ("材料", 3, "情形条件")]


@pytest.mark.slow
def test_a_workbook_of_forty_thousand_rows(tmp_path: Path) -> None:
    made = Workbook(write_only=True)
    sheet = made.create_sheet("事项")
    sheet.append([*HEAD, "承诺时限"])
    for n in range(40_000):
        name = "" if n == 39_998 else f"样例{n}"
        sheet.append(["样例局", f"主项{n // 50}", name, f"0001{n:08d}", "370900", "1", OFFICE, n % 30])
    made.save(tmp_path / "x.xlsx")
    result = read_catalog(tmp_path / "x.xlsx")
    assert (result.rows, result.loaded) == (40_000, 39_999)
    assert said(result, "error") == [(40_000, "办理项名称", "没有名称，这一行没有读入")]
