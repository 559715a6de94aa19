"""The city around the catalogue: divisions, departments, halls, windows, staff."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from models.domain.catalog import DOMAIN_NAMES, Department, Division
from sync.hub.catalog.report import ERROR, Report, Row


class Hall(msgspec.Struct, frozen=True, kw_only=True):
    """``level``: 市, 县 or 乡镇."""

    id: str
    name: str
    division: str
    level: str = ""
    address: str = ""
    phone: str = ""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: general (综合) or specialist (专业)."""

    id: str
    hall: str
    number: str
    name: str
    kind: str = "general"
    domains: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    staff: str
    name: str
    hall: str
    window: str = ""
    roles: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class City(msgspec.Struct, frozen=True, kw_only=True):
    divisions: tuple[Division, ...] = ()
    departments: tuple[Department, ...] = ()
    halls: tuple[Hall, ...] = ()
    windows: tuple[Window, ...] = ()
    staff: tuple[Person, ...] = ()


_DOMAINS = {name: domain.value for domain, name in DOMAIN_NAMES.items()}


def read_city(tables: Mapping[str, list[Row]], report: Report) -> City | None:
    """None when the source has no hall; rows that refer to nothing are reported and left out."""
    if not tables.get("大厅"):
        return None

    def usable(table: str, *columns: str) -> list[Row]:
        rows = []
        for row in tables.get(table, []):
            empty = next((c for c in columns if not row.get(c)), None)
            if empty is None:
                rows.append(row)
            else:
                report.add(row, empty, "没有填，没有读入", ERROR)
        return rows

    halls = tuple(
        Hall(
            id=r.get("大厅标识"),
            name=r.get("名称"),
            division=r.get("区划代码"),
            level=r.get("级别"),
            address=r.get("地址"),
            phone=r.get("电话"),
        )
        for r in usable("大厅", "大厅标识", "名称", "区划代码")
    )
    known = {h.id for h in halls}

    def placed(rows: list[Row]) -> list[Row]:
        for row in rows:
            if row.get("大厅标识") not in known:
                report.add(row, "大厅标识", f"没有大厅“{row.get('大厅标识')}”", ERROR)
        return [r for r in rows if r.get("大厅标识") in known]

    return City(
        divisions=tuple(
            Division(
                code=r.get("代码"), name=r.get("名称"), parent=r.get("上级"), selectable=r.get("可选") != "否"
            )
            for r in usable("区划", "代码", "名称")
        ),
        departments=tuple(
            Department(
                id=r.get("部门标识"),
                name=r.get("名称"),
                division=r.get("区划代码"),
                code=r.get("统一社会信用代码"),
                phone=r.get("电话"),
                address=r.get("地址"),
            )
            for r in usable("部门", "部门标识", "名称")
        ),
        halls=halls,
        windows=tuple(
            Window(
                id=r.get("窗口标识"),
                hall=r.get("大厅标识"),
                number=r.get("窗号"),
                name=r.get("名称"),
                kind="specialist" if r.get("类型") == "专业" else "general",
                domains=_codes(r),
            )
            for r in placed(usable("窗口", "窗口标识", "大厅标识", "名称"))
        ),
        staff=tuple(
            Person(
                staff=r.get("工号"),
                name=r.get("姓名"),
                hall=r.get("大厅标识"),
                window=r.get("窗口标识"),
                roles=r.parts("角色", "|") or ("window",),
                domains=_codes(r),
            )
            for r in placed(usable("人员", "工号", "姓名", "大厅标识"))
        ),
    )


def _codes(row: Row) -> tuple[str, ...]:
    return tuple(_DOMAINS.get(name, name) for name in row.parts("领域", "|"))
