"""A hall's own templates: whatever is wrong with one, it is named by file and tag and the built-in prints."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.documents.context import own_wording, phrases
from app.documents.render import render
from app.documents.required import REQUIRED, check_template
from tests.app.documents.test_required import builtin, full_data
from tests.app.test_documents import text_of


def own(folder: Path, kind: str, more: str, base: bytes | None = None) -> None:
    made = docx.Document(io.BytesIO(base)) if base is not None else docx.Document()
    made.add_paragraph(more)
    made.save(str(folder / f"{kind}.docx"))


def printed(folder: Path, kind: str = "accept") -> tuple[str, str]:
    data, warning = render(kind, full_data(kind), "THB1|3709112026000001X", folder)
    return text_of(data), warning


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ salary }}", "salary"),
        ("{{ item.salary.more }}", "salary"),
        ("{{ 1 // 0 }}", ""),
        ("{{ item + 1 }}", ""),
        ("{{ item() }}", ""),
        ("{{ missing.x.y }}", ""),
        ("{% for one in 5 %}{% endfor %}", ""),
        ("{% if %}", ""),
        ("{{ item|nowhere }}", "nowhere"),
        ("{% include 'x' %}", ""),
        ("{% for i in range(1000000000) %}{% endfor %}", ""),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", ""),
        ("{{ item.__init__.__globals__ }}", ""),
    ],
)
def test_whatever_a_tag_does_the_built_in_prints(text: str, named: str, tmp_path: Path) -> None:
    own(tmp_path, "accept", text, builtin("accept"))
    said, warning = printed(tmp_path)
    assert said == text_of(render("accept", full_data("accept"), "THB1|3709112026000001X")[0])
    assert "accept.docx" in warning
    assert "已改用内置模板" in warning
    assert named in warning


def test_a_template_that_leaves_out_what_the_law_wants_does_not_print(tmp_path: Path) -> None:
    for tag in REQUIRED["accept"]:
        if tag == "qr":
            continue
        own(tmp_path, "accept", " ".join(f"{{{{ {t} }}}}" for t in REQUIRED["accept"] if t != tag))
        said, warning = printed(tmp_path)
        assert f"«{tag}»" in said
        assert "accept.docx" in warning
        assert tag in warning


def test_a_template_with_everything_prints(tmp_path: Path) -> None:
    own(tmp_path, "accept", "样例大厅自己的一行", builtin("accept"))
    said, warning = printed(tmp_path)
    assert (warning, "样例大厅自己的一行" in said) == ("", True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 40_000), bits=st.integers(1, 255))
def test_a_damaged_file_never_stops_a_print(place: int, bits: int, tmp_path: Path) -> None:
    data = bytearray(builtin("refuse"))
    data[place % len(data)] ^= bits
    (tmp_path / "refuse.docx").write_bytes(bytes(data))
    said, _ = printed(tmp_path, "refuse")
    assert "不予受理通知书" in said
    check_template("refuse", "refuse.docx", bytes(data))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"remedy": 3}', b"\xff\xfe", b'{"remedy": ""}'])
def test_a_broken_wording_is_named_and_the_built_in_used(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "phrases.json").write_bytes(data)
    wording, warning = own_wording(tmp_path)
    assert wording == phrases()
    assert "phrases.json" in warning


def test_own_wording_is_used_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    assert own_wording(None) == (phrases(), "")
    assert own_wording(tmp_path) == (phrases(), "")
    (tmp_path / "phrases.json").write_text('{"remedy": "样例救济途径"}', "utf-8-sig")
    assert own_wording(tmp_path) == (phrases() | {"remedy": "样例救济途径"}, "")
    (tmp_path / "phrases.json").write_text('{"remedi": "样例"}', "utf-8")
    wording, warning = own_wording(tmp_path)
    assert (wording, "remedi" in warning) == (phrases(), True)
