"""Printing: the notice of an act, made once, kept encrypted, printed again byte for byte."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Connection, insert, select

from app.commands.context import Desk
from app.commands.seals import record_seal
from app.documents.context import Office, notice_context, own_wording, qr_payload
from app.documents.contexts.beside import beside_context, papers_beside
from app.documents.contexts.joint import joint_context
from app.documents.contexts.later import later_context, template_of
from app.documents.render import TITLES, render
from app.queries.bundles import delivered_together
from models.device import get_meta
from models.directory import read_directory
from models.domain.case import Notice, decode_state
from models.domain.ops import decode_op
from models.domain.rating_counts import ELSEWHERE, IN_PERSON
from models.domain.rule_documents import cited, rule_day
from models.errors import KnownError
from models.files import write_out
from models.ops import audit
from models.rating_code import make_code
from models.tables import replica as t


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A notice ready to print.  ``warning`` tells of a broken template, "" when all is well."""

    document_id: str
    title: str
    data: bytes
    warning: str = ""


def print_notice(
    desk: Desk, case_id: str, op_id: str, templates: Path | None = None, paper: str = ""
) -> Printed:
    """The .docx of the notice that act ``op_id`` issued, or of one of the papers that go with it.

    Raises KnownError when the act issued none.  The first call makes and stores it; later calls
    return the stored bytes, unless the number became official since (then a new one is made).
    ``paper`` is one of :func:`papers_of`, "" the notice itself.
    """
    with desk.store.read() as conn:
        view = conn.execute(select(t.case_view.c.state).where(t.case_view.c.case_id == case_id)).first()
        if view is None:
            raise KnownError("本机没有这件办件，打印不了文书。没有改动。请联网同步后再试。")
        state = decode_state(view.state)
        notice = next((n for n in state.notices if n.op_id == op_id), None)
        if notice is None:
            raise KnownError("这一步没有需要出具的文书。办件没有改动。")
        if paper and paper not in papers_beside(state, notice):
            raise KnownError("这一步没有这种文书。办件没有改动。")
        template = paper.partition(":")[0] or template_of(notice)
        document_id = f"{op_id}:{state.number or notice.receipt}" + (f":{paper}" if paper else "")
        kept = conn.execute(
            select(t.document.c.title, t.document.c.data).where(t.document.c.document_id == document_id)
        ).first()
        item = desk.rulebook.item(conn, state.catalog_version, state.item_id)
        directory = read_directory(get_meta(conn, "directory"))
        catalog = desk.rulebook.catalog(conn, state.catalog_version)
        issued = _issued_at(conn, op_id)
        together = delivered_together(conn, desk, state, notice)
        kind = f"{paper or notice.kind}:"
        before = conn.execute(
            select(t.document.c.document_id).where(
                t.document.c.op_id == op_id, t.document.c.kind.startswith(kind, autoescape=True)
            )
        ).first()
    # Printed anew under the official number, or once more as it was: the record tells it from the first.
    act = "print" if before is None else "reprint"
    now = desk.clock.now().wall_ms
    if kept is not None:
        with desk.store.write() as conn:
            audit(conn, at_ms=now, staff=desk.lease.staff, act=act, case_id=case_id, detail=document_id)
            record_seal(conn, desk, template, case_id, document_id, now)
        return Printed(document_id=document_id, title=kept.title, data=kept.data)
    if template not in TITLES:
        raise KnownError("本机还没有这种文书的模板，打印不了。办件没有改动。请升级程序后再打印。")
    if item is None:
        raise KnownError("本机没有这件办件所用的目录版本，打印不了文书。办件没有改动。请联网同步后再试。")
    hall = directory.hall(desk.device.scope)
    departments = catalog.departments if catalog is not None else ()
    wording, complaint = own_wording(templates)
    office = Office(
        organ=next((d.name for d in departments if d.id == item.department), desk.device.hall_name),
        hall=desk.device.hall_name,
        window=desk.device.window_name,
        staff=notice.staff,
        address=hall.address if hall else "",
        phone=hall.phone if hall else "",
    )
    context = notice_context(state, notice, item, office, desk.rulebook.calendar, wording, issued)
    if paper:
        documents = cited(catalog, rule_day(state, notice.day)) if catalog is not None else {}
        context |= beside_context(state, notice, item, paper, issued, together, documents)
    else:
        context |= later_context(state, notice, item) | joint_context(together)
        context |= _rating_code(desk, notice, wording)
    data, warning = render(template, context, qr_payload(state, notice), templates)
    warning += complaint
    title = TITLES[template]
    with desk.store.write() as conn:
        conn.execute(
            insert(t.document).values(
                document_id=document_id,
                case_id=case_id,
                op_id=op_id,
                kind=kind + (state.number or notice.receipt),
                title=title,
                created_ms=now,
                data=data,
            )
        )
        audit(conn, at_ms=now, staff=desk.lease.staff, act=act, case_id=case_id, detail=document_id)
        record_seal(conn, desk, template, case_id, document_id, now)
    return Printed(document_id=document_id, title=title, data=data, warning=warning)


