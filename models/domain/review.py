"""What a later catalogue version changes for a case taken in under an earlier one.

A case keeps the version it was accepted under; a change that matters is put before a person, who
decides and writes down why.  Nothing about the case changes by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import (
    Condition,
    DayLimit,
    Item,
    Material,
    Need,
    ReviewPoint,
)

_T = TypeVar("_T")
PENDING = frozenset({CaseStatus.OPEN, CaseStatus.RECEIVED, CaseStatus.SUPPLEMENT, CaseStatus.ACCEPTED})
REVIEW_NOTE = "目录复核"  # a note that settles a task begins with it and names the version
_NEED_NAMES: Mapping[Need, str] = {
    Need.REQUIRED: "必要",
    Need.OPTIONAL: "非必要",
    Need.DEFERRABLE: "容缺后补",
}


class ReviewTask(msgspec.Struct, frozen=True, kw_only=True):
    """One case that a person must look at.  ``staff`` last acted on it and is asked first."""

    case_id: str
    scope: str
    number: str
    item_id: str
    item_name: str
    status: str
    staff: str
    was: str
    now: str
    changes: tuple[str, ...]


def changes_that_matter(old: Item, new: Item | None) -> tuple[str, ...]:
    """In words, what of materials, limits, conditions, points and red line is otherwise; () if nothing."""
    if new is None:
        return ("新版目录已没有这个办理项",)
    return (
        *_limits(old, new),
        *_flags(old, new),
        *((new.listing.closed,) if new.listing.closed != old.listing.closed and new.listing.closed else ()),
        *_texts("受理条件", old.conditions, new.conditions),
        *_parts("材料", _named(old.materials), _named(new.materials), _material),
        *_parts("审查要点", _pointed(old.points), _pointed(new.points), _point),
        *(("情形问题有改动",) if old.questions != new.questions else ()),
    )


def all_changes(old: Item, new: Item) -> tuple[str, ...]:
    """:func:`changes_that_matter`, and that the rest differs too where it does."""
    found = changes_that_matter(old, new)
    quiet = [name for name in _OTHER if getattr(old, name) != getattr(new, name)]
    if old.name != new.name:
        found = (*found, f"名称“{old.name}”改为“{new.name}”")
    return (*found, "其他内容有改动") if quiet else found


def review_task(state: CaseState, old: Item, new: Item | None, version: str) -> ReviewTask | None:
    """The task that ``version`` raises for a case, None where there is nothing (more) to decide."""
    if state.status not in PENDING or state.catalog_version == version or is_reviewed(state, version):
        return None
    changes = changes_that_matter(old, new)
    if not changes:
        return None
    return ReviewTask(
        case_id=state.case_id,
        scope=state.scope,
        number=state.number or state.receipt,
        item_id=state.item_id,
        item_name=state.item_name,
        status=state.status.value,
        staff=state.staff,
        was=state.catalog_version,
        now=version,
        changes=changes,
    )


def review_text(version: str, reason: str) -> str:
    """The note by which a person settles the task of that version."""
    return f"{REVIEW_NOTE} {version}：{reason.strip()}"


def is_reviewed(state: CaseState, version: str) -> bool:
    """Whether a person has settled what that version changes, with a reason."""
    start = f"{REVIEW_NOTE} {version}："
    return any(note.text.startswith(start) and note.text[len(start) :].strip() for note in state.notes)


def effective(versions: Iterable[tuple[str, str]], day: str) -> str:
    """The newest of (version, effective_on), given oldest first, that is in force on ``day`` (ISO 8601).

    Of two that are both in force the one published later counts.  "" when none is.
    """
    found = ""
    for version, since in versions:
        if since <= day:
            found = version
    return found


_OTHER = tuple(
    name
    for name in Item.__struct_fields__
    if name
    not in (
        "name", "legal", "promised", "red_line", "deferral_allowed", "commitment_allowed",
        "conditions", "materials", "points", "questions", "deferral_days", "correction_days", "extension",
    )
)  # fmt: skip


def _limit(limit: DayLimit) -> str:
    if not limit.binding:
        return "未定"
    return f"{limit.days} 个工作日" if limit.days else "当场办结"


def _limits(old: Item, new: Item) -> tuple[str, ...]:
    pairs = (("法定时限", old.legal, new.legal), ("承诺时限", old.promised, new.promised))
    found = [f"{name}由{_limit(a)}改为{_limit(b)}" for name, a, b in pairs if _limit(a) != _limit(b)]
    if old.deferral_days != new.deferral_days:
        found.append(f"容缺补正期限由{_days(old.deferral_days)}改为{_days(new.deferral_days)}")
    if old.correction_days != new.correction_days:
        found.append(f"补正期限由{_days(old.correction_days)}改为{_days(new.correction_days)}")
    if old.extension != new.extension:
        found.append(f"可延期时限由{_days(old.extension.days)}改为{_days(new.extension.days)}")
    return tuple(found)


def _days(days: int | None) -> str:
    return "未定" if days is None else f"{days} 个工作日"


def _flags(old: Item, new: Item) -> tuple[str, ...]:
    pairs = (
        ("红线事项", old.red_line, new.red_line),
        ("容缺受理", old.deferral_allowed, new.deferral_allowed),
        ("告知承诺", old.commitment_allowed, new.commitment_allowed),
    )
    return tuple(f"{name}：{_yes(a)}改为{_yes(b)}" for name, a, b in pairs if a != b)


def _yes(flag: bool) -> str:
    return "是" if flag else "否"


def _texts(what: str, old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    added = [f"增加{what}“{text}”" for text in new if text not in old]
    return (*added, *(f"取消{what}“{text}”" for text in old if text not in new))


def _named(materials: tuple[Material, ...]) -> dict[str, tuple[str, Material]]:
    return {one.id: (one.name, one) for one in materials}


def _pointed(points: tuple[ReviewPoint, ...]) -> dict[str, tuple[str, ReviewPoint]]:
    return {one.id: (one.text, one) for one in points}


def _parts(
    what: str,
    old: Mapping[str, tuple[str, _T]],
    new: Mapping[str, tuple[str, _T]],
    compare: Callable[[_T, _T], tuple[str, ...]],
) -> tuple[str, ...]:
    found = [f"增加{what}“{name}”" for key, (name, _) in new.items() if key not in old]
    found += [f"取消{what}“{name}”" for key, (name, _) in old.items() if key not in new]
    for key, (name, one) in new.items():
        if key in old:
            found += [f"{what}“{name}”：{change}" for change in compare(old[key][1], one)]
    return tuple(found)


def _when(old: Condition, new: Condition) -> tuple[str, ...]:
    return ("适用情形有改动",) if old != new else ()


def _material(old: Material, new: Material) -> tuple[str, ...]:
    found = []
    if old.name != new.name:
        found.append(f"原名“{old.name}”")
    if old.need != new.need:
        found.append(f"由{_NEED_NAMES[old.need]}改为{_NEED_NAMES[new.need]}")
    if (old.original, old.copies) != (new.original, new.copies):
        found.append("原件、复印件或者份数有改动")
    if (old.standard, old.form) != (new.standard, new.form):
        found.append("受理标准有改动")
    if old.commitment_allowed != new.commitment_allowed:
        found.append(f"可告知承诺：{_yes(old.commitment_allowed)}改为{_yes(new.commitment_allowed)}")
    return (*found, *_when(old.when, new.when))


def _point(old: ReviewPoint, new: ReviewPoint) -> tuple[str, ...]:
    found = [f"原文“{old.text}”"] if old.text != new.text else []
    if old.material != new.material:
        found.append("所对应的材料有改动")
    return (*found, *_when(old.when, new.when))
