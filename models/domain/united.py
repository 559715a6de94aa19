"""What the members of a 一件事 ask for, each thing once: one form, one pile of papers, one review.

一表申请 (domain.md §5 row 28): a field that several members share is typed once.  法律底线 (row 2): the
union holds nothing that no member's list names, so nothing can be demanded beyond the lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from models.domain.bundle import Member, member_answers
from models.domain.case import Receipt
from models.domain.catalog import Condition, Field, Material, Need
from models.domain.checklist import allowed_receipts, needed_materials, shown_fields, shown_points


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the one form; ``members`` are the item ids that use it."""

    field: Field
    members: tuple[str, ...]


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field that two members cannot share: one value would never satisfy both."""

    field: str
    label: str
    members: tuple[str, ...]
    reason: str


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """``apart`` counts the fields as they would be typed member by member."""

    fields: tuple[FormField, ...] = ()
    clashes: tuple[Clash, ...] = ()
    apart: int = 0


class UnitedMaterial(msgspec.Struct, frozen=True, kw_only=True):
    """One paper.  ``uses`` are (item id, material id); ``produced_by`` is the member whose result it is."""

    key: str
    name: str
    need: Need
    original: bool
    copies: int
    form: str
    standard: tuple[str, ...]
    uses: tuple[tuple[str, str], ...]
    receipts: tuple[Receipt, ...]
    produced_by: str = ""

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for item, _ in self.uses))

    @property
    def asked_for(self) -> bool:
        """Whether the visitor brings it: not what a member of the set issues itself."""
        return not self.produced_by


class UnitedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A review point, marked once.  ``uses`` are (item id, point id); ``material`` the paper's key or ""."""

    key: str
    text: str
    basis: str
    material: str
    uses: tuple[tuple[str, str], ...]


def merged_form(chosen: Sequence[Member], answers: Mapping[str, str]) -> Form:
    """The one form over the field dictionary.

    A shared field appears once: required if any member needs it, as short as the shortest allows, with the
    choices all offer.  What cannot be one value is named in ``clashes`` and keeps the first member's way.
    """
    uses: dict[str, list[tuple[Member, Field]]] = {}
    for member in chosen:
        for field in shown_fields(member.item, member_answers(member, answers)):
            uses.setdefault(field.id, []).append((member, field))
    fields: list[FormField] = []
    clashes: list[Clash] = []
    for key, group in uses.items():
        first = group[0][1]
        who = tuple(member.item.id for member, _ in group)
        choices = tuple(c for c in first.choices if all(c in f.choices for _, f in group))
        if reason := _clash(group, choices):
            clashes.append(Clash(field=key, label=first.label, members=who, reason=reason))
        merged = msgspec.structs.replace(
            first,
            required=any(f.required for _, f in group),
            max_length=min(f.max_length for _, f in group),
            choices=choices or first.choices,
            hint=next((f.hint for _, f in group if f.hint), ""),
            when=Condition(),
        )
        fields.append(FormField(field=merged, members=who))
    return Form(fields=tuple(fields), clashes=tuple(clashes), apart=sum(len(g) for g in uses.values()))


def _clash(group: Sequence[tuple[Member, Field]], choices: tuple[str, ...]) -> str:
    first_member, first = group[0]
    for member, field in group[1:]:
        pair = f"“{first_member.item.name}”与“{member.item.name}”"
        if field.type is not first.type:
            return f"{pair}的字段类型不同（{first.type.value}、{field.type.value}）"
        if field.unit != first.unit:
            return f"{pair}的单位不同（{first.unit or '无'}、{field.unit or '无'}）"
        if first.choices and not choices:
            return f"{pair}的选项没有相同的"
    return ""


def united_materials(chosen: Sequence[Member], answers: Mapping[str, str]) -> tuple[UnitedMaterial, ...]:
    """One entry per canonical material, asking for the most copies and the original if any member does.

    A paper that some take only on paper and others only electronically is two entries: one cannot serve both.
    """
    needed = [
        (member, material)
        for member in chosen
        for material in needed_materials(member.item, member_answers(member, answers))
    ]
    on_paper = {m.canonical for _, m in needed if m.canonical and m.form == "paper"}
    groups: dict[str, list[tuple[Member, Material]]] = {}
    for member, material in needed:
        key = material.canonical or f"{member.item.id}.{material.id}"
        if material.canonical in on_paper and material.form == "electronic":
            key += "+electronic"
        groups.setdefault(key, []).append((member, material))
    made = {key: _united(key, group) for key, group in groups.items()}
    producers = {m.item.produces: m for m in chosen if m.item.produces}
    return tuple(
        msgspec.structs.replace(one, produced_by=_producer(one, groups[key], producers, chosen))
        for key, one in made.items()
    )


