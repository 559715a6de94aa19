"""制度先行: the document that sets a rule, from a day to a day (domain facts §5 row 3).

What a rule does is code; which document of the place stands behind it is data of the catalogue.  A case has the
documents of the day on which its papers came in, whatever was changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from models.domain.case import CaseState
from models.domain.catalog import Catalog, Item, RuleDocument


class Rule(StrEnum):
    """The rules that a document is shown and printed for; the import keeps others and says that it does."""

    DEFERRAL = "deferral"
    COMMITMENT = "commitment"
    RED_LINE = "red_line"
    LICENCE_FIRST = "licence_first"
    REUSE = "reuse"
    SHARED = "shared"


RULE_NAMES: Mapping[Rule, str] = {
    Rule.DEFERRAL: "容缺受理",
    Rule.COMMITMENT: "告知承诺",
    Rule.RED_LINE: "红线事项",
    Rule.LICENCE_FIRST: "照后办证",
    Rule.REUSE: "材料沿用",
    Rule.SHARED: "同级通办、市县同权",
}


def rules_of(item: Item) -> tuple[Rule, ...]:
    """The rules that can come into play for an item."""
    plays = {
        Rule.DEFERRAL: item.deferral_allowed and not item.red_line,
        Rule.COMMITMENT: item.commitment_allowed and not item.red_line,
        Rule.RED_LINE: item.red_line,
        Rule.LICENCE_FIRST: item.licence_first is not None,
        Rule.REUSE: any(material.canonical for material in item.materials),
        Rule.SHARED: bool(item.shared_scope),
    }
    return tuple(rule for rule, plays_a_part in plays.items() if plays_a_part)


def rule_on(catalog: Catalog, rule: str, day: str) -> RuleDocument | None:
    """The document that sets a rule on a day (ISO 8601); None where the catalogue names none."""
    known = [one for one in catalog.rules if one.id == rule and one.in_force(day)]
    return max(known, key=lambda one: one.effective_from, default=None)


def rule_day(state: CaseState | None, today: str) -> str:
    """The day whose documents hold for a case: that of its receipt, today for one that is not received."""
    return state.received_on or today if state is not None else today


def cited(catalog: Catalog, day: str) -> dict[Rule, str]:
    """How the document behind each rule is named on a day, of the rules that have one."""
    found = {rule: rule_on(catalog, rule, day) for rule in Rule}
    return {rule: citation(one) for rule, one in found.items() if one is not None}


def citation(one: RuleDocument) -> str:
    """《title》（number）, as a notice names it."""
    title = one.title if one.title.startswith("《") else f"《{one.title}》"
    return f"{title}（{one.number}）" if one.number else title
