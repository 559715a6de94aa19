"""A case received while the pool was empty gets its official number, once, and its papers anew."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from app.commands import intake
from app.commands.act import Entry, perform
from app.commands.batch import intake_line
from app.commands.number import number_waiting
from app.commands.print_notice import print_notice
from app.commands.verify import verify_replica
from app.queries.cases import find_cases, read_case, read_state
from app.queries.numbers import read_numbers
from app.sample import filled
from models.domain.case import encode_state
from models.domain.numbers import group_number
from models.domain.ops import OpKind
from models.errors import KnownError
from models.tables import replica as t
from sync.leases import add_blocks
from sync.protocol import BlockGrant
from tests.app.test_documents import text_of
from tests.desk_kit import item, make_desk


def test_the_mark_is_replaced_when_numbers_arrive(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=0)
    received = [
        intake_line(desk, filled(item("SC005"), random.Random(seed), "receive")) for seed in (1, 2, 3)
    ]
    before = print_notice(desk, received[0].case_id, received[0].op_id)
    assert received[0].receipt in text_of(before.data)
    assert number_waiting(desk) == []  # nothing is invented
    facts = read_numbers(desk)
    assert [(p.year, p.left, p.low) for p in facts.pools] == [(2026, 0, True)]
    assert [case.receipt for case in facts.waiting] == [done.receipt for done in received]
    assert facts.to_print == ()
    with desk.store.write() as conn:
        add_blocks(conn, [BlockGrant(block_id="b", division="370911", year=2026, first=7, last=8)])
    numbered = number_waiting(desk)
    assert [done.case_id for done in numbered] == [done.case_id for done in received[:2]]
    assert len({done.number for done in numbered}) == 2
    assert number_waiting(desk) == []
    state = read_state(desk, received[0].case_id)
    assert state is not None
    assert (state.number, state.receipt) == (numbered[0].number, received[0].receipt)
    page = read_case(desk, received[0].case_id)
    assert page is not None
    assert page.to_replace == (received[0].op_id,)
    facts = read_numbers(desk)
    assert [case.case_id for case in facts.waiting] == [received[2].case_id]
    assert [(case.receipt, case.number, case.to_print) for case in facts.to_print] == [
        (done.receipt, new.number, (done.op_id,)) for done, new in zip(received, numbered, strict=False)
    ]
    again = print_notice(desk, received[0].case_id, received[0].op_id)
    assert group_number(state.number) in text_of(again.data)
    page = read_case(desk, received[0].case_id)
    assert page is not None
    assert page.to_replace == ()
    assert [case.case_id for case in read_numbers(desk).to_print] == [received[1].case_id]
    assert print_notice(desk, received[0].case_id, received[0].op_id).data == again.data
    with desk.store.read() as conn:
        acts = conn.execute(select(t.audit.c.act, t.audit.c.detail).order_by(t.audit.c.aseq)).all()
    of_it = [(act, detail.split(":")[1]) for act, detail in acts if received[0].op_id + ":" in detail]
    assert of_it == [
        ("print", received[0].receipt),
        ("reprint", numbered[0].number),
        ("reprint", numbered[0].number),
    ]
    assert [row.number for row in find_cases(desk, received[0].receipt)] == [state.number]
    assert verify_replica(desk) == []
    desk.store.close()


def test_a_case_with_a_number_gets_no_other(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=5)
    done = intake_line(desk, filled(item("SC005"), random.Random(1), "receive"))
    state = read_state(desk, done.case_id)
    assert state is not None
    entry = Entry(case_id=state.case_id, item_id=state.item_id, fields=state.fields)
    with pytest.raises(KnownError, match="已有受理编号"):
        perform(desk, OpKind.NUMBER, entry)
    saved = intake.save_case(desk, Entry(case_id=desk.make_id(), item_id=state.item_id, fields=state.fields))
    with pytest.raises(KnownError, match="没有临时收件号"):
        perform(desk, OpKind.NUMBER, Entry(case_id=saved.case_id, item_id=state.item_id, fields=state.fields))
    desk.store.close()


def test_one_case_that_cannot_be_numbered_holds_up_no_other(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=0)
    stuck, other = (
        intake_line(desk, filled(item("SC005"), random.Random(seed), "receive")).case_id for seed in (1, 2)
    )
    state = read_state(desk, stuck)
    assert state is not None
    gone = encode_state(msgspec.structs.replace(state, item_id="gone"))
    with desk.store.write() as conn:
        conn.execute(update(t.case_view).where(t.case_view.c.case_id == stuck).values(state=gone))
        add_blocks(conn, [BlockGrant(block_id="b", division="370911", year=2026, first=7, last=8)])
    assert [done.case_id for done in number_waiting(desk)] == [other]
    desk.store.close()
