"""The city around the catalogue, and the demo city as it is shipped."""

from __future__ import annotations

from pathlib import Path

from models.domain.catalog import Domain
from sync.hub.catalog import read_catalog
from tests.sync.hub.catalog.kit import CITY, HEAD, good, read_tables

HALLS = [
    ("大厅标识", "名称", "区划代码", "级别"),
    ("H1", "样例大厅", "370900", "市"),
    ("", "无标识", "370900", ""),
]
WINDOWS = [
    ("窗口标识", "大厅标识", "窗号", "名称", "类型", "领域"),
    ("W1", "H1", "01", "一号窗", "专业", "不动产登记|市场准入|样例"),
    ("W2", "H9", "02", "二号窗", "", ""),
    ("W1", "H1", "03", "重号窗", "", ""),
]
STAFF = [
    ("工号", "姓名", "大厅标识", "窗口标识", "角色", "领域"),
    ("T1", "王样例", "H1", "W1", "lead|window", "社会事务"),
    ("T2", "李样例", "H1", "W9", "", ""),
    ("T3", "", "H1", "", "", ""),
]


def test_city_tables(tmp_path: Path) -> None:
    divisions = [
        ("代码", "名称", "上级", "可选"),
        ("370900", "样例市", "", ""),
        ("370901", "市辖区", "370900", "否"),
    ]
    result = read_tables(tmp_path, 事项=[HEAD, good()], 区划=divisions, 大厅=HALLS, 窗口=WINDOWS, 人员=STAFF)
    city = result.city
    assert city is not None
    assert [(d.code, d.selectable) for d in city.divisions] == [("370900", True), ("370901", False)]
    assert [h.id for h in city.halls] == ["H1"]
    assert [(w.id, w.number, w.kind, w.domains) for w in city.windows] == [
        ("W1", "01", "specialist", (Domain.REAL_ESTATE.value, Domain.MARKET.value))
    ]
    assert [(p.staff, p.window, p.roles) for p in city.staff] == [
        ("T1", "W1", ("lead", "window")),
        ("T2", "", ("window",)),
    ]
    assert city.departments == result.departments
    told = {(p.table, p.row, p.severity) for p in result.problems if p.table != "事项"}
    assert told == {
        ("大厅", 3, "error"), ("窗口", 2, "warning"), ("窗口", 3, "error"), ("窗口", 4, "error"),
        ("人员", 3, "warning"), ("人员", 4, "error"),
    }  # fmt: skip


def test_no_hall_is_no_city(tmp_path: Path) -> None:
    result = read_tables(tmp_path, 事项=[HEAD, good()], 人员=STAFF)
    assert result.city is None
    assert [(p.table, p.severity) for p in result.problems if p.table == "人员"] == [("人员", "note")]


def test_departments_of_the_table(tmp_path: Path) -> None:
    departments = [
        ("部门标识", "名称", "区划代码", "统一社会信用代码"),
        ("D1", "样例市样例局", "370900", ""),
        ("D2", "同名局", "370902", ""),
        ("D3", "同名局", "370911", ""),
        ("D3", "又一个", "370911", ""),
    ]
    rows = [
        HEAD,
        good(),
        good(办理项名称="乙", 部门="同名局", 区划代码="370911", 部门编码=""),
        good(办理项名称="丙", 部门="同名局", 区划代码="370982", 部门编码=""),
        good(办理项名称="丁", 部门=""),
    ]
    result = read_tables(tmp_path, 事项=rows, 部门=departments)
    assert [item.department for item in result.items] == ["D1", "D3", "D2", ""]
    assert [d.id for d in result.departments] == ["D1", "D2", "D3"]
    assert result.departments[0].code == good()[6]
    told = {(p.table, p.row, p.field) for p in result.problems}
    assert told >= {("部门", 5, "部门标识"), ("事项", 4, "部门"), ("事项", 5, "部门")}


def test_the_demo_city_has_no_row_left_out() -> None:
    result = read_catalog(CITY)
    assert not [p for p in result.problems if p.severity == "error"]
    assert result.rows == result.loaded >= 74
    assert result.city is not None
    assert len(result.city.halls) >= 7
