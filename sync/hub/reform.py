"""The report of the reform: what 三减一并 saved, and what the registers count.

Every figure is computed from rows of the catalogue in force, of two published versions, of the registers
or of decided cases, and says from which.  Nothing here knows what the figures ought to be.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from models.domain.case import CaseState, CaseStatus, decode_state
from models.domain.catalog import DOMAIN_NAMES, Bundle, Catalog, Item, decode_catalog
from models.domain.reform import (
    MEASURES,
    Change,
    Reduction,
    Total,
    actual,
    by_domain,
    compare,
    compare_versions,
    total,
)
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.publish import current_catalog
from sync.hub.register_format import DELEGATED, DEMO, DEPARTMENTS, ENTRIES, MATTERS, STAFF
from sync.hub.registers import Row, read_register

MEASURE_NAMES = {
    "materials": "申报材料",
    "stages": "审批环节",
    "workdays": "审批时限",
    "visits": "到现场次数",
}
_UNITS = {"materials": "件", "stages": "个", "workdays": "个工作日", "visits": "次"}
_DECIDED = (CaseStatus.DECIDED.value, CaseStatus.DELIVERED.value)
_TRANSFERS = {"transfer_permit": "许可", "transfer_linked": "关联", "transfer_fee": "收费"}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is None where no row says anything; ``rows`` is how many rows it was computed from.

    ``demo``: at least one of these rows was made up for the demo city.
    """

    name: str
    value: int | None
    unit: str
    source: str
    rows: int
    demo: bool
    before: int | None = None
    after: int | None = None


class ReformReport(msgspec.Struct, frozen=True, kw_only=True):
    """``version`` is what was compared; ``earlier`` is "" for before and after the reform.

    ``added`` and ``removed`` are the items that only one of two versions has.
    """

    version: str
    earlier: str = ""
    figures: dict[str, Figure]
    items: tuple[Reduction, ...]
    total: Total
    domains: dict[str, Total]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def reform_report(hub: Hub) -> ReformReport:
    """Before and after the reform, by the catalogue in force.  Raises KnownError when there is none."""
    catalog = current_catalog(hub)
    if catalog is None:
        raise KnownError("中心还没有发布目录，没有可以统计的。请先导入目录。")
    reductions = [found for item in catalog.items if (found := compare(item)) is not None]
    source = f"事项目录 {catalog.version} 中填有改革前数据的办理项"
    with hub.read() as conn:
        report = _report(catalog, "", reductions, source)
        figures = report.figures | {"actual_speed_up": _actual(hub, conn)}
        figures |= _bundles(catalog) | _registers(conn)
    return msgspec.structs.replace(report, figures=figures)


def version_report(hub: Hub, earlier: str, later: str) -> ReformReport:
    """The items that two published versions have in common.  Raises KnownError for an unknown version."""
    with hub.read() as conn:
        old, new = _version(conn, earlier), _version(conn, later)
    former = {item.id: item for item in old.items}
    pairs = [(former[item.id], item) for item in new.items if item.id in former]
    reductions = [compare_versions(before, after) for before, after in pairs]
    source = f"事项目录 {earlier} 与 {later} 都有的办理项"
    now = {item.id for item in new.items}
    return msgspec.structs.replace(
        _report(new, earlier, reductions, source),
        added=tuple(item.id for item in new.items if item.id not in former),
        removed=tuple(item.id for item in old.items if item.id not in now),
    )


def write_csv(report: ReformReport, file: Path) -> None:
    """One line an item, and the sums.  Raises KnownError when the file is there or cannot be written."""
    head = ["办理项标识", "办理项名称", "领域"]
    for name in MEASURE_NAMES.values():
        head += [f"{name}改革前", f"{name}改革后", f"{name}减少"]
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow([*head, "合并程序", "来源", "演示数据"])
            for row in report.items:
                cells = [cell for name in MEASURES for cell in _cells(row.measure(name))]
                known = [row.item, row.name, DOMAIN_NAMES[row.domain]]
                writer.writerow([*known, *cells, row.merged, row.source, "是" if row.demo else ""])
            sums = report.total
            changes = (sums.materials, sums.stages, sums.workdays, sums.visits)
            cells = [cell for change in changes for cell in _cells(change)]
            writer.writerow(["合计", f"{sums.items} 个办理项", "", *cells, sums.merged, "", ""])
    except OSError as error:
        raise KnownError(
            f"“{file.name}”写不了或者已经存在，没有写文件。请换一个名称。", detail=type(error).__name__
        ) from error


def _cells(change: Change | None) -> list[int | str]:
    return ["", "", ""] if change is None else [change.before, change.after, change.saved]


