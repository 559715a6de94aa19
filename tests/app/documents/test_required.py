"""Every built-in template says all that a document must, and a hall's own is checked by name."""

from __future__ import annotations

import io
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import docx
import pytest

from app.cli import main
from app.documents.render import TITLES, render
from app.documents.required import REQUIRED, allowed, check_folder, check_template
from tests.app.test_documents import text_of

LISTS: dict[str, list[Any]] = {
    "received": [
        {
            "no": 1,
            "name": "«rname»",
            "original": "«orig»",
            "form": "«form»",
            "copies": "«copies»",
            "pages": "«pp»",
        }
    ],
    "missing": [{"no": 1, "name": "«mname»", "reason": "«mreason»", "standard": "«mstandard»"}],
    "failed": ["«failed one»", "«failed two»"],
    "explanation": ["«line»"],
    "deferred_lines": [{"no": 1, "name": "«dname»", "way": "«dway»", "due_cn": "«ddue»"}],
    "handed": [{"no": 1, "name": "«hname»", "original": "«ho»", "copies": "«hc»", "pages": "«hp»"}],
    "visits": [{"no": 1, "name": "«vname»", "mark": "«vmark»", "points": "«vpoint»"}],
    "results": [{"name": "«qname»", "value": "«qvalue»"}],
}


def full_data(kind: str) -> dict[str, Any]:
    """A value of its own for every tag, so that each can be looked for."""
    return {tag: LISTS.get(tag, f"«{tag}»") for tag in allowed(kind) if tag != "qr"} | {"provisional": False}


def values(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, list):
        return [found for one in data for found in values(one)]
    return [found for one in data.values() for found in values(one)] if isinstance(data, dict) else []


def builtin(kind: str) -> bytes:
    return files("resources").joinpath("templates", f"{kind}.docx").read_bytes()


def test_every_document_has_a_register_and_a_template() -> None:
    assert set(REQUIRED) == set(TITLES)


# The members of a 一件事 are rows with facts of their own: tests/app/test_bundle_intake.py prints those.
@pytest.mark.parametrize("kind", sorted(set(REQUIRED) - {"bundle"}))
def test_a_built_in_template_prints_every_required_value(kind: str) -> None:
    data = full_data(kind)
    made, warning = render(kind, data, "THB1|3709112026000001X")
    text = text_of(made)
    assert warning == ""
    for tag in REQUIRED[kind]:
        if tag != "qr":
            for value in values(data[tag]):
                assert value in text, (tag, value)
    assert len(docx.Document(io.BytesIO(made)).inline_shapes) == 1  # the QR
    assert check_template(kind, f"{kind}.docx", builtin(kind)) == []


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_a_template_without_a_required_tag_is_told(kind: str, tmp_path: Path) -> None:
    for tag in REQUIRED[kind]:
        own = docx.Document()
        own.add_paragraph(" ".join(f"{{{{ {other} }}}}" for other in REQUIRED[kind] if other != tag))
        own.save(str(tmp_path / f"{kind}.docx"))
        found = check_folder(tmp_path)
        assert [(f.file, f.fault, f.tag) for f in found] == [(f"{kind}.docx", "missing", tag)]


def test_unknown_tags_broken_files_and_strange_names_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = docx.Document(io.BytesIO(builtin("accept")))
    own.add_paragraph("{{ salary }}")
    own.save(str(tmp_path / "accept.docx"))
    (tmp_path / "refuse.docx").write_bytes(b"no docx")
    bad = docx.Document()
    bad.add_paragraph("{% if %}")
    bad.save(str(tmp_path / "extend.docx"))
    (tmp_path / "shouli.docx").write_bytes(builtin("accept"))
    (tmp_path / "~$accept.docx").write_bytes(b"lock")
    assert main(["desk", "templates", "check", str(tmp_path), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert {(p["file"], p["fault"]) for p in said["problems"]} == {
        ("accept.docx", "unknown"),
        ("refuse.docx", "broken"),
        ("extend.docx", "broken"),
        ("shouli.docx", "unknown"),
    }
    assert any(p["tag"] == "salary" for p in said["problems"])
    assert main(["desk", "templates", "check", str(tmp_path)]) == 1
    assert all(re.search("[。]$", line) for line in capsys.readouterr().err.splitlines())


def test_a_good_folder_is_good_and_no_folder_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "accept.docx").write_bytes(builtin("accept"))
    assert main(["desk", "templates", "check", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "problems": []}
    assert main(["desk", "templates", "check", str(tmp_path / "none")]) == 1
    assert "文件夹" in capsys.readouterr().err
