"""``desk intake``: a batch collected elsewhere goes through the same rules as the window."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Changes, Desk
from models.domain.case import Missing, PointMark, Receipt
from models.domain.catalog import ApplicantKind, Item, Need
from models.domain.checklist import needed_materials, shown_points, wanting_materials
from models.domain.ids import IdKind
from models.domain.licence_first import PROMISE, YES
from models.domain.ops import RefusalClause
from models.errors import KnownError

OUTCOMES = ("save", "receive", "accept", "supplement", "refuse", "withdraw")


class PartyLine(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant or agent as one JSON object."""

    kind: str = ApplicantKind.PERSON.value
    name: str = ""
    id_type: str = ""
    id_number: str = ""
    phone: str = ""
    address: str = ""


class MaterialLine(msgspec.Struct, frozen=True, kw_only=True):
    """``material`` is its id or its exact name; ``form`` a Receipt value.

    ``way`` and ``due`` (ISO 8601) say how and by when a deferred one comes.
    """

    material: str
    form: str = Receipt.PAPER.value
    copies: int = 1
    pages: int = 0
    note: str = ""
    way: str = ""
    due: str = ""


class IntakeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file.  ``item`` is the id or the exact name of a 办理项.

    ``points`` gives review marks by point id; a point not named counts as 符合 unless the outcome
    is a refusal.  ``licence_first``: the applicant promises the permit after the licence (照后办证).
    ``clause``, ``reason`` and ``redirect`` serve refuse and withdraw.
    """

    item: str
    applicant: PartyLine
    agent: PartyLine | None = None
    answers: dict[str, str] = {}
    form: dict[str, str] = {}
    materials: tuple[MaterialLine, ...] = ()
    points: dict[str, str] = {}
    outcome: str = "accept"
    clause: str = ""
    reason: str = ""
    redirect: str = ""
    note: str = ""
    licence_first: bool = False


class IntakeReport(msgspec.Struct, kw_only=True):
    accepted: int = 0
    refused: int = 0
    problems: list[tuple[int, str]] = []

    def as_json(self) -> dict[str, object]:
        """The keys DESIGN §8 keeps: ``refused`` counts lines that could not be taken in."""
        return {
            "accepted": self.accepted,
            "refused": self.refused,
            "problems": [{"line": line, "reason": reason} for line, reason in self.problems],
        }


def intake_file(desk: Desk, path: Path) -> IntakeReport:
    """Take in every line that the rules allow; a bad line is reported and stops nothing.

    Raises KnownError only when the file itself cannot be read.
    """
    report = IntakeReport()
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KnownError(f"读不出文件“{path.name}”。没有改动任何办件。请核对路径和权限。") from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            intake_line(desk, msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=IntakeLine))
            report.accepted += 1
        except (msgspec.MsgspecError, UnicodeDecodeError):
            report.refused += 1
            report.problems.append(
                (number, "这一行不是约定的 JSON 格式，没有办理。请对照 docs/manual 的样例改正。")
            )
        except KnownError as error:
            report.refused += 1
            report.problems.append((number, str(error)))
    return report


def intake_line(desk: Desk, line: IntakeLine) -> Changes:
    """One case through the window's own acts.  Raises KnownError with the law's objection."""
    item = _find_item(desk, line.item)
    fields = entry_fields(item, line)
    entry = Entry(case_id=desk.make_id(), item_id=item.id, fields=fields)
    if line.outcome == "save":
        changes = intake.save_case(desk, entry)
    elif line.outcome == "receive":
        changes = intake.receive(desk, entry)
    elif line.outcome == "accept":
        changes = intake.accept(desk, entry)
    elif line.outcome == "supplement":
        changes = intake.supplement(desk, entry, wanting_lines(item, fields, line))
    elif line.outcome == "refuse":
        if line.clause not in set(RefusalClause):
            raise KnownError("不予受理须写明法定理由（clause）。这一件没有办理。")
        changes = intake.refuse(desk, entry, RefusalClause(line.clause), line.reason, line.redirect)
    elif line.outcome == "withdraw":
        changes = intake.receive(desk, entry)
        changes = intake.withdraw(desk, entry, line.reason)
    else:
        raise KnownError(f"不认识的办理结果“{line.outcome}”，可以写 {'、'.join(OUTCOMES)}。这一件没有办理。")
    if line.note.strip():
        intake.add_note(desk, entry, line.note)
    return changes


def wanting_lines(item: Item, fields: dict[str, str], line: IntakeLine) -> tuple[Missing, ...]:
    """What the notice must name, with the note given for a defective material."""
    return tuple(
        Missing(
            material=material.id,
            name=material.name,
            reason=fields.get(f"material.{material.id}.note", "") or line.reason or "未提交",
            standard="；".join(material.standard),
        )
        for material in wanting_materials(item, fields)
    )


def entry_fields(item: Item, line: IntakeLine) -> dict[str, str]:
    """The flat fields of a line.  Raises KnownError for a material that the list does not name."""
    fields: dict[str, str] = {}
    for role, party in (("applicant", line.applicant), ("agent", line.agent)):
        if party is None:
            continue
        default = IdKind.USCC if party.kind == ApplicantKind.ORGANISATION else IdKind.RESIDENT_ID
        values = {
            "name": party.name.strip(),
            "id_kind": party.id_type or default.value,
            "id_number": party.id_number.strip().upper(),
            "phone": party.phone.strip(),
            "address": party.address.strip(),
        }
        if role == "applicant":
            values["kind"] = party.kind
        fields.update({f"{role}.{key}": value for key, value in values.items() if value})
    fields.update({f"answer.{key}": value for key, value in line.answers.items() if value})
    fields.update({f"form.{key}": value for key, value in line.form.items() if value})
    known = {m.id: m for m in item.materials} | {m.name: m for m in item.materials}
    for given in line.materials:
        material = known.get(given.material)
        if material is None:
            raise KnownError(f"实施清单里没有“{given.material}”，不能要求提供。这一件没有办理。")
        fields[f"material.{material.id}"] = given.form
        fields[f"material.{material.id}.copies"] = str(given.copies)
        if given.pages:
            fields[f"material.{material.id}.pages"] = str(given.pages)
        for part, value in (("way", given.way), ("due", given.due)):
            if value:
                fields[f"material.{material.id}.{part}"] = value
        if given.note:
            fields[f"material.{material.id}.note"] = given.note
    if line.licence_first:
        fields[PROMISE] = YES
    for point in shown_points(item, line.answers):
        if line.outcome == "accept":
            fields[f"point.{point.id}"] = PointMark.PASS.value
    fields.update({f"point.{key}": value for key, value in line.points.items() if value})
    return fields


def complete_materials(item: Item, answers: dict[str, str]) -> tuple[MaterialLine, ...]:
    """Every required material as handed in, in a form the list allows (for drills and tests)."""
    return tuple(
        MaterialLine(
            material=m.id,
            form=Receipt.ELECTRONIC.value if m.form == "electronic" else Receipt.PAPER.value,
            copies=m.copies,
        )
        for m in needed_materials(item, answers)
        if m.need is not Need.OPTIONAL
    )


def _find_item(desk: Desk, wanted: str) -> Item:
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        catalog = desk.rulebook.catalog(conn, version) if version else None
    if catalog is None:
        raise KnownError("本机还没有事项目录。没有办理。请先联网同步一次。")
    found = [item for item in catalog.items if item.id == wanted] or [
        i for i in catalog.items if i.name == wanted
    ]
    if len(found) != 1:
        raise KnownError(
            f"目录里{'没有' if not found else '有几个'}“{wanted}”，请写办理项标识。这一件没有办理。"
        )
    return found[0]
