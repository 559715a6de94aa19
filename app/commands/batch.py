"""``desk intake``: a batch collected elsewhere goes through the same rules as the window."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands import intake
from app.commands.act import Entry
from app.commands.context import Changes, Desk
from app.commands.lines import MaterialLine, PartyLine, each_line, filled_fields, material_fields
from models.domain.case import Missing, PointMark, Receipt
from models.domain.catalog import Item, Need
from models.domain.checklist import needed_materials, shown_points, wanting_materials
from models.domain.licence_first import PROMISE, YES
from models.domain.ops import RefusalClause
from models.errors import KnownError

OUTCOMES = ("save", "receive", "accept", "supplement", "refuse", "withdraw")


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
    until: str = ""  # of a supplement: the last day to bring what is missing


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

    def take_in(line: IntakeLine) -> None:
        intake_line(desk, line)
        report.accepted += 1

    report.problems = each_line(path, IntakeLine, take_in)
    report.refused = len(report.problems)
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
        changes = intake.supplement(desk, entry, wanting_lines(item, fields, line), line.until)
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
    fields = filled_fields(line.applicant, line.agent, line.answers, line.form)
    known = {m.id: m for m in item.materials} | {m.name: m for m in item.materials}
    for given in line.materials:
        material = known.get(given.material)
        if material is None:
            raise KnownError(f"实施清单里没有“{given.material}”，不能要求提供。这一件没有办理。")
        fields |= material_fields(material.id, given)
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
