"""Bringing the replica level with its scope: snapshot when it starts, deltas, checksum, repair."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from models.device import DeviceFacts, get_meta, set_meta
from models.errors import KnownError
from models.rulebook import Rulebook
from models.store import Store
from sync import protocol as p
from sync.ahead import Ahead
from sync.apply import apply_page, cursor, forget_cursor, local_checksum, start_over
from sync.bootstrap import Snapshots, forget_place, not_served
from sync.client import HubClient, HubRefused
from sync.repair import Everything, Moved, repair
from sync.thin import Unrestorable

MOST_REPAIRS = 3
MOST_MOVES = 20  # a busy scope may move on while it is compared


def _alike_key(scope: str) -> str:
    return f"alike:{scope}"


class Pulled(msgspec.Struct, kw_only=True):
    """``pulled``: new feed entries and snapshot cases; ``repaired``: cases that had gone wrong here."""

    pulled: int = 0
    repaired: int = 0


class Puller:
    """One pull of one desk.  Every step is its own short transaction, so it may be cut anywhere."""

    def __init__(
        self,
        client: HubClient,
        store: Store,
        device: DeviceFacts,
        rulebook: Rulebook,
        now_ms: Callable[[], int],
        *,
        thorough: bool = True,
        most: int,
    ) -> None:
        self._client = client
        self._pages: Ahead[p.PullRequest, p.PullReply] = Ahead(client.pull, client.start)
        self._store = store
        self._device = device
        self._rulebook = rulebook
        self._now_ms = now_ms
        self._most = most
        self._snapshots = Snapshots(client, store, device, rulebook)
        self._thorough = thorough
        self._has_snapshots = True
        self._lean = True
        self._repairs = 0
        self._moves = 0

    def run(self, session: p.SessionReply, done: Pulled) -> None:
        """Read until level and alike.  Counts in ``done``, also when it raises KnownError."""
        try:
            self._run(session, done)
        finally:
            self._pages.drop()

    def _run(self, session: p.SessionReply, done: Pulled) -> None:
        scope, now_epoch = session.scope, session.epoch
        while True:
            with self._store.read() as conn:
                epoch, seq = cursor(conn, scope)
            if epoch and epoch != now_epoch:
                self._start_over(scope)
                continue
            self._thorough |= not epoch  # what is read anew is compared, whatever was found before
            if not epoch and self._bootstrapped(scope, done):
                with self._store.read() as conn:
                    now_epoch, seq = cursor(conn, scope)
            request = p.PullRequest(
                scope=scope,
                epoch=now_epoch,
                after_seq=seq,
                limit=self._most,
                lean=self._lean,
                snapshots=self._has_snapshots,
            )
            reply = self._pages.answer(request)
            if reply.epoch != now_epoch:  # restored from a backup since the session was opened
                now_epoch = reply.epoch
                self._start_over(scope)
                continue
            # Without a word: what the hub tells under these sequences now is other than it was.
            went_back = reply.head_seq < seq
            if went_back:
                self._count_repair()
            if went_back and not self._has_snapshots:
                self._start_over(scope)
                continue
            if went_back or (reply.snapshot and self._has_snapshots):
                # What is here stays to be read meanwhile; the chunks replace it case by case.
                with self._store.write() as conn:
                    forget_cursor(conn, scope)
                    forget_place(conn, scope)
                self._thorough = True
                continue
            if reply.entries and reply.entries[-1].seq < reply.head_seq:
                after = reply.entries[-1].seq
                self._pages.foresee(msgspec.structs.replace(request, after_seq=after))
            if not self._taken(reply, done):
                continue
            with self._store.read() as conn:
                seq = cursor(conn, scope)[1]
                level = not reply.entries or seq >= reply.head_seq
                alike = not (level and reply.checksum) or self._alike(conn, reply)
            if not alike:
                self._heal(scope, done)
            elif level:
                self._note_alike(reply)
                return

    def _alike(self, conn: Connection, reply: p.PullReply) -> bool:
        """Whether the replica is the hub's, case by case.  Unless ``thorough``, what was found alike and
        has not changed at the hub since is not read through again."""
        if not self._thorough and get_meta(conn, _alike_key(reply.scope)) == reply.checksum:
            return True
        return local_checksum(conn, reply.scope) == reply.checksum

    def _note_alike(self, reply: p.PullReply) -> None:
        with self._store.write() as conn:
            if reply.checksum and get_meta(conn, _alike_key(reply.scope)) != reply.checksum:
                set_meta(conn, _alike_key(reply.scope), reply.checksum)

    def _taken(self, reply: p.PullReply, done: Pulled) -> bool:
        """False when the page has to be read again: whole, or after the scope was read anew."""
        try:
            with self._store.write() as conn:
                done.pulled += apply_page(conn, self._rulebook, self._device.device, reply)
        except (Unrestorable, msgspec.MsgspecError):
            if not self._lean:  # a state here cannot even be read: nothing of the scope is worth keeping
                self._count_repair()
                self._start_over(reply.scope)
            self._lean = False
            return False
        return True

    def _count_repair(self) -> None:
        if self._repairs >= MOST_REPAIRS:
            raise KnownError("本机副本与中心核对不上，已重读一遍仍不一致。本机办件都在。请联系管理员。")
        self._repairs += 1

    def _bootstrapped(self, scope: str, done: Pulled) -> bool:
        """False when the hub is too old for snapshots: its feed then has everything from the start."""
        if not self._has_snapshots:
            return False
        try:
            done.pulled += self._snapshots.bootstrap(scope, self._most)
        except HubRefused as error:
            if not not_served(error):
                raise
            self._has_snapshots = False
        return self._has_snapshots

    def _heal(self, scope: str, done: Pulled) -> None:
        self._pages.drop()
        self._count_repair()
        self._lean = False
        try:
            done.repaired += repair(
                self._client, self._store, self._device, self._rulebook, scope, self._now_ms()
            )
        except Moved:
            self._repairs -= 1
            self._moves += 1
            if self._moves > MOST_MOVES:
                raise KnownError("中心正忙，本机副本这次没有核对完。办件都在，下次对账会再核对。") from None
            return
        except Everything:
            self._start_over(scope)
        except HubRefused as error:
            if not not_served(error):
                raise
            self._start_over(scope)

    def _start_over(self, scope: str) -> None:
        self._pages.drop()
        with self._store.write() as conn:
            start_over(conn, self._rulebook, scope)
            forget_place(conn, scope)
