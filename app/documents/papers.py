"""Which papers a case can be printed as, from what its acts put on record."""

from __future__ import annotations

import msgspec

from app.documents.contexts.beside import papers_beside
from app.documents.contexts.later import template_of
from app.documents.render import TITLES
from models.domain.case import CaseState


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """``paper`` is what app.commands.print_notice takes: "" for the notice of the act itself."""

    op_id: str
    paper: str
    title: str
    day: str
    about: str = ""


def papers_of_case(state: CaseState) -> tuple[Paper, ...]:
    """In the order of the acts; kinds that this program has no template for are left out."""
    found: list[Paper] = []
    for notice in state.notices:
        for paper in ("", *papers_beside(state, notice)):
            kind, _, material = paper.partition(":")
            title = TITLES.get(kind or template_of(notice))
            about = next((d.name for d in state.duties if material and d.material == material), "")
            if title is not None:
                found.append(Paper(op_id=notice.op_id, paper=paper, title=title, day=notice.day, about=about))
    return tuple(found)
