"""The drill's cases on trust: a deferred material made up, a promise checked, one left owing."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.commands import after
from app.commands.act import Entry
from app.commands.batch import IntakeLine, intake_line
from app.commands.context import Desk
from app.commands.promises import check_true, make_up
from app.queries.cases import read_state
from app.queries.tasks import read_tasks
from app.sample import filled, takes_trust
from models.domain.case import Receipt
from models.domain.catalog import Item
from models.domain.duties import Duty, DutyKind
from models.domain.procedures import Decision
from models.errors import KnownError


def on_trust(desk: Desk, items: Sequence[Item], rng: random.Random, faults: list[str]) -> list[str]:
    """Two visitors who bring less: one makes good on everything, the other still owes it.

    Each defers at least one material and promises at least another.  What is still deferred cannot be granted.
    Returns their cases; needs an item of the catalogue that takes 容缺 and 告知承诺.
    """
    trusting = [one for one in items if takes_trust(one)]
    item = rng.choice(trusting) if trusting else None
    lines = [line for _ in range(2) if item is not None and (line := _on_trust(item, rng)) is not None]
    if item is None or len(lines) < 2:
        faults.append("演练目录里没有既可容缺又可告知承诺的事项")
        return []
    kept, owing = (intake_line(desk, line).case_id for line in lines)
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


def refuse_to_grant(desk: Desk, cases: Sequence[str], faults: list[str]) -> int:
    """Try to grant what still lacks a deferred material; the law must not let it.  Returns how many were tried."""
    owing = [c for c in cases if any(d.kind == DutyKind.DEFERRAL for d in _owed(desk, c))]
    for case_id in owing:
        try:
            after.decide(desk, case_id, Decision.GRANT)
        except KnownError:
            continue
        faults.append("容缺材料还没有补齐，却准予了")
    return len(owing)


def _on_trust(item: Item, rng: random.Random) -> IntakeLine | None:
    """A case with at least one thing deferred and one promised; None where no situation has both."""
    for _ in range(300):
        line = filled(item, rng, on_trust=True)
        if {Receipt.DEFERRED, Receipt.COMMITTED} <= {m.form for m in line.materials}:
            return line
    return None


def _owed(desk: Desk, case_id: str) -> tuple[Duty, ...]:
    state = read_state(desk, case_id)
    return tuple(duty for duty in state.duties if duty.open) if state is not None else ()
