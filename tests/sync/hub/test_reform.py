"""The reform report over the shipped rows, and that each figure follows its rows."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from models.domain.case import CaseState, CaseStatus, encode_state
from models.domain.catalog import Bundle, Catalog, DayLimit, Domain, Item
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.catalog import read_catalog
from sync.hub.cli_commands import DEMO_CITY
from sync.hub.database import Hub, init_hub
from sync.hub.publish import current_catalog, publish_catalog
from sync.hub.reform import ReformReport, reform_report, version_report, write_csv
from sync.hub.register_format import STAFF
from sync.hub.registers import FOLDER, import_registers, read_register
from sync.hub.setup import load_city
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM, PASSWORD
from tests.sync.hub.test_cli import run

PUBLISHED = {"materials": 150, "stages": 44, "workdays": 367, "merged": 27, "speed_up": 65, "items": 40}
REGISTERED = {
    "matters": 539,
    "entries": 950,
    "guides": 167,
    "transfer_permit": 188,
    "transfer_linked": 34,
    "transfer_fee": 6,
    "former_departments": 30,
    "delegated": 4120,
    "departments": 38,
    "staff": 417,
}


@pytest.fixture(scope="module")
def city_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city") / "hub"
    hub = init_hub(folder)
    load_city(hub, DEMO_CITY, PASSWORD)
    hub.close()
    return folder


@pytest.fixture
def city(city_made: Path, tmp_path: Path) -> Iterator[Hub]:
    """A hub at ``tmp_path/hub`` with the demo city."""
    shutil.copytree(city_made, tmp_path / "hub")
    hub = init_hub(tmp_path / "hub")
    yield hub
    hub.close()


def catalog_of(hub: Hub) -> Catalog:
    found = current_catalog(hub)
    assert found is not None
    return found


def republish(hub: Hub, change: Callable[[Item], Item], only: str = "") -> str:
    old = catalog_of(hub)
    items = tuple(change(item) if item.id == only or not only else item for item in old.items)
    return publish_catalog(hub, old.departments, items, bundles=old.bundles, proofs=old.proofs)


def values(report: ReformReport) -> dict[str, int | None]:
    return {key: figure.value for key, figure in report.figures.items()}


def first_compared(hub: Hub) -> Item:
    return next(item for item in catalog_of(hub).items if item.former is not None)


def edited(tmp_path: Path, name: str, change: Callable[[list[dict[str, str]]], None]) -> Path:
    """The shipped registers with one of them changed."""
    folder = tmp_path / "changed"
    shutil.copytree(DEMO_CITY / FOLDER, folder)
    file = folder / f"{name}.csv"
    with file.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    head = list(rows[0])
    change(rows)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, head)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_the_shipped_rows_give_the_published_figures(city: Hub) -> None:
    report = reform_report(city)
    found = values(report)
    assert {key: found[key] for key in PUBLISHED} == PUBLISHED
    assert {key: found[key] for key in REGISTERED} == REGISTERED
    assert all(report.figures[key].demo for key in PUBLISHED | REGISTERED)
    assert all(figure.source for figure in report.figures.values())
    assert report.total.increases == ()
    assert set(report.total.silent.values()) == {0}


def test_rows_made_up_claim_no_source_and_spare_the_red_lines(city: Hub) -> None:
    compared = [item for item in catalog_of(city).items if item.former is not None]
    assert {item.domain for item in compared} == set(Domain) - {Domain.UNSORTED}
    assert [item.id for item in compared if not item.questions] == ["BD007"]  # one situation only
    for item in compared:
        assert item.former is not None
        assert item.former.demo
        assert item.former.source == ""
        assert not item.red_line
        assert item.legal.days is not None
        assert item.former.workdays <= item.legal.days
        assert item.former.merged <= item.former.stages - len(item.stages)
        assert item.points  # 40 items as full as a window needs them
        assert item.materials
        assert item.fields


@pytest.mark.skipif(not (DEMO_CITY / "一件事.csv").is_file(), reason="一件事.csv comes with the bundles")
def test_the_shipped_bundles_give_the_published_figures(city: Hub) -> None:
    report = reform_report(city)
    assert (report.figures["bundles"].value, report.figures["bundles_online"].value) == (93, 30)
    assert report.figures["bundles"].demo


def test_bundles_are_counted_by_their_state(hub: Hub) -> None:
    bundles = tuple(
        Bundle(id=f"Y{n}", name=f"事{n}", status="online" if n < 2 else "preparing") for n in range(5)
    )
    publish_catalog(hub, (DEPARTMENT,), (ITEM,), bundles=bundles)
    found = reform_report(hub).figures
    assert (found["bundles"].value, found["bundles_online"].value, found["bundles"].demo) == (5, 2, False)


@pytest.mark.parametrize(
    ("change", "figure", "by"),
    [
        (lambda i: msgspec.structs.replace(i, materials=i.materials[1:]), "materials", 1),
        (lambda i: msgspec.structs.replace(i, stages=i.stages[1:]), "stages", 1),
        (lambda i: msgspec.structs.replace(i, promised=DayLimit(days=i.promised.days + 1)), "workdays", -1),
        (
            lambda i: msgspec.structs.replace(i, former=msgspec.structs.replace(i.former, merged=9)),
            "merged",
            9,
        ),
        (lambda i: msgspec.structs.replace(i, former=None), "items", -1),
    ],
)
def test_a_changed_row_changes_its_figure(
    city: Hub, change: Callable[[Item], Item], figure: str, by: int
) -> None:
    one = first_compared(city)
    before = reform_report(city).figures[figure].value
    republish(city, change, one.id)
    after = reform_report(city).figures[figure].value
    assert one.former is not None
    assert before is not None
    assert after == before + by - (one.former.merged if figure == "merged" else 0)


@pytest.mark.parametrize(
    ("register", "column", "value", "was", "figure", "by"),
    [
        ("事项登记", "划转", "关联", "许可", "transfer_permit", -1),
        ("事项登记", "划转", "关联", "许可", "transfer_linked", 1),
        ("事项登记", "原部门", "新的部门", "泰安市水利局", "former_departments", 1),
        ("办理项登记", "服务指南", "", "是", "guides", -1),
        ("下放登记", "数量", "1", "23", "delegated", -22),
    ],
)
def test_a_changed_register_row_changes_its_figure(
    city: Hub, tmp_path: Path, register: str, column: str, value: str, was: str, figure: str, by: int
) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row[column] == was)[column] = value

    before = reform_report(city).figures[figure].value
    assert import_registers(city, edited(tmp_path, register, change)).loaded
    assert before is not None
    assert reform_report(city).figures[figure].value == before + by


def test_registers_never_reach_a_window(city: Hub) -> None:
    with city.read() as conn:
        entries = read_register(conn, "办理项登记")
    known = {item.id for item in catalog_of(city).items}
    linked = [row["办理项标识"] for row in entries if row["办理项标识"]]
    assert len(set(linked)) == len(linked)
    assert set(linked) <= known
    assert not {row["办理项名称"] for row in entries if not row["办理项标识"]} & {
        item.name for item in catalog_of(city).items
    }


def test_each_wrong_row_is_named_and_nothing_changes(city: Hub, tmp_path: Path) -> None:
    def spoil(rows: list[dict[str, str]]) -> None:
        rows[0]["姓名"] = ""
        rows[1]["部门编号"] = "D99"
        rows[2]["技能"] = "市场准入|看风水"
        rows[3]["工号"] = rows[4]["工号"]
        rows[5]["演示数据"] = "也许"

    with city.read() as conn:
        before = read_register(conn, STAFF)
    result = import_registers(city, edited(tmp_path, STAFF, spoil))
    assert result.loaded == 0
    assert [(p.row, p.field) for p in result.problems] == [
        (2, "姓名"), (3, "部门编号"), (4, "技能"), (6, "工号"), (7, "演示数据"),
    ]  # fmt: skip
    assert {p.file for p in result.problems} == {"人员登记.csv"}
    with city.read() as conn:
        assert read_register(conn, STAFF) == before


@pytest.mark.parametrize(
    ("register", "changes", "fields"),
    [
        ("事项登记", {"划转": "许可", "原部门": ""}, ["原部门"]),
        ("事项登记", {"划转": "", "原部门": "某局"}, ["划转"]),
        ("事项登记", {"划转": "赠送", "原部门": "某局"}, ["划转"]),
        ("事项登记", {"领域": "占卜"}, ["领域"]),
        ("办理项登记", {"事项编号": "S9999"}, ["事项编号"]),
        ("下放登记", {"数量": "-3"}, ["数量"]),
        ("下放登记", {"数量": "10000"}, ["数量"]),
        ("下放登记", {"数量": ""}, ["数量"]),
        ("部门登记", {"部门名称": "长" * 201}, ["部门名称"]),
        ("部门登记", {"部门名称": "样例\x00局"}, ["部门名称"]),
    ],
)
def test_a_wrong_cell_is_named(
    hub: Hub, tmp_path: Path, register: str, changes: dict[str, str], fields: list[str]
) -> None:
    result = import_registers(hub, edited(tmp_path, register, lambda rows: rows[0].update(changes)))
    assert [(p.row, p.field, p.file) for p in result.problems] == [(2, f, f"{register}.csv") for f in fields]
    with hub.read() as conn:
        assert read_register(conn, register) == []


def test_a_register_refers_to_the_one_kept(hub: Hub) -> None:
    people, departments = DEMO_CITY / FOLDER / "人员登记.csv", DEMO_CITY / FOLDER / "部门登记.csv"
    assert len(import_registers(hub, people).problems) == 417
    assert import_registers(hub, departments).registers == {"部门登记": 38}
    assert import_registers(hub, people).loaded == 417


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("人员登记.csv", "工号,姓名\n1,甲\n".encode(), "缺少部门编号、技能列"),
        ("别的.csv", b"a,b\n", "不是登记表"),
        ("人员登记.csv", b"", "缺少"),
        ("人员登记.csv", b"\x81\x20\xff", "不是文本文件"),
        ("部门登记.xlsx", b"PK", "不是登记表"),
    ],
)
def test_a_file_that_is_no_register(hub: Hub, tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(KnownError, match=told):
        import_registers(hub, tmp_path / name)
    with pytest.raises(KnownError, match="没有找到"):
        import_registers(hub, tmp_path / "nowhere.csv")


def test_a_register_saved_by_excel_in_gbk(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "部门登记.2026.csv"
    file.write_bytes("部门编号,部门名称\nD01,样例局\n\n".encode("gb18030"))
    assert import_registers(hub, file).loaded == 1
    with hub.read() as conn:
        assert read_register(conn, "部门登记")[0]["部门名称"] == "样例局"
    publish_catalog(hub, (DEPARTMENT,), (ITEM,))
    assert not reform_report(hub).figures["departments"].demo


def test_what_was_done_is_told_apart_from_what_was_promised(city: Hub) -> None:
    one = first_compared(city)
    assert one.promised.days is not None
    state = CaseState(
        case_id="c1", scope="370911", item_id=one.id, item_name=one.name, rev=1,
        catalog_version=catalog_of(city).version, status=CaseStatus.DECIDED,
        accepted_on="2025-09-22", decided_on="2025-09-24",
    )  # fmt: skip
    assert reform_report(city).figures["actual_speed_up"].value is None
    with city.write() as conn:
        conn.execute(
            insert(t.case_head).values(
                scope="370911", case_id="c1", rev=1, status="decided", number="", item_id=one.id,
                applicant=b"", state=encode_state(state), changed_ms=1,
            )
        )  # fmt: skip
    figure = reform_report(city).figures["actual_speed_up"]
    assert (figure.before, figure.after, figure.rows) == (one.promised.days, 2, 1)


def test_two_published_versions(city: Hub) -> None:
    first = catalog_of(city).version
    one = first_compared(city)
    second = republish(city, lambda i: msgspec.structs.replace(i, materials=i.materials[1:]), one.id)
    report = version_report(city, first, second)
    assert (report.version, report.earlier) == (second, first)
    assert report.figures["materials"].value == 1
    assert report.figures["workdays"].value == 0
    back = version_report(city, second, first)
    assert back.figures["materials"].value == -1
    assert [(worse.item, worse.more) for worse in back.total.increases] == [(one.id, 1)]
    old = catalog_of(city)
    third = publish_catalog(city, old.departments, (*old.items[1:], msgspec.structs.replace(one, id="NEW")))
    report = version_report(city, second, third)
    assert (report.added, report.removed) == (("NEW",), (old.items[0].id,))
    with pytest.raises(KnownError, match="没有发布过"):
        version_report(city, "2001.01.01-r0001", second)


def test_a_hub_without_a_catalogue_says_so(hub: Hub) -> None:
    with pytest.raises(KnownError, match="还没有发布目录"):
        reform_report(hub)


def test_the_csv_adds_up_to_the_figures(city: Hub, tmp_path: Path) -> None:
    write_csv(reform_report(city), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as source:
        *rows, last = list(csv.DictReader(source))
    assert len(rows) == PUBLISHED["items"]
    for column, key in (
        ("申报材料减少", "materials"),
        ("审批环节减少", "stages"),
        ("审批时限减少", "workdays"),
    ):
        assert sum(int(row[column]) for row in rows) == int(last[column]) == PUBLISHED[key]
    assert sum(int(row["合并程序"]) for row in rows) == int(last["合并程序"]) == PUBLISHED["merged"]
    with pytest.raises(KnownError, match="已经存在"):
        write_csv(reform_report(city), tmp_path / "out.csv")


def told(capsys: pytest.CaptureFixture[str], code: int, *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert run(*words, "--json") == code
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_the_commands(city: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "hub"
    found = told(capsys, 0, "report", "reform", "--data", data)
    assert {key: found["figures"][key]["value"] for key in PUBLISHED} == PUBLISHED
    assert len(found["items"]) == PUBLISHED["items"]
    assert set(found["domains"]) == {domain.value for domain in Domain} - {"unsorted"}
    capsys.readouterr()
    assert run("report", "reform", "--data", data, "--csv", tmp_path / "figures.csv") == 0
    text = capsys.readouterr().out
    assert "减少申报材料：150 件" in text
    assert "演示数据" in text
    assert (tmp_path / "figures.csv").is_file()
    with pytest.raises(KnownError, match="--from 和 --to"):
        run("report", "reform", "--data", data, "--from", catalog_of(city).version)
    people = tmp_path / "名单.csv"
    people.write_text("工号,姓名,部门编号,技能\nYS1,赵演示,D01,市场准入\nYS2,钱演示,D99,社会事务\n", "utf-8")
    wrong = told(capsys, 1, "staff", "import", people, "--data", data)
    assert (wrong["rows"], wrong["loaded"]) == (2, 0)
    assert [(p["row"], p["field"], p["severity"]) for p in wrong["problems"]] == [(3, "部门编号", "error")]
    assert told(capsys, 0, "register", "import", DEMO_CITY / FOLDER, "--data", data)["loaded"] > 2000


def test_a_city_with_a_wrong_register_is_told(hub: Hub, tmp_path: Path) -> None:
    shutil.copytree(DEMO_CITY, tmp_path / "city")
    shutil.rmtree(tmp_path / "city" / FOLDER)
    changed = edited(tmp_path, "下放登记", lambda rows: rows[7].update(数量="很多"))
    shutil.move(changed, tmp_path / "city" / FOLDER)
    with pytest.raises(KnownError, match=r"“下放登记\.csv”第 9 行数量"):
        load_city(hub, tmp_path / "city", PASSWORD)


def test_the_importer_of_the_catalogue_leaves_the_registers_alone() -> None:
    assert not [p for p in read_catalog(DEMO_CITY).problems if FOLDER in p.reason]
