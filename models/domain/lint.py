"""清单质检: every rule over every item of a catalogue, draft or published."""

from __future__ import annotations

from models.domain import lint_codes, lint_conditions, lint_links, lint_quality
from models.domain.catalog import Catalog
from models.domain.findings import ERROR, WARNING, Finding

__all__ = ["ERROR", "WARNING", "Finding", "lint"]


def lint(catalog: Catalog) -> tuple[Finding, ...]:
    """All findings in the order of the list, those about the list as a whole first.

    A catalogue with an ``error`` should not be published; a ``warning`` is for a person to judge.
    """
    found = [finding for item in catalog.items for rule in lint_quality.RULES for finding in rule(item)]
    for whole in (*lint_codes.RULES, *lint_conditions.RULES, *lint_links.RULES):
        found += whole(catalog)
    place = {"": -1} | {item.id: n for n, item in reversed(list(enumerate(catalog.items)))}
    return tuple(sorted(found, key=lambda one: place.get(one.item, len(place))))
