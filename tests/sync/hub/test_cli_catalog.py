"""``hub catalog`` as IT staff type it: 清单质检, column names, a table out and in again."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.domain.catalog import Catalog
from models.errors import KnownError
from sync.hub import draft
from sync.hub.catalog import read_catalog
from sync.hub.database import Hub, init_hub
from sync.hub.publish import current_catalog, publish_catalog
from tests.sync.hub.catalog.kit import CITY, HEAD, REAL_LIST, csv_bytes, good
from tests.sync.hub.test_cli import run
from tests.sync.hub.two_people import publish_by_two

pytestmark = pytest.mark.slow


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Hub]:
    """A hub at ``tmp_path/hub`` with the demo city's catalogue in force."""
    hub = init_hub(tmp_path / "hub")
    read = read_catalog(CITY)
    publish_catalog(hub, read.departments, read.items, bundles=read.bundles, proofs=read.proofs)
    yield hub
    hub.close()


def published(hub: Hub) -> Catalog:
    catalog = current_catalog(hub)
    assert catalog is not None
    return catalog


def told(capsys: pytest.CaptureFixture[str], code: int, *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert run("catalog", *words, "--json") == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_the_demo_city_passes(city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, 0, "lint", "--data", tmp_path / "hub")
    assert [one for one in found["findings"] if one["severity"] == "error"] == []
    assert found["items"] == len(published(city).items) >= 74


def test_a_planted_fault_fails_and_names_the_row_of_the_file(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = ("办理项标识", *HEAD, "法定时限", "承诺时限", "办件类型")
    rows = [
        ("N1", *good(办理项名称="好"), "20", "5", "承诺件"),
        ("N2", *good(办理项名称="坏"), "5", "20", "承诺件"),
    ]
    (tmp_path / "x.csv").write_bytes(csv_bytes([head, *rows]))
    before = published(city)
    found = told(capsys, 1, "lint", "--file", tmp_path / "x.csv", "--data", tmp_path / "hub")
    assert published(city) == before
    assert found["items"] == 2
    assert {one["item"] for one in found["findings"]} == {"N1", "N2"}
    (late,) = [one for one in found["findings"] if one["rule"] == "promise-over-legal"]
    assert (late["item"], late["severity"], late["row"], late["table"]) == ("N2", "error", 3, "事项")
    assert found["errors"] == sum(one["severity"] == "error" for one in found["findings"])
    assert run("catalog", "import", tmp_path / "x.csv", "--data", tmp_path / "hub") == 0
    capsys.readouterr()
    assert run("catalog", "lint", "--data", tmp_path / "hub") == 1
    text = capsys.readouterr().out
    assert "坏（N2）：承诺时限 20 个工作日长于法定时限 5 个工作日 [promise-over-legal]" in text


def test_lint_of_an_empty_hub_is_one_sentence(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub").close()
    with pytest.raises(KnownError, match="还没有发布目录"):
        run("catalog", "lint", "--data", tmp_path / "hub")


def test_the_real_list_is_imported_and_checked(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not REAL_LIST.exists():
        pytest.skip("the shared real data is not beside this checkout")
    read = told(capsys, 0, "import", REAL_LIST, "--replace", "--data", tmp_path / "hub")
    assert (read["rows"], read["loaded"]) == (614, 614)
    assert set(read["problems"][0]) == {"row", "field", "reason", "severity"}
    found = told(capsys, 1, "lint", "--data", tmp_path / "hub")
    assert found["items"] == 614
    publish_by_two(city)
    # No code of the list has a standard length, and it says neither limits nor telephones.
    assert found["rules"]["code-length"] == found["rules"]["limit-missing"] == 614
    assert found["rules"]["contact-missing"] == 2 * 614
    assert found["errors"] + found["warnings"] == len(found["findings"]) == sum(found["rules"].values())
    permits = sum(item.power_type == "行政许可" for item in published(city).items)
    assert found["rules"]["permit-stages"] == permits > 0


@pytest.mark.parametrize("name", ["out.xlsx", "out"])
def test_what_goes_out_as_a_table_comes_back_the_same(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = published(city)
    flag = ["--csv"] if name == "out" else []
    told(capsys, 0, "export", tmp_path / name, *flag, "--data", tmp_path / "hub")
    assert (
        told(capsys, 0, "import", tmp_path / name, "--replace", "--data", tmp_path / "hub")["problems"] == []
    )
    publish_by_two(city)
    after = published(city)
    assert (after.items, after.bundles, after.proofs) == (before.items, before.bundles, before.proofs)
    assert after.version > before.version


def test_json_carries_bundles_and_proofs(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, 0, "export", tmp_path / "out.json", "--data", tmp_path / "hub")
    told(capsys, 0, "import", tmp_path / "out.json", "--data", tmp_path / "hub")
    publish_by_two(city)
    assert sum(not rule.allowed for rule in published(city).proofs) == 40


def test_a_hall_writes_edits_and_uses_its_column_names(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "map.csv"
    lines = told(capsys, 0, "columns", "--write", own)["lines"]
    with own.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert (rows[0], len(rows)) == (["表", "本地列名", "标准列名"], lines + 1)
    own.write_bytes(csv_bytes([*rows, ("事项", "叫什么名字", "办理项名称"), ("事项", "哪家", "部们")]))
    (tmp_path / "x.csv").write_bytes(csv_bytes([("实施主体", "叫什么名字"), ("样例局", "样例新项")]))
    read = told(capsys, 0, "import", tmp_path / "x.csv", "--columns", own, "--data", tmp_path / "hub")
    assert read["loaded"] == 1
    (wrong,) = [p for p in read["problems"] if p["severity"] == "error"]
    assert (wrong["row"], wrong["field"]) == (lines + 3, "哪家")
    assert f"列名表第 {lines + 3} 行" in wrong["reason"]
    publish_by_two(city)
    assert "样例新项" in [item.name for item in published(city).items]


def test_a_row_of_a_folder_is_named_with_its_file(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "list"
    folder.mkdir()
    (folder / "事项.甲.csv").write_bytes(csv_bytes([("办理项标识", *HEAD), ("N1", *good(办理项名称="甲"))]))
    (folder / "事项.乙.csv").write_bytes(csv_bytes([("办理项标识", *HEAD), ("N2", *good(办理项名称="乙"))]))
    papers = [("办理项标识", "材料标识", "材料名称"), ("N2", "M1", "")]
    (folder / "材料.乙.csv").write_bytes(csv_bytes(papers))
    read = told(capsys, 0, "import", folder, "--data", tmp_path / "hub")
    assert (read["rows"], read["loaded"]) == (2, 1)
    item, paper = [p for p in read["problems"] if p["severity"] == "error"]
    assert item["reason"].startswith("事项表（事项.乙.csv）第 2 行：材料表（材料.乙.csv）第 2 行没有读入")
    assert paper["reason"].startswith("材料表（材料.乙.csv）第 2 行：")
    assert (item["row"], paper["row"], paper["field"]) == (2, 2, "材料名称")


def test_an_import_of_refused_rows_alone_fails_and_names_them(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published(city)
    folder = tmp_path / "list"
    folder.mkdir()
    (folder / "事项.csv").write_bytes(csv_bytes([("办理项标识", *HEAD), ("N1", *good())]))
    papers = [("办理项标识", "材料标识", "材料名称"), ("N1", "M1", "申请人单身证明（原件）")]
    (folder / "材料.csv").write_bytes(csv_bytes(papers))
    read = told(capsys, 1, "import", folder, "--data", tmp_path / "hub")
    assert (read["rows"], read["loaded"]) == (1, 0)
    assert [p["row"] for p in read["problems"] if p["severity"] == "error"] == [2, 2]
    assert published(city) == before


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b'{"version":"x","items":[{"id":"A","name":"\\ud800"}]}', b'{"version":"x","items":[{"id":1}]}',
        b'{"version":"x","more":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)  # fmt: skip
def test_json_that_is_no_catalogue_changes_nothing(city: Hub, tmp_path: Path, data: bytes) -> None:
    before = published(city)
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(KnownError, match="原目录不变"):
        run("catalog", "import", tmp_path / "x.json", "--data", tmp_path / "hub")
    assert (published(city), draft.read_draft(city)) == (before, None)


def test_a_published_workbook_goes_out_in_and_out_as_the_same(
    city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = ("--data", tmp_path / "hub")
    for kind in (".xlsx", ""):
        first, second = tmp_path / f"one{kind}", tmp_path / f"two{kind}"
        more = () if kind else ("--csv",)
        told(capsys, 0, "export", first, *more, *hub)
        assert told(capsys, 0, "import", first, "--replace", *hub)["problems"] == []
        assert told(capsys, 0, "diff", *hub)["changes"] == []
        told(capsys, 0, "export", second, "--draft", *more, *hub)
        assert parts(first) == parts(second)


def parts(path: Path) -> dict[str, bytes]:
    """What is written, without the hour that a workbook was saved at."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in path.iterdir()}
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist() if name != "docProps/core.xml"}
