"""What is still owed after acceptance: deferred materials, promises to check, permits after the licence.

A duty is born with the acceptance that stands on it and is closed by an act of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec


class DutyKind(StrEnum):
    DEFERRAL = "deferral"  # 容缺: the material is to be handed in
    COMMITMENT = "commitment"  # 告知承诺: the promise is to be checked
    LICENCE = "licence"  # 照后办证: the permit follows the licence, to be checked
    RATING = "rating"  # 差评: called back and put right


DUTY_NAMES: Mapping[str, str] = {
    DutyKind.DEFERRAL: "容缺后补",
    DutyKind.COMMITMENT: "告知承诺核查",
    DutyKind.LICENCE: "照后办证核查",
    DutyKind.RATING: "差评整改",
}


class Finding(StrEnum):
    TRUE = "true"
    FALSE = "false"


class Consequence(StrEnum):
    """What follows a false promise (国办发〔2020〕42号)."""

    RECTIFY = "rectify"  # 限期整改
    REVOKE = "revoke"  # 撤销
    CREDIT = "credit"  # 记入信用


CONSEQUENCE_NAMES: Mapping[str, str] = {
    Consequence.RECTIFY: "限期整改",
    Consequence.REVOKE: "撤销",
    Consequence.CREDIT: "记入信用",
}


class Duty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing owed.  Days are ISO 8601.  It is open until ``done_on`` is set.

    ``days`` is the limit in workdays that ``due`` was set within; ``obligation`` and ``consequence``
    are what the applicant was told; ``found`` is what a check found, ``outcome`` a Consequence.
    """

    id: str
    kind: str
    due: str
    days: int = 0
    material: str = ""
    name: str = ""
    way: str = ""
    obligation: str = ""
    consequence: str = ""
    done_on: str = ""
    op_id: str = ""
    staff: str = ""
    finding: str = ""
    found: str = ""
    outcome: str = ""

    @property
    def open(self) -> bool:
        return not self.done_on

    def overdue(self, today: dt.date) -> bool:
        """Whether the last day has passed; on that day itself it is not."""
        return self.open and self.due < today.isoformat()


def find_duty(duties: Iterable[Duty], duty_id: str) -> Duty | None:
    return next((duty for duty in duties if duty.id == duty_id), None)
