"""``hub catalog`` as the two people who publish type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import KnownError
from sync.hub.database import Hub, init_hub
from sync.hub.publish import current_catalog
from tests.sync.hub.catalog.kit import HEAD, csv_bytes, good
from tests.sync.hub.fake_desk import PASSWORD
from tests.sync.hub.test_cli import run
from tests.sync.hub.test_cli_catalog import told
from tests.sync.hub.two_people import EDITOR, REVIEWER, add_publishers


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("TAIHAOBAN_PASSWORD", PASSWORD)
    hub = init_hub(tmp_path / "hub")
    add_publishers(hub)
    hub.close()
    return hub


def test_from_a_list_to_a_version(made: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub = ("--data", tmp_path / "hub")
    (tmp_path / "x.csv").write_bytes(csv_bytes([HEAD, good()]))
    told(capsys, 0, "import", tmp_path / "x.csv", *hub)
    assert current_catalog(made) is None
    (change,) = told(capsys, 0, "diff", *hub)["changes"][:1]
    assert (change["kind"], change["name"]) == ("added", "样例办理项")
    assert told(capsys, 0, "submit", "--by", EDITOR, *hub)["status"] == "submitted"
    back = told(capsys, 0, "reject", "--by", REVIEWER, "--reason", "依据不明", *hub)
    assert back["status"] == "draft"
    with pytest.raises(KnownError, match="须经法制审核"):
        run("catalog", "publish", "--by", EDITOR, *hub)
    told(capsys, 0, "submit", "--by", EDITOR, *hub)
    told(capsys, 0, "approve", "--by", REVIEWER, *hub)
    version = told(capsys, 0, "publish", "--by", EDITOR, "--effective", "2999-01-01", *hub)["version"]
    (line,) = told(capsys, 0, "versions", *hub)["versions"]
    assert (line["version"], line["effective_on"], line["in_force"]) == (version, "2999-01-01", False)
    capsys.readouterr()
    assert run("tasks", *hub) == 0
    assert "0 件" in capsys.readouterr().out
    with pytest.raises(KnownError, match="没有叫"):
        run("cases", "--hall", "无此地", *hub)
    with pytest.raises(KnownError, match="没有目录草稿"):
        run("catalog", "diff", *hub)
