"""What must hold of numbers in a simulated world: printed once, granted once, and all of them accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select

from models.domain.case import decode_state
from models.domain.numbers import parse_number
from models.tables import replica as r
from sync.hub import tables as t
from sync.hub.ledger import read_account
from sync.sim.world import SimDesk, World

SLACK_MS = 15 * 60 * 1000


def honest(world: World) -> list[SimDesk]:
    """Desks that are still let in: neither revoked nor put back to an older disk."""
    return [d for d in world.desks if not d.revoked and not d.rolled_back]


def numbers_are_unique(world: World) -> Iterator[str]:
    """A printed number belongs to one case for ever, and the hub says the same."""
    with world.hub.read() as conn:
        ledger = {row.number: row.case_id for row in conn.execute(select(t.number_ledger))}
        heads = conn.execute(select(t.case_head.c.number, t.case_head.c.case_id)).all()
    printed: dict[str, str] = {}
    for desk in world.desks:
        for done in desk.done:
            if done.number and not desk.rolled_back:
                if printed.setdefault(done.number, done.case_id) != done.case_id:
                    yield f"{desk.name}把编号{done.number}又给了另一件"
                if not desk.revoked and ledger.get(done.number) != done.case_id:
                    yield f"{desk.name}印出的编号{done.number}在中心不是这一件"
    used: dict[str, str] = {}
    for head in heads:
        if head.number and used.setdefault(head.number, head.case_id) != head.case_id:
            yield f"编号{head.number}在中心用了两次"
        if head.number and ledger.get(head.number) != head.case_id:
            yield f"编号{head.number}不在中心台账上"


def nobody_waits_for_a_number(world: World) -> Iterator[str]:
    """Once a desk has been level, no case it received for its hall carries a provisional mark only.

    A desk gives out no number while its clock is wrong; those wait for somebody to set it.
    """
    with world.hub.read() as conn:
        rows = conn.execute(select(t.case_head.c.state).where(t.case_head.c.number == "")).all()
    halls = {
        name: desk.facts.scope
        for desk in honest(world)
        if abs(desk.skew_ms) < SLACK_MS
        for name in (desk.facts.device, *desk.formers)
    }
    for row in rows:
        state = decode_state(row.state)
        if state.receipt and halls.get(state.receipt.split("-")[1]) == state.scope:
            yield f"办件{state.case_id}仍只有临时收件号"


def ledger_closes(world: World) -> Iterator[str]:
    """Each series' account closes: no serial is in two grants, none beyond what was begun, and every number
    in use was granted.  Of a block still live at the hub an honest desk holds no more than the hub says."""
    account = read_account(world.hub)
    granted: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for block in account.blocks:
        granted[block.division, block.year].append((block.first, block.last))
    for one in account.series:
        blocks = sorted(granted[one.division, one.year])
        ends = [0, *(last for _, last in blocks)]
        if any(first <= before for (first, _), before in zip(blocks, ends, strict=False)):
            yield f"{one.division}的{one.year}年有编号发放了两次"
        if one.next_serial <= ends[-1]:
            yield f"{one.division}的{one.year}年下一个要发的编号已经发放过"
        if one.granted != one.used + one.void + one.kept + one.live + one.expired + one.withdrawn:
            yield f"{one.division}的{one.year}年编号台账合不上"
    with world.hub.read() as conn:
        numbers = conn.execute(select(t.number_ledger.c.number)).scalars().all()
    for number in numbers:
        parts = parse_number(number)
        known = granted[parts.division, parts.year] if parts is not None else []
        if parts is None or not any(first <= parts.serial <= last for first, last in known):
            yield f"编号{number}在用，中心却没有发放过"
    live = {block.block_id: block.rest for block in account.blocks if block.state == "live"}
    for desk in honest(world):
        with desk.store.read() as conn:
            held = {row.block_id: row.last - row.next + 1 for row in conn.execute(select(r.number_block))}
        for block_id in held.keys() & live.keys():
            if held[block_id] > live[block_id]:
                yield f"{desk.name}还能发{held[block_id]}个号，中心台账只有{live[block_id]}个"
