"""The desk's end of a 摆渡包: what waits goes out on a stick, what the hub says comes back on one."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from models.clock import Clock
from models.device import DeviceFacts, get_meta, set_meta
from models.domain.ops import OpTime
from models.errors import KnownError
from models.progress import UNSEEN, Progress, Stopped, StoppedHalfway
from models.rulebook import Rulebook
from models.store import Store
from models.tables import replica as t
from models.vault import Missing, Vault
from sync import protocol as p
from sync.apply import cursor
from sync.audit_head import told_head
from sync.batch import signed_push
from sync.bundle import (
    LIFE_MS,
    VERSION,
    Bundle,
    BundleTransport,
    Have,
    Header,
    NotInBundle,
    Section,
    read_bundle,
    read_header,
    section,
    write_bundle,
)
from sync.engine import LEVEL_KEY, SyncEngine, SyncReport
from sync.file_protocol import FileReply, WholeFile
from sync.former import read_words
from sync.forms import LIST_KEY, held_list, keep
from sync.place import read_postings
from sync.plan import batch_length, consecutive
from sync.refill import hub_day, numbers_request

_SAFE = "没有改动，办件都在。"
IN_HEADER = 6  # words for this machine and those it was before: a header is 4 KiB at most
FILES_BYTES = 256 * 1024 * 1024  # of the room in a bundle


class LateClock:
    """The desk's clock for news that are as old as the stick: they bound the time, they don't tell it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> OpTime:
        return self._clock.now()

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        self._clock.heard_late(hub_time_ms)

    def heard_late(self, hub_time_ms: int) -> None:
        self._clock.heard_late(hub_time_ms)


