"""What holds for every file of the project, whoever wrote it."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT, tracked

LOCKS = [ROOT / "requirements" / name for name in ("runtime.txt", "dev.txt")]
TOO_LONG = 400
ALLOWED_LONG: set[str] = set()
"""Product files still to be split; an entry no longer needed fails the test too."""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_pins_and_hashes_everything_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|^\s*(-i|-f|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    required = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert required
    for line in required:
        assert re.match(r"[A-Za-z0-9][\w.\[\],-]*==[^\s;]+", line), line
        assert "--hash=sha256:" in line, line


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_knows_everything_asked_for(lock: Path) -> None:
    pinned = {_name(line) for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}
    wanted = lock.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    asked = {_name(line) for line in wanted if line.strip() and line[0] not in "#-"}
    assert asked
    assert asked <= pinned


def _name(requirement: str) -> str:
    found = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[1]).lower()


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "mutants", "screens", "lock", "clean"])
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_readme_names_only_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", readme))
    assert {"run", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def _python(folders: tuple[str, ...]) -> list[Path]:
    return [p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in folders]


def test_no_product_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT))
        for path in _python(PRODUCT)
        if len(path.read_text(encoding="utf-8").splitlines()) > TOO_LONG
    }
    assert long == ALLOWED_LONG


def test_no_file_names_a_machine_path() -> None:
    # Built from pieces, so that this file does not find itself.
    folders = "|".join(("work", "root", "home/[a-z]", "Users/[A-Za-z]"))
    machine_path = re.compile(rf"""(?:^|[\s"'=(:`])/(?:{folders})\b""", re.MULTILINE)
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit[0].strip()}" for hit in machine_path.finditer(text)]
    assert found == []


def test_migrations_import_no_project_code() -> None:
    own = {*PRODUCT, "tests", "main", ""}
    found = []
    for path in _python(("migrations",)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = ["." * node.level + (node.module or "")]
            found += [f"{path.relative_to(ROOT)}: {name}" for name in names if name.split(".")[0] in own]
    assert found == []
