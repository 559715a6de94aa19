"""Examples of domain facts §2.3: real check digits, historical regions, rare characters."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from models.domain.ids import (
    IdKind,
    birth_and_sex,
    check_id,
    check_name,
    check_phone,
    mask_id,
    mask_phone,
    mask_uscc,
)

TODAY = dt.date(2026, 11, 23)


def _resident(region: str, birth: str, serial: str) -> str:
    return region + birth + serial + ric.calc_check_digit(region + birth + serial + "0")


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",
        "91110000600037341L",
        "11370900MB28449441",
        "11370900752680889G",
        "11370883MB2857374H",
    ],
)
def test_real_uscc_pass(code: str) -> None:
    assert check_id(IdKind.USCC, code, TODAY).ok


@pytest.mark.parametrize(
    "code",
    ["91350100M000100Y4A", "11440300MB2C91012X", "9135010", "", "９１３５０１００Ｍ０００１００Ｙ４４"],
)
def test_wrong_uscc_are_told(code: str) -> None:
    assert check_id(IdKind.USCC, code, TODAY).error


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
    ],
)
def test_resident_id_is_normalised(text: str) -> None:
    checked = check_id(IdKind.RESIDENT_ID, text, TODAY)
    assert checked.ok
    assert checked.value == "11010519491231002X"
    assert birth_and_sex(checked.value) == (dt.date(1949, 12, 31), "女")


@pytest.mark.parametrize("region", ["370919", "370920", "370922", "370981", "370902", "370911"])
def test_regions_of_the_past_are_accepted(region: str) -> None:
    assert check_id(IdKind.RESIDENT_ID, _resident(region, "19560305", "123"), TODAY).ok


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (_resident("370911", "19900230", "001"), "不存在"),
        (_resident("370911", "20270101", "001"), "不对"),
        (_resident("999999", "19900203", "001"), "行政区划"),
        ("110105194912310021", "末位对不上"),
        ("110105491231002", "15 位"),
        ("1101051949123100", "18 位"),
    ],
)
def test_wrong_resident_ids_are_explained(number: str, word: str) -> None:
    assert word in check_id(IdKind.RESIDENT_ID, number, TODAY).error


@given(st.integers(0, 16), st.integers(1, 9))
def test_any_misread_digit_is_noticed(place: int, shift: int) -> None:
    good = _resident("370911", "19900203", "123")
    bad = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert check_id(IdKind.RESIDENT_ID, bad, TODAY).error


@given(st.sampled_from(IdKind), st.text(max_size=60))
def test_no_input_raises(kind: IdKind, text: str) -> None:
    check_id(kind, text, TODAY)
    check_name(text)
    check_phone(text)
    mask_id(text), mask_phone(text), mask_uscc(text)


@pytest.mark.parametrize("name", ["王㐂", "𠮷样例", "样\ue00f", "阿卜杜·样例", "O'Sample"])
def test_rare_names_stay_as_they_are(name: str) -> None:
    checked = check_name(name)
    assert checked.ok
    assert checked.value == name


@pytest.mark.parametrize("name", ["", "   ", "王😀", "王\x00例", "王1例", "样" * 101, "王\u200b例"])
def test_names_that_cannot_be_printed_are_refused(name: str) -> None:
    assert check_name(name).error


@pytest.mark.parametrize(
    "number", ["13800000001", "１３８００００００１１", "0538-8000000", "400-800-0000", "+8613800000001"]
)
def test_phones(number: str) -> None:
    assert check_phone(number).ok


def test_masks() -> None:
    assert mask_id("370911199002031234") == "3709**********1234"
    assert mask_phone("13800000001") == "138****0001"
    assert mask_uscc("91370911MA00007K2Q") == "91370911******7K2Q"