def _rating_code(desk: Desk, notice: Notice, wording: Mapping[str, str]) -> dict[str, str]:
    """The code by which who holds this notice may rate the visit; made here, so it needs no line."""
    if notice.kind not in IN_PERSON or notice.later.way in ELSEWHERE:
        return {}
    code = make_code(desk.device_key, desk.device.device, notice.op_id)
    return {"rating_code": wording["rating_link"] + code, "rating_text": wording["rating"]}


def papers_of(desk: Desk, case_id: str, op_id: str) -> tuple[str, ...]:
    """What :func:`print_notice` prints for the act: "" for its notice, then the papers taken on trust."""
    with desk.store.read() as conn:
        data = conn.execute(select(t.case_view.c.state).where(t.case_view.c.case_id == case_id)).scalar()
    state = decode_state(data) if data is not None else None
    notice = next((n for n in state.notices if n.op_id == op_id), None) if state is not None else None
    return ("", *papers_beside(state, notice)) if state is not None and notice is not None else ()


def _issued_at(conn: Connection, op_id: str) -> dt.datetime:
    """When the act was done, by the clock and the zone it was done in; it may be another desk's."""
    data = conn.execute(select(t.op.c.data).where(t.op.c.op_id == op_id)).scalar()
    if data is None:
        data = conn.execute(select(t.case_history.c.data).where(t.case_history.c.op_id == op_id)).scalar_one()
    time = decode_op(data).time
    zone = dt.timezone(dt.timedelta(minutes=time.offset_min))
    return dt.datetime.fromtimestamp(time.wall_ms / 1000, zone)


def export_printed(desk: Desk, printed: Printed, target: Path, pdf: bytes = b"") -> None:
    """Write what was printed (or ``pdf``, made of it) where the clerk chose.

    A paper of the catalogue alone is nobody's and is not audited.
    """
    if printed.document_id:
        export_document(desk, printed.document_id, target, pdf)
        return
    try:
        write_out(target, pdf or printed.data)
    except OSError as error:
        raise KnownError(
            "文书写不进选定的位置。没有办件受影响。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error


def export_document(desk: Desk, document_id: str, target: Path, pdf: bytes = b"") -> None:
    """Write a kept document (or ``pdf``, made of it) where the clerk chose.

    That is outside the encrypted store, so it is audited.
    """
    with desk.store.read() as conn:
        row = conn.execute(select(t.document).where(t.document.c.document_id == document_id)).first()
    if row is None:
        raise KnownError("没有找到这份文书。办件没有改动。请重新打印一次。")
    try:
        write_out(target, pdf or row.data)
    except OSError as error:
        raise KnownError(
            "文书写不进选定的位置。办件和文书都还在本机。请换一个位置或者腾出空间再导出。",
            detail=type(error).__name__,
        ) from error
    with desk.store.write() as conn:
        audit(
            conn,
            at_ms=desk.clock.now().wall_ms,
            staff=desk.lease.staff,
            act="export",
            case_id=row.case_id,
            detail=document_id,
        )
