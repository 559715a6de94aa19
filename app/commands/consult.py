"""Printing what somebody who only asks has to bring: no case, no number, nothing kept."""

from __future__ import annotations

from collections.abc import Mapping

from app.commands.context import Desk
from app.commands.print_notice import Printed
from app.documents.consult import consult_sheet
from models.errors import KnownError


def print_consult(desk: Desk, item_id: str, answers: Mapping[str, str]) -> Printed:
    """The 一次性告知单 for these answers; ``document_id`` is "", as it is made anew each time."""
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        item = desk.rulebook.item(conn, version, item_id)
    if item is None:
        raise KnownError("本机目录里没有这个办理项了。没有打印。请联网更新目录后再试。")
    day = desk.clock.now().day
    data = consult_sheet(item, version, answers, day, desk.device.hall_name)
    return Printed(document_id="", title="一次性告知单", data=data)
