"""失信名单: who may not use 容缺 or 告知承诺 until the credit is repaired (domain facts §2.7).

The list carries no id numbers, only a keyed hash of each; the key comes with the list, so it proves
nothing to who holds neither.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping

import msgspec

from models.domain.case import Receipt
from models.domain.catalog import Item
from models.domain.checklist import DISHONEST, needed_materials
from models.domain.ids import half_width
from models.domain.licence_first import is_promised
from models.domain.verdict import Refusal

_TOKEN_BYTES = 16


class CreditList(msgspec.Struct, frozen=True, kw_only=True):
    """``people``: token → last day on the list (ISO 8601), "" until taken off."""

    key: bytes = b""
    people: dict[str, str] = {}


def read_credit(data: bytes) -> CreditList:
    """The list as it is published; raises msgspec.MsgspecError for anything else."""
    return msgspec.json.decode(data, type=CreditList)


def credit_token(key: bytes, id_number: str) -> str:
    """How an id number stands in the list."""
    plain = half_width(id_number).strip().upper()
    return hmac.digest(key, b"credit\0" + plain.encode(), "sha256")[:_TOKEN_BYTES].hex()


def is_dishonest(credit: CreditList | None, id_number: str, today: dt.date) -> bool:
    """Whether the person is on the list today; without a list nobody is."""
    if credit is None or not credit.people or not id_number:
        return False
    until = credit.people.get(credit_token(credit.key, id_number))
    return until is not None and (until == "" or today.isoformat() <= until)


def relies_on_credit(item: Item, fields: Mapping[str, str]) -> bool:
    """Whether anything in the case stands on trust: a deferred material or a promise."""
    answers = {path[7:]: text for path, text in fields.items() if path.startswith("answer.")}
    return is_promised(fields) or any(
        fields.get(f"material.{material.id}") in (Receipt.DEFERRED, Receipt.COMMITTED)
        for material in needed_materials(item, answers)
    )


def credit_objection(
    credit: CreditList | None, item: Item, fields: Mapping[str, str], today: dt.date
) -> Refusal | None:
    """Why this case may not be accepted on trust; declining it and handing everything in stays possible."""
    if not relies_on_credit(item, fields):
        return None
    if not is_dishonest(credit, fields.get("applicant.id_number", ""), today):
        return None
    return Refusal(
        code="dishonest", message=f"{DISHONEST}。没有受理，已填内容都在。请收齐材料后受理，或者办一次性告知。"
    )
