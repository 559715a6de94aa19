"""The desk's side of the way out: a new identity and chain for a machine whose records went apart.

A copied or rolled-back replica cannot go on with its chain.  A new replica is made beside the old one;
the ops that the hub lacks go into it under their own ids, everything else of the machine is carried
over, and the old file is kept.  May be repeated after a cut at any moment.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Table, insert, select

from app.commands.sign_in import sign_in
from app.config import Profile
from models import files, ops
from models.clock import Clock, SystemClock
from models.crypto import public_key, sign
from models.device import ESCROW_NEXT, ESCROW_TOLD, DeviceFacts, get_meta, note_former, set_facts, set_meta
from models.domain.ops import Op, OpTime, decode_op
from models.errors import KnownError
from models.keys import DeviceSecrets, Keyring
from models.projection import project_all
from models.rulebook import Rulebook
from models.store import Store, create_store, open_store
from models.tables import replica as t
from sync.bundle import BUNDLE_BEFORE
from sync.client import HubClient
from sync.engine import SyncEngine, SyncReport
from sync.former import append_anew, ask_known, keep_former, note_word
from sync.protocol import EnrolReply, EnrolRequest, OpOutcome, Outcome, enrol_payload

_KEY = "recover_key"
# Made anew in the new replica; what other modules keep is carried over as it stands.
_REMADE = frozenset(
    {
        "op",
        "op_status",
        "checkpoint",
        "audit",
        "lease",
        "cursor",
        "meta",
        "number_block",
        "number_use",
        "case_view",
        "case_duty",
        "former_op",
    }
)
# The hub has got the present data key with the enrolment: nothing of a rekey is left to tell.
_STAYS = (
    "snapshot:",
    "numbers_request",
    _KEY,
    "device_key",
    "device_facts",
    ESCROW_NEXT,
    ESCROW_TOLD,
    BUNDLE_BEFORE,
)


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """``offered``: acts the hub had not got, now sent under ``device``; ``kept`` is the old replica.

    ``doubled``: printed numbers that another copy of this machine has printed on another case.
    """

    device: str
    former: str
    offered: int
    doubled: int
    kept: Path
    report: SyncReport


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """A new replica is whole, and waits to be put in the old one's place."""

    facts: DeviceFacts
    key: bytes
    offered: int
    doubled: int


def recover(profile: Profile, code: str, staff: str, password: str) -> Recovery:
    """Give this machine a new identity at its hub, and lose nothing of what was typed or printed.

    ``code`` comes from ``hub device release``.  Raises KnownError; until the new replica is whole and
    in its place, nothing has changed, and the same code may be used again on this machine.
    """
    former = profile.read_device()
    clock = SystemClock()
    keyring = Keyring.load(profile.root)
    held = keyring.unlock(staff, password, clock.now().wall_ms)
    fresh = profile.replica.with_name(profile.replica.name + ".recovering")

    def make() -> Store:
        files.remove_database(fresh)
        return create_store(fresh, held.data_key)

    store = open_store(profile.replica, held.data_key)
    try:
        with HubClient(former.hub_url, ca_file=former.ca_file, clock=clock) as client:
            new = renew(store, former, held, client, clock, code, staff, profile.root.name, make)
    finally:
        store.close()
    kept = profile.replica.with_name(f"{profile.replica.name}.before-{new.facts.device}")
    _swap(profile.replica, fresh, kept)
    profile.write_device(new.facts)
    keyring.add(staff, password, DeviceSecrets(data_key=held.data_key, device_key=new.key))
    desk = sign_in(profile, staff, password)
    try:
        report = SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()
    finally:
        desk.store.close()
    return Recovery(
        device=new.facts.device,
        former=former.device,
        offered=new.offered,
        doubled=new.doubled,
        kept=kept,
        report=report,
    )


def renew(
    old: Store,
    former: DeviceFacts,
    held: DeviceSecrets,
    client: HubClient,
    clock: Clock,
    code: str,
    staff: str,
    label: str,
    make: Callable[[], Store],
) -> Renewed:
    """Enrol this machine anew and write its new replica into the empty store that ``make`` gives.

    The old replica keeps all it has, and the new key besides.  Raises KnownError; may then be repeated.
    """
    with old.write() as conn:
        # Kept before it is used: a second try must come with the same key.
        key = get_meta(conn, _KEY) or secrets.token_bytes(32)
        set_meta(conn, _KEY, key)
        former_key = get_meta(conn, "device_key") or held.device_key
        own = [decode_op(data) for data in conn.execute(select(t.op.c.data).order_by(t.op.c.dseq)).scalars()]
    reply = _enrol(client, former, former_key, key, held.data_key, code, label)
    session = client.open_session(reply.device, key, 0, former.hub_key)
    known, doubled = ask_known(client, own)
    facts = msgspec.structs.replace(
        former,
        device=reply.device,
        scope=reply.scope,
        hall_name=reply.hall_name,
        window=reply.window,
        window_name=reply.window_name,
        division=reply.division,
    )
    again = _to_offer(own, known, clock)
    fresh = make()
    try:
        _build(old, fresh, key, facts, former, again, doubled, staff, clock.now())
        note_word(fresh, facts.device, session)
    finally:
        fresh.close()
    return Renewed(facts=facts, key=key, offered=len(again), doubled=len(doubled))


