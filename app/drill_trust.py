"""The drill's cases on trust: a deferred material made up, a promise checked, one left owing."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.context import Desk
from app.commands.promises import check_true, make_up
from app.queries.cases import read_state
from app.queries.tasks import read_tasks
from app.sample import filled, takes_trust
from models.domain.case import Receipt
from models.domain.catalog import Item
from models.domain.duties import Duty, DutyKind


def on_trust(desk: Desk, items: Sequence[Item], rng: random.Random, faults: list[str]) -> list[str]:
    """Two visitors who bring less: one makes good on everything, the other still owes it.

    Returns their cases; needs an item of the catalogue that takes 容缺 and 告知承诺.
    """
    item = next((one for one in items if takes_trust(one)), None)
    if item is None:
        faults.append("演练目录里没有既可容缺又可告知承诺的事项")
        return []
    kept, owing = (_taken_in(desk, item, rng) for _ in range(2))
    for duty in _owed(desk, kept):
        state = read_state(desk, kept)
        assert state is not None
        entry = Entry(case_id=kept, item_id=item.id, fields=state.fields)
        if duty.kind == DutyKind.DEFERRAL:
            make_up(desk, entry, duty.id, Receipt.PAPER, "样例补齐")
        else:
            check_true(desk, entry, duty.id, "样例核查属实")
    listed = {task.case_id for task in read_tasks(desk, desk.clock.now().day)}
    if kept in listed or owing not in listed:
        faults.append("容缺和承诺的待办清单与办件不一致")
    return [kept, owing]


def _taken_in(desk: Desk, item: Item, rng: random.Random) -> str:
    """Accepted with at least one thing deferred or promised."""
    while True:
        line = filled(item, rng, on_trust=True)
        if any(m.form in (Receipt.DEFERRED, Receipt.COMMITTED) for m in line.materials):
            return intake_line(desk, line).case_id


def _owed(desk: Desk, case_id: str) -> tuple[Duty, ...]:
    state = read_state(desk, case_id)
    return tuple(duty for duty in state.duties if duty.open) if state is not None else ()
