"""Running the hub: in this process until it is told to end, or in a thread for the demo."""

from __future__ import annotations

import ipaddress
import logging
import multiprocessing
import multiprocessing.process
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from models.errors import KnownError
from sync.hub.api import create_app
from sync.hub.database import Hub, open_hub
from sync.hub.ingest import release_held
from sync.hub.serving import Serving

DATA_VARIABLE = "TAIHAOBAN_HUB_DATA"
URL_VARIABLE = "TAIHAOBAN_HUB_DATABASE_URL"
GRACE_S = 5
# A desk that takes a page in for a while finds its connection as it left it.
KEEP_ALIVE_S = 30
# A worker that says nothing for so long is replaced.  Python alone may take longer than uvicorn's 5 s to start
# on a busy machine: every new worker would then be killed as hung, and the hub would never come back.
HUNG_S = 60
START_TIMEOUT_S = 30.0


def serve(
    data_dir: Path,
    database_url: str | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8443,
    workers: int = 1,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    behind_proxy: bool = False,
    on_listening: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C.  Raises KnownError: no hub here, port taken, certificate unusable,
    or an address beyond this machine without TLS (passwords and cases would travel in clear)."""
    if (tls_cert is None) != (tls_key is None):
        raise KnownError("证书和私钥要一起给，中心没有启动。请同时写 --tls-cert 和 --tls-key。")
    if tls_cert is None and not behind_proxy and not _is_loopback(host):
        raise KnownError(
            "对外服务须用加密连接，中心没有启动。请写 --tls-cert 和 --tls-key；前面有加密代理的，写 --behind-proxy。"
        )
    _quiet()
    with Serving(data_dir):
        hub = open_hub(data_dir, database_url)
        try:
            release_held(hub)
            config = _config(
                create_app(hub) if workers == 1 else "sync.hub.server:app_from_environment",
                workers=workers,
                tls_cert=tls_cert,
                tls_key=tls_key,
            )
            with listening_socket(host, port) as sock:
                on_listening(f"http{'s' if tls_cert else ''}://{host}:{sock.getsockname()[1]}")
                if workers == 1:
                    _Server(config).run(sockets=[sock])
                else:
                    os.environ[DATA_VARIABLE] = str(data_dir.resolve())
                    os.environ[URL_VARIABLE] = database_url or ""
                    hub.db.close()  # each worker opens its own
                    Multiprocess(config, sockets=[sock]).run()
        finally:
            hub.close()


def app_from_environment() -> FastAPI:
    """The application of one worker process; see :func:`serve`."""
    data_dir = Path(os.environ[DATA_VARIABLE])
    # A lock of its own: a worker whose supervisor was killed still serves for a moment.
    serving = Serving(data_dir)
    serving.__enter__()
    app = create_app(open_hub(data_dir, os.environ.get(URL_VARIABLE) or None))
    app.state.serving = serving  # held until the process ends
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        threading.Thread(target=_end_with, args=(supervisor,), name="supervisor-watch", daemon=True).start()
    return app


def _end_with(supervisor: multiprocessing.process.BaseProcess) -> None:
    """Without its supervisor a worker would keep the port and never be replaced: it ends too."""
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


class EmbeddedHub:
    """The hub in a thread of this process, on a free loopback port.  ``stop`` really stops listening."""

    def __init__(self, hub: Hub, port: int = 0) -> None:
        self._hub = hub
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> EmbeddedHub:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the same port as before when it was stopped; returns when it answers."""
        if self._thread is not None:
            return
        _quiet()
        self._socket = listening_socket("127.0.0.1", self._port)
        self._port = self._socket.getsockname()[1]
        self._server = _Server(_config(create_app(self._hub)))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="embedded-hub"
        )
        self._thread.start()
        if not self._server.up.wait(START_TIMEOUT_S):
            self.stop()
            raise KnownError("内置中心没有启动起来，没有改动。请稍后再试。")

    def stop(self) -> None:
        """End the thread and close the socket; calls under way are finished first.  May be repeated."""
        if self._thread is None or self._server is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._thread = self._server = self._socket = None


class _Server(uvicorn.Server):
    """Tells other threads when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound TCP socket.  Raises KnownError when the address or port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio turns Nagle's algorithm off only where the protocol is named: without it each answer
        # (head and body are two writes) waits 40 ms for the peer's delayed acknowledgement.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise KnownError(f"地址“{host}”用不了，中心没有启动。请换一个地址。") from error
    try:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.set_inheritable(True)
    except (OSError, OverflowError) as error:
        sock.close()
        raise KnownError(f"端口 {port} 用不了，可能已被占用，中心没有启动。请换一个端口。") from error
    return sock


def _config(
    app: FastAPI | str, *, workers: int = 1, tls_cert: Path | None = None, tls_key: Path | None = None
) -> uvicorn.Config:
    try:
        config = uvicorn.Config(
            app,
            factory=isinstance(app, str),
            workers=workers,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            timeout_worker_healthcheck=HUNG_S,
            ssl_certfile=str(tls_cert) if tls_cert else None,
            ssl_keyfile=str(tls_key) if tls_key else None,
        )
        if tls_cert is not None:
            config.load()
    except OSError as error:  # ssl.SSLError is one
        raise KnownError(
            "证书或私钥读不出来，中心没有启动。请检查文件。", detail=type(error).__name__
        ) from error
    return config


def _quiet() -> None:
    """uvicorn's notes are kept off the terminal; its faults go where the program's own go."""
    logging.getLogger("uvicorn").setLevel(logging.ERROR)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
