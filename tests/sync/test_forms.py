"""Blank forms and samples on their way to real desks: the signed list, the files, cuts, a stick, a folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from app.commands.context import Desk
from app.commands.forms import fetch_forms, import_forms, open_form, sweep_forms
from app.queries.forms import AT_HUB, HERE, NOWHERE, read_forms
from models.domain.catalog import Material
from models.domain.forms import FormFile, read_form_list, write_form_list
from models.errors import KnownError
from models.tables import replica as t
from models.vault import FolderVault
from sync import file_protocol as fp
from sync.bundle import bundle_key
from sync.courier import Courier
from sync.forms import Forms, held_list, keep, whole
from sync.hub import tables as h
from sync.hub.blobs import CATALOG_PREFIX
from sync.hub.bundle import take_in
from sync.hub.devices import escrow_key, find_device
from sync.hub.forms import add_files, export_files, read_form, remove_file
from sync.hub.publish import publish_catalog
from sync.hub.refusal import Refused
from tests.desk_kit import FixedClock
from tests.sync.hall_kit import Hall, Line, open_hall
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM

BLANK, SAMPLE, NEVER = "申请表.pdf", "申请表（样表）.pdf", "没有的表.pdf"
SMALL = b"%PDF-1.7\n" + bytes(500)
LARGE = b"%PDF-1.7\n" + random.Random(7).randbytes(2_000_000)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        named = (
            Material(id="M1", name="申请表", blank=BLANK, sample=SAMPLE),
            Material(id="M2", name="身份证明", sample=NEVER),
        )
        publish_catalog(made.hub, (DEPARTMENT,), (msgspec.structs.replace(ITEM, materials=named),))
        add(made, {BLANK: SMALL, SAMPLE: LARGE})
        yield made


def add(hall: Hall, contents: dict[str, bytes]) -> None:
    folder = hall.folder / "given"
    folder.mkdir(exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    assert not [one for one in add_files(hall.hub, [folder], "T0001") if one.outcome == "refused"]


def ready(hall: Hall, name: str = "desk") -> Desk:
    desk = hall.desk(name)
    assert hall.sync(desk).problems == []
    return desk


def places(desk: Desk) -> dict[str, str]:
    return {row.name: row.place for row in read_forms(desk)}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def forms(desk: Desk, line: Line) -> Forms:
    return Forms(
        desk.store, desk.forms, desk.device, desk.device_key, desk.clock,
        transport=lambda: line, pause=lambda seconds: None,
    )  # fmt: skip


def test_the_list_comes_with_a_round_and_the_files_after_it(hall: Hall) -> None:
    desk = ready(hall)
    assert places(desk) == {BLANK: AT_HUB, SAMPLE: AT_HUB, NEVER: NOWHERE}
    report = fetch_forms(desk)
    assert (report.fetched, report.waiting, report.problems) == (2, 0, [])
    assert places(desk) == {BLANK: HERE, SAMPLE: HERE, NEVER: NOWHERE}
    hall.server.stop()
    assert open_form(desk, SAMPLE)[1] == LARGE
    with pytest.raises(KnownError, match="还没有“没有的表"):
        open_form(desk, NEVER)


def test_a_form_is_fetched_when_it_is_wanted(hall: Hall) -> None:
    desk = ready(hall)
    file, data = open_form(desk, BLANK)
    assert (file.name, data) == (BLANK, SMALL)
    assert places(desk)[SAMPLE] == AT_HUB


def test_small_ones_come_first_and_a_cut_costs_a_chunk(hall: Hall) -> None:
    desk = ready(hall)
    calls: list[str] = []

    def cut(path: str) -> bool:
        calls.append(path)
        return calls.count("/v1/forms/read") > 3

    report = forms(desk, hall.line(cut)).fetch_lacking(desk.rulebook)
    assert (report.fetched, report.waiting) == (1, 1)
    assert places(desk) == {BLANK: HERE, SAMPLE: AT_HUB, NEVER: NOWHERE}
    part = desk.forms.part_size(sha(LARGE))
    assert 0 < part < len(LARGE)
    line = hall.line()
    assert forms(desk, line).fetch_lacking(desk.rulebook).problems == []
    assert open_form(desk, SAMPLE)[1] == LARGE
    assert line.received["/v1/forms/read"] < len(LARGE) - part + 10_000


def test_a_hub_too_old_for_forms_is_no_problem(hall: Hall) -> None:
    desk = ready(hall)

    class Old(Line):
        def send(self, method, path, headers, body):  # type: ignore[no-untyped-def]  # as Line has it
            return super().send(method, path.replace("/v1/forms/read", "/v1/nothing"), headers, body)

    assert forms(desk, Old(hall.server.url)).fetch_lacking(desk.rulebook).problems == []


def test_a_replaced_form_is_fetched_anew_and_the_old_one_goes(hall: Hall) -> None:
    desk = ready(hall)
    fetch_forms(desk)
    newer = SMALL + b"%%EOF"
    add(hall, {BLANK: newer})
    assert open_form(desk, BLANK)[1] == SMALL  # until the next round the former list holds
    hall.sync(desk)
    assert places(desk)[BLANK] == AT_HUB
    assert open_form(desk, BLANK)[1] == newer
    assert sweep_forms(desk) == 1
    assert desk.forms.names() == {sha(newer), sha(LARGE)}


def test_a_desk_with_the_former_list_is_told_that_a_form_has_gone(hall: Hall) -> None:
    desk = ready(hall)
    add(hall, {BLANK: SMALL + b"%%EOF"})
    with pytest.raises(KnownError, match="可能刚换了新的"):
        open_form(desk, BLANK)
    report = fetch_forms(desk)
    assert (report.fetched, report.waiting, len(report.problems)) == (1, 1, 1)


def test_spoilt_bytes_are_not_shown(hall: Hall) -> None:
    desk = ready(hall)
    fetch_forms(desk)
    (desk.store.path.parent / "forms" / sha(SMALL)[:2] / sha(SMALL)).write_bytes(b"%PDF- something else")
    assert open_form(desk, BLANK)[1] == SMALL


def test_bytes_that_are_not_the_listed_ones_are_not_taken(hall: Hall) -> None:
    desk = ready(hall)
    hall.hub.blobs.put(CATALOG_PREFIX + sha(SMALL), bytes(len(SMALL)))
    with pytest.raises(KnownError, match="核对不上"):
        open_form(desk, BLANK)
    assert desk.forms.names() == set()


def test_a_list_with_another_signature_is_not_taken(hall: Hall) -> None:
    with hall.hub.write() as conn:
        data = write_form_list([FormFile(name=BLANK, sha256="0" * 64, size=1, media="application/pdf")])
        conn.execute(update(h.form_list).values(data=data))
    desk = hall.desk()
    assert any("签名不对" in text for text in hall.sync(desk).problems)
    with desk.store.read() as conn:
        assert held_list(conn).files == ()


def test_an_unreadable_list_here_counts_as_none_and_throws_nothing_away(hall: Hall) -> None:
    desk = ready(hall)
    fetch_forms(desk)
    with desk.store.write() as conn:
        conn.execute(update(t.meta).where(t.meta.c.key == "form_list").values(value=b"{"))
    assert set(places(desk).values()) == {NOWHERE}
    assert sweep_forms(desk) == 0
    assert desk.forms.names() == {sha(SMALL), sha(LARGE)}


def test_a_form_taken_back_goes_from_the_desk(hall: Hall) -> None:
    desk = ready(hall)
    fetch_forms(desk)
    for name in (BLANK, SAMPLE):
        assert remove_file(hall.hub, name, "T0001")
    hall.sync(desk)
    assert set(places(desk).values()) == {NOWHERE}
    assert sweep_forms(desk) == 2
    assert desk.forms.names() == set()


def test_the_forms_of_a_version_that_waits_for_its_day_come_before_it(hall: Hall) -> None:
    """Renamed in the coming catalogue: the former file serves until the day, the new one is here by then."""
    desk = hall.desk()
    assert isinstance(desk.clock, FixedClock)
    desk.rulebook.watch(desk.clock)
    hall.sync(desk)
    later = (desk.clock.now().day + dt.timedelta(days=30)).isoformat()
    renamed = Material(id="M1", name="申请表", blank="新申请表.pdf", sample=SAMPLE)
    publish_catalog(
        hall.hub, (DEPARTMENT,), (msgspec.structs.replace(ITEM, materials=(renamed,)),), effective_on=later
    )
    newer = SMALL + b"%%EOF"
    add(hall, {"新申请表.pdf": newer})
    hall.sync(desk)
    assert fetch_forms(desk).fetched == 3
    assert places(desk)[BLANK] == HERE
    hall.server.stop()
    desk.clock.now_ms += 31 * 24 * 3600 * 1000
    assert places(desk) == {"新申请表.pdf": HERE, SAMPLE: HERE}
    assert open_form(desk, "新申请表.pdf")[1] == newer
    assert open_form(desk, BLANK)[1] == SMALL  # cases of the former version still name it


def test_forms_come_by_stick(hall: Hall) -> None:
    desk = hall.desk()
    hall.sync(desk)
    with hall.hub.read() as conn:
        device = find_device(conn, desk.device.device)
    assert device is not None
    with hall.hub.read() as conn:
        key = bundle_key(escrow_key(hall.hub, conn, device), device.device)
    courier = Courier(
        desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock, key, desk.vault, desk.forms
    )
    back = take_in(hall.hub, courier.export()[0])[1]
    hall.clock.ms += 1000
    hall.server.stop()
    back = take_in(hall.hub, courier.export()[0])[1]
    assert courier.take_in(back).problems == []
    assert places(desk) == {BLANK: HERE, SAMPLE: HERE, NEVER: NOWHERE}
    second = take_in(hall.hub, courier.export()[0])[1]
    assert len(second) < len(LARGE)  # what the desk holds does not travel again


def test_forms_come_from_a_folder(hall: Hall, tmp_path: Path) -> None:
    desk = ready(hall)
    out = tmp_path / "stick"
    assert export_files(hall.hub, out) == 2
    (out / "别的.pdf").write_bytes(b"%PDF- of somebody else")
    taken = import_forms(desk, out)
    assert (taken.kept, taken.known, taken.unlisted) == (2, 0, ("别的.pdf",))
    assert import_forms(desk, out).known == 2
    assert desk.forms.names() == {sha(SMALL), sha(LARGE)}


def test_a_folder_that_is_pulled_out_is_told(hall: Hall, tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="介质"):
        import_forms(ready(hall), tmp_path / "gone")


def test_nothing_that_is_on_no_list_is_kept(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    listed = FormFile(name="a", sha256=sha(SMALL), size=len(SMALL), media="application/pdf")
    assert keep(vault, [listed], LARGE) is None
    assert keep(vault, [listed], SMALL) == listed
    assert keep(vault, [listed], SMALL) == listed
    assert whole(vault, listed) == SMALL
    assert vault.names() == {listed.sha256}


@pytest.mark.parametrize("name", ["", "../../hub.db", "zz", "0" * 64])
def test_the_hub_gives_nothing_that_is_no_form(hall: Hall, name: str) -> None:
    with pytest.raises(Refused):
        read_form(hall.hub, fp.FormWant(sha256=name, offset=0))


def test_the_list_is_the_same_in_whatever_order() -> None:
    files = [FormFile(name=name, sha256="0" * 64, size=1, media="x") for name in "bca"]
    data = write_form_list(files)
    assert data == write_form_list(reversed(files))
    assert [file.name for file in read_form_list(data).files] == ["a", "b", "c"]
    assert read_form_list(None).files == ()
