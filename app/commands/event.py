"""``desk event``: a batch of 一件事, one JSON object a line, through the window's own combined acceptance."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands.batch import MaterialLine, PartyLine
from app.commands.bundle_intake import SetEntry, accept_set
from app.commands.context import Desk
from app.queries.bundles import STATE_NAMES, BundleSource, SetState, open_bundle
from models.domain.bundle import members
from models.domain.case import PointMark
from models.domain.catalog import ApplicantKind
from models.domain.ids import IdKind
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
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KnownError(f"读不出文件“{path.name}”。没有改动任何办件。请核对路径和权限。") from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            line = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=EventLine)
            report.sets.append(event_line(desk, line))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            report.problems.append(
                (number, "这一行不是约定的 JSON 格式，没有办理。请对照 docs/manual 的样例改正。")
            )
        except KnownError as error:
            report.problems.append((number, str(error)))
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
    fields: dict[str, str] = {}
    for role, party in (("applicant", line.applicant), ("agent", line.agent)):
        if party is None:
            continue
        default = IdKind.USCC if party.kind == ApplicantKind.ORGANISATION else IdKind.RESIDENT_ID
        values = {
            "kind": party.kind if role == "applicant" else "",
            "name": party.name.strip(),
            "id_kind": party.id_type or default.value,
            "id_number": party.id_number.strip().upper(),
            "phone": party.phone.strip(),
            "address": party.address.strip(),
        }
        fields |= {f"{role}.{key}": value for key, value in values.items() if value}
    fields |= {f"answer.{key}": value for key, value in line.answers.items() if value}
    fields |= {f"form.{key}": value for key, value in line.form.items() if value}
    chosen = members(source.bundle, source.items, line.answers)
    papers = united_materials(chosen, line.answers)
    for given in line.materials:
        paper = _paper(papers, given.material)
        fields[f"material.{paper.key}"] = given.form
        fields[f"material.{paper.key}.copies"] = str(max(given.copies, 0))
        if given.pages:
            fields[f"material.{paper.key}.pages"] = str(given.pages)
        if given.note:
            fields[f"material.{paper.key}.note"] = given.note
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
