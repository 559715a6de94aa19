"""The drill's 一件事: taken in whole, its first member granted, what waited for it begun."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.commands import after
from app.commands.bundle_intake import start_waiting
from app.commands.context import Desk
from app.commands.event import event_line
from app.commands.print_set import print_set
from app.queries.bundles import ONLINE, SetState, list_bundles, open_bundle
from app.queries.cases import read_state
from app.sample import filled_event
from models.domain.procedures import Decision

SETS = 3


def take_events(desk: Desk, rng: random.Random, faults: list[str]) -> list[SetState]:
    """Some 一件事 of those that any window may begin; one is taken in entirely or not at all."""
    online = [b for b in list_bundles(desk) if b.status == ONLINE]
    done: list[SetState] = []
    for bundle in rng.sample(online, len(online)):
        source = open_bundle(desk, bundle.id)
        if not source.elsewhere and len(done) < SETS:
            done.append(event_line(desk, filled_event(source, rng)))
    for one in done:
        if not one.accepted or one.flagged:
            faults.append(f"一件事没有一次受理好：{one.name}")
        if not print_set(desk, one.members[0].case_id).data.startswith(b"PK"):
            faults.append(f"综合受理通知书没有生成好：{one.name}")
    return done


def go_on(desk: Desk, sets: Sequence[SetState], faults: list[str]) -> list[str]:
    """A reviewer grants what is accepted, the members behind it begin; every member's case id."""
    for one in sets:
        begun = [m for m in one.members if m.status == "accepted"]
        for member in begun:
            after.decide(desk, member.case_id, Decision.GRANT)
        if len(begun) == len(one.members):
            continue
        after_them = start_waiting(desk, one.members[0].case_id)
        for member in after_them.members:
            state = read_state(desk, member.case_id)
            if state is None or (state.value("bundle.after") and state.received_on):
                faults.append(f"待前置的成员在前置办结之前就收件了：{member.name}")
    return [m.case_id for one in sets for m in one.members]
