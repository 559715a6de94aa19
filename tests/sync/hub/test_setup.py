"""A hub filled from files: the demo city, and a list beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from models.crypto import public_key, verify
from models.directory import read_directory
from models.domain.catalog import Domain
from models.errors import KnownError
from sync.hub import people
from sync.hub.catalog import read_catalog
from sync.hub.cli_commands import DEMO_CITY
from sync.hub.database import Hub
from sync.hub.places import Places, publish_directory, read_places
from sync.hub.publish import current_catalog, directory_reply
from sync.hub.registers import import_registers
from sync.hub.setup import import_catalog, load_city, publish_city
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


def test_the_list_of_enterprises_goes_to_the_desks_with_the_directory(hub: Hub, tmp_path: Path) -> None:
    load_city(hub, DEMO_CITY, PASSWORD)
    told = read_directory(directory_reply(hub).data)
    halls = told.halls
    assert (len(told.enterprises), set(told.enterprises.values())) == (100, {"双50强"})
    good, bad = "91350100M000100Y43", "91350100M000100Y4A"
    head = "统一社会信用代码,企业名称,名单\n"
    (tmp_path / "企业名单.csv").write_text(f"{head}{good.lower()},甲,样例名单\n{bad},乙,样例名单\n", "utf-8")
    result = import_registers(hub, tmp_path / "企业名单.csv")
    assert [(p.row, p.field) for p in result.problems] == [(3, "统一社会信用代码")]
    assert read_directory(directory_reply(hub).data) == told
    (tmp_path / "企业名单.csv").write_text(f"{head}{good.lower()},甲,样例名单\n", "utf-8")
    assert import_registers(hub, tmp_path / "企业名单.csv").loaded == 1
    reply = directory_reply(hub)
    verify(public_key(hub.keys.signing), reply.data, reply.signature)
    told = read_directory(reply.data)
    assert (told.enterprises, told.enterprise(f" {good} "), told.enterprise(bad)) == (
        {good: "样例名单"},
        "样例名单",
        "",
    )
    assert told.halls == halls
    # A city loaded again keeps the list it stands beside.
    city = read_catalog(DEMO_CITY)
    assert city.city is not None
    publish_city(hub, city.city, city.departments)
    assert read_directory(directory_reply(hub).data).enterprises == {good: "样例名单"}
