"""Sending what waits in the outbox, batch by batch; what the hub asks for once more, too."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, func, literal_column, select, update

from models.device import DeviceFacts, get_meta, set_meta
from models.errors import KnownError
from models.ops import last_op
from models.prepared import Prepared
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync import protocol as p
from sync.ahead import Ahead
from sync.apply import record_outcomes
from sync.batch import signed_push
from sync.bootstrap import first_own
from sync.client import HubClient, HubGarbled, HubRefused, HubUnreachable
from sync.plan import batch_length, consecutive

_COUNT = Prepared(select(func.count()).select_from(t.op_status).where(t.op_status.c.state == bindparam("of")))
_ELSEWHERE = Prepared(
    select(t.op.c.dseq, t.op.c.data)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .join(t.case_view, t.case_view.c.case_id == t.op.c.case_id)
    .where(t.op_status.c.state == literal_column("'held'"), t.case_view.c.scope != bindparam("here"))
    .order_by(t.op.c.dseq)
)
_DECIDED = Prepared(
    select(t.op.c.case_id)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(t.op_status.c.dseq >= bindparam("at"), t.op_status.c.state != literal_column("'pending'"))
    .distinct()
)
_WAITING = Prepared(
    select(t.op.c.dseq, t.op.c.data)
    .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
    .where(t.op_status.c.state == literal_column("'pending'"), t.op.c.dseq > bindparam("after"))
    .order_by(t.op.c.dseq)
    .limit(literal_column(str(p.MAX_BATCH_OPS)))
)
_TRIES = "push_tries"
_MOST_HALVINGS = 9  # of 500 ops one is left
_STILL = Prepared(
    select(func.count())
    .select_from(t.op_status)
    .where(
        t.op_status.c.state == literal_column("'pending'"),
        t.op_status.c.dseq >= bindparam("first"),
        t.op_status.c.dseq <= bindparam("last"),
    )
)


class Pusher:
    """The upload of one round.  Every step is its own short transaction, so it may be cut anywhere.

    ``pushed``: how many own ops the hub has decided or held.  ``most`` ops go in one batch.
    """

    def __init__(
        self,
        client: HubClient,
        store: Store,
        device: DeviceFacts,
        device_key: bytes,
        rulebook: Rulebook,
        progress: Callable[[int, int], None],
        most: int,
    ) -> None:
        self.pushed = 0
        self._client = client
        self._batches: Ahead[p.PushRequest, p.PushReply] = Ahead(client.push, client.start)
        self._store = store
        self._device = device
        self._key = device_key
        self._rulebook = rulebook
        self._progress = progress
        self._most = most

    def run(self, session: p.SessionReply) -> None:
        """Send until nothing waits.  Raises KnownError; what was decided until then is written down."""
        self._offer_again(session)
        with self._store.read() as conn:
            tries = int(get_meta(conn, _TRIES) or b"0")
        self._most = max(1, self._most >> min(tries, _MOST_HALVINGS))
        try:
            self._push_all()
        except (HubUnreachable, HubRefused) as error:
            unanswered = isinstance(error, HubUnreachable) or error.status in (413, 500)
            if unanswered and not self.pushed:
                self._note_tries(tries + 1)
            raise
        finally:
            self._batches.drop()
        if tries:
            self._note_tries(0)

    def _note_tries(self, tries: int) -> None:
        """How often in a row not one batch was answered for: each time they become half as large, for a line
        that breaks before a large one is through, or a hub that one op brings down."""
        with self._store.write() as conn:
            set_meta(conn, _TRIES, str(tries).encode())

    def _push_all(self) -> None:
        with self._store.read() as conn:
            batch, total = self._batch(conn, 0), count_state(conn, "pending")
        self._progress(0, total)
        while batch is not None:
            reply = self._batches.answer(batch)
            first, last = batch.first_dseq, batch.first_dseq + len(batch.ops) - 1
            follows = None
            if reply.next_dseq > last:
                # Nothing of what follows hangs on what was decided: the hub goes on while this is noted.
                with self._store.read() as conn:
                    follows = self._batch(conn, last)
                if follows is not None:
                    self._batches.foresee(follows)
            with self._store.write() as conn:
                record_outcomes(conn, self._rulebook, reply.outcomes, reply.hub_time_ms)
                still = int(_STILL(conn, first=first, last=last).scalar_one())
                left = count_state(conn, "pending")
            self.pushed += len(batch.ops) - still
            self._progress(max(total - left, 0), total)
            if still == len(batch.ops):
                # The hub did not take the batch up: it wants to go on elsewhere, or answered for nothing.
                if reply.next_dseq >= first:
                    raise HubGarbled("中心没有确认收到这一批办件。办件都还在本机，没有丢失。稍后会自动再传。")
                self._mark_pending_from(reply.next_dseq)
            if follows is None:
                with self._store.read() as conn:
                    follows = self._batch(conn, 0)
            batch = follows

    def _batch(self, conn: Connection, after: int) -> p.PushRequest | None:
        """The first ops later than ``after`` that wait to be sent; None when none does."""
        rows = _WAITING(conn, after=after).all()
        rows = rows[: consecutive([row.dseq for row in rows])][: self._most]
        if not rows:
            return None
        ops = [row.data for row in rows[: batch_length([len(row.data) for row in rows])]]
        return signed_push(self._device.device, self._key, rows[0].dseq, ops)

    def ask_elsewhere(self, session: p.SessionReply) -> None:
        """What waits in a hall that this machine has left is told by no feed it reads any more.

        The hub answers an op that it has, sent once more, with what it has decided by now.
        """
        with self._store.read() as conn:
            rows = _ELSEWHERE(conn, here=session.scope).all()
        for row in rows:
            reply = self._client.push(signed_push(self._device.device, self._key, row.dseq, [row.data]))
            told = [one for one in reply.outcomes if one.outcome is not p.Outcome.HELD]
            with self._store.write() as conn:
                record_outcomes(conn, self._rulebook, told, reply.hub_time_ms)

    def _offer_again(self, session: p.SessionReply) -> None:
        """A hub restored from a backup asks for older ops than we thought it had."""
        with self._store.read() as conn:
            last = last_op(conn)[0]
            oldest = first_own(conn)
        if session.next_dseq < oldest:
            raise KnownError(
                "中心恢复自很早的备份，缺少本机已经精简掉的记录，接不上。办件都在本机，没有丢失。"
                "请管理员用 hub device release 发恢复码，再在本机运行 desk recover。"
            )
        if session.next_dseq <= last:
            self._mark_pending_from(session.next_dseq)

    def _mark_pending_from(self, dseq: int) -> None:
        """To be sent again.  What had been sent back or laid aside counts again, so its cases are shown anew."""
        with self._store.read() as conn:
            if _DECIDED(conn, at=dseq).first() is None:
                return  # as in nearly every round: they wait already
        with self._store.write() as conn:
            decided = list(_DECIDED(conn, at=dseq).scalars())
            again = t.op_status.c.dseq >= dseq
            conn.execute(update(t.op_status).where(again).values(state="pending", reason=""))
            project_all(conn, self._rulebook, decided)


def count_state(conn: Connection, state: str) -> int:
    """How many own ops are in this state of the outbox."""
    return int(_COUNT(conn, of=state).scalar_one())
