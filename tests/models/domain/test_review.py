"""What a later version changes for a case, and which version is in force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models.domain.case import CaseState, CaseStatus, Note
from models.domain.catalog import (
    Condition,
    DayLimit,
    Item,
    Material,
    Need,
    ReviewPoint,
)
from models.domain.review import (
    all_changes,
    changes_that_matter,
    effective,
    is_reviewed,
    review_task,
    review_text,
)

OLD = Item(
    id="I",
    name="样例",
    promised=DayLimit(days=5),
    conditions=("有场所",),
    materials=(Material(id="M1", name="申请表"), Material(id="M2", name="照片")),
    points=(ReviewPoint(id="P1", text="字迹清楚"),),
)
STATE = CaseState(
    case_id="C",
    scope="370911",
    item_id="I",
    item_name="样例",
    catalog_version="v1",
    status=CaseStatus.ACCEPTED,
    staff="T1",
)


def test_each_change_that_matters_is_named() -> None:
    new = replace(
        OLD,
        promised=DayLimit(days=0),
        red_line=True,
        conditions=("有资金",),
        materials=(
            Material(id="M1", name="申请表", need=Need.DEFERRABLE),
            Material(id="M3", name="合同", when=Condition()),
        ),
        points=(ReviewPoint(id="P1", text="字迹清楚完整"),),
    )
    assert changes_that_matter(OLD, new) == (
        "承诺时限由5 个工作日改为当场办结",
        "红线事项：否改为是",
        "增加受理条件“有资金”",
        "取消受理条件“有场所”",
        "增加材料“合同”",
        "取消材料“照片”",
        "材料“申请表”：由必要改为容缺后补",
        "审查要点“字迹清楚完整”：原文“字迹清楚”",
    )


def test_what_does_not_matter_raises_nothing() -> None:
    quiet = replace(OLD, address="新址", consult="0538", former_department="旧局")
    assert changes_that_matter(OLD, quiet) == ()
    assert all_changes(OLD, quiet) == ("其他内容有改动",)
    assert review_task(STATE, OLD, quiet, "v2") is None
    assert all_changes(OLD, OLD) == ()


def test_a_task_stands_until_a_person_settles_that_very_version() -> None:
    new = replace(OLD, red_line=True)
    task = review_task(STATE, OLD, new, "v2")
    assert task is not None
    assert (task.case_id, task.staff, task.was, task.now) == ("C", "T1", "v1", "v2")
    settled = replace(
        STATE, notes=(Note(op_id="o", text=review_text("v2", "仍按原版"), staff="T1", at_ms=1),)
    )
    assert is_reviewed(settled, "v2")
    assert review_task(settled, OLD, new, "v2") is None
    assert review_task(settled, OLD, new, "v3") is not None
    empty = replace(STATE, notes=(Note(op_id="o", text=review_text("v2", " "), staff="T1", at_ms=1),))
    assert review_task(empty, OLD, new, "v2") is not None


def test_only_cases_that_are_still_open_and_older() -> None:
    new = replace(OLD, red_line=True)
    assert review_task(replace(STATE, status=CaseStatus.DECIDED), OLD, new, "v2") is None
    assert review_task(replace(STATE, catalog_version="v2"), OLD, new, "v2") is None
    gone = review_task(STATE, OLD, None, "v2")
    assert gone is not None
    assert "没有这个办理项" in gone.changes[0]


@given(st.lists(st.dates().map(str), max_size=6), st.dates().map(str))
def test_in_force_is_the_newest_that_has_begun(days: list[str], day: str) -> None:
    versions = [(f"r{i}", since) for i, since in enumerate(sorted(days))]
    begun = [name for name, since in versions if since <= day]
    assert effective(versions, day) == (begun[-1] if begun else "")
