"""Whether who signed an act may do it: the roles of the sign-in lease it was made under."""

from __future__ import annotations

from models.directory import Directory
from models.domain.after import AFTER, role_problem
from models.domain.catalog import Item
from models.domain.competence import TAKING, may_take
from models.domain.ops import Op
from sync.hub.text import storable
from sync.hub.work import Work


def may_not(work: Work, op: Op, item: Item) -> str:
    """The reason why not, "" where it may be done.

    The lease counts, not today's register, and any directory the desk can have held: what was within
    somebody's rights offline stays lawful.  A lease lost in a restore is replaced by the register; whom neither knows, the device answers for.
    """
    if op.kind in TAKING:
        domains = _domains(work, op)
        window = work.window(op.scope, op.window)
        barred = may_take(item, window.kind, domains, window.domains)
        if barred:
            held = work.hub.rulebook.directories_since(work.conn, op.time.anchor_ms)
            if any(not _at_window(one, op, item, domains) for one in held):
                return ""
        return f"{barred}，这一步没有采用。" if barred else ""
    if op.kind not in AFTER:
        return ""
    if not storable(op.lease_id, op.staff):
        return role_problem(op.kind, (), item)  # no lease was ever issued under such a name
    lease = work.lease(op.lease_id, op.staff)
    roles = lease.roles if lease is not None else None
    if roles is None:
        registered = work.registered(op.staff)
        roles = registered.roles if registered is not None else None
    return role_problem(op.kind, roles, item) if roles is not None else ""


def _domains(work: Work, op: Op) -> tuple[str, ...]:
    """What the clerk may take in, () for everything: the lease's word, the register's where none is known."""
    if not storable(op.lease_id, op.staff):
        return ()
    lease = work.lease(op.lease_id, op.staff)
    if lease is not None:
        return lease.domains
    registered = work.registered(op.staff)
    return registered.domains if registered is not None else ()


def _at_window(directory: Directory, op: Op, item: Item, domains: tuple[str, ...]) -> str:
    window = directory.window(op.scope, op.window)
    return may_take(item, window.kind, domains, window.domains)
