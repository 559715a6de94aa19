"""A paper that a set issues itself is held only once it is issued; the hub asks the same (sync.hub.sets)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from app.commands.context import Desk
from models.domain.case import CaseState
from models.domain.catalog import Item
from models.domain.members import cases_of, claiming, claims, granted_in_set, not_held, with_ties
from models.domain.ops import Change, OpKind
from models.errors import KnownError
from models.projection import live_state


def guard_set_papers(
    conn: Connection,
    desk: Desk,
    kind: OpKind,
    entered: Mapping[str, str],
    item: Item,
    state: CaseState | None,
    version: str,
) -> None:
    """Raises KnownError where the act stands on a paper of its own set that no member has been granted yet.

    A source given with it (复用) is this desk's own offer; the hub looks for that case.
    """
    before = state.fields if state is not None else {}
    fields = with_ties(before, entered)
    changes = {path: Change(before.get(path, ""), text) for path, text in entered.items()}
    changes = {path: change for path, change in changes.items() if change.old != change.new}
    if not claiming(kind, changes, fields):
        return
    makers = {key: desk.rulebook.item(conn, version, key) for key in cases_of(fields)}
    catalog = desk.rulebook.catalog(conn, version)
    wanted = fields.get("bundle.id", "")
    bundle = next((one for one in catalog.bundles if one.id == wanted), None) if catalog is not None else None
    produced = {key: maker.produces for key, maker in makers.items() if maker is not None}
    for claim in claims(fields, item, bundle, produced):
        maker = makers[claim.maker]
        issued = live_state(conn, desk.rulebook, claim.case_id) if claim.case_id else None
        if claim.source or granted_in_set(issued, claim.maker, fields["bundle.case"]):
            continue
        name = maker.name if maker is not None else claim.maker
        raise KnownError(
            f"{not_held(claim.name, name)}没有办理，已填内容都保存了。请等那一项办结，或者收下申请人带来的原件。",
            detail="set_early",
        )
