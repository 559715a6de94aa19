"""Where a case may be accepted and where it goes: 行使层级, delegated areas, 通办范围.

An office acts within its own competence (行政许可法 第三十二条第一款第（二）项: what is not within it is
told to the applicant together with the office to go to).  Which halls may accept for which areas is data
of the catalogue (``Item.accepted_in``, ``Item.shared_scope``), never law of this program.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from models.domain.case import CaseState
from models.domain.catalog import DOMAIN_NAMES, Item
from models.domain.ops import OpKind

TAKING = frozenset({OpKind.RECEIVE, OpKind.ACCEPT, OpKind.SUPPLEMENT})
APPLICANT_DIVISION = "applicant.division"
_DISTRICT, _PROVINCE_CITY = 6, 4


class Competence(msgspec.Struct, frozen=True, kw_only=True):
    """``goes_to`` is a 区划: the area that handles the case, or to which the visitor is sent."""

    allowed: bool
    reason: str = ""
    goes_to: str = ""


def may_accept(item: Item, hall_division: str, applicant_division: str = "") -> Competence:
    """Whether a hall may accept for an applicant of that area.  Pure and total.

    An empty applicant area means that of the hall; an unknown hall (empty) is not judged.  What the list
    has suspended or cancelled (事项状态) no hall accepts, and there is nowhere to send the visitor.
    """
    if item.listing.closed:
        return Competence(allowed=False, reason=item.listing.closed)
    area = applicant_division or hall_division
    home = handling_area(item, area)
    if not hall_division:
        return Competence(allowed=True, goes_to=home)
    if item.accepted_in and not _listed(item, hall_division):
        there = _nearest(item.accepted_in, area)
        return Competence(allowed=False, reason="本事项没有授权本大厅受理", goes_to=there)
    if _serves(hall_division, area) or _shared(item, hall_division, area):
        return Competence(allowed=True, goes_to=home)
    return Competence(allowed=False, reason="本事项不在通办范围，申请人不属于本大厅的区域", goes_to=home)


def case_competence(item: Item, hall_division: str, state: CaseState) -> Competence:
    """:func:`may_accept` for a case as it stands: the applicant's area is a field of it."""
    return may_accept(item, hall_division, state.value(APPLICANT_DIVISION))


def may_take(
    item: Item, window_kind: str, domains: Collection[str], window_domains: Collection[str] = ()
) -> str:
    """Why this clerk at this window may not take the item in (权责清单); "" where they may.

    No domains, the clerk's or the window's, means all of them.  A window whose kind is not known ("") is
    not judged by it.
    """
    if item.specialist and window_kind not in ("", "specialist"):
        return f"须到{DOMAIN_NAMES[item.domain]}专业窗口办理"
    if item.domain == "unsorted":
        return ""
    if window_domains and item.domain not in window_domains:
        names = "、".join(name for domain, name in DOMAIN_NAMES.items() if domain in window_domains)
        return f"本窗口只办{names}事项，须到办理{DOMAIN_NAMES[item.domain]}的窗口"
    if domains and item.domain not in domains:
        return f"您没有办理{DOMAIN_NAMES[item.domain]}事项的权限，请交给有权限的窗口人员"
    return ""


def handling_area(item: Item, area: str) -> str:
    """The 区划 that handles a case of an applicant of ``area``: by 行使层级, not by window."""
    if not area:
        return ""
    if item.level.startswith("市"):
        return city_of(area)
    return area[:_DISTRICT] if item.level.startswith("县") else area


def city_of(division: str) -> str:
    """The 地级市 of a division: its first four digits and 00."""
    return division[:_PROVINCE_CITY] + "00"


def _is_city(division: str) -> bool:
    return len(division) == _DISTRICT and division.endswith("00")


def covers(code: str, division: str) -> bool:
    """A listed division covers itself; a county's covers its townships (9 digits)."""
    return division == code or (len(division) > len(code) and division.startswith(code))


def _serves(hall: str, area: str) -> bool:
    """Its own area: the city hall serves the city, a county's halls and townships the county."""
    if _is_city(hall):
        return city_of(area) == hall
    return hall == area or (not _is_city(area) and hall[:_DISTRICT] == area[:_DISTRICT])


def _listed(item: Item, hall: str) -> bool:
    if any(covers(code, hall) for code in item.accepted_in):
        return True
    return any(_reaches(item.shared_scope, code, hall) for code in item.accepted_in)


def _shared(item: Item, hall: str, area: str) -> bool:
    """同级通办: halls of one level for each other; 市县同权: the city and its counties for each other."""
    return _reaches(item.shared_scope, area[:_DISTRICT], hall)


def _reaches(scope: str, code: str, hall: str) -> bool:
    if city_of(code) != city_of(hall):
        return False
    if scope == "county":
        return len(hall) == _DISTRICT
    return scope == "city" and len(hall) == len(code) and _is_city(hall) == _is_city(code)


def _nearest(listed: Collection[str], area: str) -> str:
    """Of the areas that may accept: the applicant's own, else its city's, else the first."""
    own = [code for code in listed if covers(code, area) or code == city_of(area)]
    return max(own, key=len) if own else min(listed)
