"""一件事 in the simulator: sets taken in, stopped, begun, handed over, each in one transaction of several ops."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sqlalchemy import select

from app.commands.bundle_intake import SetEntry, accept_set, start_waiting
from app.commands.context import Desk
from app.commands.delivery import deliver_together
from app.commands.event import event_fields
from app.commands.joint_visit import pause_together, resume_together
from app.queries.bundles import BundleSource
from app.sample import filled_event
from models.domain.bundle import bundle_problems
from models.domain.case import CaseStatus, decode_state
from models.domain.catalog import Bundle, BundleMember, Item
from models.domain.ops import OP_NAMES, OpKind, decode_op
from models.domain.procedures import DeliveryWay, Procedure
from models.errors import KnownError
from models.ops import last_op
from models.tables import replica as t
from sync.sim.world import Done

MEMBERS = 3


def bundle_of(items: Sequence[Item]) -> Bundle:
    """A 一件事 of three items that one kind of applicant may ask for; the second waits for the first."""
    for first in items:
        fit = [one for one in items if set(one.applicants) & set(first.applicants)][:MEMBERS]
        if len(fit) == MEMBERS:
            break
    names = [one.id for one in fit]
    return Bundle(
        id="sim-set",
        name="样例一件事",
        status="online",
        members=(
            BundleMember(item=names[0], joint_visit=True),
            BundleMember(item=names[1], after=(names[0],)),
            BundleMember(item=names[2], joint_visit=True),
        ),
    )


class SetClerk:
    """Does with whole sets what a clerk may do with them."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def act(self, desk: Desk, rng: random.Random) -> list[Done]:
        """Take a set in, or go on with one of the hall's.  Raises KnownError when the program objects."""
        with desk.store.read() as conn:
            before = last_op(conn)[0]
            rows = conn.execute(
                select(t.case_view.c.state)
                .order_by(t.case_view.c.changed_ms.desc(), t.case_view.c.case_id)
                .limit(24)
            ).scalars()
            members = [state for state in map(decode_state, rows) if state.value("bundle.case")]
        if not members or rng.random() < 0.4:
            self._take_in(desk, rng)
            return _made_since(desk, before)
        state = rng.choice(members)
        chance = rng.random()
        if chance < 0.3:
            start_waiting(desk, state.case_id)
        elif chance < 0.6 or state.status is CaseStatus.DECIDED:
            apart = rng.random() < 0.5
            deliver_together(desk, state.case_id, DeliveryWay.COUNTER, "样例签收人", apart=apart)
        elif chance < 0.8:
            pause_together(desk, state.case_id, Procedure.SUSPENSION, "样例勘验", 3, "样例依据")
        else:
            resume_together(desk, state.case_id)
        return _made_since(desk, before)

    def _take_in(self, desk: Desk, rng: random.Random) -> None:
        with desk.store.read() as conn:
            version = desk.rulebook.current_version(conn)
            catalog = desk.rulebook.catalog(conn, version)
        if catalog is None:
            raise KnownError("本机没有目录。")
        wanted = {member.item for member in self._bundle.members}
        items = {item.id: item for item in catalog.items if item.id in wanted}
        if problems := bundle_problems(self._bundle, items):
            raise KnownError(problems[0])
        source = BundleSource(bundle=self._bundle, items=items, elsewhere={}, version=version)
        fields = event_fields(source, filled_event(source, rng))
        for path in [path for path in fields if path.startswith("material.") and rng.random() < 0.15]:
            fields.pop(path)
        accept_set(desk, SetEntry(set_id=desk.make_id(), source=source, fields=fields))


def _made_since(desk: Desk, dseq: int) -> list[Done]:
    with desk.store.read() as conn:
        rows = conn.execute(select(t.op.c.data).where(t.op.c.dseq > dseq).order_by(t.op.c.dseq)).scalars()
        made = [decode_op(data) for data in rows]
    return [
        Done(
            op_id=op.op_id,
            case_id=op.case_id,
            kind=op.kind,
            number=op.act.number,
            words=f"一件事：{OP_NAMES[OpKind(op.kind)]}办件…{op.case_id[-6:]}"
            + (f"，编号{op.act.number}" if op.act.number else ""),
        )
        for op in made
    ]
