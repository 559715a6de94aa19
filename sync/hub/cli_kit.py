"""What every ``hub`` command needs: the hub that the arguments name, and one way to answer."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import Any

from models.errors import KnownError
from sync.hub.database import Hub, open_hub


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Hub]:
    """The hub of ``--data``, closed afterwards."""
    hub = open_hub(args.data, args.database_url)
    try:
        yield hub
    finally:
        hub.close()


def password_of(who: str) -> str:
    """From TAIHAOBAN_PASSWORD, else from the terminal; never from an argument."""
    password = os.environ.get("TAIHAOBAN_PASSWORD")
    if password is not None:
        return password
    if not sys.stdin.isatty():
        raise KnownError("没有口令，没有改动。请在终端里运行，或者设置环境变量 TAIHAOBAN_PASSWORD。")
    return getpass(f"{who}的口令：")


def say(args: argparse.Namespace, answer: dict[str, Any], text: str) -> int:
    """Print one JSON object with ``--json``, else the text; returns 0."""
    print(json.dumps(answer, ensure_ascii=False) if args.json else text)
    return 0
