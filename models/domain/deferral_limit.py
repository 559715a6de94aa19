"""容缺: how long a deferred material may take."""

from __future__ import annotations

from models.domain.catalog import Item


def deferral_limit(item: Item) -> int | None:
    """Workdays from acceptance; None when no promised limit is known, so nothing can be deferred.

    A deferred material comes within the promised limit of the item at the latest (domain facts §2.7);
    a hall may set fewer days, never more.
    """
    promised = item.promised
    if not promised.binding or promised.days is None:
        return None
    return promised.days if item.deferral_days is None else max(0, min(item.deferral_days, promised.days))
