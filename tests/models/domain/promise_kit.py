"""An item with every way to take a material in, for tests of 容缺, 告知承诺, 照后办证 and reuse."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from models.domain.case import CaseState
from models.domain.catalog import DayLimit, Domain, Item, Material, Need, Option, Question, ReviewPoint
from models.domain.numbers import make_number
from models.domain.ops import Act, Change, Op, OpKind, OpTime, Trust
from models.domain.verdict import Rules
from models.domain.workdays import builtin_calendar
from tests.desk_kit import NOW_MS, VERSION

DAY_MS = 86_400_000
NUMBER = make_number("370911", 2026, 1)
PERSON = {
    "applicant.kind": "person",
    "applicant.name": "王样例",
    "applicant.id_kind": "resident_id",
    "applicant.id_number": "11010519491231002X",
    "applicant.phone": "13800000000",
}
ITEM = Item(
    id="KIT-1",
    name="样例许可",
    department="D01",
    domain=Domain.MARKET,
    promised=DayLimit(days=5),
    legal=DayLimit(days=20, basis="样例条"),
    deferral_allowed=True,
    commitment_allowed=True,
    licence_first=10,
    result="样例许可证",
    questions=(
        Question(id="q1", text="样例情形", options=(Option(id="a", label="甲"), Option(id="b", label="乙"))),
    ),
    materials=(
        Material(id="M1", name="申请表"),
        Material(id="M2", name="租赁合同", need=Need.DEFERRABLE, standard=("双方签字",), canonical="lease"),
        Material(id="M3", name="无违法证明", commitment_allowed=True, proof=True, standard=("三年内",)),
        Material(id="M4", name="营业执照", source="government", canonical="business-licence"),
    ),
    points=(ReviewPoint(id="P1", text="租赁合同在有效期内", material="M2"),),
)
HANDED_IN = {
    **PERSON,
    "answer.q1": "a",
    "material.M1": "paper",
    "material.M2": "paper",
    "material.M3": "paper",
    "material.M4": "certificate",
    "point.P1": "pass",
}


def rules(of: Item = ITEM) -> Rules:
    return Rules(item=of, calendar=builtin_calendar())


def op(
    kind: str,
    fields: dict[str, str] | None = None,
    state: CaseState | None = None,
    day: int = 0,
    of: Item = ITEM,
    act: Mapping[str, str] | None = None,
) -> Op:
    """An op on ``state`` made ``day`` days after 2026-11-23, a Monday."""
    old = state.fields if state is not None else {}
    new = fields if fields is not None else {}
    return Op(
        op_id=f"op-{kind}-{day}",
        device="D01",
        dseq=1,
        lease_id="L1",
        staff="T0718",
        case_id="case",
        scope="370911",
        kind=kind,
        item_id=of.id,
        item_name=of.name,
        catalog_version=VERSION,
        schema_version=1,
        base_rev=state.rev if state is not None else 0,
        time=OpTime(wall_ms=NOW_MS + day * DAY_MS),
        prev_hash=bytes(32),
        changes={p: Change(old.get(p, ""), v) for p, v in new.items() if old.get(p, "") != v},
        act=_act(dict(act or {})),
    )


def _act(said: dict[str, str]) -> Act:
    """An Act, with what belongs to its ``trust`` put there."""
    trust = {key: said.pop(key) for key in Trust.__struct_fields__ if key in said}
    return msgspec.convert({**said, "trust": trust} if trust else said, Act)


def accepting(fields: dict[str, str], of: Item = ITEM) -> Op:
    return op(OpKind.ACCEPT, fields, of=of, act={"number": NUMBER})
