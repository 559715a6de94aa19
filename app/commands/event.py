"""``desk event``: a batch of 一件事, one JSON object a line, through the window's own combined acceptance."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands.bundle_intake import SetEntry, accept_set
from app.commands.context import Desk
from app.commands.lines import MaterialLine, PartyLine, each_line, filled_fields, material_fields
from app.queries.bundles import STATE_NAMES, BundleSource, SetState, open_bundle
from models.domain.bundle import members
from models.domain.case import PointMark
from models.domain.numbers import group_number
from models.domain.united import UnitedMaterial, united_materials, united_points
from models.errors import KnownError


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line.  ``bundle`` is an id or exact name; answers to a member's own question are ``<item>.<question>``.

    A material is named by its key, its name, or ``<item>.<material id>``.  ``points`` gives review marks; a
    point that is not named counts as 符合.
    """

    bundle: str
    applicant: PartyLine
    agent: PartyLine | None = None
    answers: dict[str, str] = {}
    form: dict[str, str] = {}
    materials: tuple[MaterialLine, ...] = ()
    points: dict[str, str] = {}


class EventReport(msgspec.Struct, kw_only=True):
    """``sets`` as they were taken in; ``problems`` are lines of which nothing was."""

    sets: list[SetState] = []
    problems: list[tuple[int, str]] = []

    def as_json(self) -> dict[str, object]:
        return {
            "sets": msgspec.to_builtins(self.sets),
            "accepted": sum(s.accepted for s in self.sets),
            "waiting": sum(m.status == "waiting" for s in self.sets for m in s.members),
            "flagged": sum(len(s.flagged) for s in self.sets),
            "problems": [{"line": line, "reason": reason} for line, reason in self.problems],
        }


def event_file(desk: Desk, path: Path) -> EventReport:
    """Take in every line that the rules allow.  Raises KnownError only when the file cannot be read."""
    report = EventReport()
    report.problems = each_line(path, EventLine, lambda line: report.sets.append(event_line(desk, line)))
    return report


def tell_events(report: EventReport, *, as_json: bool) -> int:
    """Print the report; the exit code is 0 only when every line was taken in."""
    if as_json:
        print(msgspec.json.encode(report.as_json()).decode())
        return 1 if report.problems else 0
    for done in report.sets:
        print(f"{done.name}：受理 {done.accepted} 项，共 {len(done.members)} 项。")
        for member in done.members:
            mark = group_number(member.number) if member.number else member.receipt or "—"
            print(f"  {mark}\t{member.name}\t{STATE_NAMES[member.status]}\t{member.reason}")
    for number, reason in report.problems:
        print(f"第 {number} 行：{reason}")
    return 1 if report.problems else 0


def event_line(desk: Desk, line: EventLine) -> SetState:
    """One combined acceptance.  Raises KnownError, and then nothing was written."""
    source = open_bundle(desk, line.bundle)
    return accept_set(desk, SetEntry(set_id=desk.make_id(), source=source, fields=event_fields(source, line)))


def event_fields(source: BundleSource, line: EventLine) -> dict[str, str]:
    """The fields of the set.  Raises KnownError for a material that no member's list names (法律底线)."""
    fields = filled_fields(line.applicant, line.agent, line.answers, line.form)
    chosen = members(source.bundle, source.items, line.answers)
    papers = united_materials(chosen, line.answers)
    for given in line.materials:
        paper = _paper(papers, given.material)
        fields |= material_fields(paper.key, given)
    for point in united_points(chosen, line.answers):
        mark = next(
            (line.points[k] for k in (point.key, *(f"{i}.{p}" for i, p in point.uses)) if k in line.points),
            PointMark.PASS.value,
        )
        fields[f"point.{point.key}"] = mark
    return fields


def _paper(papers: tuple[UnitedMaterial, ...], wanted: str) -> UnitedMaterial:
    for paper in papers:
        if wanted in (paper.key, paper.name) or wanted in {f"{i}.{m}" for i, m in paper.uses}:
            return paper
    raise KnownError(f"实施清单里没有“{wanted[:40]}”，不能要求提供。这一套没有办理。")
