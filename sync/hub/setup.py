"""Filling a hub from files: a catalogue list, or a whole city."""

from __future__ import annotations

from pathlib import Path

import msgspec

from models.domain.catalog import Catalog, Department
from models.errors import KnownError
from sync.hub import draft, people, publish
from sync.hub.catalog import ImportResult, merge_items, read_catalog
from sync.hub.catalog.city import City
from sync.hub.database import Hub
from sync.hub.places import publish_directory
from sync.hub.registers import FOLDER, import_registers, listed_enterprises


def load_city(hub: Hub, folder: Path, password: str) -> ImportResult:
    """Load halls, windows, staff (all with the one password) and the catalogue of a city folder.

    For a demo or a first installation.  Raises KnownError when the folder holds no city.
    """
    result = read_catalog(folder)
    if result.city is None:
        raise KnownError(f"“{folder}”里没有大厅资料，没有导入。请核对目录。")
    publish_city(hub, result.city, result.departments)
    hashed = people.hash_password(password)  # one password, one hash: sixty people would take six seconds
    for person in result.city.staff:
        line = people.StaffLine(
            staff=person.staff,
            name=person.name,
            scope=person.hall,
            window=person.window,
            roles=people.role_codes(person.roles),
            domains=person.domains,
        )
        people.add_staff(hub, line, hashed)
    publish.publish_catalog(
        hub,
        result.departments,
        result.items,
        bundles=result.bundles,
        proofs=result.proofs,
        rules=result.rules,
    )
    _load_registers(hub, folder / FOLDER)
    return result


def _load_registers(hub: Hub, folder: Path) -> None:
    """The registers of a city, if it has any.  Raises KnownError naming the first wrong row."""
    if not folder.is_dir():
        return
    problems = import_registers(hub, folder).problems
    if problems:
        one = problems[0]
        raise KnownError(
            f"“{one.file}”第 {one.row} 行{one.field}：{one.reason}（共 {len(problems)} 处）。"
            "事项目录已经装入，登记没有装入。请改正后用 hub register import 导入。"
        )


def import_catalog(
    hub: Hub, file: Path, column_map: Path | None = None, *, replace: bool = False
) -> ImportResult:
    """Read a list into the draft of the next version, added to the published one unless ``replace``.

    An earlier draft is replaced; publishing takes two people (sync.hub.draft).  Drafts nothing when no row can be used (``loaded`` is 0; the problems say why).  An item or
    department with a known id takes the place of the former.  Halls and windows in the
    file are published too; staff are not (they need passwords of their own).
    """
    before = publish.current_catalog(hub) or Catalog(version="")
    known = msgspec.structs.replace(before, items=()) if replace else before
    result = read_catalog(file, column_map, known)
    if not result.items:
        return result
    whole = merge_items(before, result, "", replace=replace)
    draft.save_draft(hub, whole, base=before.version)
    if result.city is not None:
        publish_city(hub, result.city, result.departments)
    return result


def publish_city(hub: Hub, city: City, departments: tuple[Department, ...]) -> None:
    """Publish the directory: all of the city but its people, and the 企业名单 of the registers."""
    with hub.read() as conn:
        enterprises = listed_enterprises(conn)
    places = {
        "divisions": city.divisions,
        "departments": departments or city.departments,
        "halls": city.halls,
        "windows": city.windows,
        "enterprises": enterprises,
    }
    publish_directory(hub, msgspec.json.encode(places))
