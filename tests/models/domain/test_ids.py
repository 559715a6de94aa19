"""Examples of domain facts §2.3: real check digits, historical regions, rare characters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

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


@pytest.mark.parametrize("body", ["N2370911MF1234567", "Y1370900MC0012345", "A1110000MD0012345"])
def test_codes_given_by_other_registers_begin_with_a_letter(body: str) -> None:
    # GB 32100, first place: N 农业 (村集体经济组织), Y 其他, A 军队.
    assert check_id(IdKind.USCC, body + uscc.calc_check_digit(body), TODAY).ok


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("91110000600037341I", "第 18 位是“I”"),
        ("9137O900MB28449441", "第 5 位是“O”"),
        ("9137A900MB28449441", "应全是数字"),
        ("91110000600037341M", "末位对不上"),
        ("9111000060003734", "现在是 16 位"),
    ],
)
def test_a_wrong_uscc_says_where(code: str, word: str) -> None:
    assert word in check_id(IdKind.USCC, code, TODAY).error


def test_the_inner_organisation_code_only_warns() -> None:
    body = "11370900752680880"  # 75268088-0 breaks GB 11714, the outer digit is right
    checked = check_id(IdKind.USCC, body + uscc.calc_check_digit(body), TODAY)
    assert checked.ok
    assert "组织机构代码" in checked.warning
    assert check_id(IdKind.USCC, "11370900752680889G", TODAY).warning == ""


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (IdKind.HK_MACAU_PERMIT, "h12345678", "H12345678"),
        (IdKind.HK_MACAU_PERMIT, "Ｍ１２３４５６７８０１", "M1234567801"),
        (IdKind.TAIWAN_PERMIT, "1234 5678", "12345678"),
        (IdKind.PASSPORT, "e12345678", "E12345678"),
        (IdKind.FOREIGNER_PR, "usa110090020301", "USA110090020301"),
        (IdKind.HMT_RESIDENCE, _resident("810000", "19900203", "001"), None),
        (IdKind.FOREIGNER_PR, _resident("937840", "19900203", "001"), None),
    ],
)
def test_other_papers(kind: IdKind, text: str, value: str | None) -> None:
    checked = check_id(kind, text, TODAY)
    assert checked.error == ""
    assert checked.value == (value or text)


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        (IdKind.HK_MACAU_PERMIT, "A12345678", "H 或者 M"),
        (IdKind.TAIWAN_PERMIT, "1234567", "8 位数字"),
        (IdKind.PASSPORT, "E1", "5 至 17 位"),
        (IdKind.FOREIGNER_PR, "US1100900203010", "3 个字母"),
        (IdKind.HMT_RESIDENCE, "370911199002030010", "81、82 或者 83"),
        (IdKind.HMT_RESIDENCE, "810000199002030010", "居住证末位对不上"),
        (IdKind.RESIDENT_ID, "3709111990020X0010", "只有末位可以是 X"),
    ],
)
def test_other_papers_are_explained(kind: IdKind, text: str, word: str) -> None:
    assert word in check_id(kind, text, TODAY).error


@pytest.mark.parametrize("kind", list(IdKind))
def test_only_ascii_digits_are_digits(kind: IdKind) -> None:
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    good = {
        IdKind.RESIDENT_ID: "11010519491231002X",
        IdKind.HK_MACAU_PERMIT: "H12345678",
        IdKind.TAIWAN_PERMIT: "12345678",
        IdKind.HMT_RESIDENCE: _resident("810000", "19900203", "001"),
        IdKind.PASSPORT: "E12345678",
        IdKind.FOREIGNER_PR: "USA110090020301",
        IdKind.USCC: "91110000600037341L",
    }[kind]
    assert check_id(kind, good, TODAY).ok
    assert not check_id(kind, good.translate(arabic), TODAY).ok


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


@pytest.mark.parametrize(
    "name",
    # The last three: an ideographic variant, Extension H (newer than Python 3.11's tables), a Latin initial.
    [
        "王㐂",
        "𠮷样例",
        "样\ue00f",
        "阿卜杜·样例",
        "O'Sample",
        "葛\U000e0100",
        "王\U00031350",
        "John A. Sample",
    ],
)
def test_rare_names_stay_as_they_are(name: str) -> None:
    checked = check_name(name)
    assert checked.error == ""
    assert checked.value == name


@pytest.mark.parametrize("dot", ["•", "‧", "∙", "・", "･", "．", ".", " · "])
def test_the_middle_dot_is_one(dot: str) -> None:
    assert check_name(f"阿卜杜{dot}样例").value == "阿卜杜·样例"


def test_an_organisation_keeps_its_dot_and_digits() -> None:
    checked = check_name("样例 3.0 科技（泰安）有限公司", organisation=True)
    assert checked.error == ""
    assert checked.value == "样例 3.0 科技（泰安）有限公司"


@pytest.mark.parametrize(
    "name",
    ["", "   ", "王😀", "王\x00例", "王1例", "王①", "王\u20e3", "样" * 101, "王\u200b例", "王\U0002ffff"],
)
def test_names_that_cannot_be_printed_are_refused(name: str) -> None:
    assert check_name(name).error


def test_a_name_of_a_hundred_is_allowed() -> None:
    assert check_name("样" * 100).ok


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800000001", "13800000001"),
        ("１３８００００００１１", "13800000011"),
        ("138 0000 0001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("0086-13800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("0538-8000000", "05388000000"),
        ("（0538）8000000", "05388000000"),
        ("010-80000000", "01080000000"),
        ("+86 10 8000 0000", "01080000000"),
        ("+86 538 8000000", "05388000000"),
        ("0538-8000000转801", "05388000000转801"),
        ("400-800-0000", "4008000000"),
    ],
)
def test_phones(text: str, value: str) -> None:
    checked = check_phone(text)
    assert checked.error == ""
    assert checked.value == value


@pytest.mark.parametrize(
    "text", ["", "1380000000", "12800000001", "00000000000", "0538-0000000", "010-8000000", "8000000", "电话"]
)
def test_wrong_phones_are_told(text: str) -> None:
    assert check_phone(text).error


def test_masks() -> None:
    assert mask_id("370911199002031234") == "3709**********1234"
    assert mask_phone("13800000001") == "138****0001"
    assert mask_uscc("91370911MA00007K2Q") == "91370911******7K2Q"


@pytest.mark.parametrize("mask", [mask_id, mask_phone, mask_uscc])
@given(st.text("0123456789X", max_size=30))
def test_a_mask_hides_something_of_every_value(mask: Callable[[str], str], value: str) -> None:
    assert not value or "*" in mask(value)
