"""Plainly fictional applicants and filled-in forms, for the drill, the demo and the tests."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence

from stdnum.cn import ric, uscc

from app.commands.batch import IntakeLine
from app.commands.event import EventLine
from app.commands.lines import MaterialLine, PartyLine
from app.queries.bundles import BundleSource
from models.domain.bundle import asked, members
from models.domain.case import PointMark, Receipt
from models.domain.catalog import ApplicantKind, Field, FieldType, Item, Material, Need
from models.domain.checklist import (
    allowed_receipts,
    asked_questions,
    needed_materials,
    shown_fields,
    shown_points,
)
from models.domain.licence_first import licence_objection
from models.domain.united import merged_form, united_materials

# 㐂 and 𠮷 lie outside GB 2312; the last name holds a PUA character as old systems wrote them.
SURNAMES = ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴")
GIVEN = ("样例", "示例", "样本", "演示", "试办", "㐂样", "𠮷样", "样\ue00f", "样·例", "示范")
REGIONS = ("370902", "370911", "370921", "370923", "370982", "370983", "370922", "370919")


def person_name(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def resident_id(rng: random.Random) -> str:
    """A number that satisfies GB 11643 and belongs to nobody we know: births of 1950 to 2000."""
    day = dt.date(1950, 1, 1) + dt.timedelta(days=rng.randrange(365 * 50))
    body = f"{rng.choice(REGIONS)}{day:%Y%m%d}{rng.randrange(1000):03d}"
    return body + ric.calc_check_digit(body + "0")


def organisation_code(rng: random.Random) -> str:
    """A code that satisfies GB 32100, in the range 91 370900 MA…"""
    inner = "MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    body = f"91370900{inner}{rng.randrange(10)}"
    return body + uscc.calc_check_digit(body)


def phone(rng: random.Random) -> str:
    return f"138{rng.randrange(10**8):08d}"


def party(rng: random.Random, kind: ApplicantKind) -> PartyLine:
    if kind is ApplicantKind.ORGANISATION:
        return PartyLine(
            kind=kind.value,
            name=f"泰安{rng.choice(('青禾', '松石', '汶水', '徂徕'))}样例{rng.randrange(1000):03d}有限公司",
            id_number=organisation_code(rng),
            phone=phone(rng),
            address="泰安市岱岳区样例路 8 号",
        )
    return PartyLine(
        kind=kind.value,
        name=person_name(rng),
        id_number=resident_id(rng),
        phone=phone(rng),
        address="泰安市样例街 1 号",
    )


def field_value(field: Field, rng: random.Random) -> str:
    """A value that the field's own rules take."""
    match field.type:
        case FieldType.CHOICE:
            return rng.choice(field.choices)
        case FieldType.INTEGER:
            return str(rng.randrange(1, 100))
        case FieldType.DECIMAL:
            return f"{rng.randrange(100, 9999) / 10}"
        case FieldType.DATE:
            return (dt.date(2026, 1, 5) + dt.timedelta(days=rng.randrange(300))).isoformat()
        case FieldType.PHONE:
            return phone(rng)
        case FieldType.RESIDENT_ID:
            return resident_id(rng)
        case FieldType.USCC:
            return organisation_code(rng)
        case _:
            return f"样例{field.label}"[: field.max_length]


def takes_trust(item: Item) -> bool:
    """Whether something of the item can be deferred, and something promised."""
    found = [allowed_receipts(item, material) for material in item.materials]
    return all(any(not ways[r] for ways in found) for r in (Receipt.DEFERRED, Receipt.COMMITTED))


