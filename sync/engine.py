"""One round of reconciliation: push, pull, numbers, catalogue.  No Qt, no threads of its own.

Upload and download are independent: when one is refused, the other still runs.  Reading the
replica never waits for a round, because every step is its own short transaction.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import bindparam, select, update

from models.clock import Clock
from models.device import ESCROW_NEXT, ESCROW_TOLD, DeviceFacts, get_meta, set_meta
from models.errors import KnownError
from models.ops import last_op
from models.prepared import Prepared
from models.projection import open_conflicts
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from sync import protocol as p
from sync.apply import ANCHOR_KEY, start_over
from sync.attachments import offer_wanted
from sync.audit_head import keep_point, told_head
from sync.bootstrap import not_served
from sync.bundle import BUNDLE_BEFORE
from sync.client import HubClient, HubRefused, HubUnreachable, Transport
from sync.compact import compact
from sync.former import ask_for_former, note_word, offer_former, read_words
from sync.leases import add_blocks
from sync.machines import ask_machines
from sync.place import leave, note_place, read_postings
from sync.published import fetch_catalog, fetch_documents
from sync.pull import Pulled, Puller
from sync.push import Pusher, count_state
from sync.refill import hub_day, numbers_request, request_key

DECEMBER = 12
# One step that the line does not carry (a long download, a large batch) is no reason to leave the others undone;
# two are: each may cost a minute of waiting for the same silence.
MOST_SILENT = 2
_HEARD = "epoch_heard"  # of the hub that was last told anything
LEVEL_KEY = "level_ms"  # by the hub's clock, when this replica last had all the hub could tell it
_READ_BEFORE = Prepared(
    select(t.cursor.c.scope).where(t.cursor.c.epoch != bindparam("epoch")).order_by(t.cursor.c.scope)
)
_STAFF = Prepared(select(t.lease.c.staff))


class SyncReport(msgspec.Struct, kw_only=True):
    """What one round did; ``problems`` are plain sentences, one a step that could not be done.

    ``repaired``: confirmed cases that had gone wrong in this replica and were read again.
    ``purged``: cases of a hall this desk has left.  ``moved``: it was given another hall or window since
    sign-in, and no act is made until somebody signs in anew.  ``revoked``: the hub takes nothing from it,
    since ``revoked_ms`` and by whom, 0 and "" where it does not tell.  ``again_ms``: it had no room for
    this desk or its batch, and will have after that time.
    """

    pushed: int = 0
    pulled: int = 0
    conflicts: int = 0
    rejected: int = 0
    pending: int = 0
    numbers: int = 0
    repaired: int = 0
    purged: int = 0
    moved: bool = False
    revoked: bool = False
    revoked_ms: int = 0
    revoked_by: str = ""
    catalog: str = ""
    online: bool = False
    again_ms: int = 0
    problems: list[str] = []
    leases: p.Leases | None = None
    leases_ms: int = 0


class SyncEngine:
    """Reconciles one desk with its hub.  Use from one thread at a time.

    A ``thorough`` round reads the replica through to compare it; others only when something changed.
    ``hall``: ask about the other machines of the hall, too.  ``fewest`` ops are worth dropping at once (see :func:`sync.compact.compact`).
    ``most`` ops, entries or cases go in one message.
    """

    def __init__(
        self,
        store: Store,
        device: DeviceFacts,
        device_key: bytes,
        rulebook: Rulebook,
        clock: Clock,
        on_progress: Callable[[int, int], None] | None = None,
        transport: Callable[[], Transport] | None = None,
        thorough: bool = True,
        fewest: int = 0,
        hall: bool = False,
        most: int = p.MAX_BATCH_OPS,
    ) -> None:
        self._store = store
        self._device = device
        self._key = device_key
        self._rulebook = rulebook
        self._clock = clock
        self._progress = on_progress or (lambda done, total: None)
        self._transport = transport
        self._thorough = thorough
        self._fewest = fewest
        self._hall = hall
        self._most = most

    def run(self) -> SyncReport:
        """One round.  Never raises for what a network or a hub can do; see ``problems``."""
        report = SyncReport()
        try:
            with self._client() as client:
                self._rounds(client, report)
        except KnownError as error:
            report.problems.append(str(error))
            if isinstance(error, HubRefused) and error.code == "device_revoked":
                report.revoked, report.revoked_ms, report.revoked_by = True, error.at_ms, error.by
            elif isinstance(error, HubRefused):
                report.again_ms = error.again_ms
        report.problems = list(dict.fromkeys(report.problems))  # what stops two steps is one thing to a clerk
        with self._store.read() as conn:
            report.pending = count_state(conn, "pending")
            report.rejected = count_state(conn, "rejected") + count_state(conn, "quarantined")
            report.conflicts = len(open_conflicts(conn))
        return report

    def _client(self) -> HubClient:
        facts = self._device
        transport = self._transport() if self._transport is not None else None
        return HubClient(facts.hub_url, ca_file=facts.ca_file, clock=self._clock, transport=transport)

    def _rounds(self, client: HubClient, report: SyncReport) -> None:
        with self._store.read() as conn:
            dseq = last_op(conn)[0]
            postings, words = read_postings(conn), read_words(conn, self._device.device)
        session = client.open_session(
            self._device.device,
            self._key,
            dseq,
            self._device.hub_key,
            tuple(postings.values()),
            self._audit,
            words,
        )
        report.online = True
        keep_point(self._store, self._device, session.audit)
        self._meet_epoch(session)
        report.moved = note_place(self._store, self._device, session)
        note_word(self._store, self._device.device, session)
        offer_wanted(self._store, session.wanted_files)
        steps: tuple[Callable[[HubClient, p.SessionReply, SyncReport], None], ...] = (
            self._tell_escrow,
            self._fetch_rules,
            self._offer_former,
            self._push,
            self._ask_elsewhere,
            self._pull,
            self._refill_numbers,
            self._ask_leases,
            self._ask_hall,
            self._compact,
        )
        silent = 0
        for step in steps:
            try:
                step(client, session, report)
            except HubUnreachable as error:
                report.problems.append(str(error))
                report.online = False
                silent += 1
                if silent == MOST_SILENT:
                    break
            except KnownError as error:
                report.problems.append(str(error))
                if isinstance(error, HubRefused):
                    report.again_ms = max(report.again_ms, error.again_ms)
        now = self._clock.now()
        with self._store.write() as conn:
            set_meta(conn, ANCHOR_KEY, str(now.anchor_ms).encode())
            if not silent:
                set_meta(conn, "last_sync_ms", str(now.wall_ms).encode())
            if not report.problems:
                set_meta(conn, LEVEL_KEY, str(session.hub_time_ms).encode())

    def _audit(self, heard_ms: int) -> bytes:
        with self._store.read() as conn:
            return told_head(conn, self._device.device, self._key, heard_ms)

    def _tell_escrow(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        """After a rekey: until the hub holds the new key, no further clerk could sign in here."""
        with self._store.read() as conn:
            key = get_meta(conn, ESCROW_NEXT)
        if not key:
            return
        try:
            client.escrow(p.EscrowRequest(escrow_key=key))
        except HubRefused as error:
            if not not_served(error):
                raise
            return
        with self._store.write() as conn:
            set_meta(conn, ESCROW_NEXT, b"")
            set_meta(conn, ESCROW_TOLD, key)
            set_meta(conn, BUNDLE_BEFORE, b"")

    def _offer_former(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        """What this machine did under a former name, and a restored hub has lost."""
        try:
            offer_former(client, self._store, self._device, self._rulebook)
        except HubRefused as error:
            if not not_served(error):
                raise

    def _meet_epoch(self, session: p.SessionReply) -> None:
        """A hub restored from a backup may have lost ops, or decide them otherwise: ask about all of
        them again.  It answers for those it has what it has decided now."""
        with self._store.write() as conn:
            # Of whatever hall: a desk may hear of a restore and of its move in one breath.
            former = list(_READ_BEFORE(conn, epoch=session.epoch).scalars())
            heard, now = get_meta(conn, _HEARD), session.epoch.encode()
            # The cursors alone do not tell: a hub restored in the midst of a round was read on at once.
            if former or heard not in (None, now):
                conn.execute(update(t.op_status).values(state="pending", reason=""))
                # Its files may be older too; any desk that holds the bytes can bring them again.
                conn.execute(update(t.file).where(t.file.c.upload == "done").values(upload="waiting"))
                for scope in former:
                    start_over(conn, self._rulebook, scope)
                ask_for_former(conn)
                told = get_meta(conn, ESCROW_TOLD)
                if told and not get_meta(conn, ESCROW_NEXT):
                    set_meta(conn, ESCROW_NEXT, told)
            if heard != now:
                set_meta(conn, _HEARD, now)

    def _push(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        pusher = self._pusher(client)
        try:
            pusher.run(session)
        finally:
            report.pushed += pusher.pushed

    def _ask_elsewhere(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        self._pusher(client).ask_elsewhere(session)

    def _pusher(self, client: HubClient) -> Pusher:
        return Pusher(
            client, self._store, self._device, self._key, self._rulebook, self._progress, self._most
        )

    def _pull(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        report.purged += leave(self._store, self._rulebook, session, self._clock.now().wall_ms)
        done = Pulled()
        puller = Puller(
            client,
            self._store,
            self._device,
            self._rulebook,
            lambda: self._clock.now().wall_ms,
            thorough=self._thorough,
            most=self._most,
        )
        try:
            puller.run(session, done)
        finally:
            report.pulled += done.pulled
            report.repaired += done.repaired

    def _compact(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        try:
            compact(client, self._store, self._device, session.hub_time_ms, fewest=self._fewest)
        except HubRefused as error:
            if not not_served(error):
                raise

    def _ask_leases(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        """Whose offline sign-in goes on, and whose ends; the caller stores it, who knows of signing in."""
        with self._store.read() as conn:
            staff = tuple(_STAFF(conn).scalars())
        if not staff:
            return
        try:
            report.leases = client.leases(p.LeasesRequest(staff=staff))
            report.leases_ms = session.hub_time_ms
        except HubRefused as error:
            if not not_served(error):
                raise

    def _ask_hall(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        if self._hall:
            ask_machines(client, self._store)

    def _refill_numbers(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        # By the hub's time: a desk whose clock is years off would ask for years that are not due.
        day = hub_day(session.hub_time_ms)
        for year in [day.year, day.year + 1] if day.month == DECEMBER else [day.year]:
            with self._store.write() as conn:
                request = numbers_request(conn, session.division, year)
            if request is None:
                continue
            reply = client.numbers(request)
            with self._store.write() as conn:
                report.numbers += add_blocks(conn, reply.blocks)
                set_meta(conn, request_key(year), b"")

    def _fetch_rules(self, client: HubClient, session: p.SessionReply, report: SyncReport) -> None:
        report.catalog = fetch_catalog(
            client, session, self._store, self._device, self._rulebook, self._clock
        )
        fetch_documents(client, session, self._store, self._device, self._rulebook)
