"""A real desk for tests: encrypted replica, the demo city's catalogue, a number block, a lease."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from sqlalchemy import insert

from app.commands.context import Desk
from models.crypto import public_key, sign
from models.device import DeviceFacts, set_meta
from models.domain.catalog import Catalog, Item, encode_catalog
from models.domain.ops import OpTime
from models.rulebook import Rulebook
from models.store import Store, create_store, open_store
from models.tables import replica as t
from sync.hub.catalog import read_catalog
from sync.leases import add_blocks
from sync.protocol import BlockGrant, SignInLease

ROOT = Path(__file__).resolve().parent.parent
CITY = ROOT / "resources" / "city" / "taian"
DATA_KEY = bytes(range(32))
HUB_SIGNING = bytes(range(1, 33))  # of the hub that the desk is registered with
# 2026-11-23 10:30 in Beijing, a Monday.
NOW_MS = 1_795_401_000_000
VERSION = "2026.11.23-r0001"


class FixedClock:
    """A clock that a test moves by hand."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms
        self.anchor_ms = 0

    def now(self) -> OpTime:
        self.now_ms += 1
        return OpTime(wall_ms=self.now_ms, anchor_ms=self.anchor_ms)

    def heard_hub(self, hub_time_ms: int, round_trip_ms: int) -> None:
        self.anchor_ms = hub_time_ms

    def heard_late(self, hub_time_ms: int) -> None:
        self.anchor_ms = max(self.anchor_ms, hub_time_ms)


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    result = read_catalog(CITY)
    return Catalog(
        version=VERSION,
        departments=result.departments,
        items=result.items,
        bundles=result.bundles,
        proofs=result.proofs,
        rules=result.rules,
    )


@lru_cache(maxsize=1)
def catalog_bytes() -> bytes:
    return encode_catalog(catalog())


def signed(data: bytes) -> bytes:
    """The signature of the desk's hub."""
    return sign(HUB_SIGNING, data)


def everyday_items() -> tuple[Item, ...]:
    """What a general window of any hall takes in."""
    return tuple(i for i in catalog().items if not i.specialist and not i.accepted_in)


def item(item_id: str) -> Item:
    return next(i for i in catalog().items if i.id == item_id)


def device_facts(device: str) -> DeviceFacts:
    """A window of the demo city whose hub does not answer."""
    return DeviceFacts(
        device=device,
        hub_url="http://127.0.0.1:9",  # nothing listens on the discard port
        hub_key=public_key(HUB_SIGNING),
        scope="370911",
        hall_name="岱岳区政务服务大厅",
        window="370911-07",
        window_name="07 综合窗",
        division="370911",
    )


def make_desk(
    folder: Path, *, numbers: int = 50, clock: FixedClock | None = None, device: str = "D01"
) -> Desk:
    """The caller closes ``desk.store``."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "replica.db").open("xb") as file:
        file.write(_replica())
    (folder / "replica.db").chmod(0o600)  # as a new one is
    store = open_store(folder / "replica.db", DATA_KEY)
    if numbers:
        with store.write() as conn:
            add_blocks(conn, [BlockGrant(block_id="b1", division="370911", year=2026, first=1, last=numbers)])
    return _desk(store, clock or FixedClock(), device)


@lru_cache(maxsize=1)
def _replica() -> bytes:
    """The file of a replica with nothing but the catalogue: making one costs more than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "replica.db"
        store = create_store(path, DATA_KEY)
        with store.write() as conn:
            conn.execute(
                insert(t.catalog).values(
                    version=VERSION, data=catalog_bytes(), signature=signed(catalog_bytes()), received_ms=1
                )
            )
            set_meta(conn, "catalog_version", VERSION.encode())
        store.close()
        return path.read_bytes()


def reopen(desk: Desk) -> Desk:
    """The same desk after a restart of the program."""
    desk.store.close()
    clock = desk.clock
    assert isinstance(clock, FixedClock)
    return _desk(open_store(desk.store.path, DATA_KEY), clock, desk.device.device)


def open_made(folder: Path) -> Desk:
    """The desk that ``make_desk`` made in ``folder`` and somebody closed."""
    return _desk(open_store(folder / "replica.db", DATA_KEY), FixedClock(), "D01")


def _desk(store: Store, clock: FixedClock, device: str) -> Desk:
    return Desk(
        store=store,
        device=device_facts(device),
        lease=SignInLease(
            lease_id="L1",
            device=device,
            staff="T0718",
            name="王样例",
            roles=("window",),
            domains=(),
            scope="370911",
            window="370911-07",
            issued_ms=NOW_MS,
            expires_ms=NOW_MS + 7 * 86_400_000,
        ),
        clock=clock,
        rulebook=Rulebook(),
        device_key=bytes(32),
        bundle_key=bytes(32),
    )


def without_lease(desk: Desk) -> Desk:
    """The same desk with its offline lease run out."""
    return replace(desk, lease=msgspec.structs.replace(desk.lease, expires_ms=NOW_MS - 1))
