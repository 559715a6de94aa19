"""A TCP relay on loopback that counts bytes each way and can be a slow, lossy line.

``python -m tests.bench.relay PORT [--kbit N] [--loss SHARE]`` forwards to PORT, prints its own port,
and answers each line on stdin with ``UP DOWN`` (bytes so far).  Ends when stdin does.  It is a process
of its own, so that it takes the same from whoever is measured through it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
from types import TracebackType

PACKET = 1460
RETRANSMIT_S = 0.1  # a lost packet is sent again after one round trip of a long line


class Line:
    """One direction: a bandwidth shared by all connections, and packets that are lost and sent again."""

    def __init__(self, kbit: float, loss: float, seed: int) -> None:
        self.count = 0
        self._second = kbit * 1000 / 8
        self._loss = loss
        self._chance = random.Random(seed)
        self._turn = asyncio.Lock()
        self._free = 0.0

    async def pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        self.count += len(data)
        if not self._second:
            writer.write(data)
            await writer.drain()
            return
        async with self._turn:
            for start in range(0, len(data), PACKET):
                packet = data[start : start + PACKET]
                await self._wait(len(packet))
                writer.write(packet)
            await writer.drain()

    async def _wait(self, size: int) -> None:
        cost = size / self._second
        while self._chance.random() < self._loss:
            cost += size / self._second + RETRANSMIT_S
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + cost
        await asyncio.sleep(self._free - now)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line) -> None:
    try:
        while data := await reader.read(65536):
            await line.pass_on(data, writer)
    except OSError:
        pass  # one side went away: so does the other
    finally:
        writer.close()


async def _relay(port: int, kbit: float, loss: float) -> None:
    up, down = Line(kbit, loss, 1), Line(kbit, loss, 2)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, back, up), _pump(there, writer, down))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(up.count, down.count, flush=True)


class Relay:
    """The relay process, as a context manager."""

    def __init__(self, port: int, *, kbit: float = 0, loss: float = 0) -> None:
        self._command = [sys.executable, "-m", "tests.bench.relay", str(port)]
        self._command += ["--kbit", str(kbit), "--loss", str(loss)]

    def __enter__(self) -> Relay:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.url = f"http://127.0.0.1:{int(self._line())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def counts(self) -> tuple[int, int]:
        """(up, down) in bytes since it was started."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        up, down = self._line().split()
        return int(up), int(down)

    def total(self) -> int:
        return sum(self.counts())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--kbit", type=float, default=0)
    parser.add_argument("--loss", type=float, default=0)
    args = parser.parse_args()
    asyncio.run(_relay(args.port, args.kbit, args.loss))
