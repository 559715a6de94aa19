"""What the board has told is kept, so that a figure that late data changes is marked as corrected (更正)."""

from __future__ import annotations

import msgspec

from app.commands.context import Desk
from app.queries.board import BoardFacts, Correction, read_board
from models.device import get_meta, set_meta
from models.errors import KnownError

KEY = "board_told"


class Told(msgspec.Struct, kw_only=True):
    """The figures of one day's hours that are over, as they were first told, and when one changed."""

    day: str = ""
    hours: dict[str, tuple[int, int]] = {}  # hour → received, accepted
    changed_ms: dict[str, int] = {}


def tell_board(desk: Desk) -> BoardFacts:
    """:func:`read_board`, with the corrections of today; a figure nobody has seen is never one."""
    facts = read_board(desk)
    with desk.store.read() as conn:
        data = get_meta(conn, KEY)
    told = _decoded(data)
    if told.day != facts.day:  # a correction is told on its day; the day after shows other figures
        told = Told(day=facts.day)
    before = msgspec.json.encode(told)
    current = max((hour.hour for hour in facts.hours if hour.running), default=0)
    counts = {hour.hour: (hour.received, hour.accepted) for hour in facts.hours}
    for hour in range(current):  # those that are over, also one too early to have been drawn
        key, now = str(hour), counts.get(hour, (0, 0))
        if told.hours.setdefault(key, now) == now:
            told.changed_ms.pop(key, None)
        else:
            told.changed_ms.setdefault(key, facts.now_ms)
    if msgspec.json.encode(told) != before:
        _keep(desk, told)
    found = [
        Correction(
            hour=int(key),
            received=told.hours[key][0],
            accepted=told.hours[key][1],
            at_ms=told.changed_ms[key],
        )
        for key in told.changed_ms
    ]
    return msgspec.structs.replace(facts, corrected=tuple(sorted(found, key=lambda one: one.hour)))


def _keep(desk: Desk, told: Told) -> None:
    try:
        with desk.store.write() as conn:
            set_meta(conn, KEY, msgspec.json.encode(told))
    except KnownError:
        pass  # the disk is full: the board is read all the same


def _decoded(data: bytes | None) -> Told:
    try:
        return msgspec.json.decode(data, type=Told) if data else Told()
    except msgspec.MsgspecError:
        return Told()
