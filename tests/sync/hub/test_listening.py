"""The socket the hub listens on."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from sync.hub.server import listening_socket


def test_answers_leave_at_once() -> None:
    """Nagle's algorithm would hold each answer back until the peer's delayed acknowledgement."""

    async def nagle_is_off() -> bool:
        told: asyncio.Queue[int] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sock = writer.get_extra_info("socket")
            told.put_nowait(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with contextlib.closing(listening_socket("127.0.0.1", 0)) as listening:
            async with await asyncio.start_server(serve, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                found = await told.get()
                writer.close()
        return bool(found)

    assert asyncio.run(nagle_is_off())
