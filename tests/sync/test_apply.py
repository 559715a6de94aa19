"""Writing what the hub said: in its order, and without taking an own act out of sight meanwhile."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy import select

from app.commands.act import Entry
from app.commands.batch import intake_line
from app.commands.intake import add_note
from app.commands.verify import verify_replica
from app.queries.cases import find_cases, read_state
from app.sample import filled
from models.domain.case import CaseStatus
from models.projection import open_conflicts, project_all, refresh_sync
from models.tables import replica as t
from sync.apply import apply_page, record_outcomes
from sync.protocol import FeedEntry, FieldConflict, OpOutcome, Outcome, PullReply
from tests.desk_kit import item, make_desk


def test_an_act_the_hub_has_taken_stays_in_sight_until_the_feed_brings_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    done = intake_line(desk, filled(item("SC005"), random.Random(1)))
    told = OpOutcome(dseq=1, op_id=done.op_id, outcome=Outcome.APPLIED, rev=1)
    with desk.store.write() as conn:
        record_outcomes(conn, desk.rulebook, [told], 1)
        refresh_sync(conn, [done.case_id])
    assert verify_replica(desk) == []  # the view is made anew from op, outcome and feed
    state = read_state(desk, done.case_id)
    assert state is not None
    assert state.status is CaseStatus.ACCEPTED
    assert [row.sync for row in find_cases(desk)] == ["synced"]
    desk.store.close()


def test_a_later_act_stays_in_sight_over_what_the_feed_has_brought(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    done = intake_line(desk, filled(item("SC005"), random.Random(1)))
    with desk.store.read() as conn:
        data = conn.execute(select(t.op.c.data)).scalar_one()
        state = conn.execute(select(t.case_view.c.state)).scalar_one()
    brought = FeedEntry(
        seq=1, case_id=done.case_id, op_id=done.op_id, outcome=Outcome.APPLIED, rev=1, op=data, state=state
    )
    page = PullReply(epoch="e", scope="370911", hub_time_ms=1, entries=(brought,), head_seq=1)
    before = read_state(desk, done.case_id)
    assert before is not None
    noted = add_note(
        desk, Entry(case_id=done.case_id, item_id=before.item_id, fields=before.fields), "样例备注"
    )
    with desk.store.write() as conn:
        told = [
            OpOutcome(dseq=n, op_id=op_id, outcome=Outcome.APPLIED, rev=n)
            for n, op_id in ((1, done.op_id), (2, noted.op_id))
        ]
        record_outcomes(conn, desk.rulebook, told, 1)
        apply_page(conn, desk.rulebook, "D01", page)
        project_all(conn, desk.rulebook, [done.case_id])
    after = read_state(desk, done.case_id)
    assert after is not None
    assert [note.text for note in after.notes] == ["样例备注"]
    desk.store.close()


def test_a_conflict_that_the_feed_opens_after_its_decision_is_open(tmp_path: Path) -> None:
    """So it comes after a restore: the decision was offered again before the conflict arose anew."""
    desk = make_desk(tmp_path)
    done = intake_line(desk, filled(item("SC005"), random.Random(1)))
    with desk.store.read() as conn:
        data = conn.execute(select(t.op.c.data)).scalar_one()
        state = conn.execute(select(t.case_view.c.state)).scalar_one()
    clash = FieldConflict(
        conflict_id="x.0",
        case_id=done.case_id,
        op_id="x",
        path="form.a",
        base="",
        mine="1",
        theirs="2",
        kind="C",
    )

    def entry(seq: int, **more: object) -> FeedEntry:
        return FeedEntry(
            seq=seq,
            case_id=done.case_id,
            op_id=f"op{seq}",
            outcome=Outcome.APPLIED,
            rev=1,
            op=data,
            state=state,
            **more,  # type: ignore[arg-type]  # conflicts or resolved
        )

    decided, opened = entry(1, resolved=("x.0",)), entry(2, conflicts=(clash,))
    settled = entry(3, resolved=("x.0",))
    for after, entries, open_ in ((0, (decided, opened), ["x.0"]), (2, (settled,), [])):
        page = PullReply(
            epoch="e", scope="370911", hub_time_ms=1, entries=entries, head_seq=after + len(entries)
        )
        with desk.store.write() as conn:
            apply_page(conn, desk.rulebook, "D01", page)
            assert [row.conflict_id for row in open_conflicts(conn)] == open_
    desk.store.close()
