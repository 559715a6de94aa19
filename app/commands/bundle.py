"""摆渡包 at the desk: the file on the stick, and the record that it was written or read."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from app.commands.after import record_deemed
from app.commands.context import Desk
from app.commands.number import number_waiting
from app.commands.sign_in import take_leases
from models.device import get_meta
from models.errors import KnownError
from models.files import read_in, write_out
from models.ops import audit
from models.progress import UNSEEN, Progress, StoppedHalfway
from sync.bundle import BUNDLE_BEFORE, MAX_BYTES, read_bundle
from sync.courier import Courier
from sync.protocol import Leases


class BundleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one file carried.  ``ops`` went out; ``pulled`` came in; ``pending`` still waits here."""

    path: str
    size: int
    ops: int = 0
    pulled: int = 0
    numbers: int = 0
    conflicts: int = 0
    rejected: int = 0
    pending: int = 0
    problems: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()  # sections of a kind that this program does not know


def export_bundle(desk: Desk, path: Path, progress: Progress = UNSEEN) -> BundleReport:
    """Write all that waits, and what is asked for, to a new file.

    Raises KnownError: the file exists, cannot be written, or was stopped; what waits goes on waiting, and
    there is no file.
    """
    if path.exists():
        raise KnownError(f"“{path.name}”已经存在，没有覆盖。办件都在本机。请换一个文件名。")
    data, count = _courier(desk).export(progress)
    try:
        write_out(path, data, progress)
    except OSError as error:
        raise KnownError(
            "摆渡包没有写成，可能是介质已满或者已拔出。办件都在本机，没有改动。请换一个介质再导出。",
            detail=type(error).__name__,
        ) from error
    _record(desk, "bundle_out", f"{count}:{len(data)}")
    return BundleReport(path=str(path), size=len(data), ops=count, pending=count)


def import_bundle(desk: Desk, path: Path, progress: Progress = UNSEEN) -> BundleReport:
    """Take in what the hub sent; the same file again changes nothing.  Raises KnownError (see Courier).

    It may be stopped at any time (Stopped).  What had gone into the replica by then stays (StoppedHalfway),
    and the same file brings the rest.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise KnownError("这个文件太大，不会是摆渡包。没有改动，办件都在。请核对文件。")
        data = read_in(path, progress)
    except OSError as error:
        raise KnownError(
            "摆渡包读不出来，可能是介质已拔出或者没有权限。没有改动，办件都在。请插好后再试。",
            detail=type(error).__name__,
        ) from error
    courier = _courier(desk)
    try:
        report = courier.take_in(data, progress)
    except StoppedHalfway:
        _record(desk, "bundle_in", f"stopped:{len(data)}")
        raise
    bundle = read_bundle(data, courier.key, desk.device.hub_key)
    problems = list(report.problems)
    for leases in bundle.messages("leases", Leases):
        problems += take_leases(desk, leases, bundle.header.made_ms)
    number_waiting(desk)
    record_deemed(desk)
    _record(desk, "bundle_in", f"{report.pulled}:{len(data)}")
    return BundleReport(
        path=str(path),
        size=len(data),
        pulled=report.pulled,
        numbers=report.numbers,
        conflicts=report.conflicts,
        rejected=report.rejected,
        pending=report.pending,
        problems=tuple(problems),
        skipped=bundle.unknown(),
    )


def bundle_name(desk: Desk) -> str:
    """A file name that tells nobody's name and meets no other."""
    return f"摆渡包-{desk.device.window}-{desk.clock.now().day:%Y%m%d}-{secrets.token_hex(3)}.thb"


def _courier(desk: Desk) -> Courier:
    if not desk.bundle_key:
        raise KnownError("本机这次登录不能读写摆渡包。办件都在，没有改动。请重新登录后再试。")
    with desk.store.read() as conn:
        key = get_meta(conn, BUNDLE_BEFORE) or desk.bundle_key
    return Courier(
        desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key, desk.vault, desk.forms
    )


def _record(desk: Desk, act: str, detail: str) -> None:
    with desk.store.write() as conn:
        audit(conn, at_ms=desk.clock.now().wall_ms, staff=desk.lease.staff, act=act, detail=detail)
