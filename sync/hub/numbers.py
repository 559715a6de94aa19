"""Number leases: the hub's ledger of blocks.  A serial is granted once and never again.

Series are per 区划 (6 digits) × year.  Every number printed anywhere ends in ``number_ledger``.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from models.domain.numbers import MAX_SERIAL, Number, normalise_number, parse_number
from models.domain.ops import OpTime
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.devices import lineage
from sync.hub.granted import Granted
from sync.hub.places import read_places
from sync.hub.prepared import Prepared, Rows, among
from sync.hub.refusal import Refused
from sync.hub.upsert import insert_ignore, upsert
from sync.plan import MOST_WANTED
from sync.protocol import BlockGrant, NumbersReply, NumbersRequest

CHINA = dt.timezone(dt.timedelta(hours=8))
EXPIRY_SLACK_MS = 10 * 60 * 1000  # what clocks may differ by at the turn of the year
_RESTORED = "restored_year"
_RESTORES = "restores"
_HIGHEST = "restored_highest"
_RESTORED_MS = "restored_ms"
_META = Prepared(select(t.hub_meta.c.value).where(t.hub_meta.c.key == bindparam("at")))
_USED = Prepared(
    lambda kind: select(t.number_ledger.c.number, t.number_ledger.c.case_id).where(
        among(kind, t.number_ledger.c.number, "numbers")
    )
)
_USES = Rows(t.number_ledger, *(column.name for column in t.number_ledger.columns))
_BLOCKS = Prepared(lambda kind: select(t.number_block).where(among(kind, t.number_block.c.device, "devices")))
RESTORE_GAP = 50_000  # serials kept aside per series when a backup may not know the last grants


def grant(hub: Hub, device: str, division: str, request: NumbersRequest) -> NumbersReply:
    """A block for a desk; the same ``request_id`` gets the same block again.

    The block is large enough that ``have`` + block ≥ ``want``.  Raises Refused for a year that is
    neither this nor next by the hub's clock, and when the series is used up.
    """
    now = hub.now_ms()
    this_year = year_of(now)
    if request.year not in (this_year, this_year + 1) or not request.have >= 0 or not request.want >= 0:
        raise Refused(
            400,
            "bad_year",
            f"只能领取 {this_year} 年和 {this_year + 1} 年的受理编号，没有发放。请核对本机日期。",
        )
    if not re.fullmatch(r"[0-9A-Za-z:_-]{8,64}", request.request_id):
        raise Refused(400, "bad_request", "领号请求没有编号，没有发放。请升级工作站程序。")
    size = max(hub.smallest_block, min(request.want, MOST_WANTED) - request.have)
    with hub.write() as conn:
        key = {"division": division[:6], "year": request.year}
        _open_series(conn, division[:6], request.year, now)
        where = (t.number_series.c.division == key["division"], t.number_series.c.year == request.year)
        first = _passed_over(conn, hub.granted, division[:6], request.year, now)
        elsewhere = f"{request.request_id}:{division[:6]}"
        blocks = conn.execute(
            select(t.number_block).where(
                t.number_block.c.device == device,
                t.number_block.c.request_id.in_((request.request_id, elsewhere)),
            )
        ).all()
        block = next((one for one in blocks if one.division == division[:6]), None)
        # Asked before the machine was moved and answered to nobody: that block is of another 区划.
        request_id = elsewhere if blocks else request.request_id
        if block is None:
            last = first + size - 1
            if last > MAX_SERIAL:
                raise Refused(
                    409, "series_full", "本区划今年的受理编号已经发完，没有发放。请联系中心管理员。"
                )
            values = {
                "block_id": secrets.token_hex(12),
                "device": device,
                "request_id": request_id,
                **key,
                "first": first,
                "last": last,
                "granted_ms": now,
            }
            conn.execute(insert(t.number_block).values(**values))
            conn.execute(update(t.number_series).where(*where).values(next=last + 1))
            _note(hub.granted, division[:6], request.year, last + 1)
            record(
                conn,
                now,
                device,
                "numbers",
                target=f"{division[:6]}/{request.year}",
                detail=f"{first}-{last}",
            )
            block_id = str(values["block_id"])
        else:
            block_id, first, last = block.block_id, block.first, block.last
    # The desk looks its blocks up by its own 区划, which for a township has nine digits.
    granted = BlockGrant(block_id=block_id, division=division, year=request.year, first=first, last=last)
    return NumbersReply(blocks=(granted,), hub_time_ms=hub.now_ms())


def expired_when_taken(number: str, time: OpTime) -> bool:
    """Whether a number was taken for certain after its year had ended: by the latest that the desk
    itself tells, its clock or the hub's time as it last heard it and counted on."""
    parts = parse_number(number)
    latest = max(time.wall_ms, time.attested_ms, time.anchor_ms) - EXPIRY_SLACK_MS
    return parts is not None and parts.year < year_of(latest)


