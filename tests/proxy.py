"""A TCP proxy on loopback whose line can be cut, slowed, made deaf one way, or answer garbage.

It runs an event loop in a thread of its own.  Faults are scripted by connection: the first connection
gets the first fault of :meth:`Proxy.script`, and so on; when the script has run out, ``healthy`` (or what
:meth:`Proxy.set` has put in its place) holds.  All chance comes from the seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

PACKET = 1460
HANG_S = 0.2


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line; the defaults are a good one.  ``up`` is towards the server.

    ``cut_*``: after so many bytes in that direction the connection is reset, the rest lost.
    ``lose_*``: that direction swallows everything; the connection dies ``HANG_S`` after the first loss.
    ``delay_s`` each way; ``stall`` is the share of packets that come ``stall_s`` late, as if sent again;
    ``kbit`` limits each direction, in kbit/s.  ``reset`` ends a connection as it is made; ``garbage``
    answers the first bytes with these and closes.
    """

    name: str = "healthy"
    cut_up: int | None = None
    cut_down: int | None = None
    lose_up: bool = False
    lose_down: bool = False
    delay_s: float = 0.0
    stall: float = 0.0
    stall_s: float = 0.1
    kbit: float = 0.0
    reset: bool = False
    garbage: bytes = b""


HEALTHY = Fault()


class Proxy:
    """Forwards to ``target`` on 127.0.0.1.  Use it as a context manager; methods from any thread."""

    def __init__(self, target: int, seed: int = 0) -> None:
        self._target = target
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._server: asyncio.Server | None = None
        self._script: deque[Fault] = deque()
        self._standing = HEALTHY
        self.port = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def script(self, faults: Iterable[Fault]) -> None:
        """Faults of the next connections, one each, in this order."""
        self._script.extend(faults)

    def set(self, fault: Fault) -> None:
        """The line of every connection after the script; connections under way keep theirs."""
        self._standing = fault

    def heal(self) -> None:
        """Forget the script; from now on the line is good."""
        self._script.clear()
        self._standing = HEALTHY

    def refuse(self) -> None:
        """Stop listening: connections are refused.  :meth:`listen` takes it back, on the same port."""
        self._call(self._unlisten())

    def listen(self) -> None:
        self._call(self._listen())

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _unlisten(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _close(self) -> None:
        await self._unlisten()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.sleep(0)  # one cancelled before its first step would never close its end
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        fault = self._script.popleft() if self._script else self._standing
        try:
            await _Connection(self, fault, self._chance.random()).run(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one end went away, or the proxy is being closed
        finally:
            if not writer.is_closing():
                _reset(writer)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._target)


class _Connection:
    """One connection under one fault."""

    def __init__(self, proxy: Proxy, fault: Fault, seed: float) -> None:
        self._proxy = proxy
        self._fault = fault
        self._chance = random.Random(seed)

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._fault
        if fault.reset:
            return
        if fault.garbage:
            await reader.read(1)
            writer.write(fault.garbage)
            await writer.drain()
            writer.close()  # not a reset: the garbage is to arrive
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return
        there, back = await self._proxy.connect()
        pumps = {
            asyncio.ensure_future(self._pump(reader, back, fault.cut_up, fault.lose_up, up=True)),
            asyncio.ensure_future(self._pump(there, writer, fault.cut_down, fault.lose_down, up=False)),
        }
        struck = True
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            struck = any(pump.exception() is not None or pump.result() for pump in done)
        finally:
            for pump in pumps:
                pump.cancel()
            if struck:
                _reset(back)
            else:  # an end that was meant: what is on its way still arrives
                for end in (back, writer):
                    end.close()
            await asyncio.gather(*pumps, return_exceptions=True)  # may be cancelled itself

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        cut: int | None,
        lose: bool,
        *,
        up: bool,
    ) -> bool:
        """Pass bytes on until the sender closes (False) or the fault strikes (True)."""
        passed = 0
        while data := await reader.read(PACKET):
            if lose:
                await asyncio.sleep(HANG_S)
                return True
            if cut is not None:
                data = data[: cut - passed]
            await self._slow(len(data))
            passed += len(data)
            if up:
                self._proxy.bytes_up += len(data)
            else:
                self._proxy.bytes_down += len(data)
            writer.write(data)
            await writer.drain()
            if cut is not None and passed >= cut:
                return True
        return False

    async def _slow(self, size: int) -> None:
        fault = self._fault
        wait = fault.delay_s + (size * 8 / (fault.kbit * 1000) if fault.kbit else 0.0)
        while fault.stall and self._chance.random() < fault.stall:
            wait += fault.stall_s
        if wait:
            await asyncio.sleep(wait)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, as a line does that breaks."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
