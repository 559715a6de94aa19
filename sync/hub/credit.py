"""The 失信名单: read from a file that an office keeps, published without id numbers, asked by the judge."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
from sqlalchemy import select

from models.domain.case import CaseStatus
from models.domain.credit import CreditList, credit_objection, credit_token
from models.domain.fields import parse_date
from models.domain.ids import half_width
from models.domain.merge import Merge
from models.domain.ops import Op, OpKind
from models.domain.verdict import Rules
from models.errors import KnownError
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.places import publish_document
from sync.hub.refusal import Refused
from sync.hub.work import Work
from sync.protocol import CreditReply

COLUMNS = ("证件号码", "截止日期")
MOST_PEOPLE = 100_000
_SHORTEST, _LONGEST = 5, 30
_UNCHANGED = "没有导入，原名单不变。"


def import_credit(hub: Hub, file: Path) -> tuple[str, int]:
    """Publish the file's list in place of the former one; returns its hash and how many people it has.

    A CSV with 证件号码 and, where it is known, 截止日期; what else it says (names) is not kept.  A file
    with a header only takes everybody off.  Raises KnownError naming the line; then nothing changed.
    """
    key = hub.keys.derived("credit")
    people = {credit_token(key, number): until for number, until in _lines(file)}
    data = msgspec.json.encode(CreditList(key=key, people=dict(sorted(people.items()))))
    with hub.write() as conn:
        return publish_document(hub, conn, "credit", data), len(people)


def credit_reply(hub: Hub) -> CreditReply:
    with hub.read() as conn:
        row = conn.execute(select(t.credit).order_by(t.credit.c.place.desc()).limit(1)).first()
    if row is None:
        raise Refused(404, "no_credit", "中心没有导入失信名单。")
    return CreditReply(hash=row.hash, data=row.data, signature=row.signature)


def on_trust(work: Work, op: Op, rules: Rules, before: Merge, unchanged: Merge) -> Merge:
    """``before`` unless an acceptance on trust is for somebody on the list: then ``unchanged``'s state stays.

    The list is the one the desk held when it acted, so that a person listed since does not undo what was
    lawful; a desk that names none is judged by the newest.
    """
    state = before.state
    if (
        op.kind != OpKind.ACCEPT
        or state is None
        or state.status is not CaseStatus.ACCEPTED
        or not state.duties
    ):
        return before
    held = op.act.trust.credit if op.act.trust is not None else ""
    objection = credit_objection(work.credit(held), rules.item, state.fields, op.time.day)
    if objection is None:
        return before
    return msgspec.structs.replace(unchanged, result="rejected", reason=objection.message)


def _lines(file: Path) -> list[tuple[str, str]]:
    """(id number, last day or "") of every line."""
    rows = csv.DictReader(io.StringIO(_text(file)))
    heads = {(name or "").strip(): name for name in rows.fieldnames or ()}
    if COLUMNS[0] not in heads:
        raise KnownError(f"“{file.name}”的表头要有“证件号码”（可以另有“截止日期”），{_UNCHANGED}")
    found: list[tuple[str, str]] = []
    try:
        for row in rows:
            if not any(isinstance(cell, str) and cell.strip() for cell in row.values()):
                continue
            number = half_width(row.get(heads[COLUMNS[0]]) or "").strip().upper()
            if not (_SHORTEST <= len(number) <= _LONGEST and number.isascii() and number.isalnum()):
                raise KnownError(f"“{file.name}”第 {rows.line_num} 行的证件号码不成立，{_UNCHANGED}")
            until = (row.get(heads[COLUMNS[1]]) or "").strip() if COLUMNS[1] in heads else ""
            found.append((number, _day(file, rows.line_num, until) if until else ""))
    except csv.Error as error:
        raise KnownError(f"“{file.name}”第 {rows.line_num} 行读不出来，{_UNCHANGED}") from error
    if len(found) > MOST_PEOPLE:
        raise KnownError(f"“{file.name}”有 {len(found)} 行，最多 {MOST_PEOPLE} 行，{_UNCHANGED}")
    return found


def _day(file: Path, line: int, text: str) -> str:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise KnownError(f"“{file.name}”第 {line} 行的截止日期不成立，{_UNCHANGED}请写成 2026-09-18 这样。")
    return day.isoformat()


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KnownError(f"“{file.name}”读不出来，{_UNCHANGED}", detail=type(error).__name__) from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise KnownError(f"“{file.name}”不是文本文件，{_UNCHANGED}请存成 CSV（UTF-8）。")
