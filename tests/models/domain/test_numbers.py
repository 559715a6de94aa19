"""受理编号: its form, and that its check character notices what people mistype."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.domain.numbers import (
    MAX_SERIAL,
    check_character,
    group_number,
    is_valid_number,
    make_number,
    number_tail,
    parse_number,
)

NUMBERS = st.builds(
    make_number,
    st.sampled_from(["370902", "370911", "370921", "370982"]),
    st.integers(2000, 9999),
    st.integers(1, MAX_SERIAL),
)


# Examples published with ISO 7064 MOD 11-2 (ISNI, ORCID) and GB 11643's sample, which shares it.
@pytest.mark.parametrize(
    ("digits", "check"),
    [("0794", "0"), ("000000021825009", "7"), ("000000021694233", "X"), ("11010519491231002", "X")],
)
def test_check_character_agrees_with_published_examples(digits: str, check: str) -> None:
    assert check_character(digits) == check


def test_a_number_is_division_year_serial_check() -> None:
    number = make_number("370911", 2026, 471)
    assert number[:17] == "37091120260000471"
    assert group_number(number) == f"370911 2026 0000471 {number[17]}"
    assert number_tail(number) == f"尾号 0471 {number[17]}"


def test_a_township_numbers_under_its_county() -> None:
    assert make_number("370911105", 2026, 1) == make_number("370911", 2026, 1)


def test_what_is_no_number_is_shown_as_it_is() -> None:
    assert group_number("临-001") == "临-001"
    assert number_tail("临-001") == "临-001"


@pytest.mark.parametrize(
    ("division", "year", "serial"),
    [
        ("37091", 2026, 1),
        ("37091A", 2026, 1),
        ("３７０９１１", 2026, 1),
        ("370911", 1999, 1),
        ("370911", 10000, 1),
        ("370911", 2026, 0),
        ("370911", 2026, MAX_SERIAL + 1),
    ],
)
def test_a_number_outside_the_form_cannot_be_made(division: str, year: int, serial: int) -> None:
    with pytest.raises(ValueError, match="no such number"):
        make_number(division, year, serial)


@given(NUMBERS)
def test_a_number_is_read_back_however_it_is_written(number: str) -> None:
    wide = number.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
    for text in (number, group_number(number), number.lower(), wide, f"  {wide.lower()} "):
        parsed = parse_number(text)
        assert parsed is not None
        assert make_number(parsed.division, parsed.year, parsed.serial) == number


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_error_is_noticed(number: str, place: int, other: str) -> None:
    assume(number[place] != other)
    assert not is_valid_number(number[:place] + other + number[place + 1 :])


@given(NUMBERS, st.integers(0, 16))
def test_every_swap_of_neighbours_is_noticed(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not is_valid_number(swapped)


@given(st.text(max_size=30))
def test_no_text_raises(text: str) -> None:
    assert (parse_number(text) is not None) == is_valid_number(text)
    group_number(text), number_tail(text)


@pytest.mark.parametrize("text", ["", "37091120260000471", "٣٧٠٩١١٢٠٢٦٠٠٠٠٤٧١٠", "样" * 18])
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None
