"""Sources that are none: one plain sentence, never anything else."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import KnownError
from sync.hub.catalog import read_catalog
from tests.sync.hub.catalog.kit import HEAD, book, csv_bytes, good


def sentence(path: Path) -> str:
    with pytest.raises(KnownError) as caught:
        read_catalog(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith("。")
    return text


def test_missing_empty_and_binary(tmp_path: Path) -> None:
    assert "没有找到" in sentence(tmp_path / "无.csv")
    for name in ("空.csv", "空.xlsx"):
        (tmp_path / name).write_bytes(b"")
        sentence(tmp_path / name)
    (tmp_path / "图.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00" * 20)
    assert "不是文本文件" in sentence(tmp_path / "图.csv")
    (tmp_path / "旧.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert "旧版 Excel" in sentence(tmp_path / "旧.xls")
    (tmp_path / "头.csv").write_bytes(csv_bytes([HEAD]))
    assert "没有一行事项" in sentence(tmp_path / "头.csv")


def test_folder_without_items(tmp_path: Path) -> None:
    assert "没有“事项.csv”" in sentence(tmp_path)
    (tmp_path / "大厅.csv").write_bytes(csv_bytes([("大厅标识", "名称", "区划代码")]))
    assert "没有“事项.csv”" in sentence(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(csv_bytes([HEAD, good()]))
    path.chmod(0)
    assert "没有权限" in sentence(path)


def test_packages_that_lie(tmp_path: Path) -> None:
    path = tmp_path / "items.xlsx"
    book(path, [HEAD, good()])
    whole = path.read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:cut])
        sentence(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("xl/workbook.xml", "<x")
    path.write_bytes(packed.getvalue())
    assert "不是完好的 Excel 文件" in sentence(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=400),
    name=st.sampled_from(["a.csv", "a.xlsx", "a.txt"]),
    start=st.sampled_from(
        [b"", b"PK\x03\x04", "部门,办理项名称\r\n".encode(), "部门,办理项名称\n".encode("gb18030")]
    ),
)
def test_any_bytes(tmp_path: Path, data: bytes, name: str, start: bytes) -> None:
    (tmp_path / name).write_bytes(start + data)
    try:
        result = read_catalog(tmp_path / name)
    except KnownError:
        return
    assert result.rows >= result.loaded == len(result.items)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1), put=st.binary(min_size=1, max_size=30))
def test_a_damaged_workbook(tmp_path: Path, where: float, put: bytes) -> None:
    path = tmp_path / "a.xlsx"
    book(path, [HEAD, good()])
    data = bytearray(path.read_bytes())
    at = int(where * (len(data) - len(put)))
    data[at : at + len(put)] = put
    path.write_bytes(bytes(data))
    with contextlib.suppress(KnownError):
        assert read_catalog(path).rows <= 1