class Ledger:
    """Checks the numbers of one batch against grants and uses, and collects the new uses."""

    def __init__(self, conn: Connection, scope: str, now_ms: int, granted: Granted) -> None:
        self._conn = conn
        self._outside = granted
        self._now_ms = now_ms
        self._scope = scope
        self._owner: dict[str, str | None] = {}
        self._blocks: dict[str, list[tuple[str, int, int, int]]] = {}
        self._fresh: list[tuple[object, ...]] = []

    def load(self, numbers: Collection[str]) -> None:
        """Look up who uses these numbers, in one query."""
        missing = [n for n in numbers if n not in self._owner and parse_number(n) is not None]
        if missing:
            self._owner.update(dict.fromkeys(missing))
            for row in _USED(self._conn, numbers=missing):
                self._owner[row.number] = row.case_id

    def objection(self, device: str, number: str, case_id: str) -> tuple[str, str] | None:
        """(code, sentence) when this desk may not use this number for this case; None when it may."""
        parts = parse_number(number)
        if parts is None or normalise_number(number) != number:
            return "number_invalid", "受理编号的校验位对不上，中心没有采用。"
        self.load([number])
        if self._owner[number] not in (None, case_id):
            return (
                "number_doubled",
                "这个受理编号已经用在另一件办件上，中心没有采用。"
                "内容都在本机，请重新受理，换新编号并重印通知书。",
            )
        if self._covers(device, parts):
            return None
        if (self._lost(parts) or self._forgotten(parts)) and self._covers(device, parts):
            return None
        return "number_foreign", "这个受理编号不在发给本机的号段里，中心没有采用。"

    def use(self, device: str, number: str, case_id: str, op_id: str, now_ms: int) -> bool:
        """Note the use; the number belongs to that case for ever, whatever becomes of the op.

        Tells whether this is the first that is heard of the number.
        """
        fresh = self._owner.get(number) is None
        if fresh:
            self._owner[number] = case_id
            self._fresh.append((number, self._scope, case_id, op_id, device, now_ms))
        return fresh

    def case_of(self, number: str) -> str:
        """The case that bears a number, in whichever hall; "" where nobody used it."""
        self.load([number])
        return self._owner.get(number) or ""

    def flush(self) -> None:
        _USES.put(self._conn, self._fresh)
        self._fresh = []

    def _covers(self, device: str, number: Number) -> bool:
        return any(
            division == number.division and year == number.year and first <= number.serial <= last
            for division, year, first, last in self._granted(device)
        )

    def _lost(self, number: Number) -> bool:
        """Whether the number may be of a series that a restored backup did not know; it is known then."""
        if number.year > _restored(self._conn) + 1:
            return False
        halls = read_places(self._conn).halls
        if not any(hall.division[:6] == number.division for hall in halls):
            return False
        self._blocks.clear()
        return _open_series(self._conn, number.division, number.year, self._now_ms)

    def _forgotten(self, number: Number) -> bool:
        """Whether the number may be out of a grant that the database has forgotten; it is known then."""
        reach = self._outside.reach(_series_name(number.division, number.year))
        if number.serial >= reach:
            return False
        self._blocks.clear()
        _open_series(self._conn, number.division, number.year, self._now_ms)
        _passed_over(self._conn, self._outside, number.division, number.year, self._now_ms)
        return True

    def _granted(self, device: str) -> list[tuple[str, int, int, int]]:
        if device not in self._blocks:
            # A recovered machine prints and sends on numbers that its former identity was granted.
            blocks = _BLOCKS(self._conn, devices=[*lineage(self._conn, device), ""])
            self._blocks[device] = [(b.division, b.year, b.first, b.last) for b in blocks]
        return self._blocks[device]


class Restores(msgspec.Struct, kw_only=True):
    """What a database forgets when it is put back: the ``times`` of restores, and of each series
    ("370911/2026") the serial behind the ``highest`` that was given out or set aside by the last of them."""

    times: list[int] = []
    highest: dict[str, int] = {}


