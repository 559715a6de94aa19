"""The demo's hub: a demo left by an earlier version gets today's city, and only once."""

from __future__ import annotations

from pathlib import Path

from app.city_hall import CityHall
from models.domain.catalog import Catalog
from sync.hub.database import open_hub
from sync.hub.publish import current_catalog, publish_catalog


def _published(data: Path) -> Catalog:
    hub = open_hub(data)
    try:
        catalog = current_catalog(hub)
    finally:
        hub.close()
    assert catalog is not None
    return catalog


def test_an_earlier_demo_gets_the_shipped_city_once(tmp_path: Path) -> None:
    CityHall(tmp_path)
    shipped = _published(tmp_path)
    assert len(shipped.bundles) == 93
    hub = open_hub(tmp_path)
    publish_catalog(hub, shipped.departments, shipped.items[:5])
    hub.close()
    CityHall(tmp_path)
    assert _published(tmp_path).bundles == ()  # what this city's people changed stays
    (tmp_path / "city.sha256").write_text("the mark of an earlier version", "ascii")
    CityHall(tmp_path)
    again = _published(tmp_path)
    assert (again.items, again.bundles) == (shipped.items, shipped.bundles)
    CityHall(tmp_path)
    assert _published(tmp_path).version == again.version
