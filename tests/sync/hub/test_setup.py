"""A hub filled from files: the demo city, and a list beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from models.domain.catalog import Domain
from models.errors import KnownError
from sync.hub import people
from sync.hub.catalog import read_catalog
from sync.hub.cli_commands import DEMO_CITY
from sync.hub.database import Hub
from sync.hub.places import Places, publish_directory, read_places
from sync.hub.publish import current_catalog, directory_reply
from sync.hub.setup import import_catalog, load_city
from sync.hub.signin import sign_in
from sync.protocol import SignInRequest
from tests.sync.hub.fake_desk import PASSWORD, ready_desk


def test_the_demo_city_is_a_hub_that_works(hub: Hub) -> None:
    city = read_catalog(DEMO_CITY).city
    assert city is not None
    result = load_city(hub, DEMO_CITY, PASSWORD)
    catalog = current_catalog(hub)
    assert catalog is not None
    assert len(catalog.items) == result.loaded >= 74
    assert {item.domain for item in catalog.items} >= set(Domain) - {Domain.UNSORTED}
    assert len(people.list_staff(hub)) == len(city.staff)
    with hub.read() as conn:
        places = read_places(conn)
    assert [hall.id for hall in places.halls] == [hall.id for hall in city.halls]
    assert len(places.windows) == len(city.windows)
    person = next(p for p in people.list_staff(hub) if p.window)
    desk = ready_desk(hub, catalog.version, hall=person.scope, window=person.window)
    assert sign_in(hub, SignInRequest(staff=person.staff, password=PASSWORD), desk.device)


def test_loading_it_again_changes_the_catalogue_version_only(hub: Hub) -> None:
    load_city(hub, DEMO_CITY, PASSWORD)
    directory, catalog = directory_reply(hub).hash, current_catalog(hub)
    load_city(hub, DEMO_CITY, PASSWORD)
    again = current_catalog(hub)
    assert directory_reply(hub).hash == directory
    assert catalog is not None
    assert again is not None
    assert again.version > catalog.version
    assert msgspec.structs.replace(again, version=catalog.version) == catalog


def test_a_list_without_an_item_changes_nothing(hub: Hub, version: str, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("部门,主项,办理项名称\n样例局,主项甲,\n", "utf-8")
    assert import_catalog(hub, tmp_path / "items.csv").loaded == 0
    with pytest.raises(KnownError):
        load_city(hub, tmp_path / "items.csv", PASSWORD)
    catalog = current_catalog(hub)
    assert catalog is not None
    assert catalog.version == version


def test_the_directory_must_be_one(hub: Hub) -> None:
    before = directory_reply(hub).hash
    for data in (b"", b"[]", b'{"halls":[{"id":1}]}'):
        with pytest.raises(KnownError):
            publish_directory(hub, data)
    assert directory_reply(hub).hash == before
    assert msgspec.json.decode(directory_reply(hub).data, type=Places).halls
