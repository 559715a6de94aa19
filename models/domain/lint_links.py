"""What items of a catalogue say about each other: 套娃, results that are not linked, proofs, bundles."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from models.domain.bundle import bundle_faults
from models.domain.catalog import Catalog, Item, Material, Need
from models.domain.circles import circles
from models.domain.conditions import never_together
from models.domain.findings import ERROR, WARNING, Finding, Findings, error, warning
from models.domain.proof_list import ProofList, paper_key

# The path is told whole; why, only for the first steps of a very long one.
_STEPS_TOLD = 20

# item id → id of an item that makes what it needs → the materials that need it
Needs = Mapping[str, Mapping[str, list[Material]]]


def nesting(catalog: Catalog) -> Findings:
    """套娃: items of which each needs the result of the next, and none can be had otherwise.

    A paper that some item outside the circle issues breaks it.  The only maker of the paper that it
    needs renews its own and waits for nobody.  Each circle is told once, at its first item, with the whole
    path; circles that share an item are told one after the other, as they are mended.
    """
    items = {item.id: item for item in catalog.items}
    needs = _stuck(catalog.items)
    for circle in circles(needs):
        ring = [*circle, circle[0]]
        steps = [needs[here][there] for here, there in itertools.pairwise(ring)]
        why = "；".join(
            f"“{items[here].name}”要“{papers[0].name}”，它是“{items[there].name}”的结果"
            for here, there, papers in zip(ring[:_STEPS_TOLD], ring[1:], steps, strict=False)
        )
        path = " → ".join(ring)
        always = all(any(not paper.when.all_of for paper in papers) for papers in steps)
        first = items[circle[0]]
        if always:
            yield error("nesting", first, f"套娃：{path}。{why}，谁也办不成", steps[0][0].id)
        else:
            reason = f"有的情形下套娃：{path}。{why}"
            yield warning("nesting-situation", first, reason, steps[0][0].id)


def _stuck(items: Iterable[Item]) -> Needs:
    """Items that wait for each other for ever, by what they wait for."""
    makers: dict[str, list[str]] = {}
    for item in items:
        if item.produces:
            makers.setdefault(item.produces, []).append(item.id)
    waiting: dict[str, list[Material]] = {
        item.id: [m for m in item.materials if m.need is Need.REQUIRED and m.canonical in makers]
        for item in items
    }

    def others(item_id: str, material: Material) -> list[str]:
        makes = makers[material.canonical]
        return [] if item_id in makes and len(makes) == 1 else [one for one in makes if one != item_id]

    free: set[str] = set()
    while True:
        more = {
            item_id
            for item_id, papers in waiting.items()
            if item_id not in free
            and all(not (by := others(item_id, paper)) or free.intersection(by) for paper in papers)
        }
        if not more:
            break
        free |= more
    needs: dict[str, dict[str, list[Material]]] = {}
    for item_id, papers in waiting.items():
        if item_id in free:
            continue
        edges = needs.setdefault(item_id, {})
        for paper in papers:
            by = others(item_id, paper)
            if by and not free.intersection(by):
                for one in by:
                    edges.setdefault(one, []).append(paper)
    return needs


def unlinked(catalog: Catalog) -> Findings:
    """A material that is called like the result of another item and is not linked to it."""
    results: dict[str, list[Item]] = {}
    for item in catalog.items:
        if item.result:
            results.setdefault(paper_key(item.result), []).append(item)
    for item in catalog.items:
        for material in item.materials:
            makers = [one for one in results.get(paper_key(material.name), ()) if one.id != item.id]
            if makers and not any(material.canonical and m.produces == material.canonical for m in makers):
                reason = f"材料“{material.name}”是“{makers[0].name}”（{makers[0].id}）的结果，没有关联"
                yield warning("result-unlinked", item, reason, material.id)


def proofs(catalog: Catalog) -> Findings:
    """No item asks for an abolished proof; a 证明 must be on the 证明事项清单 (if there is a list)."""
    known = ProofList(catalog.proofs)
    if not known:
        if any(material.proof for item in catalog.items for material in item.materials):
            reason = "目录里没有证明事项清单，没有核对证明类材料"
            yield Finding(rule="proof-list-missing", severity=WARNING, sentence=reason)
        return
    for item in catalog.items:
        for material in item.materials:
            gone = known.abolished(material.name)
            if gone is not None:
                instead = f"，改为{gone.instead}" if gone.instead else ""
                reason = f"材料“{material.name}”是已经取消的证明事项{instead}"
                yield error("proof-abolished", item, reason, material.id)
            elif material.proof and not known.allowed(material.name):
                reason = f"证明类材料“{material.name}”不在证明事项清单里，不能要求提交"
                yield error("proof-unlisted", item, reason, material.id)


def bundles(catalog: Catalog) -> Findings:
    """What keeps a 一件事 from being offered (:func:`models.domain.bundle.bundle_faults`)."""
    items = {item.id: item for item in catalog.items}
    for bundle in catalog.bundles:
        for rule, reason in bundle_faults(bundle, items):
            yield Finding(rule=rule, severity=ERROR, sentence=reason, item=bundle.id, name=bundle.name)
        if bundle.status == "online" and not bundle.members:
            reason = "已上线的一件事没有成员，窗口办不了；没有梳理好的请标“梳理中”"
            yield Finding(
                rule="bundle-empty", severity=WARNING, sentence=reason, item=bundle.id, name=bundle.name
            )
        for member, wanted in never_together(bundle):
            names = [items[key].name if key in items else key for key in (member, wanted)]
            reason = f"“{names[0]}”的前置“{names[1]}”在任何一种情形下都不与它同时选上，等于没有写"
            yield Finding(
                rule="bundle-prerequisite",
                severity=WARNING,
                sentence=reason,
                item=bundle.id,
                name=bundle.name,
            )


RULES = (nesting, unlinked, proofs, bundles)
