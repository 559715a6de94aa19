"""Blank forms and samples at the hub: taken by content, kept once, told when the catalogue names one in vain."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from models.domain.catalog import Material
from models.domain.forms import MOST_BYTES, read_form_list
from models.errors import KnownError
from sync.hub.blobs import CATALOG_PREFIX
from sync.hub.database import Hub
from sync.hub.files import scrub
from sync.hub.form_check import form_media
from sync.hub.forms import (
    add_files,
    export_files,
    forms_reply,
    kept_files,
    missing_files,
    remove_file,
)
from sync.hub.publish import publish_catalog
from tests.sync.hub.fake_desk import DEPARTMENT, ITEM

BLANK, SAMPLE = "开办申请表.docx", "开办申请表（样表）.pdf"
PDF = b"%PDF-1.7\n" + bytes(100)


def office(part: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        # A fixed date: the bytes become test ids, which must be the same in every worker.
        parts.writestr(zipfile.ZipInfo(part), "<x/>")
    return made.getvalue()


DOCX = office("word/document.xml")


@pytest.fixture
def named(hub: Hub) -> str:
    """A published catalogue whose first material has a blank and a sample."""
    material = Material(id="F1", name="开办申请表", blank=BLANK, sample=SAMPLE)
    return publish_catalog(hub, (DEPARTMENT,), (msgspec.structs.replace(ITEM, materials=(material,)),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "forms"
    made.mkdir()
    (made / BLANK).write_bytes(DOCX)
    (made / SAMPLE).write_bytes(PDF)
    return made


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (PDF, "pdf"),
        (DOCX, "wordprocessingml.document"),
        (office("xl/workbook.xml"), "spreadsheetml.sheet"),
        (b"\xff\xd8\xff\xe0rest", "jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "png"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40) + "WordDocument".encode("utf-16-le"), "msword"),
    ],
)
def test_the_kind_is_told_by_the_content(data: bytes, ending: str) -> None:
    assert form_media(data).endswith(ending)


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ program", office("AndroidManifest.xml"), DOCX[:20], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
)
def test_other_content_has_no_kind(data: bytes) -> None:
    assert form_media(data) == ""


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(tail: bytes) -> None:
    assert form_media(b"PK\x03\x04" + tail) == ""


def test_what_the_catalogue_names_is_missing_until_it_is_added(hub: Hub, named: str, folder: Path) -> None:
    assert [(one.name, one.kind) for one in missing_files(hub)] == [(BLANK, "空白表"), (SAMPLE, "样表")]
    assert [one.outcome for one in add_files(hub, [folder], "T01")] == ["added", "added"]
    assert missing_files(hub) == []
    kept = {file.name: file for file in kept_files(hub)}
    assert kept[SAMPLE].size == len(PDF)
    assert kept[SAMPLE].added_by == "T01"
    assert [one.outcome for one in add_files(hub, [folder], "T02")] == ["known", "known"]
    assert {file.added_by for file in kept_files(hub)} == {"T01"}


def test_the_same_bytes_are_kept_once_and_what_a_new_file_replaces_goes(
    hub: Hub, named: str, folder: Path
) -> None:
    (folder / "另一个.pdf").write_bytes(PDF)
    add_files(hub, [folder], "T01")
    assert len(hub.blobs.names(CATALOG_PREFIX)) == 2
    newer = PDF + b"%%EOF"
    (folder / SAMPLE).write_bytes(newer)
    add_files(hub, [folder / SAMPLE], "T01")
    assert len(hub.blobs.names(CATALOG_PREFIX)) == 3  # the former bytes still have their other name
    (folder / "另一个.pdf").write_bytes(newer)
    add_files(hub, [folder / "另一个.pdf"], "T01")
    assert len({file.sha256 for file in kept_files(hub)}) == len(hub.blobs.names(CATALOG_PREFIX)) == 2


def test_two_files_of_one_name_are_not_chosen_between(hub: Hub, named: str, folder: Path) -> None:
    second = folder / "旧"
    second.mkdir()
    (second / SAMPLE).write_bytes(PDF + b"another")
    told = add_files(hub, [folder / SAMPLE, second / SAMPLE], "T01")
    assert [one.outcome for one in told] == ["added", "refused"]
    assert kept_files(hub)[0].size == len(PDF)


def test_a_file_is_taken_back_whole(hub: Hub, named: str, folder: Path) -> None:
    (folder / "另一个.pdf").write_bytes(PDF)
    add_files(hub, [folder], "T01")
    assert remove_file(hub, SAMPLE, "T01")
    assert not remove_file(hub, SAMPLE, "T01")
    assert [one.name for one in missing_files(hub)] == [SAMPLE]
    assert len(hub.blobs.names(CATALOG_PREFIX)) == 2
    for name in ("另一个.pdf", BLANK):
        assert remove_file(hub, name, "T01")
    assert hub.blobs.names(CATALOG_PREFIX) == []
    assert read_form_list(forms_reply(hub).data).files == ()  # an empty list is news too


def test_a_name_that_the_catalogue_lacks_is_a_warning(hub: Hub, named: str, folder: Path) -> None:
    other = folder / "别的表.docx"
    other.write_bytes(DOCX)
    (told,) = add_files(hub, [other], "T01")
    assert told.outcome == "warning"
    assert "现行目录" in told.reason
    assert [file.name for file in kept_files(hub)] == ["别的表.docx"]


def test_a_name_that_is_no_text_is_refused(hub: Hub, named: str, folder: Path) -> None:
    raw = os.fsencode(folder) + b"/\xff.pdf"
    with open(raw, "wb") as file:
        file.write(PDF)
    (told,) = add_files(hub, [Path(os.fsdecode(raw))], "T01")
    assert told.outcome == "refused"
    told.name.encode("utf-8")


def test_what_cannot_be_kept_is_named_and_hinders_no_other(hub: Hub, named: str, folder: Path) -> None:
    (folder / BLANK).write_bytes(b"MZ a program called docx")
    (folder / "名实不符.docx").write_bytes(PDF)
    with (folder / "大.pdf").open("wb") as large:
        large.write(PDF)
        large.truncate(MOST_BYTES + 1)
    told = {one.name: one for one in add_files(hub, [folder, folder / "没有.pdf"], "T01")}
    assert told[BLANK].outcome == "refused"
    assert "内容不是" in told[BLANK].reason
    assert "放错了文件" in told["名实不符.docx"].reason
    assert told["大.pdf"].outcome == "refused"
    assert "20 MB" in told["大.pdf"].reason
    assert told["没有.pdf"].outcome == "refused"
    assert [file.name for file in kept_files(hub)] == [SAMPLE]


def test_export_gives_the_same_bytes_back_and_overwrites_nothing(
    hub: Hub, named: str, folder: Path, tmp_path: Path
) -> None:
    add_files(hub, [folder], "T01")
    assert export_files(hub, tmp_path / "out") == 2
    assert (tmp_path / "out" / BLANK).read_bytes() == DOCX
    with pytest.raises(KnownError, match="已经存在"):
        export_files(hub, tmp_path / "out")


def test_spoilt_bytes_are_not_written_out(hub: Hub, named: str, folder: Path, tmp_path: Path) -> None:
    add_files(hub, [folder / SAMPLE], "T01")
    (blob,) = hub.blobs.names(CATALOG_PREFIX)
    hub.blobs.put(blob, PDF[:-1] + b"!")
    with pytest.raises(KnownError, match="坏了"):
        export_files(hub, tmp_path / "out")
    assert not (tmp_path / "out" / SAMPLE).exists()


def test_clearing_the_store_leaves_the_forms(hub: Hub, named: str, folder: Path) -> None:
    add_files(hub, [folder], "T01")
    assert scrub(hub, repair=True).removed == 0
    assert len(hub.blobs.names(CATALOG_PREFIX)) == 2


def test_the_commands(
    hub: Hub, named: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "hub"), "--json"]

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["hub", "catalog", *words, *data])
        return code, json.loads(capsys.readouterr().out)

    code, answer = run("files", "list", "--missing")
    assert code == 0
    assert [one["name"] for one in answer["missing"]] == [BLANK, SAMPLE]
    _, answer = run("lint")
    assert sum(one["rule"] == "material-file" for one in answer["findings"]) == 2
    code, answer = run("files", "add", str(folder))
    assert code == 0
    assert answer["refused"] == 0
    _, answer = run("lint")
    assert not any(one["rule"] == "material-file" for one in answer["findings"])
    code, answer = run("files", "remove", SAMPLE)
    assert (code, answer) == (0, {"removed": [SAMPLE], "missing": [SAMPLE]})
    assert main(["hub", "catalog", "files", "remove", BLANK, "没有.pdf", *data]) == 1
    assert "一份也没有撤下" in capsys.readouterr().err
    (folder / "坏.pdf").write_bytes(b"no")
    assert run("files", "add", str(folder))[0] == 1
    assert run("files", "export", str(tmp_path / "out"))[0] == 0
