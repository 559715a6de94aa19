"""Scans and typing told apart, codes read from pictures and from a device, and what they mean."""

from __future__ import annotations

import datetime as dt
import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytestqt.qtbot import QtBot

from devices.base import DeviceError, State
from devices.codes.meaning import Code, CodeKind, meanings
from devices.codes.picture import codes_in
from devices.codes.reader import EvdevReader, KeyText
from devices.codes.wedge import GAP_MS, LEAST, Do, Wedge
from models.domain.numbers import make_number

TODAY = dt.date(2026, 11, 23)
NUMBER = make_number("370911", 2026, 471)
ID = "11010519491231002X"


def known(text: str) -> bool:
    return text.startswith("C")


def run(wedge: Wedge, keys: list[tuple[str, float]]) -> tuple[str, list[str]]:
    """What reached the fields, in order, and what was taken as scans."""
    typed, taken, at = "", [], 0.0
    for char, pause in keys:
        if pause > GAP_MS:  # the timer of the window runs out
            typed += wedge.forget()
        at += pause
        verdict = wedge.feed(char, at)
        typed += verdict.keys
        if verdict.do in (Do.PASS, Do.RELEASE):
            typed += char
        elif verdict.do is Do.TAKE:
            taken.append(verdict.code)
    return typed + wedge.forget(), taken


letters = st.sampled_from("C0123456789ABCx~ \r\t")


@given(st.lists(st.tuples(letters, st.floats(GAP_MS + 1, 5000))), st.sampled_from(["", "~"]))
def test_a_clerk_loses_no_key_however_the_text_looks(keys: list[tuple[str, float]], prefix: str) -> None:
    typed, taken = run(Wedge(known, prefix), keys)
    assert typed == "".join(char for char, _ in keys)
    assert taken == []


@given(
    st.lists(st.tuples(letters, st.floats(0, 3 * GAP_MS))),
    st.sampled_from(["", "~"]),
)
def test_every_key_is_typed_or_part_of_a_scan_in_order(keys: list[tuple[str, float]], prefix: str) -> None:
    """At any speed: with a prefix what is taken never shows, and what is not taken is not changed."""
    typed, taken = run(Wedge(known, prefix), keys)
    if not taken:
        assert typed == "".join(char for char, _ in keys)
    assert all(len(code) >= LEAST and known(code) for code in taken)


@given(
    st.text("0123456789ABCDEF|-", min_size=LEAST, max_size=60),
    st.sampled_from("\r\t\n"),
    st.floats(0, GAP_MS),
    st.text("abc 12", max_size=10),
)
def test_a_scan_is_taken_whole_amid_typing(code: str, end: str, pause: float, before: str) -> None:
    code = "C" + code
    keys = [(char, 200.0) for char in before]
    keys += [(code[0], 200.0), *((char, pause) for char in code[1:] + end), ("z", 200.0)]
    typed, taken = run(Wedge(known), keys)
    assert taken == [code]
    assert typed == before + code + "z"  # without a prefix it showed; the window puts the field back
    keys = [(char, 200.0) for char in before]
    keys += [("~", 200.0), *((char, pause) for char in code + end), ("z", 200.0)]
    assert run(Wedge(known, "~"), keys) == (before + "z", [code])


