"""The three rates are one answer, an unrated visit is good for nothing, and every total is its hand sum."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.domain.case import CaseState, Later, Missing, Notice
from models.domain.rating_counts import Visit, as_people_come, rates, visits_of
from models.domain.rating_facts import reason_facts
from models.domain.service_counts import count_services
from models.domain.visit import Given, Rating
from models.domain.workdays import builtin_calendar
from models.service_texts import rating_reasons, service_texts
from tests.models.domain.promise_kit import ITEM

CALENDAR = builtin_calendar()


def notice(op_id: str, day: str, kind: str = "accept", service: str = "", way: str = "") -> Notice:
    later = Later(service=service, way=way)
    return Notice(op_id=op_id, kind=kind, day=day, staff="T0718", device="D01", later=later)


def case(*notices: Notice, ratings: tuple[Rating, ...] = (), **more: object) -> CaseState:
    plain = CaseState(
        case_id="c", scope="370911", item_id=ITEM.id, item_name="样例", catalog_version="v", notices=notices
    )
    return msgspec.structs.replace(plain, ratings=ratings, **more)


def told(
    level: int, about: str = "a", day: str = "2026-11-23", channel: str = "screen", **more: object
) -> Rating:
    return Rating(about=about, day=day, level=level, channel=channel, proof=b"p", **more)  # type: ignore[arg-type]


def test_two_papers_of_one_day_are_one_visit_and_what_goes_by_post_is_none() -> None:
    state = case(
        notice("a", "2026-11-23", "receive"),
        notice("b", "2026-11-23"),
        notice("c", "2026-11-30", "deliver", way="post"),
        notice("d", "2026-12-01", "deliver", way="counter"),
        notice("e", "2026-12-02", "extend"),
        ratings=(told(4, "b"),),
    )
    first, second = visits_of(state)
    assert (first.acts, first.day, first.rating is not None) == (("a", "b"), "2026-11-23", True)
    assert (second.day, second.rating) == ("2026-12-01", None)


def test_a_rating_of_an_act_that_did_not_stand_is_still_a_visit() -> None:
    state = case(notice("a", "2026-11-23"), ratings=(told(2, "gone", "2026-11-25"),))
    assert [(one.day, one.rating is not None) for one in visits_of(state)] == [
        ("2026-11-23", False),
        ("2026-11-25", True),
    ]


def test_who_comes_for_a_set_comes_once_and_is_asked_once() -> None:
    def member(key: str, *ratings: Rating, together: str = "S") -> list[Visit]:
        state = case(
            notice(f"{key}1", "2026-11-23"), notice(f"{key}2", "2026-11-30", "deliver", way="counter"),
            fields={"bundle.case": together}, ratings=ratings,
        )  # fmt: skip
        return visits_of(msgspec.structs.replace(state, case_id=key))

    lone = member("z", together="")
    members = [*member("a"), *member("b", told(2, "b1")), *member("c"), *lone]
    found = as_people_come(members)
    assert [(one.day, one.rating is not None) for one in found] == [
        ("2026-11-23", True), ("2026-11-30", False), ("2026-11-23", False), ("2026-11-30", False),
    ]  # fmt: skip
    assert set(found[0].acts) == {"a1", "b1", "c1"}
    assert rates(found).unrated_rate == 75.0
    # Two members rated on one day: the bad one is not hidden by the good one.
    both = as_people_come([*member("a", told(5, "a1")), *member("b", told(1, "b1")), *member("c")])
    assert sorted(one.rating.level for one in both if one.rating) == [1, 5]
    assert (rates(both).visits, rates(both).rated) == (3, 2)


def test_unrated_is_never_good() -> None:
    visits = [Visit(case_id="c", day="d", acts=()) for _ in range(3)]
    empty = rates(visits)
    assert (empty.good_rate, empty.active_good_rate, empty.unrated_rate) == (0.0, None, 100.0)
    one = rates([*visits, Visit(case_id="c", day="e", acts=(), rating=told(5))])
    assert (one.good_rate, one.active_good_rate, one.unrated_rate) == (25.0, 100.0, 75.0)
    assert rates([]).good_rate is None


@given(st.lists(st.sampled_from((None, 1, 2, 3, 4, 5))))
def test_the_rates_equal_the_hand_sum(levels: list[int | None]) -> None:
    visits = [
        Visit(case_id="c", day=str(i), acts=(), rating=told(level) if level else None)
        for i, level in enumerate(levels)
    ]
    found = rates(visits)
    assert found.visits == found.rated + found.unrated == len(levels)
    assert found.rated == found.good + found.bad == sum(found.levels.values())
    assert found.bad == sum(level in (1, 2) for level in levels)
    if levels:
        assert found.good_rate is not None
        assert found.unrated_rate is not None
        assert found.good_rate + found.unrated_rate <= 100.1


def test_services_are_summed_by_kind_and_price() -> None:
    states = [
        case(
            notice("a", "2026-11-21", service="weekend"),
            notice("b", "2026-11-23", "deliver", service="overtime"),
            received_on="2026-11-21",
            service="weekend",
            fields={"service.agency": "yes", "service.priority": "senior", "step.rise": "yes"},
            given=(
                Given(kind="copy", count=12, unit_fen=20, day="2026-11-21"),
                Given(kind="copy", count=3, unit_fen=30, day="2026-11-23"),
                Given(kind="post", count=1, unit_fen=1200, day="2026-12-01"),
            ),
        ),
        case(notice("c", "2026-11-24"), received_on="2026-11-24", fields={"service.priority": "talent"}),
    ]
    found = count_services(states)
    assert (found.cases, found.weekend_cases, found.weekend_acts) == (2, 1, 1)
    assert (found.overtime_cases, found.overtime_acts) == (0, 1)
    assert (found.agency_cases, found.priority_cases) == (1, 2)
    assert found.priority == {"senior": 1, "talent": 1}
    assert [(line.kind, line.count, line.fen) for line in found.free] == [
        ("copy", 12, 240),
        ("copy", 3, 90),
        ("post", 1, 1200),
    ]
    assert (found.free_count, found.free_fen) == (16, 1530)
    november = count_services(states, "2026-11-22", "2026-11-30")
    assert (november.cases, november.weekend_acts, november.overtime_acts) == (1, 0, 1)
    assert (november.free_count, november.free_fen) == (3, 90)


def test_facts_speak_of_the_record_and_judge_nobody() -> None:
    accept = msgspec.structs.replace(notice("a", "2026-11-23"), due_promised="2026-11-30")
    supplement = msgspec.structs.replace(
        notice("s", "2026-11-20", "supplement"),
        missing=(Missing(material="M1", name="申请表", reason="未提交"),),
    )
    state = case(
        supplement,
        accept,
        accepted_on="2026-11-23",
        received_on="2026-11-20",
        status="accepted",
        fields={"answer.q1": "a", "material.M1": "paper", "material.M2": "paper"},
    )
    bad = told(1, reasons=("110", "109", "114", "115"))
    facts = reason_facts(state, ITEM, bad, CALENDAR, dt.date(2026, 12, 2))
    texts = {code: [fact.text for fact in facts if fact.reason == code] for code in bad.reasons}
    assert texts["110"][-1] == "2026-12-02 周三 到今天还没有办结，超过期限 2 个工作日"
    assert "受理通知书写的承诺办结期限：2026-11-30 周一" in texts["110"]
    assert texts["109"] == [
        "实施清单在本情形列 4 份材料；办件收取和登记 2 份",
        "2026-11-20 一次性告知 1 份，清单以外 0 份",
    ]
    assert texts["114"] == ["窗口留痕到场 2 次（2026-11-20、2026-11-23）；实施清单没有写到现场次数"]
    assert texts["115"] == []  # nothing is on record about manners
    assert reason_facts(state, None, bad, CALENDAR, dt.date(2026, 12, 2))[0].text.startswith("本机没有")


def test_the_national_reasons_are_all_there_and_fit_their_levels() -> None:
    reasons = rating_reasons()
    assert {level: len(reasons.of_level(level)) for level in range(1, 6)} == {1: 8, 2: 8, 3: 8, 4: 8, 5: 8}
    assert reasons.reasons["510"] == "一窗受理一次办结"
    assert reasons.reasons["115"] == "服务态度差效率低"


def test_a_hall_words_and_prices_for_itself_within_the_ceiling(tmp_path: Path) -> None:
    own = tmp_path / "service.json"
    own.write_text('{"rating_days": 30, "free": [{"id": "copy", "name": "复印", "unit": "页", "fen": 10}]}')
    texts = service_texts(tmp_path)
    assert (texts.rating_days, texts.free[0].fen, len(texts.free), len(texts.steps)) == (15, 10, 1, 8)
    own.write_text("{")
    broken = service_texts(tmp_path)
    assert "读不出来" in broken.problem
    assert broken.free == service_texts().free
