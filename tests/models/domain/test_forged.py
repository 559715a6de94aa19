"""Forged acts: whatever kind an op says it is, nothing that a case was judged by changes beside its own rule.

An honest desk sends none of these; one whose program skips its own rules might (domain facts §5 rows 1, 2, 16).
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.domain.amendment import Amendment
from models.domain.apply import apply
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.files import CaseFile
from models.domain.merge import reconcile
from models.domain.ops import OpKind
from models.domain.procedures import Decision
from models.domain.visit import Given, VisitFacts
from tests.desk_kit import item
from tests.models.domain.test_after import PAUSE, act
from tests.models.domain.test_apply import NUMBER, fields_for, missing_of, ok, op, refused, rules

OF = item("TZ004")
FIELDS = fields_for(OF)
FORM = next(f"form.{f.id}" for f in OF.fields if f.required and FIELDS.get(f"form.{f.id}"))
FILE = CaseFile(file_id="f" * 64, key=b"k" * 32, size=3, sha256=b"s" * 32, media="image/png", title="样例")
# What acceptance and decision stand on, and what a forged op would make of it.
FORGED = {
    "material.M1": "",
    "material.M2": "defective",
    "point.G1": "fail",
    "applicant.id_number": "370911199001011235",
    "applicant.name": "别的企业",
    FORM: "",
    "answer.q1": "z",
    "bundle.case": "另一套",
    "supplement.due": "2027-12-31",
    "bundle.cases": "TZ004=另一件",
    "bundle.after": "SC001",
}
ACTS: dict[str, dict[str, Any]] = {
    OpKind.SAVE: {},
    OpKind.RECEIVE: {},
    OpKind.ACCEPT: {},
    OpKind.SUPPLEMENT: {"missing": missing_of(OF, {})},
    OpKind.REFUSE: {"clause": "not_needed", "reason": "样例"},
    OpKind.WITHDRAW: {"reason": "样例"},
    OpKind.CORRECT: {"reason": "样例"},
    OpKind.NOTE: {"text": "样例"},
    OpKind.VOID: {},
    OpKind.RESOLVE: {"conflict": "c.0", "reason": "样例"},
    OpKind.NUMBER: {"number": NUMBER},
    OpKind.ATTACH: {"file": FILE},
    OpKind.DETACH: {"file_id": FILE.file_id, "reason": "样例"},
    OpKind.SUPPLIED: {},
    OpKind.DEEM: {},
    OpKind.PAUSE: PAUSE,
    OpKind.RESUME: {},
    OpKind.EXTEND: {"workdays": 1, "approver": "样例负责人", "reason": "样例"},
    OpKind.DECIDE: {"decision": Decision.GRANT},
    OpKind.DELIVER: {"way": "counter", "recipient": "王样例"},
    OpKind.DEFERRAL_DONE: {"duty": "deferral:M1"},
    OpKind.CHECK: {"duty": "commitment:M1", "finding": "true", "text": "样例"},
    OpKind.RATE: {"visit": VisitFacts()},
    OpKind.RESPOND: {"duty": "rating:x"},
    OpKind.SERVE: {"visit": VisitFacts(given=Given(kind="copy", count=1, unit_fen=0))},
    OpKind.AMEND: {"amendment": Amendment(path=FORM, was="甲", now="乙", confirmed_by="applicant")},
}


def states(of: Item) -> dict[str, CaseState]:
    """An accepted case with a file, then stopped, decided, delivered, withdrawn."""
    taken = ok(apply(None, op(of, OpKind.RECEIVE, FIELDS, number=NUMBER), rules(of)))
    filed = ok(apply(taken, op(of, OpKind.ATTACH, FIELDS, taken, file=FILE), rules(of)))
    done = ok(apply(filed, op(of, OpKind.ACCEPT, FIELDS, filed), rules(of)))
    decided = act(done, OpKind.DECIDE, of=of, decision=Decision.GRANT)
    return {
        "accepted": done,
        "paused": act(done, OpKind.PAUSE, of=of, **PAUSE),
        "decided": decided,
        "delivered": act(decided, OpKind.DELIVER, of=of, way="counter", recipient="王样例"),
        "withdrawn": act(done, OpKind.WITHDRAW, of=of, reason="样例"),
    }


STATES = states(OF)


def test_every_kind_is_forged() -> None:
    assert set(ACTS) == set(OpKind)


@pytest.mark.parametrize("kind", list(OpKind))
@pytest.mark.parametrize("standing", list(STATES))
def test_no_act_changes_what_a_case_was_judged_by(kind: OpKind, standing: str) -> None:
    state = STATES[standing]
    for path, value in FORGED.items():
        given = dict(ACTS[kind])
        forged = op(OF, kind, {**state.fields, path: value}, state, **given)
        merged = reconcile(state, forged, rules(OF))
        after = merged.state or state
        if kind == OpKind.DECIDE and path.startswith("point."):
            continue  # the review is the decision's own: the points it stands on come with it
        assert after.value(path) == state.value(path), (kind, standing, path, merged.reason)


@pytest.mark.parametrize("standing", list(STATES))
def test_a_grant_never_comes_with_a_failed_point(standing: str) -> None:
    state = STATES[standing]
    forged = op(OF, OpKind.DECIDE, {**state.fields, "point.G1": "fail"}, state, decision=Decision.GRANT)
    assert reconcile(state, forged, rules(OF)).result in ("rejected", "conflict")


def test_a_disputed_contact_may_still_be_settled_after_acceptance() -> None:
    state = STATES["accepted"]
    phone = op(OF, OpKind.RESOLVE, {**state.fields, "applicant.phone": "13900000002"}, state, conflict="c.0")
    assert ok(apply(state, phone, rules(OF))).value("applicant.phone") == "13900000002"
    spoilt = op(OF, OpKind.RESOLVE, {**state.fields, "applicant.phone": "12"}, state, conflict="c.0")
    assert refused(apply(state, spoilt, rules(OF))) == "spoilt"
    kept = op(OF, OpKind.RESOLVE, dict(state.fields), state, conflict="c.0", reason="以中心为准")
    assert ok(apply(state, kept, rules(OF))).fields == state.fields


def test_the_name_of_the_item_is_that_of_the_list() -> None:
    forged = msgspec.structs.replace(
        op(OF, OpKind.RECEIVE, FIELDS, number=NUMBER), item_name="别的事项（加急）"
    )
    assert ok(apply(None, forged, rules(OF))).item_name == OF.name


def test_no_materials_are_asked_for_where_the_hall_is_not_competent() -> None:
    """Row 6: refused with where to go, whichever act would open the case."""
    of = msgspec.structs.replace(OF, accepted_in=("370983",))
    here = msgspec.structs.replace(rules(of), divisions={"370911": "370911"})
    less = {**FIELDS, "material.M1": ""}
    asked = op(of, OpKind.SUPPLEMENT, less, number=NUMBER, missing=missing_of(of, less))
    assert refused(apply(None, asked, here)) == "not_competent"
    there = msgspec.structs.replace(rules(of), divisions={"370911": "370983"})
    assert ok(apply(None, asked, there)).supplemented_on
