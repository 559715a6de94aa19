"""The 256-byte record and the readers: the ctypes driver runs against a real shared library made by gcc."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.base import Cancelled, DeviceError, State
from devices.idcard.nations import nation_name
from devices.idcard.played import DEMO, PlayedReader
from devices.idcard.record import LENGTH, CardRecord, build_record, parse_record, record_problem
from devices.idcard.sdt import SdtReader
from models.domain.ids import IdKind

TODAY = dt.date(2026, 11, 23)
PERMIT = CardRecord(
    id_kind=IdKind.HMT_RESIDENCE,
    name="陈样例",
    sex="男",
    birth="1990-01-01",
    number="810000199001010016",
    valid_from="2023-01-01",
    valid_to="2028-01-01",
    address="演示路 2 号",
    authority="演示市公安局",
    pass_number="H12345678",
)
FOREIGNER = CardRecord(
    id_kind=IdKind.FOREIGNER_PR,
    name="样例",
    latin_name="EXAMPLE, ANNA",
    sex="女",
    birth="1981-02-03",
    number="FRA110081020399",
    valid_from="2020-06-01",
    valid_to="2030-06-01",
    authority="1100",
    nationality="FRA",
)


@pytest.mark.parametrize("card", [DEMO, PERMIT, FOREIGNER])
def test_each_kind_of_card_is_read_from_its_own_places(card: CardRecord) -> None:
    data = build_record(card)
    assert len(data) == LENGTH
    assert parse_record(data) == card


def test_the_places_are_those_of_the_published_layout() -> None:
    data = build_record(DEMO)
    assert data[:6].decode("utf-16-le") == "王样例"
    assert data[30:32].decode("utf-16-le") == "2"
    assert data[32:36].decode("utf-16-le") == "01"
    assert data[36:52].decode("utf-16-le") == "19491231"
    assert data[122:158].decode("utf-16-le") == "11010519491231002X"
    assert data[188:204].decode("utf-16-le") == "20160101"
    assert data[204:220].decode("utf-16-le").strip() == "长期"
    assert build_record(FOREIGNER)[248:250] == b"I\0"


@given(st.binary(max_size=300) | st.binary(min_size=LENGTH, max_size=LENGTH))
def test_any_other_bytes_are_refused_in_one_sentence(data: bytes) -> None:
    try:
        card = parse_record(data)
    except DeviceError as error:
        told = str(error)
    else:
        told = "没有填入" if card.number and card.name else "half a card"
    assert "没有填入" in told


@given(place=st.integers(0, LENGTH - 1), value=st.integers(0, 255))
def test_one_wrong_byte_never_gives_another_number_that_passes(place: int, value: int) -> None:
    data = bytearray(build_record(DEMO))
    data[place] = value
    try:
        card = parse_record(bytes(data))
    except DeviceError:
        return
    assert card.number == DEMO.number or record_problem(card, TODAY)


def test_an_unknown_kind_of_card_is_left_to_the_clerk() -> None:
    data = bytearray(build_record(DEMO))
    data[248:250] = "Q".encode("utf-16-le")
    with pytest.raises(DeviceError, match="手工填写"):
        parse_record(bytes(data))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"number": "110105194912310021"}, "末位对不上"),
        ({"birth": "1950-12-31"}, "不一致"),
        ({"valid_to": "2026-11-22"}, "到期"),
        ({"valid_from": "2026-11-24"}, "才有效"),
    ],
)
def test_a_card_that_does_not_hold_is_told(changes: dict[str, str], word: str) -> None:
    assert word in record_problem(msgspec.structs.replace(DEMO, **changes), TODAY)


def test_a_good_card_holds_on_its_last_day() -> None:
    assert record_problem(DEMO, TODAY) == ""
    assert record_problem(msgspec.structs.replace(DEMO, valid_to=TODAY.isoformat()), TODAY) == ""


def test_nations_by_the_standard() -> None:
    assert [nation_name(c) for c in ("01", "11", "56", "57", "97", "  ", "")] == [
        "汉",
        "满",
        "基诺",
        *[""] * 4,
    ]


LIBRARY = r"""
#include <string.h>
#include <stdlib.h>
static const unsigned char record[256] = {%s};
static int mode(void) { const char *m = getenv("THB_TEST_READER"); return m ? atoi(m) : 0; }
int SDT_OpenPort(int port) { if (mode() == 1) return 1; if (mode() == 2) return 2; return port == 1003 ? 0x90 : 1; }
int SDT_ClosePort(int port) { return 0x90; }
int SDT_StartFindIDCard(int port, unsigned char *n, int open) { memset(n, 7, 4); return mode() == 3 ? 0x80 : 0x9f; }
int SDT_SelectIDCard(int port, unsigned char *n, int open) { return n[0] == 7 ? 0x90 : 0x81; }
int SDT_ReadBaseMsg(int port, unsigned char *t, unsigned int *tn, unsigned char *p, unsigned int *pn, int open) {
  if (mode() == 4) return 0x41;
  memcpy(t, record, 256); *tn = 256; memset(p, 1, 1024); *pn = 1024; return 0x90; }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("reader")
    (folder / "reader.c").write_text(LIBRARY % ",".join(str(b) for b in build_record(DEMO)))
    made = folder / "libreader.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, folder / "reader.c"], check=True)
    return str(made)


def test_the_driver_reads_through_the_vendors_functions(library: str) -> None:
    reader = SdtReader(library, wait_s=0)
    assert reader.status().ready
    assert reader.read() == DEMO


@pytest.mark.parametrize(
    ("mode", "state", "word"),
    [
        ("1", State.ABSENT, "没有接好"),
        ("2", State.BUSY, "占用"),
        ("3", State.READY, "没有读到"),
        ("4", State.READY, "断了"),
    ],
)
def test_what_goes_wrong_is_a_state_and_a_sentence(
    library: str, monkeypatch: pytest.MonkeyPatch, mode: str, state: State, word: str
) -> None:
    monkeypatch.setenv("THB_TEST_READER", mode)
    reader = SdtReader(library, wait_s=0)
    with pytest.raises(DeviceError, match=word) as told:
        reader.read()
    assert told.value.state is state
    if state is not State.READY:
        assert reader.status().state is state
    monkeypatch.setenv("THB_TEST_READER", "0")
    assert reader.read() == DEMO  # put right, it works at once


def test_waiting_for_a_card_can_be_stopped(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THB_TEST_READER", "3")
    with pytest.raises(Cancelled):
        SdtReader(library, wait_s=3600).read(stop=lambda: True)


@pytest.mark.parametrize("name", ["", "/nowhere/libsdtapi.so", "libc.so.6"])
def test_without_the_vendors_library_there_is_a_plain_sentence(name: str) -> None:
    status = SdtReader(name).status()
    assert status.state is State.ABSENT
    assert "手工填写" in status.text


def test_the_test_reader_plays_files(tmp_path: Path) -> None:
    for place, card in enumerate((PERMIT, DEMO)):
        (tmp_path / f"{place}.bin").write_bytes(build_record(card))
    reader = PlayedReader(tmp_path)
    assert [reader.read(), reader.read(), reader.read()] == [PERMIT, DEMO, PERMIT]
    reader.state = State.BUSY
    with pytest.raises(DeviceError, match="占用"):
        reader.read()
