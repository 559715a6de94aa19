"""The watched folder: whole files only, nothing twice, nothing lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from devices.base import DeviceError
from devices.pages.paper_file import read_paper
from devices.watched import DONE, WatchedFolder


def test_a_file_is_offered_when_it_has_stopped_growing(tmp_path: Path) -> None:
    watched, path = WatchedFolder(tmp_path), tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")
    assert watched.poll() == []
    path.write_bytes(b"%PDF-1.7 more")
    assert watched.poll() == []
    assert watched.poll() == [path]
    assert watched.poll() == [path]  # until somebody takes or leaves it


def test_empty_hidden_and_half_names_are_not_offered(tmp_path: Path) -> None:
    for name in ("empty.pdf", ".hidden", "~lock"):
        (tmp_path / name).write_bytes(b"" if name == "empty.pdf" else b"x")
    watched = WatchedFolder(tmp_path)
    assert [watched.poll(), watched.poll()] == [[], []]


def test_left_alone_it_is_not_offered_again_unless_it_changes(tmp_path: Path) -> None:
    watched, path = WatchedFolder(tmp_path), tmp_path / "a.pdf"
    path.write_bytes(b"one")
    watched.poll()
    watched.poll()
    watched.leave(path)
    assert watched.poll() == []
    path.write_bytes(b"another")
    watched.poll()
    assert watched.poll() == [path]


def test_put_away_never_overwrites(tmp_path: Path) -> None:
    watched = WatchedFolder(tmp_path)
    for content in (b"one", b"two", b"three"):
        (tmp_path / "a.pdf").write_bytes(content)
        watched.put_away(tmp_path / "a.pdf")
    assert sorted(path.read_bytes() for path in (tmp_path / DONE).iterdir()) == [b"one", b"three", b"two"]
    assert watched.poll() == []


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="打不开"):
        WatchedFolder(tmp_path / "gone").poll()
    with pytest.raises(DeviceError, match="已经存入办件"):
        WatchedFolder(tmp_path).put_away(tmp_path / "gone.pdf")


def test_a_large_photo_is_shrunk_and_a_small_one_stays_as_it_came(tmp_path: Path) -> None:
    picture, out = Image.effect_noise((1800, 2500), 60), io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    (tmp_path / "large.jpg").write_bytes(out.getvalue())
    paper = read_paper(tmp_path / "large.jpg")
    assert (paper.pages, paper.name) == (1, "large")
    assert len(paper.data) < len(out.getvalue()) / 2
    out = io.BytesIO()
    picture.resize((300, 400)).save(out, "JPEG")
    (tmp_path / "small.jpg").write_bytes(out.getvalue())
    assert read_paper(tmp_path / "small.jpg").data == out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("坏图.jpg", b"\xff\xd8\xff broken", "不是图片"),
        ("坏文.pdf", b"%PDF-1.7 broken", "打不开"),
        ("文字.png", "申请".encode() * 1_700_000, "不是图片"),
    ],
)
def test_bad_files_are_told_and_stay_where_they_are(
    tmp_path: Path, name: str, content: bytes, word: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeviceError, match=word):
        read_paper(tmp_path / name)
    assert (tmp_path / name).read_bytes() == content