def test_a_fast_text_that_is_no_code_keeps_its_enter() -> None:
    keys = [(char, 5.0) for char in "XYZ0123456789\r"]
    assert run(Wedge(known), keys) == ("XYZ0123456789\r", [])
    assert run(Wedge(known, "~"), [("~", 500.0), *keys]) == ("~XYZ0123456789\r", [])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"THB1|{NUMBER}|accept|2026-11-23", [CodeKind.CASE]),
        ("THB1|370911202600004711|accept|2026-11-23", []),
        ("THBG1|SC015|2026.11.23-r0001", [CodeKind.ITEM]),
        (NUMBER, [CodeKind.CASE]),
        (f"{NUMBER[:6]} {NUMBER[6:10]} {NUMBER[10:17]} {NUMBER[17]}", [CodeKind.CASE]),
        (ID.lower(), [CodeKind.RESIDENT_ID]),
        ("91350100M000100Y43", [CodeKind.USCC]),
        ("https://example.invalid/q?type=1&uniscid=91350100M000100Y43", [CodeKind.USCC]),
        ("https://example.invalid/q?uniscid=1", []),
        ("6901234567892", []),
        ("", []),
        ("THB1|", []),
    ],
)
def test_what_a_code_means(text: str, kinds: list[CodeKind]) -> None:
    assert [code.kind for code in meanings(text, TODAY)] == kinds


def test_an_id_that_could_be_a_case_number_is_both_the_case_first() -> None:
    child = make_number("370911", 2016, 315_123)  # also a birth on 2016-03-15
    assert meanings(child, TODAY) == (Code(CodeKind.CASE, child), Code(CodeKind.RESIDENT_ID, child))


@given(st.text(max_size=100))
def test_any_text_is_answered(text: str) -> None:
    assert len(meanings(text, TODAY)) <= 2


def picture(text: str, scale: int = 5) -> Image.Image:
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=scale, border=4)
    return Image.open(out).convert("RGB")


def test_codes_are_read_from_a_photograph_the_largest_first() -> None:
    photo = Image.new("RGB", (1900, 1400), (90, 80, 70))
    photo.paste(
        picture("small code", 8).rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor="white"),
        (100, 100),
    )
    photo.paste(picture("https://example.invalid/?uniscid=x", 12), (900, 600))
    assert codes_in(np.asarray(photo)) == ["https://example.invalid/?uniscid=x", "small code"]
    assert codes_in(np.zeros((0, 0, 3), np.uint8)) == []
    assert codes_in(np.zeros((50, 50, 3), np.uint8)) == []


CODES = {char: code for code, char in enumerate("1234567890", start=2)} | {"x": 45, "b": 48, "|": 43}


def events(text: str) -> bytes:
    """What the kernel writes for a scanner that types ``text`` and Enter."""
    out = b""

    def event(kind: int, code: int, value: int) -> bytes:
        return struct.pack("llHHi", 0, 0, kind, code, value)

    for char in text:
        shift = char.isupper() or char == "|"
        out += event(1, 42, 1) if shift else b""
        out += event(1, CODES[char.lower()], 1) + event(0, 0, 0) + event(1, CODES[char.lower()], 0)
        out += event(1, 42, 0) if shift else b""
    return out + event(1, 28, 1) + event(1, 28, 0)


def test_a_device_gives_whole_codes_and_says_when_it_goes(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "event0"
    os.mkfifo(path)
    reader, codes, lost = EvdevReader(str(path)), list[str](), list[str]()
    reader.start(codes.append, lost.append)
    with open(path, "wb", buffering=0) as hand:
        data = events("123X|b") + events("42")
        hand.write(data[:100])  # the kernel may give it in pieces
        qtbot.wait(5)
        hand.write(data[100:])
        qtbot.waitUntil(lambda: len(codes) == 2)
        assert codes == ["123X|b", "42"]
        assert reader.status().ready
    qtbot.waitUntil(lambda: bool(lost))
    assert "断开" in lost[0]
    reader.stop()


def test_a_device_that_is_not_there_or_not_allowed(tmp_path: Path) -> None:
    reader = EvdevReader(str(tmp_path / "gone"))
    assert reader.status().state is State.ABSENT
    with pytest.raises(DeviceError, match="没有接好"):
        reader.start(lambda _: None, lambda _: None)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2))))
def test_any_key_events_make_only_text(events_in: list[tuple[int, int]]) -> None:
    text = KeyText()
    for code, value in events_in:
        assert text.feed(code, value).isprintable()
