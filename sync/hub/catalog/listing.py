"""The columns of 事项 that only say what the national list says: codes, 事项状态, 权力来源, 联办机构 …"""

from __future__ import annotations

from typing import Any

from models.domain.listing import CANCELLED, STATE_NAMES, SUSPENDED, Listing
from sync.hub.catalog.limits import odd_unit
from sync.hub.catalog.report import WARNING, Report
from sync.hub.catalog.rows import Row
from sync.hub.catalog.splitting import LIST_MARKS, join
from sync.hub.catalog.vocabulary import HANDLINGS, STATES, chosen, yes

MARKS = LIST_MARKS + "|、"
# In the order of the columns: what is text and nothing else.
_TEXTS = {
    "清单版本": "list_version", "权力来源": "power_source", "实施主体性质": "department_kind",
    "委托部门": "entrusted_by", "办理流程": "flow", "数量限制": "quantity_limit",
}  # fmt: skip
_CODES = {
    "基本编码": "catalog_code", "本地基本编码": "local_catalog_code", "主项实施编码": "task_code",
    "本地实施编码": "local_task_code",
}  # fmt: skip
_FLAGS = {"可预约": "booking", "网上办理": "online", "自助终端": "terminals"}
_LISTS = {"联办机构": "partners", "中介服务": "intermediaries"}


def read_listing(row: Row, report: Report) -> Listing:
    """A blank or missing column leaves the field empty."""
    found: dict[str, Any] = {field: row.get(column) for column, field in _TEXTS.items()}
    found |= {field: row.code(column) for column, field in _CODES.items()}
    found["state"] = chosen(row, "事项状态", STATES, "", "", report)
    for which, field in (("法定", "legal"), ("承诺", "promised")):
        found[f"{field}_unit"] = odd_unit(row, which)
        found[f"{field}_note"] = row.get(f"{which}说明") or _unread(row, which)
    if found["state"] in (SUSPENDED, CANCELLED):
        report.add(row, "事项状态", f"事项状态是“{row.get('事项状态')}”，窗口不能收这个办理项", WARNING)
    found |= {field: yes(row, column, report) for column, field in _FLAGS.items()}
    found |= {field: row.parts(column, MARKS) for column, field in _LISTS.items()}
    return Listing(**found, channels=_channels(row))


def listing_columns(listing: Listing) -> dict[str, str]:
    """Inverse of :func:`read_listing`."""
    cells = {column: getattr(listing, field) for column, field in (_TEXTS | _CODES).items()}
    cells |= {column: "是" if getattr(listing, field) else "" for column, field in _FLAGS.items()}
    cells |= {column: join(getattr(listing, field), "；", MARKS) for column, field in _LISTS.items()}
    return cells | {
        "事项状态": STATE_NAMES.get(listing.state, ""),
        "法定单位": listing.legal_unit,
        "法定说明": listing.legal_note,
        "承诺单位": listing.promised_unit,
        "承诺说明": listing.promised_note,
        "办理渠道": join(listing.channels, "；", MARKS),
    }


def channels_in_handling(row: Row) -> tuple[str, ...]:
    """What national lists write in 办理形式: 窗口办理, 网上办理 …; () for a word of ours."""
    parts = row.parts("办理形式", MARKS + ",，/")
    return parts if parts and all(p.endswith(("办理", "申请")) and p not in HANDLINGS for p in parts) else ()


def _channels(row: Row) -> tuple[str, ...]:
    return row.parts("办理渠道", MARKS) or channels_in_handling(row)


def _unread(row: Row, which: str) -> str:
    """The list's own words for a limit in months or the like, which no number of days can hold."""
    unit = odd_unit(row, which)
    text = row.get(f"{which}时限")
    return f"{text}{unit}" if unit and text and unit not in ("天", "日", "自然日") else ""
