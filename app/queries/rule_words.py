"""The documents behind the rules of a case, as the why panel names them."""

from __future__ import annotations

from app.commands.context import Desk
from models.domain.case import CaseState
from models.domain.rule_documents import Rule, cited, rule_day


def documents_behind(desk: Desk, state: CaseState | None) -> dict[Rule, str]:
    """Of the case's own catalogue version and day; of a case not begun, the version in force today."""
    today = desk.clock.now().day.isoformat()
    with desk.store.read() as conn:
        version = state.catalog_version if state is not None else desk.rulebook.current_version(conn)
        catalog = desk.rulebook.catalog(conn, version) if version else None
    return cited(catalog, rule_day(state, today)) if catalog is not None else {}
