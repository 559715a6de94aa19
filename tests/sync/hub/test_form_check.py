"""A blank form or sample runs nothing, fetches nothing, and is what its name says."""

from __future__ import annotations

import io
import zipfile
import zlib

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.forms import ENDINGS, name_objection
from sync.hub.form_check import FETCHES, RUNS, TOO_LARGE, content_objection, form_media

RELS = "word/_rels/document.xml.rels"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40) + "WordDocument".encode("utf-16-le")


def word(extra: dict[str, bytes]) -> bytes:
    """A real Word file with more parts in it."""
    made = io.BytesIO()
    docx.Document().save(made)
    with zipfile.ZipFile(made) as parts:
        inside = {name: parts.read(name) for name in parts.namelist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, data in (inside | extra).items():
            parts.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def relation(kind: str, target: str) -> bytes:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    ).encode()


def packed(inside: bytes) -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n"
        + zlib.compress(inside)
        + b"\nendstream"
    )


@pytest.mark.parametrize(
    ("name", "data", "objection"),
    [
        ("a.docx", word({}), ""),
        ("a.docx", word({"word/vbaProject.bin": b"x"}), RUNS),
        ("a.docx", word({"word/embeddings/oleObject1.bin": b"x"}), RUNS),
        ("a.docx", word({"word/activeX/activeX1.xml": b"x"}), RUNS),
        (
            "a.docx",
            word({"[Content_Types].xml": b"application/vnd.ms-word.document.macroEnabled.main+xml"}),
            RUNS,
        ),
        ("a.docx", word({RELS: relation("attachedTemplate", "http://10.0.0.1/t.dotm")}), FETCHES),
        ("a.docx", word({RELS: relation("image", "file://server/share/a.png")}), FETCHES),
        ("a.docx", word({RELS: relation("image", "\\\\server\\a.png")}), FETCHES),
        ("a.docx", word({RELS: relation("hyperlink", "https://example.cn/")}), ""),
        ("a.docx", word({RELS: relation("attachedTemplate", "file:///C:\\Office\\Normal.dotm")}), ""),
        ("a.docx", word({"word/media/a.bin": bytes(201 * 1024 * 1024)}), TOO_LARGE),
        ("a.doc", OLE, ""),
        ("a.doc", OLE + "_VBA_PROJECT".encode("utf-16-le"), RUNS),
        ("a.pdf", b"%PDF-1.7 <</Type/Catalog>>", ""),
        ("a.pdf", b"%PDF-1.7 <</OpenAction<</S/JavaScript/JS(x)>>>>", RUNS),
        ("a.pdf", b"%PDF-1.7 <</S /Launch>>", RUNS),
        ("a.pdf", packed(b"<</S/URI>>"), ""),
        ("a.pdf", packed(b"<</S/JavaScript>>"), RUNS),
        ("A.PDF", b"%PDF-1.7", ""),
        ("a.jpeg", b"\xff\xd8\xff\xe0", ""),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, bytes) else value[:12],
)
def test_what_may_go_to_the_desks(name: str, data: bytes, objection: str) -> None:
    assert content_objection(name, data) == objection


@pytest.mark.parametrize("name", ["a.docx", "a.png", "a.pdf.exe", "a"])
def test_a_pdf_goes_under_no_other_name(name: str) -> None:
    assert "核对" in content_objection(name, b"%PDF-1.7")


def test_a_part_that_is_no_xml_is_told() -> None:
    assert "坏了" in content_objection("a.docx", word({RELS: b"<Relationships"}))


@given(st.sampled_from(["a.docx", "a.pdf", "a.doc"]), st.binary(max_size=300), st.integers(0, 3000))
def test_spoilt_bytes_make_nothing_fail(name: str, junk: bytes, at: int) -> None:
    whole = {"a.docx": word({}), "a.pdf": packed(b"<</S/URI>>"), "a.doc": OLE}[name]
    content_objection(name, whole[:at] + junk + whole[at + len(junk) :])
    form_media(whole[:at] + junk)


@pytest.mark.parametrize(
    "name",
    ["", "..", ".表.docx", "~$表.docx", " 表.docx", "表.docx ", "表.docx.", "a/表.docx", "..\\..\\表.docx", "C:表.docx",
     "con.docx", "LPT1.pdf", "表?.pdf", "表\n.pdf", "表\u202efdp.exe.pdf", "表", "表.exe", "表.docm", "长" * 80 + ".pdf"],
)  # fmt: skip
def test_names_that_some_machine_cannot_keep(name: str) -> None:
    assert name_objection(name)


@given(
    st.text(st.characters(categories=("L", "N")), min_size=1, max_size=60), st.sampled_from(sorted(ENDINGS))
)
def test_plain_names_are_taken(stem: str, ending: str) -> None:
    assert name_objection(f"表{stem}（样表）.{ending}") == ""
