"""What the replica knows of the applicant: materials that need not be brought again, and the 失信名单."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.tasks import Tasks
from views.workbench.sheet import Known, Sheet

if TYPE_CHECKING:
    from app.commands.context import Desk
    from app.queries.people import Seen
    from models.domain.rule_documents import Rule


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


def seek_rules(desk: Desk, tasks: Tasks, sheet: Sheet, then: Callable[[Sheet], None]) -> None:
    """The documents behind the rules of this case, read off the GUI thread; ``then`` where there are any."""
    state = sheet.state

    def load() -> dict[Rule, str]:
        from app.queries.rule_words import documents_behind

        return documents_behind(desk, state)

    def show(found: dict[Rule, str]) -> None:
        if found != sheet.documents:
            sheet.documents = found
            then(sheet)

    tasks.database(load, show, lambda error: None)


def recall(sheet: Sheet, seen: Seen) -> bool:
    """Fill in what is empty from earlier cases, each value with its source; whether there was anything."""
    asked = {"applicant.phone", "applicant.address", *(f"form.{field.id}" for field in sheet.item.fields)}
    by_source: dict[str, dict[str, str]] = {}
    for path, (value, source) in seen.values.items():
        if path in asked and not sheet.get(path):
            by_source.setdefault(source, {})[path] = value
    for source, values in by_source.items():
        sheet.put_all(values, source)
    return bool(by_source)


def recall_later(desk: Desk, tasks: Tasks, sheet: Sheet, then: Callable[[], None]) -> None:
    """:func:`recall` off the GUI thread, once for each applicant of a case."""
    number = sheet.get("applicant.id_number")
    if not sheet.editable or sheet.recalled == number:
        return
    sheet.recalled = number

    def load() -> Seen:
        from app.queries.people import seen_before

        return seen_before(desk, number, but=sheet.case_id)

    def show(seen: Seen) -> None:
        if sheet.get("applicant.id_number") == number and recall(sheet, seen):
            then()

    tasks.database(load, show, lambda error: None)
