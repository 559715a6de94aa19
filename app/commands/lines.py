"""What the batch commands share: a file of JSON objects, the people and the papers in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from models.domain.case import Receipt
from models.domain.catalog import ApplicantKind
from models.domain.ids import IdKind
from models.errors import KnownError

T = TypeVar("T")


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


def each_line(path: Path, kind: type[T], take_in: Callable[[T], None]) -> list[tuple[int, str]]:
    """Take in every line of a file; a bad one is reported by its number and stops nothing.

    Raises KnownError only when the file itself cannot be read.
    """
    problems: list[tuple[int, str]] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KnownError(f"读不出文件“{path.name}”。没有改动任何办件。请核对路径和权限。") from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            take_in(msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"), type=kind))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            problems.append((number, "这一行不是约定的 JSON 格式，没有办理。请对照 docs/manual 的样例改正。"))
        except KnownError as error:
            problems.append((number, str(error)))
    return problems


def filled_fields(
    applicant: PartyLine, agent: PartyLine | None, answers: dict[str, str], form: dict[str, str]
) -> dict[str, str]:
    """The flat fields of the people, the answers and the form of a line; empty ones are left out."""
    fields: dict[str, str] = {}
    for role, party in (("applicant", applicant), ("agent", agent)):
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
    fields |= {f"answer.{key}": value for key, value in answers.items() if value}
    fields |= {f"form.{key}": value for key, value in form.items() if value}
    return fields


def material_fields(key: str, given: MaterialLine) -> dict[str, str]:
    """The flat fields of one paper, by its id in the list (or its key in a set)."""
    more = {
        "copies": str(max(given.copies, 0)),
        "pages": str(given.pages) if given.pages else "",
        "way": given.way,
        "due": given.due,
        "note": given.note,
    }
    path = f"material.{key}"
    return {path: given.form} | {f"{path}.{part}": text for part, text in more.items() if text}
