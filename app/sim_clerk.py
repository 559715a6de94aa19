"""The clerk of the simulator: everything that a person at a desk may do, through the window's own commands."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import bindparam, literal_column, select

from app.commands import after, delivery, intake
from app.commands.act import Entry
from app.commands.attach import attach, detach
from app.commands.batch import IntakeLine, intake_line, wanting_lines
from app.commands.context import Changes, Desk
from app.commands.number import number_waiting
from app.commands.promises import check_false, check_true, make_up
from app.commands.rating import Ballot, give, mark, rate, respond, seal_ballot
from app.commands.recover import renew
from app.commands.rekey import note_rekey, refuse_second
from app.commands.resolve import resolve
from app.commands.verify import verify_replica
from app.queries.cases import read_state
from app.queries.tasks import read_tasks
from app.sample import can_supplement, filled, person_name, phone, takes_trust
from app.sim_desk import desk_of
from app.sim_sets import SetClerk
from models.device import DeviceFacts
from models.domain.amendment import ConfirmedBy
from models.domain.case import CaseState, CaseStatus, PointMark, Receipt, decode_state, encode_state
from models.domain.catalog import Bundle, Item
from models.domain.checklist import shown_points
from models.domain.duties import Consequence, DutyKind
from models.domain.ops import OP_NAMES, OpKind
from models.domain.procedures import Decision, DeliveryWay, Procedure
from models.domain.terms import stopped
from models.domain.visit import Answer
from models.keys import DeviceSecrets
from models.prepared import Prepared
from models.projection import confirmed_state, open_conflicts, own_ops
from models.service_texts import Free
from models.store import Store
from models.tables import replica as t
from sync.client import HubClient
from sync.protocol import FieldConflict
from sync.sim.world import Done, Machine

OUTCOMES = ("accept", "accept", "accept", "save", "save", "receive", "supplement", "refuse", "withdraw")
STAFF = "T-0"
OPEN = (CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT)

_SHOWN = Prepared(select(t.case_view.c.state).where(t.case_view.c.case_id == bindparam("of")))
_NEWEST = Prepared(
    select(t.case_view.c.state)
    .order_by(t.case_view.c.changed_ms.desc(), t.case_view.c.case_id)
    .limit(literal_column("6"))
    .offset(literal_column("0"))
)


class SimClerk:
    """Does at a simulated desk what a clerk might do, through app.commands."""

    def __init__(self, items: Sequence[Item], bundle: Bundle) -> None:
        self._items = items
        self._sets = SetClerk(bundle)
        self._lines: dict[tuple[str, str], list[IntakeLine]] = {}

    def act(self, desk: Machine, rng: random.Random) -> list[Done]:
        at = desk_of(desk)
        chance = rng.random()
        if chance < 0.2 and (done := self._decide(at, rng)):
            return [done]
        if 0.12 <= chance < 0.2 and (done := self._keep_promise(at, rng)):
            return [done]
        if chance < 0.6 and (done := self._go_on(at, rng)):
            return [done]
        if chance > 0.93 and (done := self._attach(at, rng)):
            return [done]
        if 0.89 < chance <= 0.93:
            return self._sets.act(at, rng)
        item = rng.choice(self._items)
        outcome = rng.choice(OUTCOMES)
        if outcome == "supplement" and not can_supplement(item):
            outcome = "save"
        return [_done(at, intake_line(at, self._line(item, outcome, rng)), outcome)]

    def after_round(self, desk: Machine) -> list[Done]:
        at = desk_of(desk)
        done = [_done(at, changes, OpKind.NUMBER) for changes in number_waiting(at)]
        return done + [_done(at, changes, OpKind.DEEM) for changes in after.record_deemed(at)]

    def verify(self, desk: Machine) -> list[str]:
        return verify_replica(desk_of(desk))

    def differs(self, desk: Machine, case_id: str) -> bool:
        with desk.store.read() as conn:
            shown = _SHOWN(conn, of=case_id).scalar()
            confirmed = confirmed_state(conn, case_id)
            waiting = own_ops(conn, case_id)
        # What waits at the hub for a person's decision is still part of its author's own view.
        return not waiting and (confirmed is None or shown != encode_state(confirmed))

    def recover(
        self, desk: Machine, data_key: bytes, code: str, client: HubClient, make: Callable[[], Store]
    ) -> tuple[DeviceFacts, bytes]:
        held = DeviceSecrets(data_key=data_key, device_key=desk.key)
        new = renew(desk.store, desk.facts, held, client, desk.clock, code, STAFF, "样例机", make)
        return new.facts, new.key

    def rekey(self, desk: Machine, old: bytes, fresh: bytes) -> None:
        with desk.store.read() as conn:
            refuse_second(conn)
        with desk.store.write() as conn:
            note_rekey(conn, desk.facts.device, STAFF, old, fresh, desk.clock.now().wall_ms)

    def _line(self, item: Item, outcome: str, rng: random.Random) -> IntakeLine:
        """One of a few filled-in forms; making each anew would be most of the work."""
        made = self._lines.setdefault((item.id, outcome), [])
        if not made:
            own = random.Random(f"{item.id}{outcome}")
            trust = takes_trust(item)
            made += [filled(item, own, outcome, on_trust=trust) for _ in range(5)]
        return rng.choice(made)

    def _decide(self, desk: Desk, rng: random.Random) -> Done | None:
        """Settle a disagreement: mine, theirs, or something else."""
        with desk.store.read() as conn:
            rows = open_conflicts(conn)
        if not rows:
            return None
        clash = msgspec.msgpack.decode(rng.choice(rows).data, type=FieldConflict)
        value = rng.choice((clash.mine, clash.theirs, "")) if clash.path else ""
        return _done(desk, resolve(desk, clash.conflict_id, value, "样例裁定"), "resolve")

    def _go_on(self, desk: Desk, rng: random.Random) -> Done | None:
        """Take up one of the newest cases."""
        state = self._newest(desk, rng)
        if state is None:
            return None
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        if state.notices and rng.random() < 0.12:
            return self._visit(desk, state, rng)
        if rng.random() < 0.15:
            return _done(desk, intake.add_note(desk, entry, f"样例备注{rng.randrange(99)}"), "note")
        if state.status in OPEN:
            return self._before_acceptance(desk, state, entry, rng)
        if state.status in (CaseStatus.ACCEPTED, CaseStatus.DECIDED) and rng.random() < 0.4:
            return self._afterwards(desk, state, rng)
        if state.status is CaseStatus.ACCEPTED and rng.random() < 0.8:
            entry.fields["applicant.phone"] = phone(rng)
            return _done(desk, intake.correct(desk, entry, "样例更正"), "correct")
        return _done(desk, intake.withdraw(desk, entry, "样例理由"), "withdraw")

    def _visit(self, desk: Desk, state: CaseState, rng: random.Random) -> Done:
        """The visitor rates the last act on the second screen, or the clerk counts something done free."""
        chance = rng.random()
        if chance < 0.1:
            return _done(desk, mark(desk, state.case_id, {"step.guide": "yes"}), OpKind.SERVE)
        if chance < 0.3:
            free = Free(id="copy", name="复印", unit="页", fen=20)
            return _done(desk, give(desk, state.case_id, free, rng.randrange(1, 9)), OpKind.SERVE)
        notice = state.notices[-1]
        ballot = Ballot(level=rng.randrange(1, 6))
        sealed = seal_ballot(desk, state.case_id, notice.op_id, notice.day, ballot, 5)
        return _done(desk, rate(desk, state.case_id, sealed), OpKind.RATE)

    def _attach(self, desk: Desk, rng: random.Random) -> Done | None:
        """Attach a scan to one of the newest cases, perhaps one that was scanned before, or void one."""
        state = self._newest(desk, rng)
        if state is None:
            return None
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        if state.files and rng.random() < 0.2:
            file = rng.choice(state.files)
            return _done(desk, detach(desk, entry, file.file_id, "样例：扫描不清"), "detach")
        size = rng.choice((90, 3_000, 70_000))
        data = random.Random(rng.randrange(5)).randbytes(size)
        item = next(i for i in self._items if i.id == state.item_id)
        material = rng.choice(item.materials).id if item.materials and rng.random() < 0.7 else ""
        return _done(desk, attach(desk, entry, data, title="样例扫描件", material=material), "attach")

    def _newest(self, desk: Desk, rng: random.Random) -> CaseState | None:
        """One of the newest cases of the hall, whoever began it."""
        with desk.store.read() as conn:
            rows = _NEWEST(conn).all()
        return decode_state(rng.choice(rows).state) if rows else None

    def _keep_promise(self, desk: Desk, rng: random.Random) -> Done | None:
        """Take a deferred material in, or check a promise: it holds, or it does not."""
        tasks = read_tasks(desk, desk.clock.now().day, limit=6)
        state = read_state(desk, rng.choice(tasks).case_id) if tasks else None
        owed = [duty for duty in state.duties if duty.open] if state is not None else []
        if state is None or not owed:
            return None
        duty = rng.choice(owed)
        entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=dict(state.fields))
        if duty.kind == DutyKind.RATING:
            return _done(desk, respond(desk, entry, duty.id, Answer.FIXED, "样例整改"), OpKind.RESPOND)
        if duty.kind == DutyKind.DEFERRAL:
            form = rng.choice((Receipt.PAPER, Receipt.SCAN))
            return _done(desk, make_up(desk, entry, duty.id, form), OpKind.DEFERRAL_DONE)
        if rng.random() < 0.6:
            return _done(desk, check_true(desk, entry, duty.id, "样例核查"), OpKind.CHECK)
        consequence = rng.choice((Consequence.REVOKE, Consequence.CREDIT))
        return _done(desk, check_false(desk, entry, duty.id, "样例核查", consequence), OpKind.CHECK)

    def _afterwards(self, desk: Desk, state: CaseState, rng: random.Random) -> Done:
        """Stop the clock, let it go on, prolong it, decide, hand over: what comes next, or what cannot."""
        case_id = state.case_id
        if state.status is CaseStatus.DECIDED:
            return _done(desk, delivery.deliver(desk, case_id, DeliveryWay.COUNTER, "样例签收人"), "deliver")
        if stopped(state) is not None and rng.random() < 0.8:
            return _done(desk, after.resume(desk, case_id), "resume")
        chance = rng.random()
        if chance < 0.4:
            paused = after.pause(desk, case_id, Procedure.SUSPENSION, "样例原因", 3, "样例依据")
            return _done(desk, paused, "pause")
        if chance < 0.6:
            return _done(
                desk, after.extend(desk, case_id, rng.choice((1, 3)), "样例负责人", "样例原因"), "extend"
            )
        if chance < 0.7 and state.deemed:
            return _done(desk, after.handed_in(desk, case_id), "supplied")
        if chance < 0.78:
            failed = {"G2": PointMark.FAIL.value}
            denied = after.decide(desk, case_id, Decision.DENY, "样例理由", failed)
            return _done(desk, denied, "decide")
        return _done(desk, after.decide(desk, case_id, Decision.GRANT), "decide")

    def _before_acceptance(
        self, desk: Desk, state: CaseState, entry: Entry, rng: random.Random
    ) -> Done | None:
        item = next(i for i in self._items if i.id == state.item_id)
        chance = rng.random()
        if chance < 0.1:
            return self._amend(desk, entry, rng)
        if chance < 0.3:
            for path in ("applicant.phone", "applicant.address"):
                if rng.random() < 0.7:
                    entry.fields[path] = (
                        phone(rng) if path.endswith("phone") else f"样例街{rng.randrange(9)}号"
                    )
            return _done(desk, intake.save_case(desk, entry), "save")
        if chance < 0.7:
            full = self._line(item, "accept", rng)
            for given in full.materials:
                entry.fields.setdefault(f"material.{given.material}", given.form)
                entry.fields.setdefault(f"material.{given.material}.copies", str(given.copies))
            if rng.random() < 0.8:
                for point in shown_points(item, state.answers):
                    entry.fields.setdefault(f"point.{point.id}", PointMark.PASS.value)
            if state.status is CaseStatus.SUPPLEMENT and chance < 0.5:
                return _done(desk, after.supplied(desk, entry), "supplied")
            return _done(desk, intake.accept(desk, entry), "accept")
        if chance < 0.8:
            missing = wanting_lines(item, entry.fields, self._line(item, "save", rng))
            return _done(desk, intake.supplement(desk, entry, missing), "supplement")
        if chance < 0.9:
            return _done(desk, intake.withdraw(desk, entry, "样例理由"), "withdraw")
        return _done(desk, intake.void(desk, entry), "void")

    def _amend(self, desk: Desk, entry: Entry, rng: random.Random) -> Done:
        """The applicant puts a word right on the spot, or a paper; two desks may well do so at once."""
        poor = [path for path, text in entry.fields.items() if text == Receipt.DEFECTIVE and "." in path]
        if poor and rng.random() < 0.7:
            fixed = intake.amend(desk, entry, rng.choice(poor), "没有盖章", "已盖章", ConfirmedBy.APPLICANT)
            return _done(desk, fixed, OpKind.AMEND)
        path = rng.choice(("applicant.name", "applicant.address"))
        now = person_name(rng) if path.endswith("name") else f"样例街{rng.randrange(9)}号"
        was = entry.fields.get(path, "") or "没有填写"
        return _done(desk, intake.amend(desk, entry, path, was, now, ConfirmedBy.APPLICANT), OpKind.AMEND)


def _done(desk: Desk, changes: Changes, kind: str) -> Done:
    name = OP_NAMES.get(OpKind(kind), kind)
    number = changes.number or changes.receipt
    return Done(
        op_id=changes.op_id,
        case_id=changes.case_id,
        kind=kind,
        number=changes.number if changes.numbers else "",
        words=f"{name}办件…{changes.case_id[-6:]}{'，编号' + number if number else ''}",
    )