def _report(catalog: Catalog, earlier: str, reductions: list[Reduction], source: str) -> ReformReport:
    sums = total(reductions)
    demo = sums.demo > 0

    def saved(key: str, change: Change) -> Figure:
        told = sums.items - sums.silent[key]
        return Figure(
            name=f"减少{MEASURE_NAMES[key]}", value=change.saved if told else None, unit=_UNITS[key],
            source=source, rows=told, demo=demo, before=change.before, after=change.after,
        )  # fmt: skip

    def speed(name: str, change: Change, rows: int, how: str) -> Figure:
        return Figure(
            name=name, value=change.percent, unit="%", source=f"{source}：{how}", rows=rows, demo=demo,
            before=change.before, after=change.after,
        )  # fmt: skip

    figures = {
        "items": Figure(
            name="对比的办理项", value=sums.items, unit="个", source=source, rows=sums.items, demo=demo
        ),
        "materials": saved("materials", sums.materials),
        "stages": saved("stages", sums.stages),
        "workdays": saved("workdays", sums.workdays),
        "visits": saved("visits", sums.visits),
        "merged": Figure(
            name="合并程序", value=sums.merged, unit="个", source=source, rows=sums.items, demo=demo
        ),
        "speed_up": speed(
            "整体提速", sums.workdays, sums.items - sums.silent["workdays"], "（改革前时限−承诺）/改革前时限"
        ),
        "promised_speed_up": speed(
            "承诺比法定提速", sums.promise, sums.promised_items, "（法定−承诺）/法定，只算法定时限已核实的"
        ),
    }
    return ReformReport(
        version=catalog.version,
        earlier=earlier,
        figures=figures,
        items=tuple(reductions),
        total=sums,
        domains={domain.value: part for domain, part in by_domain(reductions).items()},
    )


def _actual(hub: Hub, conn: Connection) -> Figure:
    calendar = hub.rulebook.calendar(conn)
    change, cases = actual(_decided(hub, conn), calendar)
    return Figure(
        name="实际比承诺提速", value=change.percent if cases else None, unit="%", rows=cases, demo=False,
        source="已办结的办件：（承诺−实际）/承诺，停止计算的日子不算", before=change.before, after=change.after,
    )  # fmt: skip


def _decided(hub: Hub, conn: Connection) -> Iterator[tuple[Item, CaseState]]:
    """Decided cases, each with the item of the version it was accepted under."""
    query = select(t.case_head.c.state).where(t.case_head.c.status.in_(_DECIDED))
    for data in conn.execute(query).scalars().all():
        state = decode_state(data)
        item = hub.rulebook.item(conn, state.catalog_version, state.item_id)
        if item is not None:
            yield item, state


def _bundles(catalog: Catalog) -> dict[str, Figure]:
    source = f"事项目录 {catalog.version} 的一件事登记"
    online = [bundle for bundle in catalog.bundles if bundle.status == "online"]

    def counted(name: str, bundles: Iterable[Bundle], where: str) -> Figure:
        rows = list(bundles)
        demo = any("演示" in bundle.source or "演示" in bundle.note for bundle in rows)
        return Figure(name=name, value=len(rows), unit="个", source=where, rows=len(rows), demo=demo)

    return {
        "bundles": counted("一件事", catalog.bundles, source),
        "bundles_online": counted("已上线的一件事", online, f"{source}：状态=已上线"),
    }


def _registers(conn: Connection) -> dict[str, Figure]:
    matters, entries = read_register(conn, MATTERS), read_register(conn, ENTRIES)
    moved = [row for row in matters if row["划转"]]
    guides = [row for row in entries if row["服务指南"] == "是"]
    delegated, staff = read_register(conn, DELEGATED), read_register(conn, STAFF)
    departments = read_register(conn, DEPARTMENTS)
    figures = {
        "matters": _count("进驻事项", "项", matters, MATTERS),
        "entries": _count("办理项", "项", entries, ENTRIES),
        "guides": _count("服务指南", "份", guides, f"{ENTRIES}：服务指南=是"),
    }
    for key, word in _TRANSFERS.items():
        rows = [row for row in matters if row["划转"] == word]
        figures[key] = _count(f"划转的{word}事项", "项", rows, f"{MATTERS}：划转={word}")
    former = len({row["原部门"] for row in moved})
    powers = sum(int(row["数量"]) for row in delegated)
    return figures | {
        "former_departments": _count("划出的部门", "个", moved, f"{MATTERS}：划转行中不同的原部门", former),
        "delegated": _count("下放的市级行政权力", "项", delegated, f"{DELEGATED}：数量之和", powers),
        "departments": _count("进驻部门", "个", departments, DEPARTMENTS),
        "staff": _count("派驻人员", "人", staff, STAFF),
    }


def _count(name: str, unit: str, rows: list[Row], source: str, value: int | None = None) -> Figure:
    """A figure over register rows: how many there are, unless ``value`` says otherwise."""
    demo = any(row[DEMO] == "是" for row in rows)
    counted = len(rows) if value is None else value
    return Figure(name=name, value=counted, unit=unit, source=source, rows=len(rows), demo=demo)


def _version(conn: Connection, version: str) -> Catalog:
    query = select(t.catalog_version.c.data).where(t.catalog_version.c.version == version)
    data = conn.execute(query).scalar()
    if data is None:
        names = conn.execute(select(t.catalog_version.c.version).order_by(t.catalog_version.c.place.desc()))
        known = "、".join(names.scalars().fetchmany(5))
        raise KnownError(f"没有发布过“{version[:40]}”这一版目录，没有统计。最近的版本：{known or '没有'}。")
    return decode_catalog(data)
