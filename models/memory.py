"""Keeping what a process has decrypted out of crash dumps."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """No core file of this process, and no other process of this user may read its memory.  May be repeated."""
    if sys.platform == "win32":
        return  # a full dump has to be asked for by an administrator there
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform.startswith("linux"):
        # A limit of 0 does not stop a core that is piped to a collector; this does.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
