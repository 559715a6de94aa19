"""What the product imports comes with it: every package is in the lock file of the runtime."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("app", "devices", "models", "sync", "views")


def imported() -> dict[str, str]:
    """Top names that product files import from elsewhere, with a file that does."""
    found: dict[str, str] = {}
    for path in sorted(p for part in PRODUCT for p in (ROOT / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                found.setdefault(name.split(".")[0], str(path.relative_to(ROOT)))
    return {
        name: where
        for name, where in found.items()
        if name not in sys.stdlib_module_names and not (ROOT / name).is_dir()
    }


def test_every_import_of_the_product_is_locked_for_the_runtime() -> None:
    lock = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    locked = {
        re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([\w.-]+)(?:\[.+?\])?==", lock, re.M)
    }
    homes = packages_distributions()
    wanted = imported()
    assert "PyQt6" in wanted
    missing = {
        f"{name} ({where})"
        for name, where in wanted.items()
        if name in homes and not {re.sub(r"[-_.]+", "-", home).lower() for home in homes[name]} & locked
    }
    assert missing == set()
