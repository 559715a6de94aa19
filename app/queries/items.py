"""Finding the 办理项: an index per catalogue version, built once."""

from __future__ import annotations

import threading

import msgspec

from app.commands.context import Desk
from models.device import get_meta
from models.directory import Directory, WindowLine, read_directory
from models.domain.catalog import DOMAIN_NAMES, Bundle, Catalog, Domain, Item
from models.domain.competence import may_accept, may_take
from models.domain.search import Hit, SearchEntry, SearchIndex


class ItemHit(msgspec.Struct, frozen=True, kw_only=True):
    """One result.  ``elsewhere`` says which desk to go to when this window may not accept it."""

    item: Item
    department: str
    spans: tuple[tuple[int, int], ...]
    elsewhere: str = ""


class ItemFinder:
    """Search over one catalogue version; safe to share between threads."""

    def __init__(
        self,
        catalog: Catalog,
        division: str,
        window: WindowLine,
        directory: Directory,
        domains: tuple[str, ...],
        only: str = "",
    ) -> None:
        self._items = {item.id: item for item in catalog.items}
        self._elsewhere: dict[str, str] = {}  # asked for fifty items each time the palette opens
        self._departments = {d.id: d.name for d in catalog.departments}
        self._division = division
        self._window = window
        self._directory = directory
        self._domains = domains
        self._only = only if only in dict(self.domains()) else ""
        self.version = catalog.version
        self._index = SearchIndex(
            SearchEntry(
                id=item.id,
                name=item.name,
                parent=item.parent,
                code=item.national_code or item.id,
                department=self._departments.get(item.department, ""),
                note=item.detail_rule,
            )
            for item in catalog.items
        )

        self._bundles = {b.id: b for b in catalog.bundles}
        self._bundle_index = SearchIndex(
            SearchEntry(id=b.id, name=b.name, parent="", code=b.id, department="") for b in catalog.bundles
        )

    def areas(self) -> tuple[tuple[str, str], ...]:
        """The 区划 whose people may come here from elsewhere (通办), with the names of their halls."""
        return tuple((h.division, h.name) for h in self._directory.halls if h.division)

    def domains(self) -> tuple[tuple[str, str], ...]:
        """Domains, with their names, that the clerk at this window may take in."""
        return tuple(
            (domain.value, name)
            for domain, name in DOMAIN_NAMES.items()
            if domain is not Domain.UNSORTED
            and all(not granted or domain in granted for granted in (self._domains, self._window.domains))
        )

    def __len__(self) -> int:
        return len(self._items)

    def find(self, query: str, *, domain: Domain | None = None, limit: int = 50) -> list[ItemHit]:
        """Best first; an empty query lists the catalogue in its own order."""
        if not query.strip():
            items = [i for i in self._items.values() if domain is None or i.domain is domain]
            return [self._hit(item, ()) for item in items[:limit]]
        hits: list[Hit] = self._index.find(query, limit if domain is None else len(self._items))
        found = [(self._items[hit.id], hit) for hit in hits]
        return [self._hit(i, hit.spans) for i, hit in found if domain is None or i.domain is domain][:limit]

    def find_bundles(self, query: str, limit: int = 8) -> list[Bundle]:
        """一件事 by name, pinyin or initials, those online first; none for an empty query."""
        if not query.strip():
            return []
        found = [self._bundles[hit.id] for hit in self._bundle_index.find(query, limit)]
        return sorted(found, key=lambda bundle: bundle.status != "online")

    def item(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    def hit(self, item_id: str) -> ItemHit | None:
        """One item as a result; None when this version does not have it."""
        item = self._items.get(item_id)
        return self._hit(item, ()) if item is not None else None

    def elsewhere(self, item: Item) -> str:
        """ "" when this window may take the item in; else where the visitor should go."""
        if item is not self._items.get(item.id):  # of another version
            return self._judge(item)
        if item.id not in self._elsewhere:
            self._elsewhere[item.id] = self._judge(item)
        return self._elsewhere[item.id]

    def _judge(self, item: Item) -> str:
        found = may_accept(item, self._division)
        if not found.allowed:
            where = f"须到{self._directory.place_of(found.goes_to)}办理"
            return where if found.goes_to else found.reason
        barred = may_take(item, self._window.kind or "general", self._domains, self._window.domains)
        if not barred and self._only and item.domain not in (self._only, Domain.UNSORTED):
            return f"今天只收{DOMAIN_NAMES[Domain(self._only)]}事项，锁屏后可以改受理范围"
        return barred

    def _hit(self, item: Item, spans: tuple[tuple[int, int], ...]) -> ItemHit:
        return ItemHit(
            item=item,
            department=self._departments.get(item.department, item.department),
            spans=spans,
            elsewhere=self.elsewhere(item),
        )


_cache: dict[tuple[object, ...], ItemFinder] = {}
_lock = threading.Lock()


def item_finder(desk: Desk) -> ItemFinder | None:
    """The finder over the current catalogue; None before the first catalogue has come."""
    with desk.store.read() as conn:
        version = desk.rulebook.current_version(conn)
        catalog = desk.rulebook.catalog(conn, version) if version else None
        directory = read_directory(get_meta(conn, "directory"))
    if catalog is None:
        return None
    window = directory.window(desk.device.scope, desk.device.window)
    domains = desk.lease.domains
    key = (desk.device.device, version, window, domains, desk.only, directory.halls)
    with _lock:
        if key not in _cache:
            _cache[key] = ItemFinder(catalog, desk.device.division, window, directory, domains, desk.only)
        return _cache[key]