def filled(
    item: Item,
    rng: random.Random,
    outcome: str = "accept",
    *,
    agent: bool = False,
    on_trust: bool = False,
) -> IntakeLine:
    """A case for ``item`` that ends in ``outcome`` by the law's own rules.

    ``on_trust``: what may be deferred or promised mostly is; else nothing is deferred, so that the case
    can be granted as it stands.
    """
    answers: dict[str, str] = {}
    while len(asked := asked_questions(item, answers)) > len(answers):
        for question in asked:
            answers.setdefault(question.id, rng.choice(question.options).id)
    form = {
        f.id: field_value(f, rng) for f in shown_fields(item, answers) if f.required or rng.random() < 0.5
    }
    materials = [
        _handed_in(item, m, rng, on_trust=on_trust)
        for m in needed_materials(item, answers)
        if m.need is not Need.OPTIONAL
    ]
    points: dict[str, str] = {}
    clause = reason = redirect = ""
    if outcome == "supplement":
        materials = materials[: len(materials) // 2]
    elif outcome == "refuse":
        clause, reason, redirect = _refusal(item, answers, points)
    elif outcome == "withdraw":
        reason = "申请人改变计划（样例）"
    return IntakeLine(
        item=item.id,
        applicant=party(rng, rng.choice(item.applicants)),
        agent=party(rng, ApplicantKind.PERSON) if agent else None,
        answers=answers,
        form=form,
        materials=tuple(materials),
        points=points,
        outcome=outcome,
        clause=clause,
        reason=reason,
        redirect=redirect,
        licence_first=not licence_objection(item) and outcome == "accept" and rng.random() < 0.5,
    )


def can_supplement(item: Item) -> bool:
    """Whether the item always needs a material, so that one can be missing."""
    return any(m.need is Need.REQUIRED and not m.when.all_of for m in item.materials)


def pick(items: Sequence[Item], rng: random.Random, count: int) -> list[Item]:
    """``count`` items, different ones as long as there are enough."""
    pool = list(items)
    rng.shuffle(pool)
    return [pool[i % len(pool)] for i in range(count)]


def _handed_in(item: Item, material: Material, rng: random.Random, *, on_trust: bool) -> MaterialLine:
    allowed: list[Receipt] = [
        r
        for r, why in allowed_receipts(item, material).items()
        if not why and r not in (Receipt.DEFECTIVE, Receipt.CERTIFICATE)
    ]
    trusting: list[Receipt] = [r for r in allowed if r in (Receipt.DEFERRED, Receipt.COMMITTED)]
    if on_trust and trusting and rng.random() < 0.8:
        allowed = trusting
    elif not on_trust:
        allowed = [r for r in allowed if r is not Receipt.DEFERRED]
    return MaterialLine(
        material=material.id,
        form=rng.choice(allowed).value,
        copies=material.copies,
        pages=rng.randrange(1, 9),
    )


def _refusal(item: Item, answers: dict[str, str], points: dict[str, str]) -> tuple[str, str, str]:
    own = shown_points(item, answers)
    if own:
        points[own[0].id] = PointMark.FAIL.value
        return "not_eligible", f"审查要点“{own[0].text}”不符合（样例）", ""
    points["G2"] = PointMark.FAIL.value
    return "not_competent", "本事项由其他机关受理（样例）", "样例机关"


def filled_event(
    source: BundleSource, rng: random.Random, answers: Mapping[str, str] | None = None
) -> EventLine:
    """A 一件事 with everything its members ask for; ``answers`` are kept, the others drawn."""
    given = dict(answers or {})
    while missing := [a for a in asked(source.bundle, source.items, given) if a.id not in given]:
        given |= {a.id: rng.choice(a.question.options).id for a in missing}
    chosen = members(source.bundle, source.items, given)
    kinds = [kind for kind in ApplicantKind if all(kind in m.item.applicants for m in chosen if not m.after)]
    return EventLine(
        bundle=source.bundle.id,
        applicant=party(rng, rng.choice(kinds)),
        answers=given,
        form={f.field.id: field_value(f.field, rng) for f in merged_form(chosen, given).fields},
        materials=tuple(
            MaterialLine(material=m.key, form=m.receipts[0].value, copies=m.copies)
            for m in united_materials(chosen, given)
            if m.asked_for
        ),
    )
