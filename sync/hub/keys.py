"""The hub's two secrets: what it signs with, and what it seals others' keys under.

Both live in one file next to the data, readable by its owner only.  Whoever backs the hub up keeps
that file apart from the database: together they open every replica in escrow.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

import msgspec

from models.crypto import public_key
from models.errors import KnownError

FILE = "hub.key"


class HubKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Raw 32-byte keys.  Never logged, never in a reply."""

    signing: bytes
    master: bytes

    def __repr__(self) -> str:
        return "HubKeys(…)"

    @property
    def public(self) -> bytes:
        return public_key(self.signing)

    def derived(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose (HMAC-SHA256 of the master key, which is uniform)."""
        return hmac.digest(self.master, b"taihaoban/hub/" + purpose.encode(), "sha256")


def load_or_make(path: Path) -> HubKeys:
    """The keys in ``path``, made on first use.  Raises KnownError when the file is damaged."""
    if not path.exists():
        made = HubKeys(signing=secrets.token_bytes(32), master=secrets.token_bytes(32))
        write_private(path, msgspec.json.encode(made))
    return load(path)


def load(path: Path) -> HubKeys:
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=HubKeys)
    except FileNotFoundError as error:
        raise KnownError("这里还没有中心，没有改动。请先运行 hub init --data 目录。") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise KnownError(
            "中心密钥文件读不出来，中心没有启动，数据没有改动。请从备份恢复 hub.key。",
            detail=type(error).__name__,
        ) from error
    if len(keys.signing) != 32 or len(keys.master) != 32:
        raise KnownError("中心密钥文件不完整，中心没有启动，数据没有改动。请从备份恢复 hub.key。")
    return keys


def write_private(path: Path, data: bytes) -> None:
    """Write a small new file durably, for its owner only.  Raises KnownError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(path.name + ".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise KnownError(
            "写不进中心的数据目录，没有改动。请检查权限和磁盘空间。", detail=type(error).__name__
        ) from error
