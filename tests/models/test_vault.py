"""The folder of sealed files: whole files or nothing, also on a full disk and after a power cut."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from models.errors import KnownError
from models.files import write_private
from models.vault import FolderVault, Missing
from tests.boundary.disk import file_limit

NAME, OTHER = "ab" * 32, "cd" * 32
DAY_S = 86_400


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def aged(folder: Path, name: str, days: float) -> None:
    (path,) = folder.rglob(name)
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def test_what_has_no_room_leaves_nothing_that_takes_room(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    with file_limit(100_000), pytest.raises(KnownError, match="磁盘已满"):
        vault.put(NAME, bytes(300_000))
    assert files(tmp_path) == []
    vault.put(NAME, b"whole")
    with file_limit(100_000), pytest.raises(KnownError, match="磁盘已满"):
        vault.put(NAME, bytes(300_000))
    assert files(tmp_path) == [NAME]
    assert vault.read(NAME) == b"whole"


def test_a_small_file_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path) -> None:
    write_private(tmp_path / "settings", b"before")
    with file_limit(1000), pytest.raises(KnownError, match="没有改动"):
        write_private(tmp_path / "settings", bytes(5000))
    assert files(tmp_path) == ["settings"]
    assert (tmp_path / "settings").read_bytes() == b"before"


def test_a_piece_that_has_no_room_is_brought_again(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.add_part(NAME, 0, b"a" * 50_000)
    with file_limit(100_000), pytest.raises(KnownError, match="磁盘已满"):
        vault.add_part(NAME, 50_000, b"b" * 100_000)
    had = vault.part_size(NAME)
    vault.add_part(NAME, 50_000, b"b" * 100_000)
    assert 50_000 <= had <= 100_000
    assert vault.part(NAME) == b"a" * 50_000 + b"b" * 100_000


def test_what_a_power_cut_left_half_written_is_swept_once_it_is_old(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put(NAME, b"whole")
    vault.add_part(OTHER, 0, b"under way")
    (tmp_path / NAME[:2] / f"{NAME}.new").write_bytes(b"half")
    vault.tidy(3600.0)
    assert files(tmp_path) == [NAME, f"{NAME}.new", f"{OTHER}.part"]
    aged(tmp_path, f"{NAME}.new", 0.1)
    aged(tmp_path, f"{OTHER}.part", 2)
    vault.tidy(3600.0)
    assert files(tmp_path) == [NAME, f"{OTHER}.part"]  # somebody may still go on with it
    aged(tmp_path, f"{OTHER}.part", 8)
    vault.tidy(3600.0)
    assert files(tmp_path) == [NAME]
    assert vault.read(NAME) == b"whole"


def test_a_machine_that_leaves_its_hall_keeps_no_piece(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    vault.put(NAME, b"whole")
    vault.add_part(OTHER, 0, b"under way")
    vault.tidy(0.0)
    assert files(tmp_path) == [NAME]


def test_a_name_that_is_none_leads_nowhere(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path)
    for name in ("../keyring", "AB" * 32, "ab", ""):
        with pytest.raises(Missing):
            vault.put(name, b"x")
        with pytest.raises(Missing):
            vault.read(name)
    assert files(tmp_path) == []
