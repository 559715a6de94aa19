"""当场更正 (行政许可法 第三十二条第一款第（三）项): recorded word for word, never a 补正, moves no clock."""

from __future__ import annotations

import msgspec
import pytest

from models.domain.amendment import Amendment
from models.domain.apply import apply
from models.domain.case import CaseState, CaseStatus
from models.domain.ledger import case_clock
from models.domain.ops import OP_NAMES, Op, OpKind
from models.domain.terms import tell_by
from models.domain.workdays import builtin_calendar
from tests.desk_kit import item
from tests.models.domain.test_apply import NUMBER, fields_for, missing_of, ok, op, refused, rules

OF = item("TZ004")
FIELD = next(f for f in OF.fields if f.required and fields_for(OF).get(f"form.{f.id}"))
PATH = f"form.{FIELD.id}"
GOOD = fields_for(OF)[PATH]
WAS = GOOD + "（笔误）"


def amend(fields: dict[str, str], told: Amendment | None, state: CaseState | None = None, day: int = 0) -> Op:
    return op(OF, OpKind.AMEND, fields, state, day, amendment=told)


def told(path: str = PATH, was: str = WAS, now: str = GOOD, by: str = "applicant") -> Amendment:
    return Amendment(path=path, was=was, now=now, confirmed_by=by)


def received(**changed: str) -> CaseState:
    fields = fields_for(OF) | changed
    return ok(apply(None, op(OF, OpKind.RECEIVE, fields, number=NUMBER), rules(OF)))


def test_what_was_corrected_is_on_record_with_who_and_when() -> None:
    state = received(**{PATH: WAS})
    after = ok(apply(state, amend(fields_for(OF), told(), state, day=1), rules(OF)))
    assert after.value(PATH) == GOOD
    (one,) = after.amended
    assert (one.path, one.was, one.now, one.confirmed_by) == (PATH, WAS, GOOD, "applicant")
    assert (one.day, one.staff) == ("2026-11-24", "T0718")


def test_it_is_no_supplement_and_moves_no_clock() -> None:
    state = received(**{PATH: WAS})
    calendar = builtin_calendar()
    after = ok(apply(state, amend(fields_for(OF), told(), state, day=2), rules(OF)))
    kept = ("status", "received_on", "supplemented_on", "complete_on", "notices", "number", "unsure")
    assert [getattr(after, name) for name in kept] == [getattr(state, name) for name in kept]
    assert tell_by(after, OF, calendar) == tell_by(state, OF, calendar)
    today = calendar_day = op(OF, OpKind.NOTE, {}, day=2).time.day
    assert case_clock(after, OF, calendar, today).due == case_clock(state, OF, calendar, calendar_day).due
    # The one notice is still free, and may still be given afterwards.
    less = {p: v for p, v in after.fields.items() if p != "material.M1"}
    notice = op(OF, OpKind.SUPPLEMENT, {p: less.get(p, "") for p in after.fields}, after, day=2,
                missing=missing_of(OF, less))  # fmt: skip
    assert ok(apply(after, notice, rules(OF))).status is CaseStatus.SUPPLEMENT


def test_an_error_in_a_paper_is_corrected_on_the_paper_that_is_here() -> None:
    state = received(**{"material.M1": "defective", "material.M1.note": "日期写错"})
    paper = told("material.M1", "落款日期写成 2062 年", "2026 年")
    still = amend(dict(state.fields), paper, state)
    assert refused(apply(state, still, rules(OF))) == "not_in_hand"
    fixed = {**fields_for(OF), "material.M1.note": ""}
    after = ok(apply(state, amend(fixed, paper, state), rules(OF)))
    assert after.value("material.M1") == "paper"
    assert after.amended[0].now == "2026 年"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (None, "amendment"),
        (told(was=""), "amendment"),
        (told(now=" "), "amendment"),
        (told(was=GOOD), "amendment"),
        (told(by=""), "unconfirmed"),
        (told(by="clerk"), "unconfirmed"),
        (told(by="agent"), "unconfirmed"),  # there is no agent
        (told(path="point.G1"), "amendment"),
        (told(path="material.不在清单"), "not_listed"),
        (told(path="form.没有这格"), "not_listed"),
        (told(now="别的内容"), "not_so"),
        (told(was="原来不是这样"), "not_so"),
        (told("material.M1", "日期写错", "请另交户口簿"), "demand"),
    ],
)
def test_a_record_that_is_not_whole_or_not_so_is_refused(said: Amendment | None, code: str) -> None:
    state = received(**{PATH: WAS})
    assert refused(apply(state, amend(fields_for(OF), said, state), rules(OF))) == code


def test_it_belongs_before_acceptance_and_may_open_a_case() -> None:
    opened = ok(apply(None, amend(fields_for(OF), told()), rules(OF)))
    assert (opened.status, len(opened.amended)) == (CaseStatus.OPEN, 1)
    accepted = ok(apply(opened, op(OF, OpKind.ACCEPT, fields_for(OF), opened, number=NUMBER), rules(OF)))
    assert accepted.amended == opened.amended
    assert refused(apply(accepted, amend(fields_for(OF), told(), accepted), rules(OF))) == "status"


def test_several_are_kept_in_order_and_bytes_of_before_do_not_change() -> None:
    state = received(**{PATH: WAS})
    one = ok(apply(state, amend(fields_for(OF), told(), state), rules(OF)))
    two = ok(apply(one, amend(fields_for(OF), told("material.M1", "少写一个字", "补上"), one), rules(OF)))
    assert [a.path for a in two.amended] == [PATH, "material.M1"]
    assert b"amended" not in msgspec.msgpack.encode(state)
    assert OP_NAMES[OpKind.AMEND] == "当场更正"
