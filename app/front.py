"""What the sign-in window shows of a profile, read with nothing that is slow to import.

The window is painted from this; msgspec, pathlib, platformdirs and all that is heavier load behind it
(:mod:`app.start`).  Everything else reads a profile by :mod:`app.config`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NamedTuple

DEVICE_FILE = "device.json"
SETTINGS_FILE = "settings.json"
_APP = "taihaoban"


class Front(NamedTuple):
    """Nothing personal and nothing secret: ``staff`` is a 工号."""

    place: str
    device: str
    staff: str
    theme: str
    scale: int


def read_front(folder: str) -> Front:
    """The front of the profile in ``folder``.

    Raises KnownError when this machine was never enrolled or its file is damaged.
    """
    facts = read_json(os.path.join(folder, DEVICE_FILE))
    chosen = read_json(os.path.join(folder, SETTINGS_FILE))
    try:
        place = f"{facts['hall_name']} · {facts['window_name']}"
        device = str(facts["device"])
    except KeyError:
        # What is wrong with it is told in one place only.
        from pathlib import Path

        from app.config import Profile

        known = Profile(Path(folder)).read_device()
        place, device = f"{known.hall_name} · {known.window_name}", known.device
    scale = chosen.get("font_scale")
    return Front(
        place=place,
        device=device,
        staff=str(chosen.get("last_staff", "")),
        theme="contrast" if chosen.get("theme") == "contrast" else "light",
        scale=scale if isinstance(scale, int) else 100,
    )


def default_folder() -> str:
    """The user's own profile: platformdirs' place, without loading it where a line of code says the same."""
    if sys.platform.startswith("linux"):
        base = os.environ.get("XDG_DATA_HOME", "").strip() or os.path.expanduser("~/.local/share")
        return os.path.join(base, _APP)
    from platformdirs import user_data_dir

    return user_data_dir(_APP, appauthor=False)


def read_json(path: str) -> dict[str, Any]:
    """The object in a file; empty when there is none or it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
