"""What items of a catalogue say about each other: 套娃, results that are not linked, proofs, bundles."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from models.domain.catalog import Bundle, BundleMember, Catalog, Item, Material, Need
from models.domain.circles import circles
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
    """Members of a 一件事 are items of the list; prerequisites are members and form no circle.

    What the 一件事 answers for a member (预设情形, or a question of its own named after the member's) the
    member asks, with that option.
    """
    items = {item.id: item for item in catalog.items}
    for bundle in catalog.bundles:
        members = {member.item: member.after for member in bundle.members}
        for member in bundle.members:
            if member.item not in items:
                yield _bundle("bundle-member", bundle, f"成员“{member.item}”不在目录里")
            for wanted in member.after:
                if wanted not in members:
                    reason = f"“{member.item}”的前置“{wanted}”不是这个一件事的成员"
                    yield _bundle("bundle-prerequisite", bundle, reason)
        for member in bundle.members:
            for question, options in _answered(bundle, member):
                own = items[member.item].questions if member.item in items else ()
                wrong = set(options) - {o.id for q in own if q.id == question for o in q.options}
                if member.item in items and (wrong or not options):
                    reason = f"“{member.item}”没有情形“{question}={'|'.join(sorted(wrong))}”"
                    yield _bundle("bundle-answer", bundle, reason)
        for circle in circles(members):
            path = " → ".join((*circle, circle[0]))
            yield _bundle("bundle-circle", bundle, f"前置互相等待：{path}")


def _answered(bundle: Bundle, member: BundleMember) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from member.settled.all_of
    start = member.item + "."
    for question in bundle.questions:
        if question.id.startswith(start):
            yield question.id[len(start) :], tuple(option.id for option in question.options)


def _bundle(rule: str, bundle: Bundle, sentence: str) -> Finding:
    return Finding(rule=rule, severity=ERROR, sentence=sentence, item=bundle.id, name=bundle.name)


RULES = (nesting, unlinked, proofs, bundles)
