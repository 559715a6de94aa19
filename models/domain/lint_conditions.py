"""清单质检 of situations: branches that nobody can ever reach, in items and in bundles."""

from __future__ import annotations

from models.domain.catalog import Catalog
from models.domain.conditions import bundle_conditions, problems
from models.domain.findings import ERROR, Finding, Findings, error


def situations(catalog: Catalog) -> Findings:
    """Conditions that can never hold, or that name what is not there (:mod:`models.domain.conditions`)."""
    for item in catalog.items:
        for one in problems(item):
            yield error("conditions", item, one.message, one.id if one.part == "material" else "")
    for bundle in catalog.bundles:
        for one in bundle_conditions(bundle):
            yield Finding(
                rule="conditions", severity=ERROR, sentence=one.message, item=bundle.id, name=bundle.name
            )


RULES = (situations,)
