"""The service of a case on its page: marks of the visit, free copies, each visit's rating or 未评价."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.commands.context import Desk
from app.queries.cases import CasePage
from app.queries.visit_words import service_lines
from models.service_texts import service_texts
from views.theme import scaled
from views.widgets import Rule, label

_SEES_FACTS = frozenset({"lead", "supervisor"})


def add_service(box: QVBoxLayout, desk: Desk, page: CasePage, templates: Path | None = None) -> None:
    """Add the lines below a heading; nothing where there is nothing to tell.

    Who leads or supervises also sees what the record says about the reasons of a rating: facts, no verdict.
    """
    lines = service_lines(
        page.state,
        page.item,
        desk.rulebook.calendar,
        desk.clock.now().day,
        service_texts(templates),
        facts=bool(_SEES_FACTS.intersection(desk.lease.roles)),
    )
    if not lines:
        return
    box.addWidget(Rule())
    box.addWidget(label("服务和评价", "strong"))
    for line in lines:
        row = QHBoxLayout()
        head = label(line.name, "caption")
        head.setFixedWidth(scaled(72))
        row.addWidget(head, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(line.text, "body", wrap=True), 1)
        box.addLayout(row)
        for fact in line.facts:
            box.addWidget(label(f"核对 {fact}", "caption", wrap=True))
