"""What the replica knows of the applicant: materials that need not be brought again, and the 失信名单."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.tasks import Tasks
from views.workbench.sheet import Known, Sheet

if TYPE_CHECKING:
    from app.commands.context import Desk


def seek(desk: Desk, tasks: Tasks, sheet: Sheet, then: Callable[[], None]) -> None:
    """Look it up off the GUI thread, put it into the sheet, and call ``then`` if it is news.

    Failing to look it up takes nothing from the clerk: every material can still be handed in.
    """
    fields = dict(sheet.fields)

    def load() -> Known:
        from app.queries.reuse import offers
        from models.domain.credit import is_dishonest

        number = fields.get("applicant.id_number", "")
        return Known(
            offers={offer.material: offer for offer in offers(desk, sheet.case_id, sheet.item, fields)},
            dishonest=is_dishonest(desk.rulebook.credit, number, desk.clock.now().day),
        )

    def show(found: Known) -> None:
        if found != sheet.known:
            sheet.known = found
            then()

    tasks.database(load, show, lambda error: None)
