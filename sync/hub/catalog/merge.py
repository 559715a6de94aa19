"""An import on top of the catalogue that is in force."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from models.domain.catalog import Bundle, Catalog, Department, Item
from sync.hub.catalog.assemble import ImportResult

T = TypeVar("T", Bundle, Department, Item)


def merge_items(existing: Catalog, imported: ImportResult, version: str, *, replace: bool = False) -> Catalog:
    """The next version: imported ids take the place of the same ids, everything else stays.

    An imported department that has no id here but the name and division of exactly one that is here
    is that one; otherwise a list that names departments would double those of the city.  With
    ``replace`` only the 证明事项清单 and the 规则文件 stay: the former binds every list that comes after it.
    """
    rules = {(rule.id, rule.effective_from): rule for rule in (*existing.rules, *imported.rules)}
    proofs = {rule.name: rule for rule in (*existing.proofs, *imported.proofs)}
    if replace:
        existing = Catalog(version="")
    here = {department.id for department in existing.departments}
    same = {
        department.id: twins[0].id
        for department in imported.departments
        if department.id not in here
        and len(twins := [d for d in existing.departments if _place(d) == _place(department)]) == 1
    }
    departments = tuple(d for d in imported.departments if d.id not in same)
    items = tuple(
        msgspec.structs.replace(item, department=same.get(item.department, item.department))
        for item in imported.items
    )
    return Catalog(
        version=version,
        departments=_merged(existing.departments, departments),
        items=_merged(existing.items, items),
        bundles=_merged(existing.bundles, imported.bundles),
        proofs=tuple(proofs.values()),
        rules=tuple(rules.values()),
    )


def _place(department: Department) -> tuple[str, str]:
    return department.name, department.division


def _merged(old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    by_id = {one.id: one for one in old}
    by_id.update((one.id, one) for one in new)
    return tuple(by_id.values())