class Courier:
    """Writes and reads the bundles of one desk.  ``key`` is :func:`sync.bundle.bundle_key`.

    ``most`` ops go in one batch.
    """

    def __init__(
        self,
        store: Store,
        device: DeviceFacts,
        device_key: bytes,
        rulebook: Rulebook,
        clock: Clock,
        key: bytes,
        vault: Vault | None = None,
        forms: Vault | None = None,
        most: int = p.MAX_BATCH_OPS,
    ) -> None:
        self._store = store
        self._device = device
        self._signing = device_key
        self._rulebook = rulebook
        self._clock = clock
        self.key = key
        self._vault = vault
        self._forms = forms
        self._most = most

    def export(self, progress: Progress = UNSEEN) -> tuple[bytes, int]:
        """The bytes of a bundle with all that waits, and how many ops that is.  The ops go on waiting:
        only the hub's answer, by stick or by line, settles them.  Raises Stopped."""
        time = self._clock.now()
        hub_ms = time.attested_ms or max(time.anchor_ms, time.wall_ms)
        with self._store.write() as conn:
            sequence = int(get_meta(conn, "bundle_sequence") or b"0") + 1
            set_meta(conn, "bundle_sequence", str(sequence).encode())
            sections, count = self._waiting(conn, progress)
            epoch, seq = cursor(conn, self._device.scope)
            after = p.PullRequest(scope=self._device.scope, epoch=epoch, after_seq=seq)
            have = Have(
                catalog_version=self._rulebook.newest_version(conn),
                directory_hash=(get_meta(conn, "directory_hash") or b"").decode(),
                calendar_hash=(get_meta(conn, "calendar_hash") or b"").decode(),
                credit_hash=(get_meta(conn, "credit_hash") or b"").decode(),
                forms_hash=(get_meta(conn, f"{LIST_KEY}_hash") or b"").decode(),
                forms=tuple(bytes.fromhex(name)[:8] for name in sorted(self._forms_held())),
                staff=tuple(conn.execute(select(t.lease.c.staff).order_by(t.lease.c.staff)).scalars()),
                postings=tuple(read_postings(conn).values()),
                audit=told_head(conn, self._device.device, self._signing, time.anchor_ms),
            )
            words = read_words(conn, self._device.device)[:IN_HEADER]
            sections += [section("after", after), section("have", have)]
            for year in {hub_day(hub_ms).year, hub_day(hub_ms + 31 * 24 * 3600 * 1000).year}:
                request = numbers_request(conn, self._device.division, year)
                if request is not None:
                    sections.append(section("numbers_request", request))
        sections += self._files(sum(len(one.data) for one in sections), progress)
        header = Header(
            version=VERSION,
            kind="desk",
            device=self._device.device,
            hub=self._device.hub_key,
            sequence=sequence,
            made_ms=hub_ms,
            expires_ms=hub_ms + LIFE_MS,
            registrations=words,
        )
        return write_bundle(header, sections, self.key, self._signing, progress), count

    def _waiting(self, conn: Connection, progress: Progress) -> tuple[list[Section], int]:
        rows = conn.execute(
            select(t.op.c.dseq, t.op.c.data)
            .join(t.op_status, t.op_status.c.dseq == t.op.c.dseq)
            .where(t.op_status.c.state == "pending")
            .order_by(t.op.c.dseq)
        ).all()
        sections: list[Section] = []
        start = 0
        while start < len(rows):
            progress.step(start, len(rows))
            some = rows[start : start + self._most]
            some = some[: consecutive([row.dseq for row in some])]
            some = some[: batch_length([len(row.data) for row in some])]
            ops = [row.data for row in some]
            request = signed_push(self._device.device, self._signing, some[0].dseq, ops)
            sections.append(section("push", request))
            start += len(some)
        return sections, len(rows)

    def _files(self, used: int, progress: Progress) -> list[Section]:
        """Files that the hub lacks, small ones first, as many as there is room for."""
        if self._vault is None:
            return []
        with self._store.read() as conn:
            rows = conn.execute(
                select(t.file.c.file_id, t.file.c.size)
                .where(t.file.c.upload == "waiting")
                .order_by(t.file.c.size, t.file.c.file_id)
            ).all()
        sections: list[Section] = []
        whole = used + sum(row.size for row in rows)
        for row in rows:
            progress.step(used, min(whole, FILES_BYTES))
            used += row.size
            if used > FILES_BYTES:
                break
            try:
                data = self._vault.read(row.file_id)
            except Missing:
                continue
            sections.append(section("file", WholeFile(file_id=row.file_id, data=data)))
        return sections

    def _forms_held(self) -> set[str]:
        return self._forms.names() if self._forms is not None else set()

    def _take_forms(self, bundle: Bundle, progress: Progress) -> str:
        """Blank forms and samples that came along; a sentence when the disk had no room for them."""
        if self._forms is None:
            return ""
        with self._store.read() as conn:
            listed = held_list(conn).files
        try:
            for file in bundle.messages("form", WholeFile, progress):
                progress.step(0, 0)
                keep(self._forms, listed, file.data)
        except Stopped:
            raise
        except KnownError as error:
            return str(error)
        return ""

    def _take_receipts(self, bundle: Bundle) -> None:
        """What the hub says it has of the files that went out."""
        taken = [reply.file_id for reply in bundle.messages("file_taken", FileReply) if reply.done]
        with self._store.write() as conn:
            for start in range(0, len(taken), 500):
                conn.execute(
                    update(t.file)
                    .where(t.file.c.file_id.in_(taken[start : start + 500]))
                    .values(upload="done", tries=0, reason="", sent=t.file.c.size)
                )

    def _level_was(self, level: int) -> None:
        """More of what the stick brings is still to come: it may be given in again."""
        with self._store.write() as conn:
            set_meta(conn, LEVEL_KEY, str(level).encode())

    def take_in(self, data: bytes, progress: Progress = UNSEEN) -> SyncReport:
        """Take the hub's bundle in, as a round of the engine.

        Raises KnownError, and then nothing has changed: no bundle, another desk's or hub's, expired,
        changed on the way, or older than what this desk has heard since.  Raises Stopped before anything
        was taken in, StoppedHalfway after: the same bundle then brings the rest.
        """
        header = read_header(data)
        if header.kind != "hub":
            raise KnownError(f"这是工作站发给中心的摆渡包，要在中心导入。{_SAFE}")
        if header.device != self._device.device:
            raise KnownError(f"这个摆渡包是发给另一台工作站的。{_SAFE}请核对文件。")
        if header.hub != self._device.hub_key:
            raise KnownError(f"这个摆渡包不是本机登记的中心发的。{_SAFE}请核对文件。")
        bundle = read_bundle(data, self.key, self._device.hub_key, progress)
        transport = BundleTransport(bundle, progress)
        time = self._clock.now()
        with self._store.read() as conn:
            level = int(get_meta(conn, LEVEL_KEY) or b"0")
        # Only what the hub has said bounds the time: a wall clock years ahead would refuse every stick.
        if max(time.attested_ms, time.anchor_ms, level) > header.expires_ms:
            raise KnownError(f"这个摆渡包已经过期。{_SAFE}请在中心重新导出。")
        if header.made_ms <= level:
            raise KnownError(f"本机后来已经对过账，这个摆渡包的内容都已包括。{_SAFE}")
        engine = SyncEngine(
            self._store,
            self._device,
            self._signing,
            self._rulebook,
            LateClock(self._clock),
            transport=lambda: transport,
        )
        report = engine.run()
        report.online = False
        try:
            progress.step(0, 0)
            self._take_receipts(bundle)
            unkept = self._take_forms(bundle, progress)
            progress.commit()
        except Stopped as stopped:
            self._level_was(level)
            raise StoppedHalfway from stopped
        missing = str(NotInBundle())
        report.problems = [text for text in (*report.problems, unkept) if text not in (missing, "")]
        return report
