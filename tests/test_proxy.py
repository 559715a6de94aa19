"""The proxy does to a connection what its script says, byte for byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.proxy import Fault, Proxy

ASKED, ANSWER = b"a" * 4000, b"b" * 4000


class Echo:
    """A server that reads ASKED and sends ANSWER; ``got`` is what each connection brought."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.got: list[int] = []
        self.heard = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                size = 0
                try:
                    while size < len(ASKED) and (data := peer.recv(65536)):
                        size += len(data)
                finally:
                    self.got.append(size)
                    self.heard.release()
                if size == len(ASKED):
                    peer.sendall(ANSWER)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port, seed=7) as made:
        yield made


def _connection(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def ask(proxy: Proxy) -> bytes:
    """What comes back before the connection ends."""
    back = b""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError), _connection(proxy) as peer:
        peer.sendall(ASKED)
        while len(back) < len(ANSWER) and (data := peer.recv(65536)):
            back += data
    return back


def test_a_good_line_passes_everything_and_counts_it(proxy: Proxy) -> None:
    assert ask(proxy) == ANSWER
    assert (proxy.bytes_up, proxy.bytes_down, proxy.connections) == (4000, 4000, 1)


@pytest.mark.parametrize(
    ("fault", "up", "down"),
    [
        (Fault(cut_up=1000), 1000, 0),
        (Fault(cut_down=1000), 4000, 1000),
        (Fault(lose_up=True), 0, 0),
        (Fault(lose_down=True), 4000, 0),
        (Fault(delay_s=0.01, stall=0.5, stall_s=0.01, kbit=2000), 4000, 4000),
    ],
    ids=["cut up", "cut down", "requests lost", "answers lost", "slow"],
)
def test_a_fault_strikes_where_it_says_and_only_once(
    proxy: Proxy, echo: Echo, fault: Fault, up: int, down: int
) -> None:
    proxy.script([fault])
    back = ask(proxy)
    assert echo.heard.acquire(timeout=10)
    assert (proxy.bytes_up, proxy.bytes_down) == (up, down)
    assert len(back) <= down  # a reset may overtake what was sent before it
    assert echo.got[0] <= up
    assert ask(proxy) == ANSWER


def test_a_reset_and_garbage_never_reach_the_server(proxy: Proxy, echo: Echo) -> None:
    proxy.script([Fault(reset=True), Fault(garbage=b"noise")])
    assert ask(proxy) == b""
    assert b"noise".startswith(ask(proxy))
    assert echo.got == []


def test_a_standing_fault_holds_until_healed(proxy: Proxy) -> None:
    proxy.set(Fault(lose_up=True))
    assert [ask(proxy), ask(proxy)] == [b"", b""]
    proxy.heal()
    assert ask(proxy) == ANSWER


def test_refused_until_it_listens_again(proxy: Proxy) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        ask(proxy)
    proxy.listen()
    assert ask(proxy) == ANSWER
