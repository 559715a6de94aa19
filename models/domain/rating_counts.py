"""好差评 in numbers: 好评率, 主动评价好评率 and 未评率 are one answer; none is ever given without the others.

Counted are visits: the days on which somebody was served at a window for a case.  A visit nobody rated is
未评价 and good for nothing: it stands in the whole of 好评率 and never in its part.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from models.domain.case import CaseState
from models.domain.ops import OpKind
from models.domain.procedures import DeliveryWay
from models.domain.visit import LEVELS, ONLINE, Rating

IN_PERSON = frozenset(
    {OpKind.RECEIVE, OpKind.ACCEPT, OpKind.SUPPLEMENT, OpKind.REFUSE, OpKind.DEFERRAL_DONE, OpKind.DELIVER}
)
ELSEWHERE = frozenset({DeliveryWay.POST.value, DeliveryWay.ELECTRONIC.value})


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One day at a window for one case.  ``acts`` are the op ids that may be rated.

    ``together`` is the id of the set (一件事) that the case was taken in with, "" for a case alone.
    """

    case_id: str
    day: str
    acts: tuple[str, ...]
    rating: Rating | None = None
    together: str = ""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Shares in per cent with one digit, None where there is nothing to divide by.

    ``good_rate`` 好评率 = good ÷ visits; ``active_good_rate`` 主动评价好评率 = good ÷ rated;
    ``unrated_rate`` 未评率 = unrated ÷ visits.
    """

    visits: int
    rated: int
    unrated: int
    good: int
    bad: int
    levels: dict[str, int]
    good_rate: float | None
    active_good_rate: float | None
    unrated_rate: float | None


def visits_of(state: CaseState) -> list[Visit]:
    """The visits of a case, the first first, each with its rating or None."""
    days: dict[str, list[str]] = {}
    for notice in state.notices:
        if notice.kind in IN_PERSON and notice.later.way not in ELSEWHERE:
            days.setdefault(notice.day, []).append(notice.op_id)
    at_window = [one for one in state.ratings if one.channel not in ONLINE]
    for one in at_window:  # of an act that did not stand in the end: somebody came all the same
        if not any(one.about in acts or one.day == day for day, acts in days.items()):
            days.setdefault(one.day, []).append(one.about)
    return [
        Visit(
            case_id=state.case_id,
            day=day,
            acts=tuple(acts),
            rating=next((one for one in at_window if one.day == day or one.about in acts), None),
            together=state.value("bundle.case"),
        )
        for day, acts in sorted(days.items())
    ]


def as_people_come(visits: Iterable[Visit]) -> list[Visit]:
    """Visits with those of one 一件事 on one day as one: somebody came once, and is asked once (一次一评).

    Where several members were rated all the same, each rating stays a visit of its own: none hides another.
    """
    sets: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        sets.setdefault((visit.together or f"case:{visit.case_id}", visit.day), []).append(visit)
    found: list[Visit] = []
    for group in sets.values():
        acts = tuple(act for visit in group for act in visit.acts)
        rated = [visit for visit in group if visit.rating is not None]
        found += [msgspec.structs.replace(visit, acts=acts) for visit in rated or group[:1]]
    return found


def rates(visits: Iterable[Visit], online: Iterable[Rating] = ()) -> Rates:
    """The three rates over these visits; ``online`` ratings (一事一评) count as rated visits of their own."""
    told = [visit.rating for visit in visits] + list(online)
    given = [one for one in told if one is not None]
    good = sum(one.good for one in given)
    return Rates(
        visits=len(told),
        rated=len(given),
        unrated=len(told) - len(given),
        good=good,
        bad=len(given) - good,
        levels={str(level): sum(one.level == level for one in given) for level in LEVELS},
        good_rate=_share(good, len(told)),
        active_good_rate=_share(good, len(given)),
        unrated_rate=_share(len(told) - len(given), len(told)),
    )


def _share(part: int, whole: int) -> float | None:
    if not whole:
        return None
    share = Decimal(part * 100) / Decimal(whole)
    return float(share.quantize(Decimal("0.1"), ROUND_HALF_UP))
