"""The city around the catalogue: divisions, departments, halls, windows, staff."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import msgspec

from models.domain.catalog import Department, Division
from models.domain.hours import parse_hours
from sync.hub.catalog.codes import division
from sync.hub.catalog.departments import read_division
from sync.hub.catalog.report import ERROR, NOTE, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row
from sync.hub.catalog.splitting import ANY_MARKS
from sync.hub.catalog.vocabulary import DOMAINS, WINDOW_KINDS, chosen, chosen_several

LEVELS = ("市", "县", "乡镇")


class Hall(msgspec.Struct, frozen=True, kw_only=True):
    """``level``: 市, 县 or 乡镇.  ``hours``: when it is open on a workday (models.domain.hours)."""

    id: str
    name: str
    division: str
    level: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: general (综合) or specialist (专业)."""

    id: str
    hall: str
    number: str
    name: str
    kind: str = "general"
    domains: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """``roles`` as the list writes them, codes or Chinese; the hub knows which there are."""

    staff: str
    name: str
    hall: str
    window: str = ""
    roles: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class City(msgspec.Struct, frozen=True, kw_only=True):
    """``departments`` are all of the import: those of the table and those that items name."""

    divisions: tuple[Division, ...] = ()
    departments: tuple[Department, ...] = ()
    halls: tuple[Hall, ...] = ()
    windows: tuple[Window, ...] = ()
    staff: tuple[Person, ...] = ()


T = TypeVar("T", Division, Hall, Window, Person)


def read_city(
    tables: Mapping[str, list[Row]], departments: tuple[Department, ...], report: Report
) -> City | None:
    """None when the source has no hall; rows that refer to nothing are reported and left out."""
    if not tables.get("大厅"):
        for table in ("区划", "窗口", "人员"):
            for row in tables.get(table, [])[:1]:
                report.add(row, "", f"没有大厅表，{table}表没有读入", NOTE)
        return None

    def read(table: str, key: str, make: Callable[[Row], T]) -> dict[str, T]:
        found: dict[str, tuple[T, Row]] = {}
        for row in tables.get(table, []):
            try:
                made = make(row)
                first, where = found.setdefault(row.need_code(key), (made, row))
                if first != made:
                    raise BadCell(key, f"与第 {where.number} 行重复而内容不同，这一行没有读入")
                if where is not row:
                    report.add(row, key, f"与第 {where.number} 行完全相同，只读入一次", WARNING)
            except BadCell as bad:
                report.add(row, bad.column, bad.reason, ERROR)
        return {key: made for key, (made, _) in found.items()}

    codes = {division(row.code("代码"))[0] for row in tables.get("区划", [])}
    divisions = read("区划", "代码", lambda row: _division(row, codes, report))
    halls = read("大厅", "大厅标识", lambda row: _hall(row, codes, report))
    windows = read("窗口", "窗口标识", lambda row: _window(row, halls, report))
    staff = read("人员", "工号", lambda row: _person(row, halls, windows, report))
    return City(
        divisions=tuple(divisions.values()),
        departments=departments,
        halls=tuple(halls.values()),
        windows=tuple(windows.values()),
        staff=tuple(staff.values()),
    )


def _place(row: Row, column: str, codes: Collection[str], report: Report) -> str:
    code = read_division(row, column, report)
    if code and codes and code not in codes:
        report.add(row, column, f"区划表里没有“{code}”，请核对", WARNING)
    return code


def _division(row: Row, codes: Collection[str], report: Report) -> Division:
    row.need("代码")
    return Division(
        code=read_division(row, "代码", report),
        name=row.need("名称"),
        parent=_place(row, "上级", codes, report),
        selectable=row.flag("可选") is not False or not row.get("可选"),
    )


def _hall(row: Row, codes: Collection[str], report: Report) -> Hall:
    row.need("区划代码")
    level = row.code("级别")
    if level and level not in LEVELS:
        report.add(row, "级别", f"“{level[:40]}”不是{'、'.join(LEVELS)}", WARNING)
    return Hall(
        id=row.need_code("大厅标识"),
        name=row.need("名称"),
        division=_place(row, "区划代码", codes, report),
        level=level,
        address=row.get("地址"),
        phone=row.get("电话"),
        hours=_hours(row, report),
    )


def _hours(row: Row, report: Report) -> str:
    text = row.get("开放时间")
    try:
        parse_hours(text)
    except ValueError:
        report.add(
            row, "开放时间", f"“{text[:40]}”不是开放时间，要写成 09:00-12:00,13:00-17:00，按默认时间", WARNING
        )
        return ""
    return text


def _at(row: Row, halls: Collection[str]) -> str:
    hall = row.need_code("大厅标识")
    if hall not in halls:
        raise BadCell("大厅标识", f"没有大厅“{hall[:60]}”，这一行没有读入")
    return hall


def _domains(row: Row, report: Report) -> tuple[str, ...]:
    return tuple(d.value for d in chosen_several(row, "领域", DOMAINS, ANY_MARKS, report))


def _window(row: Row, halls: Collection[str], report: Report) -> Window:
    return Window(
        id=row.need_code("窗口标识"),
        hall=_at(row, halls),
        number=row.get("窗号"),
        name=row.need("名称"),
        kind=chosen(row, "类型", WINDOW_KINDS, "general", "general", report),
        domains=_domains(row, report),
    )


def _person(row: Row, halls: Collection[str], windows: Mapping[str, Window], report: Report) -> Person:
    hall, window = _at(row, halls), row.code("窗口标识")
    if window and (window not in windows or windows[window].hall != hall):
        report.add(row, "窗口标识", f"这个大厅没有窗口“{window[:60]}”，按没有窗口读入", WARNING)
        window = ""
    return Person(
        staff=row.need_code("工号"),
        name=row.need("姓名"),
        hall=hall,
        window=window,
        roles=row.parts("角色", ANY_MARKS) or ("window",),
        domains=_domains(row, report),
    )
