"""Ratings that came on paper, by phone or from the 公众号: taken in by the code on the receipt.

Each becomes an op of the hub's own in the hall's one log, so it reaches every desk by the feed.  Taking the
same package in again doubles nothing: a visit is rated once, and the first stands.
"""

from __future__ import annotations

import csv
import io
import secrets
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from models.domain.ops import GENESIS, SCHEMA_VERSION, Act, Op, OpKind, OpTime, encode_op, uuid7
from models.domain.visit import (
    DEFAULT_DAYS,
    LONGEST_TEXT,
    MOST_DAYS,
    Channel,
    Rating,
    VisitFacts,
    rating_problem,
    same_visit,
)
from models.errors import KnownError
from models.rating_code import RatingCode, read_code
from models.service_texts import rating_reasons
from sync.hub import tables as t
from sync.hub.audit import record
from sync.hub.database import Hub
from sync.hub.entry import fresh_entry
from sync.hub.judge import take
from sync.hub.moves import halls_of
from sync.hub.rating_proof import device_key
from sync.hub.text import storable
from sync.hub.work import Work
from sync.protocol import Outcome

HUB_DEVICE = "hub"  # no machine is ever called so: those have names that the hub makes
MOST_BYTES = 20 * 1024 * 1024
_HEADS = {"码": "code", "等级": "level", "理由": "reasons", "意见": "text", "渠道": "channel"}
_REQUIRED = ("code", "level")


class RatingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rating of a package: the code as scanned, level 5…1, national reason codes, where it came from."""

    code: str
    level: int
    reasons: tuple[str, ...] = ()
    text: str = ""
    channel: str = Channel.RECEIPT.value


class RatingProblem(msgspec.Struct, frozen=True, kw_only=True):
    """``row`` is the line a person sees, header = 1.  ``waits``: the act has not come yet, try again later."""

    row: int
    reason: str
    waits: bool = False


class RatingImport(msgspec.Struct, frozen=True, kw_only=True):
    """``known`` were taken in before; every row is loaded, known or a problem."""

    rows: int
    loaded: int
    known: int
    problems: tuple[RatingProblem, ...]


class _Known(Exception):
    """That visit is rated already."""


class _NotYet(Exception):
    """The act that was rated has not been received."""


def import_ratings(hub: Hub, file: Path, *, days: int = DEFAULT_DAYS, actor: str = "cli") -> RatingImport:
    """Take a package in, each rating in a transaction of its own.

    ``file`` is JSON lines (:class:`RatingLine`) or a CSV with 码, 等级, 理由, 意见, 渠道.  ``days``: workdays
    in which a 差评 is dealt with.  Raises KnownError when the file itself cannot be read.
    """
    if not 1 <= days <= MOST_DAYS:
        raise KnownError(f"差评整改期限是 1 到 {MOST_DAYS} 个工作日，没有读入。")
    lines = _lines(file)
    loaded = known = 0
    problems: list[RatingProblem] = []
    for row, line in lines:
        try:
            _take_in(hub, _read(line), days)
            loaded += 1
        except _Known:
            known += 1
        except _NotYet:
            text = "中心还没有收到这一次办理，这条先没有采用。等窗口补传以后，同一个文件再读入一次。"
            problems.append(RatingProblem(row=row, reason=text, waits=True))
        except KnownError as error:
            problems.append(RatingProblem(row=row, reason=str(error)))
    with hub.write() as conn:
        record(conn, hub.now_ms(), actor, "rating_import", detail=f"{loaded}|{known}|{len(problems)}")
    return RatingImport(rows=len(lines), loaded=loaded, known=known, problems=tuple(problems))


def _read(line: dict[str, object]) -> RatingLine:
    try:
        read = msgspec.convert(line, type=RatingLine, strict=False)
    except msgspec.ValidationError as error:
        raise KnownError(
            "这一行不是约定的格式，没有采用。每条要有回执上的码和 5 到 1 的等级。", detail=str(error)
        ) from error
    if read.channel == Channel.SCREEN:
        raise KnownError("第二屏的评价只能由窗口的第二屏作出，不能从文件读入，没有采用。")
    unknown = [code for code in read.reasons if code not in rating_reasons().reasons]
    if unknown:
        raise KnownError(f"没有“{unknown[0][:10]}”这个评价理由，没有采用。")
    if len(read.text.strip()) > LONGEST_TEXT:
        raise KnownError(f"评价意见最长 {LONGEST_TEXT} 个字，没有采用。")
    return read


def _take_in(hub: Hub, line: RatingLine, days: int) -> None:
    code = read_code(line.code)
    if code is None or not storable(code.device, code.about):
        raise KnownError("这不是回执上的评价码，没有采用。")
    with hub.read() as conn:
        key = device_key(conn, code.device)
        if key is None or not code.holds(key):
            raise KnownError("评价码核对不上，不是本中心的窗口打印的，没有采用。")
        found = _act_of(conn, code)
    if found is None:
        raise _NotYet
    scope, case_id = found
    with hub.write() as conn:
        work = Work(hub, conn, scope)
        work.load([case_id])
        state = work.state(case_id)
        if state is None:
            raise _NotYet
        notice = next((one for one in state.notices if one.op_id == code.about), None)
        if notice is None:
            raise _NotYet  # it waits, or a person still decides on it
        rating = Rating(
            about=code.about,
            day=notice.day,
            level=line.level,
            reasons=line.reasons,
            text=line.text.strip(),
            channel=line.channel,
            proof=code.proof,
            issuer=code.device,
            days=days,
        )
        if any(same_visit(one, rating) for one in state.ratings):
            raise _Known
        problem = rating_problem(rating)
        if problem:
            raise KnownError(problem)
        dseq, head = _head(conn, scope)
        now = hub.now_ms()
        op = Op(
            op_id=uuid7(now, secrets.token_bytes(10)),
            device=HUB_DEVICE,
            dseq=dseq + 1,
            lease_id="",
            staff="",
            case_id=case_id,
            scope=scope,
            kind=OpKind.RATE.value,
            item_id=state.item_id,
            item_name=state.item_name,
            catalog_version=state.catalog_version,
            schema_version=SCHEMA_VERSION,
            base_rev=state.rev,
            act=Act(visit=VisitFacts(rating=rating)),
            time=OpTime(wall_ms=now, anchor_ms=now, attested_ms=now),
            prev_hash=head,
        )
        entry = fresh_entry(HUB_DEVICE, op.dseq, encode_op(op), now)
        take(work, entry)
        if entry.outcome not in (Outcome.APPLIED, Outcome.MERGED):
            raise KnownError(entry.reason)  # nothing is stored: the transaction is undone
        work.flush()


def _act_of(conn: Connection, code: RatingCode) -> tuple[str, str] | None:
    """(hall, case) of the act that the code names; its printer may have been in several halls."""
    halls = halls_of(conn, code.device)
    row = conn.execute(
        select(t.op_log.c.scope, t.op_log.c.case_id).where(
            t.op_log.c.scope.in_(halls), t.op_log.c.op_id == code.about
        )
    ).first()
    return (row.scope, row.case_id) if row is not None else None


def _head(conn: Connection, scope: str) -> tuple[int, bytes]:
    """The hub's own chain in a hall; the scope's lock keeps others from it."""
    row = conn.execute(
        select(t.op_log.c.dseq, t.op_log.c.hash)
        .where(t.op_log.c.scope == scope, t.op_log.c.device == HUB_DEVICE)
        .order_by(t.op_log.c.dseq.desc())
        .limit(1)
    ).first()
    return (row.dseq, row.hash) if row is not None else (0, GENESIS)


def _lines(file: Path) -> list[tuple[int, dict[str, object]]]:
    """(line number, what it says); a line of JSON that says nothing sensible comes out empty."""
    text = _text(file)
    if file.suffix.lower() == ".csv":
        return _csv_lines(file, text)
    found: list[tuple[int, dict[str, object]]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            read = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            read = None
        found.append((number, read if isinstance(read, dict) else {}))
    return found


def _csv_lines(file: Path, text: str) -> list[tuple[int, dict[str, object]]]:
    rows = csv.DictReader(io.StringIO(text))
    heads = {name: _HEADS.get((name or "").strip()) for name in rows.fieldnames or ()}
    if any(need not in heads.values() for need in _REQUIRED):
        raise KnownError(f"“{file.name}”的表头要有“码”和“等级”（可以另有理由、意见、渠道），没有读入。")
    found: list[tuple[int, dict[str, object]]] = []
    try:
        for row in rows:
            said: dict[str, object] = {}
            for name, value in row.items():
                key = heads.get(name)
                if key and isinstance(value, str) and value.strip():
                    said[key] = value.strip()
            if not said:
                continue
            if isinstance(listed := said.get("reasons"), str):
                said["reasons"] = listed.replace("、", " ").replace(",", " ").replace("，", " ").split()
            found.append((rows.line_num, said))
    except csv.Error as error:
        raise KnownError(f"“{file.name}”第 {rows.line_num} 行读不出来，没有读入。") from error
    return found


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise KnownError(f"“{file.name}”太大，没有读入。请分成几个文件。")
        data = file.read_bytes()
    except OSError as error:
        raise KnownError(f"“{file.name}”读不出来，没有读入。", detail=type(error).__name__) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise KnownError(f"“{file.name}”不是文本文件，没有读入。")
