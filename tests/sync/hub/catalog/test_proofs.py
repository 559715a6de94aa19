"""证明事项清单: an item that asks for an abolished proof is refused, by row."""

from __future__ import annotations

from pathlib import Path

from models.domain.catalog import Catalog, Item, ProofRule
from models.domain.proof_list import paper_key
from sync.hub.catalog import ImportResult, merge_items, read_catalog
from tests.sync.hub.catalog.kit import CITY, HEAD, good, read_tables

ITEMS = [("办理项标识", *HEAD), *((key, *good(办理项名称=f"样例{key}")) for key in "AB")]
PAPERS = [
    ("办理项标识", "材料标识", "材料名称", "证明事项"),
    ("A", "M1", "样例申请书", ""),
    ("A", "M2", "申请人 单身证明（原件）", ""),
    ("B", "M1", "样例证明", "是"),
]
PROOFS = [
    ("证明名称", "是否保留", "依据", "替代方式"),
    ("样例证明", "是", "样例依据", ""),
    ("单身证明", "否", "", "信息核查"),
    ("单身证明", "是", "", ""),
    ("没写", "", "", ""),
]


def errors(result: ImportResult) -> list[tuple[str, int]]:
    return [(p.table, p.row) for p in result.problems if p.severity == "error"]


def test_an_item_that_asks_for_an_abolished_proof_is_refused(tmp_path: Path) -> None:
    result = read_tables(tmp_path, 事项=ITEMS, 材料=PAPERS, 证明事项清单=PROOFS)
    assert [item.id for item in result.items] == ["B"]
    assert (result.rows, result.loaded) == (2, 1)
    assert errors(result) == [("事项", 2), ("材料", 3), ("证明事项清单", 4), ("证明事项清单", 5)]
    assert any("信息核查" in p.reason for p in result.problems)
    assert result.proofs == (
        ProofRule(name="样例证明", allowed=True, basis="样例依据"),
        ProofRule(name="单身证明", allowed=False, instead="信息核查"),
    )


def test_the_list_in_force_binds_every_import(tmp_path: Path) -> None:
    result = read_tables(tmp_path, 事项=ITEMS, 材料=PAPERS)
    assert result.loaded == 2
    rules = (ProofRule(name="单身证明", allowed=False),)
    current = Catalog(version="1", items=(Item(id="A", name="在册", parent="旧"),), proofs=rules)
    bound = read_catalog(tmp_path, None, current)
    assert [item.id for item in bound.items] == ["B"]
    # The item in force stays as it was, and the list outlives even a replacement.
    assert [(i.id, i.name) for i in merge_items(current, bound, "2").items] == [("A", "在册"), ("B", "样例B")]
    replaced = merge_items(current, bound, "2", replace=True)
    assert ([i.id for i in replaced.items], replaced.proofs) == (["B"], rules)


def test_an_abolished_proof_does_not_come_back_unseen(tmp_path: Path) -> None:
    read_tables(tmp_path, 事项=ITEMS, 材料=PAPERS, 证明事项清单=[PROOFS[0], ("单身证明", "是", "", "")])
    current = Catalog(version="1", proofs=(ProofRule(name="单身证明", allowed=False),))
    result = read_catalog(tmp_path, None, current)
    assert result.loaded == 2
    assert [(p.row, p.severity) for p in result.problems if p.table == "证明事项清单"] == [(2, "warning")]


def test_names_are_compared_without_what_does_not_matter() -> None:
    for name in (
        "单身证明",
        "《单身证明》",
        "本人单身证明原件",
        "单身 证明（村居出具）",
        "申请人的单身证明复印件",
    ):
        assert paper_key(name) == "单身证明"
    assert paper_key("营业执照正、副本") == "营业执照"
    assert paper_key("离婚证明") != paper_key("单身证明")
    assert paper_key("原件") == "原件"


def test_the_demo_city_abolishes_forty_proofs_and_asks_for_none() -> None:
    result = read_catalog(CITY)
    assert sum(not rule.allowed for rule in result.proofs) == 40
    assert all("演示" in rule.basis for rule in result.proofs)
    kept = {paper_key(rule.name) for rule in result.proofs if rule.allowed}
    assert {paper_key(m.name) for i in result.items for m in i.materials if m.proof} <= kept
