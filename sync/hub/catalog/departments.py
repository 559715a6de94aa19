"""Departments: those of the 部门 table, and those that the item rows name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from models.domain.catalog import Department
from sync.hub.catalog.codes import department_code_doubts, division
from sync.hub.catalog.report import ERROR, WARNING, Report
from sync.hub.catalog.rows import BadCell, Row


def local_id(*parts: str) -> str:
    """An id made from names: the same names give the same id in every import."""
    return "L" + hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12].upper()


def read_division(row: Row, column: str, report: Report) -> str:
    text = row.code(column)
    code, sound = division(text)
    if text and not sound:
        report.add(row, column, f"“{text[:40]}”不是 6、9 或者 12 位区划代码", WARNING)
    return code


class Departments:
    """Finds the department of an item row.  ``rows`` are those of the 部门 table."""

    def __init__(self, rows: Iterable[Row], items: Iterable[Row], report: Report) -> None:
        self._report = report
        self._by_id: dict[str, Department] = {}
        self._coded: dict[str, tuple[str, int]] = {}  # id → 部门编码 and the row that named it first
        for row in rows:
            try:
                self._register(row)
            except BadCell as bad:
                report.add(row, bad.column, bad.reason, ERROR)
        self._registered: dict[str, list[Department]] = {}
        for department in self._by_id.values():
            self._registered.setdefault(department.name, []).append(department)
        self._divisions: dict[str, set[str]] = {}
        for row in items:
            if code := division(row.code("区划代码"))[0]:
                self._divisions.setdefault(row.get("部门"), set()).add(code)

    def all(self) -> tuple[Department, ...]:
        """In the order of the table, then of first mention."""
        return tuple(self._by_id.values())

    def of(self, row: Row) -> Department | None:
        """None when the row names none."""
        where = read_division(row, "区划代码", self._report)
        code = row.code("部门编码").upper()
        found = self._find(row, where)
        for doubt in department_code_doubts(code) if code else ():
            self._report.add(row, "部门编码", doubt, WARNING)
        if found is None:
            return None
        if not code:
            if not found.code and row.has("部门编码") and found.name not in self._registered:
                self._report.add(row, "部门编码", "没有部门编码", WARNING)
            return found
        first, number = self._coded.setdefault(found.id, (code, row.number))
        if first != code:
            self._report.add(
                row, "部门编码", f"同一部门的编码与第 {number} 行不同，按第 {number} 行的读入", WARNING
            )
        elif not found.code and len(code) == 18:
            found = self._by_id[found.id] = msgspec.structs.replace(found, code=code)
        return found

    def _register(self, row: Row) -> None:
        code = row.code("统一社会信用代码").upper()
        department = Department(
            id=row.need_code("部门标识"),
            name=row.need("名称"),
            division=read_division(row, "区划代码", self._report),
            code=code,
            phone=row.get("电话"),
            address=row.get("地址"),
        )
        for doubt in department_code_doubts(code) if code else ():
            self._report.add(row, "统一社会信用代码", doubt, WARNING)
        if self._by_id.setdefault(department.id, department) != department:
            raise BadCell("部门标识", f"“{department.id}”已经用过而内容不同，这一行没有读入")
        if code:
            self._coded[department.id] = (code, row.number)

    def _find(self, row: Row, where: str) -> Department | None:
        wanted = row.code("部门标识")
        if wanted in self._by_id and wanted:
            return self._by_id[wanted]
        if wanted:
            self._report.add(row, "部门标识", f"部门表里没有“{wanted[:40]}”，按部门名称查找", WARNING)
        name = row.get("部门")
        if not name:
            self._report.add(row, "部门", "没有部门", WARNING)
            return None
        known = self._registered.get(name, [])
        if known:
            same = [department for department in known if department.division == where]
            if len(known) > 1 and len(same) != 1:
                self._report.add(row, "部门", "有几个同名部门，按部门表里的第一个读入，请写部门标识", WARNING)
            # The table may have been completed by a code since.
            return self._by_id[(same or known)[0].id]
        divisions = self._divisions.get(name, set())
        if not where and len(divisions) == 1:
            where = next(iter(divisions))
        own = local_id(name, where)
        return self._by_id.setdefault(own, Department(id=own, name=name, division=where))
