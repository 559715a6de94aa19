"""The document behind a rule: the one of the day, named as a notice names it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.domain.case import CaseState
from models.domain.catalog import Catalog, RuleDocument
from models.domain.rule_documents import RULE_NAMES, Rule, citation, cited, rule_day, rule_on

OLD = RuleDocument(id="deferral", title="旧办法", effective_to="2026-01-01")
NEW = RuleDocument(id="deferral", title="《新办法》", number="样例〔2026〕1号", effective_from="2026-01-01")
CATALOG = Catalog(version="v", rules=(OLD, NEW))
STATE = CaseState(case_id="c", scope="s", item_id="P", item_name="", catalog_version="v")


def test_a_case_from_before_has_the_rule_of_then() -> None:
    found = [rule_on(CATALOG, "deferral", day) for day in ("2025-12-31", "2026-01-01")]
    assert [one.title for one in found if one is not None] == ["旧办法", "《新办法》"]
    assert rule_on(CATALOG, "other", "2026-01-01") is None
    assert rule_on(Catalog(version="v", rules=(OLD,)), "deferral", "2026-01-01") is None
    before = CaseState(
        **{**{f: getattr(STATE, f) for f in STATE.__struct_fields__}, "received_on": "2025-12-30"}
    )
    assert cited(CATALOG, rule_day(before, "2026-11-23")) == {Rule.DEFERRAL: "《旧办法》"}
    assert cited(CATALOG, rule_day(STATE, "2026-11-23")) == {Rule.DEFERRAL: "《新办法》（样例〔2026〕1号）"}
    assert cited(CATALOG, rule_day(None, "2026-11-23")) == cited(CATALOG, "2026-11-23")


def test_every_rule_has_a_name() -> None:
    assert set(RULE_NAMES) == set(Rule)


@given(st.text("甲乙《》", min_size=1, max_size=5), st.text("甲1〔〕", max_size=5))
def test_a_citation_has_its_title_in_marks_once(title: str, number: str) -> None:
    said = citation(RuleDocument(id="x", title=title, number=number))
    assert said.startswith("《")
    assert not said.startswith("《《") or title.startswith("《《")
    assert said.endswith(f"（{number}）") is bool(number) or not number