def _enrol(
    client: HubClient,
    former: DeviceFacts,
    former_key: bytes,
    key: bytes,
    data_key: bytes,
    code: str,
    label: str,
) -> EnrolReply:
    if client.hello().hub_key != former.hub_key:
        raise KnownError("这个地址上的中心不是本机登记过的中心，没有改动。请联系管理员核对中心地址。")
    plain = code.strip().upper()
    payload = enrol_payload(plain, public_key(key))
    reply = client.enrol(
        EnrolRequest(
            code=plain,
            device_key=public_key(key),
            label=label,
            escrow_key=data_key,
            signature=sign(key, payload),
            former=former.device,
            former_signature=sign(former_key, payload),
        )
    )
    if reply.status != "approved":
        raise KnownError("本机已经登记，还要等管理员核准，记录没有改动。核准后请用同一个码再运行一次。")
    return reply


def _to_offer(own: list[Op], known: dict[str, OpOutcome], clock: Clock) -> list[tuple[str, Op]]:
    """(former id, op) of what the hub lacks, with the ids it always had.

    A case that was only ever sent back is at no other place than here: its acts are offered once more,
    as new ones, so that the clerk goes on seeing it with the reason.
    """
    there = {
        op.case_id for op in own if op.op_id in known and known[op.op_id].outcome is not Outcome.REJECTED
    }
    again: list[tuple[str, Op]] = []
    for op in own:
        if op.op_id not in known:
            again.append((op.op_id, op))
        elif known[op.op_id].outcome is Outcome.REJECTED and op.case_id not in there:
            new_id = ops.new_id(clock.now(), secrets.token_bytes(10))
            again.append((op.op_id, msgspec.structs.replace(op, op_id=new_id)))
    return again


def _build(
    old: Store,
    fresh: Store,
    key: bytes,
    facts: DeviceFacts,
    former: DeviceFacts,
    again: list[tuple[str, Op]],
    doubled: set[str],
    staff: str,
    now: OpTime,
) -> None:
    with old.read() as source, fresh.write() as conn:
        for table in t.metadata.sorted_tables:
            if table.name not in _REMADE:
                _copy(source, conn, table)
        for row in source.execute(select(t.meta)):
            if row.value and not row.key.startswith(_STAYS):
                set_meta(conn, row.key, row.value)
        set_meta(conn, "device_key", key)
        set_facts(conn, facts)
        note_former(conn, former.device)
        head = source.execute(select(t.audit.c.hash).order_by(t.audit.c.aseq.desc()).limit(1)).scalar()
        detail = f"{former.device} {(head or b'').hex()}"
        ops.audit(conn, at_ms=now.wall_ms, staff=staff, act="recover", detail=detail)
        new_ids = _append(conn, facts, again)
        keep_former(source, conn, new_ids, now.anchor_ms or now.wall_ms)
        _copy_numbers(source, conn, new_ids, doubled)
        rulebook = Rulebook()
        rulebook.adopt_calendar(conn)
        cases = set(conn.execute(select(t.case_confirmed.c.case_id)).scalars())
        project_all(conn, rulebook, cases | {op.case_id for _, op in again})


def _copy(source: Connection, conn: Connection, table: Table) -> None:
    rows = [dict(row) for row in source.execute(select(table)).mappings()]
    if rows:
        conn.execute(insert(table), rows)


def _append(conn: Connection, facts: DeviceFacts, again: list[tuple[str, Op]]) -> dict[str, str]:
    """The acts in a chain of the new device; returns the id of each by its former one."""
    for _, op in again:
        append_anew(conn, facts, op)
    return {before: op.op_id for before, op in again}


def _copy_numbers(source: Connection, conn: Connection, new_ids: dict[str, str], doubled: set[str]) -> None:
    """Printed numbers stay; of the old blocks none is issued again, another copy may issue them too.

    A number that the other copy has printed on another case is let go: the hub sends that act back, and
    when the clerk does it again the case gets a number of its own.
    """
    for block in source.execute(select(t.number_block)).mappings():
        conn.execute(insert(t.number_block).values(**{**block, "next": block["last"] + 1}))
    for use in source.execute(select(t.number_use)).mappings():
        if use["op_id"] in new_ids and use["number"] not in doubled:
            conn.execute(insert(t.number_use).values(**{**use, "op_id": new_ids[use["op_id"]]}))


def _swap(path: Path, fresh: Path, kept: Path) -> None:
    try:
        if not files.folded(path):
            raise KnownError("副本正被别的程序占用，没有改动。办件都还在。请关闭别的程序后再试。")
        if not kept.exists():
            part = kept.with_name(kept.name + ".part")
            shutil.copyfile(path, part)
            part.chmod(0o600)
            part.replace(kept)
        files.swap_in(fresh, path)
    except OSError as error:
        raise files.cannot_write(error) from error
