"""政务信息查询单: how a case stands, for who asks, under the query seal and never the approval seal."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import insert

from app.commands.context import Desk
from app.commands.print_notice import Printed
from app.commands.seals import record_seal
from app.documents.context import date_cn
from app.documents.contexts.handing import Query, query_context
from app.documents.render import TITLES, render
from app.queries.cases import read_state
from app.queries.deadlines import read_time
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import STATUS_NAMES
from models.domain.numbers import group_number
from models.errors import KnownError
from models.ops import audit
from models.tables import replica as t

KIND = "query"


def query_slip(
    desk: Desk, case_id: str, inquirer: str, purpose: str, templates: Path | None = None
) -> Printed:
    """Make the slip, keep it encrypted with the case, and put the use of the seal on record.

    Raises KnownError: no such case here, nobody named who asks, or no purpose.
    """
    if not inquirer.strip() or not purpose.strip():
        raise KnownError("查询单要写明查询人和用途。没有出具，办件没有改动。")
    state = read_state(desk, case_id)
    if state is None:
        raise KnownError("本机没有这件办件，出不了查询单。没有改动。请联网同步后再试。")
    now = desk.clock.now()
    zone = dt.timezone(dt.timedelta(minutes=now.offset_min))
    at = dt.datetime.fromtimestamp(now.wall_ms / 1000, zone)
    timed = read_time(desk, case_id)
    number = f"CX-{desk.device.device}-{at:%Y%m%d%H%M%S}"
    results = [
        ("办理项", state.item_name),
        ("受理编号", group_number(state.number) if state.number else state.receipt or "未编号"),
        ("办件状态", STATUS_NAMES[state.status]),
        ("收件日期", state.received_on or "—"),
        ("受理日期", state.accepted_on or "—"),
        ("时限", timed.row.text if timed is not None and timed.row.text else "—"),
    ]
    asked = Query(
        number=number,
        inquirer=inquirer.strip(),
        id_check="核对查询人身份证件：□一致",
        purpose=purpose.strip(),
        subject=state.item_name,
        source=f"{desk.device.hall_name}办件副本",
        results=results,
    )
    with desk.store.read() as conn:
        hall = read_directory(get_meta(conn, "directory")).hall(desk.device.scope)
    context = query_context(asked, at) | {
        "organ": desk.device.hall_name,
        "hall": desk.device.hall_name,
        "window": desk.device.window_name,
        "staff": desk.lease.staff,
        "phone": hall.phone if hall and hall.phone else "见大厅公示",
        "day_cn": date_cn(at.date()),
        "qr_text": f"扫码核对编号：{number}",
    }
    data, warning = render(KIND, context, f"THB1|{number}", templates)
    document_id = f"{number}:{case_id}"
    with desk.store.write() as conn:
        conn.execute(
            insert(t.document).values(
                document_id=document_id,
                case_id=case_id,
                op_id=number,
                kind=f"{KIND}:",
                title=TITLES[KIND],
                created_ms=now.wall_ms,
                data=data,
            )
        )
        audit(conn, at_ms=now.wall_ms, staff=desk.lease.staff, act="print", case_id=case_id, detail=number)
        record_seal(conn, desk, KIND, case_id, document_id, now.wall_ms)
    return Printed(document_id=document_id, title=TITLES[KIND], data=data, warning=warning)
