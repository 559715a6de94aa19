"""A process that opened a replica leaves no core file, whatever the machine's limits say."""

from __future__ import annotations

import subprocess
import sys

import pytest

DIES = """
import os, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
from models.sqlcipher import make_engine
make_engine(Path("unused.db"), bytes(32)).dispose()
import ctypes
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
def test_opening_a_replica_forbids_core_dumps() -> None:
    done = subprocess.run([sys.executable, "-c", DIES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]
