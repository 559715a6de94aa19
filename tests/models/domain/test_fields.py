"""One value of the form: normalised, or one plain sentence and nothing lost."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from models.domain.catalog import Field, FieldType
from models.domain.fields import check_value, parse_date

TODAY = dt.date(2026, 11, 23)


def _field(kind: FieldType, *, required: bool = False, max_length: int = 200) -> Field:
    return Field(
        id="f", label="经营面积", type=kind, required=required, max_length=max_length, choices=("甲", "乙")
    )


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (FieldType.TEXT, "  样例路　　8 号 ", "样例路 8 号"),
        (FieldType.TEXT, "第一行\n第二行", "第一行 第二行"),
        (FieldType.TEXT, "王㐂𠮷\ue00f", "王㐂𠮷\ue00f"),
        (FieldType.TEXT, "好👨‍👩‍👧", "好👨‍👩‍👧"),
        (FieldType.MULTILINE, "第一行\r\n第二行\r第三行\u2028末行", "第一行\n第二行\n第三行\n末行"),
        (FieldType.INTEGER, "１,２３４", "1234"),
        (FieldType.INTEGER, "007", "7"),
        (FieldType.INTEGER, "0", "0"),
        (FieldType.DECIMAL, "１２．５０", "12.50"),
        (FieldType.DECIMAL, "1，200.5", "1200.5"),
        (FieldType.DATE, "2026-09-24", "2026-09-24"),
        (FieldType.DATE, "2026年9月24日", "2026-09-24"),
        (FieldType.DATE, "20260924", "2026-09-24"),
        (FieldType.DATE, "２０２６．９．２４", "2026-09-24"),
        (FieldType.DATE, "2024/2/29", "2024-02-29"),
        (FieldType.CHOICE, " 乙 ", "乙"),
        (FieldType.PHONE, "１３８ ００００ ０００１", "13800000001"),
        (FieldType.RESIDENT_ID, "11010519491231002x", "11010519491231002X"),
        (FieldType.USCC, "91110000600037341l", "91110000600037341L"),
    ],
)
def test_values_are_normalised(kind: FieldType, raw: str, value: str) -> None:
    checked = check_value(_field(kind), raw, TODAY)
    assert checked.error == ""
    assert checked.value == value


@pytest.mark.parametrize(
    ("kind", "raw", "word"),
    [
        (FieldType.TEXT, "甲\x00乙", "不能打印"),
        (FieldType.TEXT, "甲\x1c乙", "不能打印"),
        (FieldType.TEXT, "甲\uffff乙", "不能打印"),
        (FieldType.TEXT, "甲\ud800乙", "不能打印"),
        (FieldType.TEXT, "甲\u202e乙", "不能打印"),
        (FieldType.MULTILINE, "甲\x07\n乙", "不能打印"),
        (FieldType.INTEGER, "十二", "不带小数"),
        (FieldType.INTEGER, "1.5", "不带小数"),
        (FieldType.INTEGER, "-5", "不带小数"),
        (FieldType.INTEGER, "1" * 16, "最多 15 位"),
        (FieldType.DECIMAL, "1.1234567", "最多 6 位"),
        (FieldType.DECIMAL, "1e5", "要填数字"),
        (FieldType.DECIMAL, "١٢.٣", "要填数字"),
        (FieldType.DATE, "2026-02-30", "不存在"),
        (FieldType.DATE, "0000-01-01", "不存在"),
        (FieldType.DATE, "20261301", "不存在"),
        (FieldType.DATE, "明天", "2026-09-24 这样"),
        (FieldType.DATE, "٢٠٢٦-٠٩-٢٤", "2026-09-24 这样"),
        (FieldType.CHOICE, "丙", "选项"),
        (FieldType.PHONE, "110", "位数不对"),
        (FieldType.RESIDENT_ID, "110105194912310021", "末位对不上"),
        (FieldType.USCC, "91350100M000100Y4A", "末位对不上"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(kind: FieldType, raw: str, word: str) -> None:
    checked = check_value(_field(kind), raw, TODAY)
    assert word in checked.error
    assert checked.error.endswith("。")
    assert checked.value


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("blank", ["", "   ", "　", "\t\n"])
def test_blank_is_missing_only_where_it_is_required(kind: FieldType, blank: str) -> None:
    assert check_value(_field(kind), blank, TODAY).error == ""
    assert check_value(_field(kind, required=True), blank, TODAY).error == "必填，还没有填。"


def test_length_is_counted_in_characters() -> None:
    assert check_value(_field(FieldType.TEXT, max_length=3), "𠮷㐂例", TODAY).error == ""
    assert (
        "有 4 个字，最多 3 个" in check_value(_field(FieldType.TEXT, max_length=3), "𠮷㐂样例", TODAY).error
    )


@pytest.mark.parametrize("kind", list(FieldType))
def test_a_huge_value_is_told_and_kept(kind: FieldType) -> None:
    raw = "样" * 500_000
    checked = check_value(_field(kind), raw, TODAY)
    assert "500000 个字" in checked.error
    assert checked.value == raw


def test_a_warning_does_not_refuse() -> None:
    body = "11370900752680880"  # its inner organisation code 75268088-0 breaks GB 11714
    checked = check_value(_field(FieldType.USCC), body + uscc.calc_check_digit(body), TODAY)
    assert checked.error == ""
    assert "组织机构代码" in checked.warning


@given(st.sampled_from(FieldType), st.text(st.characters(), max_size=40))
def test_checking_twice_changes_nothing(kind: FieldType, raw: str) -> None:
    once = check_value(_field(kind), raw, TODAY)
    if not once.error:
        again = check_value(_field(kind), once.value, TODAY)
        assert (again.value, again.error) == (once.value, "")


@given(st.dates())
def test_every_date_is_read_in_every_form(day: dt.date) -> None:
    for text in (
        day.isoformat(),
        f"{day.year:04d}年{day.month}月{day.day}日",
        day.isoformat().replace("-", ""),
    ):
        assert parse_date(text) == day
