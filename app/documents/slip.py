"""A slip for the receipt printer: the few lines a visitor keeps, and a QR that says nothing personal."""

from __future__ import annotations

import msgspec

from app.documents.context import qr_payload
from models.domain.case import CaseState, Notice
from models.domain.numbers import group_number


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """``title`` large, ``mark`` (a number) larger, then ``lines``; ``qr`` "" for none."""

    title: str
    mark: str
    lines: tuple[str, ...]
    qr: str = ""


def case_slip(title: str, state: CaseState, notice: Notice, hall: str, phone: str) -> Slip:
    """收件、受理: the number and what was asked for; neither name nor id, for a slip is soon lost."""
    number = notice.number or state.number
    lines = [state.item_name, f"日期 {notice.day}"]
    if notice.due_promised:
        lines.append(f"办结不晚于 {notice.due_promised}")
    lines += [hall, *([f"咨询电话 {phone}"] if phone else []), "凭此编号查询进度"]
    return Slip(
        title=title,
        mark=group_number(number) if number else notice.receipt,
        lines=tuple(lines),
        qr=qr_payload(state, notice),
    )


def ticket_slip(ticket: str, item: str, waiting: int, hall: str) -> Slip:
    """取号: the ticket and how many wait before it."""
    return Slip(title="排队号", mark=ticket, lines=(item, f"前面等候 {waiting} 人", hall))
