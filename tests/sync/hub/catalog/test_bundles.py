"""一件事 rows: whole or not at all, every bad row named."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domain.catalog import BundleMember, Catalog, Condition, Item
from sync.hub.catalog import ImportResult, read_catalog
from tests.sync.hub.catalog.kit import HEAD, good, read_tables

ITEMS = [("办理项标识", *HEAD), *((key, *good(办理项名称=f"样例{key}")) for key in "ABC")]
HEADS = [
    ("一件事标识", "名称", "状态", "改革前材料", "改革前环节", "改革前时限"),
    ("X", "我要样例", "已上线", "9", "8", "30"),
]
QUESTIONS = [("一件事标识", "问题标识", "问题", "选项"), ("X", "q1", "样例？", "yes:是|no:否")]
MEMBERS = ("一件事标识", "办理项标识", "情形条件", "前置", "一并勘验")


def read(folder: Path, *members: tuple[str, ...]) -> ImportResult:
    return read_tables(folder, 事项=ITEMS, 一件事=HEADS, 一件事情形=QUESTIONS, 一件事成员=[MEMBERS, *members])


def errors(result: ImportResult) -> list[tuple[str, int, str]]:
    return [(p.table, p.row, p.field) for p in result.problems if p.severity == "error"]


def test_a_bundle(tmp_path: Path) -> None:
    result = read(tmp_path, ("X", "A", "", "", ""), ("X", "B", "q1=yes", "A", "是"))
    (bundle,) = result.bundles
    assert (bundle.id, bundle.name, bundle.status) == ("X", "我要样例", "online")
    assert [q.id for q in bundle.questions] == ["q1"]
    when = Condition(all_of=(("q1", ("yes",)),))
    assert bundle.members == (
        BundleMember(item="A"),
        BundleMember(item="B", when=when, after=("A",), joint_visit=True),
    )
    assert bundle.former is not None
    assert bundle.former.workdays == 30
    assert errors(result) == []


def test_prerequisites_in_a_circle_are_named_row_by_row(tmp_path: Path) -> None:
    result = read(tmp_path, ("X", "A", "", "C", ""), ("X", "B", "", "A", ""), ("X", "C", "", "B", ""))
    assert result.bundles == ()
    assert errors(result) == [
        ("一件事", 2, "一件事标识"), ("一件事成员", 2, "前置"), ("一件事成员", 3, "前置"), ("一件事成员", 4, "前置"),
    ]  # fmt: skip
    assert any("A → C → B → A" in p.reason for p in result.problems)


@pytest.mark.parametrize(
    ("member", "field"),
    [
        (("X", "Z", "", "", ""), "办理项标识"),
        (("X", "B", "q9=yes", "", ""), "情形条件"),
        (("X", "B", "q1=maybe", "", ""), "情形条件"),
        (("X", "B", "", "C", ""), "前置"),
        (("X", "B", "", "Z", ""), "前置"),
        (("X", "B", "", "B", ""), "前置"),
        (("X", "A", "q1=no", "", ""), "一件事标识"),
        (("X", "", "", "", ""), "办理项标识"),
    ],
)
def test_one_bad_row_keeps_the_whole_bundle_out(tmp_path: Path, member: tuple[str, ...], field: str) -> None:
    result = read(tmp_path, ("X", "A", "", "", ""), member)
    assert result.bundles == ()
    assert result.loaded == 3
    assert errors(result) == [("一件事", 2, "一件事标识"), ("一件事成员", 3, field)]


def test_a_row_of_no_bundle(tmp_path: Path) -> None:
    result = read(tmp_path, ("X", "A", "", "", ""), ("Y", "B", "", "", ""))
    assert [b.id for b in result.bundles] == ["X"]
    assert errors(result) == [("一件事成员", 3, "一件事标识")]


def test_members_may_be_items_in_force(tmp_path: Path) -> None:
    members = [MEMBERS, ("X", "B", "", "A", ""), ("X", "A", "", "", "")]
    alone = read_tables(tmp_path, 事项=ITEMS[:2], 一件事=HEADS, 一件事成员=members)
    assert alone.bundles == ()
    current = Catalog(version="1", items=(Item(id="B", name="在册"),))
    (bundle,) = read_catalog(tmp_path, None, current).bundles
    assert [m.item for m in bundle.members] == ["B", "A"]


def test_what_a_bundle_settles_for_a_member_is_read(tmp_path: Path) -> None:
    heads = (*MEMBERS, "预设情形")
    result = read_tables(
        tmp_path,
        事项=ITEMS,
        一件事=HEADS,
        一件事情形=QUESTIONS,
        一件事成员=[heads, ("X", "A", "", "", "", "q1=no;q2=shop")],
    )
    (member,) = result.bundles[0].members
    assert member.settled == Condition(all_of=(("q1", ("no",)), ("q2", ("shop",))))