def skip_ahead(conn: Connection, epoch: str, now_ms: int, kept: Restores) -> None:
    """After a restore: desks may hold blocks granted since the backup, or since any restore before this one.
    Their serials are never granted again, and a number out of them is taken from whoever uses it first.

    ``kept`` is told how far that goes.  A series that the backup does not know at all is dealt with when it
    is first heard of.
    """
    facts = {
        _RESTORED: str(year_of(now_ms)).encode(),
        _RESTORED_MS: str(now_ms).encode(),
        _RESTORES: str(len(kept.times)).encode(),
    }
    for series in conn.execute(select(t.number_series).with_for_update()).all():
        # Behind what the last restore knew of there are fewer than a gap's; of a series that none has known,
        # fewer than a gap's for each restore.
        name = _series_name(series.division, series.year)
        known = kept.highest.get(name)
        gap = RESTORE_GAP if known is not None else RESTORE_GAP * max(1, len(kept.times))
        last = max(series.next, known or 1) + gap - 1
        why = f"restore:{epoch}"
        _set_aside(conn, why, series.division, series.year, series.next, last, now_ms)
        kept.highest[name] = min(last, MAX_SERIAL) + 1
    facts[_HIGHEST] = msgspec.json.encode(kept.highest)
    upsert(conn, t.hub_meta, [{"key": key, "value": value} for key, value in facts.items()])


def _open_series(conn: Connection, division: str, year: int, now_ms: int) -> bool:
    """Begin a series unless it is begun; tells whether it was begun now.

    Since the last restore it begins behind a gap: the backup may be older than the series' first block,
    whose numbers are out.
    """
    if not insert_ignore(conn, t.number_series, {"division": division, "year": year, "next": 1}):
        return False
    if year <= _restored(conn) + 1:
        gap = RESTORE_GAP * max(1, _kept(conn, _RESTORES))
        last = _highest(conn).get(_series_name(division, year), 1) + gap - 1
        _set_aside(conn, "restore", division, year, 1, last, now_ms)
    return True


def _passed_over(conn: Connection, granted: Granted, division: str, year: int, now_ms: int) -> int:
    """The next serial of a series, locked; what was given out beyond what the database knows is set aside."""
    where = (t.number_series.c.division == division, t.number_series.c.year == year)
    following = int(conn.execute(select(t.number_series.c.next).where(*where).with_for_update()).scalar_one())
    reach = granted.reach(_series_name(division, year))
    if reach <= following:
        return following
    _set_aside(conn, f"forgotten:{following}", division, year, following, reach - 1, now_ms)
    record(
        conn,
        now_ms,
        "hub",
        "numbers_forgotten",
        target=f"{division}/{year}",
        detail=f"{following}-{reach - 1}",
    )
    return reach


def _note(granted: Granted, division: str, year: int, following: int) -> None:
    try:
        granted.note(_series_name(division, year), following)
    except KnownError as error:
        raise Refused(503, "not_kept", str(error)) from error


def _series_name(division: str, year: int) -> str:
    return f"{division}/{year}"


def _set_aside(
    conn: Connection, why: str, division: str, year: int, first: int, last: int, now_ms: int
) -> None:
    """The next serials of a series, up to ``last``, become a block of nobody."""
    last = min(last, MAX_SERIAL)
    if last < first:
        return
    conn.execute(
        insert(t.number_block).values(
            block_id=secrets.token_hex(12),
            device="",
            request_id=f"{why}:{division}:{year}",
            division=division,
            year=year,
            first=first,
            last=last,
            granted_ms=now_ms,
        )
    )
    conn.execute(
        update(t.number_series)
        .where(t.number_series.c.division == division, t.number_series.c.year == year)
        .values(next=last + 1)
    )


def restored_ms(conn: Connection) -> int:
    """The hub's time of the last restore, 0 without one; of one that an earlier program made, the end of its year."""
    year = _restored(conn)
    if not year:
        return 0
    end = dt.datetime(year + 1, 1, 1, tzinfo=CHINA)
    return _kept(conn, _RESTORED_MS) or int(end.timestamp() * 1000)


def _restored(conn: Connection) -> int:
    """The year of the last restore; blocks of it and of the next may have been granted before it."""
    return _kept(conn, _RESTORED)


def _highest(conn: Connection) -> dict[str, int]:
    value = _META(conn, at=_HIGHEST).scalar()
    return msgspec.json.decode(value, type=dict[str, int]) if value is not None else {}


def _kept(conn: Connection, key: str) -> int:
    value = _META(conn, at=key).scalar()
    return int(value) if value is not None else 0


def year_of(now_ms: int) -> int:
    """The year in China at the hub's time."""
    return dt.datetime.fromtimestamp(now_ms / 1000, CHINA).year
