"""材料出库交接单 and 政务信息查询单."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Handed:
    """A paper that goes out; ``pages`` 0: not counted."""

    name: str
    original: bool = True
    copies: int = 1
    pages: int = 0


@dataclass(frozen=True)
class Query:
    """An information query.  ``results`` are lines of name and value."""

    number: str
    inquirer: str
    id_check: str
    purpose: str
    subject: str
    source: str
    results: Sequence[tuple[str, str]]


def handover_context(
    papers: Sequence[Handed], recipient: str, id_check: str, way: str, at: dt.datetime
) -> dict[str, Any]:
    """For ``handover``, beside the values of every notice.  ``at`` is local time."""
    lines = [
        {
            "no": place,
            "name": one.name,
            "original": "原件" if one.original else "复印件",
            "copies": str(one.copies),
            "pages": str(one.pages) if one.pages else "—",
        }
        for place, one in enumerate(papers, start=1)
    ]
    return {
        "handed": lines,
        "recipient": recipient,
        "id_check": id_check,
        "way": way,
        "handed_time": at.strftime("%Y-%m-%d %H:%M"),
    }


def query_context(query: Query, at: dt.datetime) -> dict[str, Any]:
    """For ``query``, beside hall, window, staff, phone, organ and ``day_cn``.  ``at`` is local time."""
    return {
        "query_number": query.number,
        "inquirer": query.inquirer,
        "id_check": query.id_check,
        "purpose": query.purpose,
        "subject": query.subject,
        "source": query.source,
        "results": [{"name": name, "value": value} for name, value in query.results],
        "queried_time": at.strftime("%Y-%m-%d %H:%M"),
    }
