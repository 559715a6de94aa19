"""清单质检: every rule over every item of a catalogue, draft or published."""

from __future__ import annotations

from models.domain import lint_codes, lint_conditions, lint_links, lint_quality
from models.domain.catalog import Catalog
from models.domain.findings import ERROR, WARNING, Finding

__all__ = ["ERROR", "WARNING", "Finding", "lint", "unlawful"]

# What no hall may put in force, whatever else of the list waits for a person: 容缺 or 告知承诺 for a 红线
# item, a proof beyond the 证明事项清单, and what a desk could not tell apart or carry out.
UNLAWFUL = frozenset((
    "red-line", "proof-abolished", "proof-unlisted", "id-repeated",
    "bundle-member", "bundle-prerequisite", "bundle-circle", "bundle-answer",
))  # fmt: skip


def unlawful(catalog: Catalog) -> tuple[Finding, ...]:
    """The findings for which a catalogue is not published at all (docs/import-format.md)."""
    found = [finding for item in catalog.items for finding in lint_quality.materials(item)]
    for rule in (lint_codes.repeated, lint_links.proofs, lint_links.bundles):
        found += rule(catalog)
    return tuple(one for one in found if one.severity == ERROR and one.rule in UNLAWFUL)


def lint(catalog: Catalog) -> tuple[Finding, ...]:
    """All findings in the order of the list, those about the list as a whole first.

    A catalogue with an ``error`` should not be published; a ``warning`` is for a person to judge.
    """
    found = [finding for item in catalog.items for rule in lint_quality.RULES for finding in rule(item)]
    for whole in (*lint_codes.RULES, *lint_conditions.RULES, *lint_links.RULES):
        found += whole(catalog)
    place = {"": -1} | {item.id: n for n, item in reversed(list(enumerate(catalog.items)))}
    return tuple(sorted(found, key=lambda one: place.get(one.item, len(place))))
