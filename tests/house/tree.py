"""Where the project's files are."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("app", "views", "models", "sync", "resources", "migrations")


def tracked() -> list[Path]:
    """Files in git's index that are still there."""
    # The tests' HOME has no git configuration; the tree may belong to another user than the one testing.
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]
