"""Files over the line, piece by piece, within a pace: what sending and fetching of files have in common."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import msgspec

from models.clock import Clock
from models.device import DeviceFacts
from models.errors import KnownError
from models.ops import last_op
from models.store import Store
from models.vault import Vault
from sync import file_protocol as fp
from sync.client import HubClient, HubGarbled, Transport

SMALLEST = 32 * 1024
_QUICK_S, _SLOW_S = 2.0, 8.0
_SPOILT = "取来的附件核对不上，没有采用。中心的那份没有改动。请稍后再取；一直这样请联系管理员。"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A file to fetch: its name in the vault, its bytes and their SHA-256."""

    name: str
    size: int
    sha256: bytes


class Line:
    """Calls of one desk for the files of ``vault``.  Use from one thread at a time, beside the engine's.

    ``limit`` is in bytes a second, 0 for none.  ``stop`` is asked between chunks.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        device: DeviceFacts,
        device_key: bytes,
        clock: Clock,
        *,
        transport: Callable[[], Transport] | None = None,
        limit: int = 0,
        on_progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._vault = store, vault
        self._device, self._key, self._clock = device, device_key, clock
        self._transport = transport
        self._limit, self._progress, self._stop = limit, on_progress or (lambda done, total: None), stop
        self._pause, self._ticks = pause, ticks
        self._chunk = SMALLEST

    def _client(self) -> HubClient:
        facts = self._device
        transport = self._transport() if self._transport is not None else None
        return HubClient(facts.hub_url, ca_file=facts.ca_file, clock=self._clock, transport=transport)

    def _open(self, client: HubClient) -> str:
        with self._store.read() as conn:
            dseq = last_op(conn)[0]
        return client.open_session(self._device.device, self._key, dseq, self._device.hub_key).scope

    def _paced(self, size: int, began: float) -> None:
        """Keep within the limit after a chunk; the next is larger on a quick line, smaller on a slow one."""
        spent = self._ticks() - began
        if self._limit and spent < size / self._limit:
            self._pause(size / self._limit - spent)
        if spent < _QUICK_S:
            self._chunk = min(self._chunk * 2, fp.MAX_CHUNK)
        elif spent > _SLOW_S:
            self._chunk = max(self._chunk // 2, SMALLEST)

    def _bring(self, wanted: Wanted, read: Callable[[int, int], fp.FileBytes]) -> None:
        """Fetch a file, going on where a cut left it; ``read`` gets offset and length.

        Raises KnownError: no line, stopped, no room, or what came is not the file.
        """
        at = self._vault.part_size(wanted.name)
        while at < wanted.size:
            began = self._ticks()
            came = read(at, self._chunk)
            self._paced(len(came.data), began)
            if not came.data or at + len(came.data) > wanted.size:
                self._vault.drop_part(wanted.name)
                raise HubGarbled(_SPOILT)
            self._vault.add_part(wanted.name, at, came.data)
            at += len(came.data)
            self._progress(at, wanted.size)
            if self._stop():
                raise KnownError("附件没有取完，已停下；取到的部分留着，下次接着取。办件不受影响。")
        data = self._vault.part(wanted.name)
        if len(data) != wanted.size or hashlib.sha256(data).digest() != wanted.sha256:
            self._vault.drop_part(wanted.name)
            raise HubGarbled(_SPOILT)
        self._vault.put(wanted.name, data)
