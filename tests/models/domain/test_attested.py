"""How sure the day of an offline act is."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from models.domain.attested import SLACK_MS, day_in_doubt, possible_days
from models.domain.ops import OpTime, local_day

CHINA = dt.timezone(dt.timedelta(hours=8))


@given(st.integers(0, 250_246_627_199_999), st.integers(-24 * 60 + 1, 24 * 60 - 1))
def test_the_local_day_is_that_of_the_time_zone(unix_ms: int, offset_min: int) -> None:
    zone = dt.timezone(dt.timedelta(minutes=offset_min))
    exact = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=unix_ms)
    assert local_day(unix_ms, offset_min) == exact.astimezone(zone).date()


HOUR = 3_600_000


def ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)


def test_far_from_midnight_the_day_is_sure() -> None:
    assert not day_in_doubt(OpTime(wall_ms=ms("2026-09-18 10:00")))


def test_near_midnight_a_desk_that_restarted_is_not_sure() -> None:
    days = possible_days(OpTime(wall_ms=ms("2026-09-18 23:58")))
    assert days == (dt.date(2026, 9, 18), dt.date(2026, 9, 19))


def test_what_the_hub_said_bounds_the_day_from_below() -> None:
    after = ms("2026-09-19 00:01")
    assert day_in_doubt(OpTime(wall_ms=after))
    assert not day_in_doubt(OpTime(wall_ms=after, anchor_ms=after - 30_000))


def test_time_carried_on_from_the_hub_is_as_sure_as_it_was_measured() -> None:
    late = ms("2026-09-18 23:58")
    assert not day_in_doubt(OpTime(wall_ms=late, attested_ms=late, uncertainty_ms=500))
    assert day_in_doubt(OpTime(wall_ms=late, attested_ms=late, uncertainty_ms=130_000))
    assert day_in_doubt(OpTime(wall_ms=late, attested_ms=late + 121_000))


@given(
    wall=st.integers(0, 250_246_627_199_999),
    attested=st.integers(-(2**62), 2**62),
    anchor=st.integers(-(2**62), 2**62),
    error=st.integers(-(2**62), 2**62),
    offset=st.integers(-1439, 1439),
)
def test_no_time_a_stranger_sends_breaks_it(
    wall: int, attested: int, anchor: int, error: int, offset: int
) -> None:
    time = OpTime(
        wall_ms=wall, offset_min=offset, attested_ms=attested, anchor_ms=anchor, uncertainty_ms=error
    )
    first, last = possible_days(time)
    assert first <= time.day <= last
    assert last - first <= dt.timedelta(days=2)


@given(wall=st.integers(SLACK_MS, 2 * 10**12), more=st.integers(0, 12 * HOUR))
def test_more_error_never_makes_a_day_surer(wall: int, more: int) -> None:
    time = OpTime(wall_ms=wall, attested_ms=wall, uncertainty_ms=more)
    wider = OpTime(wall_ms=wall, attested_ms=wall, uncertainty_ms=more + HOUR)
    assert possible_days(wider)[0] <= possible_days(time)[0] <= time.day
    assert time.day <= possible_days(time)[1] <= possible_days(wider)[1]
