"""The hub's two secrets: what it signs with, and what it seals others' keys under.

Both live in one file next to the data, readable by its owner only.  Whoever backs the hub up keeps
that file apart from the database: together they open every replica in escrow.
"""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache
from pathlib import Path

import msgspec

from models.crypto import public_key
from models.errors import KnownError
from models.files import write_private

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
        return _derived(self.master, purpose)


@lru_cache(maxsize=64)  # asked for with every case; the master key is in memory all the same
def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.digest(master, b"taihaoban/hub/" + purpose.encode(), "sha256")


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
