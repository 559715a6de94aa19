"""What every ``hub`` command needs: the hub that the arguments name, and one way to answer."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sync.hub.database import Hub, open_hub


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Hub]:
    """The hub of ``--data``, closed afterwards."""
    hub = open_hub(args.data, args.database_url)
    try:
        yield hub
    finally:
        hub.close()


def say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> int:
    """Print one JSON object with ``--json``, else the text; returns 0."""
    print(json.dumps(answer, ensure_ascii=False) if args.json else text)
    return 0