def _united(key: str, group: Sequence[tuple[Member, Material]]) -> UnitedMaterial:
    needs = {material.need for _, material in group}
    forms = {material.form for _, material in group} - {"either"}
    allowed = [
        {receipt for receipt, objection in allowed_receipts(member.item, material).items() if not objection}
        for member, material in group
    ]
    return UnitedMaterial(
        key=key,
        name=group[0][1].name,
        need=next(n for n in (Need.REQUIRED, Need.DEFERRABLE, Need.OPTIONAL) if n in needs),
        original=any(material.original for _, material in group),
        copies=max(material.copies for _, material in group),
        form=next(iter(forms), "either"),
        standard=tuple(dict.fromkeys(line for _, material in group for line in material.standard)),
        uses=tuple((member.item.id, material.id) for member, material in group),
        receipts=tuple(receipt for receipt in Receipt if all(receipt in one for one in allowed)),
    )


def _producer(
    one: UnitedMaterial,
    group: Sequence[tuple[Member, Material]],
    producers: Mapping[str, Member],
    chosen: Sequence[Member],
) -> str:
    """The member that issues the paper, if everybody who needs it waits for that member."""
    maker = producers.get(group[0][1].canonical)
    if maker is None or not all(waits_for(user, maker.item.id, chosen) for user, _ in group):
        return ""
    return maker.item.id


def waits_for(member: Member, other: str, chosen: Sequence[Member]) -> bool:
    """Whether ``member`` begins only after ``other`` is done, directly or through others."""
    by_id = {m.item.id: m for m in chosen}
    ahead, seen = list(member.after), set[str]()
    while ahead:
        key = ahead.pop()
        if key == other:
            return True
        if key not in seen and key in by_id:
            seen.add(key)
            ahead += by_id[key].after
    return False


def united_points(chosen: Sequence[Member], answers: Mapping[str, str]) -> tuple[UnitedPoint, ...]:
    """Review points, those with one text on one paper once.  Points on a paper that a member issues come later."""
    papers = united_materials(chosen, answers)
    paper_of = {use: paper for paper in papers for use in paper.uses}
    groups: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for member in chosen:
        for point in shown_points(member.item, member_answers(member, answers)):
            paper = paper_of.get((member.item.id, point.material))
            if paper is not None and paper.produced_by:
                continue
            place = (point.text, point.basis, paper.key if paper is not None else "")
            groups.setdefault(place, []).append((member.item.id, point.id))
    return tuple(
        UnitedPoint(
            key=f"{uses[0][0]}.{uses[0][1]}", text=text, basis=basis, material=material, uses=tuple(uses)
        )
        for (text, basis, material), uses in groups.items()
    )


def member_fields(member: Member, chosen: Sequence[Member], fields: Mapping[str, str]) -> dict[str, str]:
    """What the set's fields say about one member, under the paths of an ordinary case.

    Only what the member's own list asks for goes into its case: nobody's papers reach a case that may not
    ask for them.  In the set, ``material.<key>`` and ``point.<key>`` use the keys of the united entries.
    """
    answers = {path[7:]: text for path, text in fields.items() if path.startswith("answer.")}
    own = member_answers(member, answers)
    found = {path: text for path, text in fields.items() if path.startswith(("applicant.", "agent."))}
    found |= {f"answer.{key}": text for key, text in own.items()}
    for field in shown_fields(member.item, own):
        found[f"form.{field.id}"] = fields.get(f"form.{field.id}", "")
    for paper in united_materials(chosen, answers):
        for item, material in paper.uses:
            if item == member.item.id and fields.get(f"material.{paper.key}"):
                found |= {
                    f"material.{material}{part}": fields.get(f"material.{paper.key}{part}", "")
                    for part in ("", ".copies", ".pages", ".note")
                }
    for point in united_points(chosen, answers):
        for item, key in point.uses:
            if item == member.item.id:
                found |= {
                    f"point.{key}{part}": fields.get(f"point.{point.key}{part}", "") for part in ("", ".note")
                }
    return {path: text for path, text in found.items() if text}
