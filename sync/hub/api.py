"""The hub over HTTP: bytes of protocol messages in, bytes of protocol messages out.

Endpoints are plain functions in the thread pool, the long ones in turn.  Whatever comes in, the answer is a message or a
:class:`sync.protocol.Problem`; a fault of the program is logged by its place and told as one sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import zstandard
from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from sync import file_protocol as fp
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.dictionary import HEADER, asked, held
from sync.hub import (
    compact,
    credit,
    devices,
    feed,
    files,
    forms,
    ingest,
    machines,
    numbers,
    publish,
    recovery,
    signin,
    snapshot,
)
from sync.hub.blobs import StoreDown
from sync.hub.database import Hub
from sync.hub.ingest import place_of
from sync.hub.places import read_places
from sync.hub.refusal import Refused
from sync.hub.tokens import device_of, make_nonce
from sync.hub.turns import Kind, Turns
from sync.thin import CUT, brief, mend_push, thin_page

MAX_BODY = 4 * 1024 * 1024
MAX_UNPACKED = 32 * 1024 * 1024
# What takes long, and waits for a place.  Short questions are answered at once.
KINDS = {
    "/v1/hello": Kind.DOOR,
    "/v1/push": Kind.PUSH,
    **dict.fromkeys(("/v1/session", "/v1/pull", "/v1/snapshot", "/v1/buckets", "/v1/known"), Kind.INSIDE),
}

T = TypeVar("T", bound=p.Message)
log = logging.getLogger("taihaoban.hub")


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit."""
    parts = bytearray()
    async for chunk in request.stream():
        parts += chunk
        if len(parts) > MAX_BODY:
            raise Refused(413, "too_large", "一次传送的内容太大，中心没有收。办件都还在本机。")
    return bytes(parts)


Body = Annotated[bytes, Depends(_body)]


def read_message(body: bytes, kind: type[T]) -> T:
    """Raises Refused for anything that is not such a message, a decompression bomb included."""
    try:
        # A frame that announces its size is unpacked to that size whatever the limit: look first.
        size = zstandard.frame_content_size(body)
        if size > MAX_UNPACKED:
            raise Refused(413, "too_large", "一次传送的内容太大，中心没有收。办件都还在本机。")
        return p.unpack(body, kind)
    except (p.WireError, zstandard.ZstdError, RecursionError) as error:
        raise Refused(
            400, "bad_message", "传来的内容看不懂，中心没有收。办件都还在本机，请升级工作站程序。"
        ) from error


class Api:
    """The endpoints of one open hub, as functions of the request."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def gets(self) -> dict[str, Callable[[Request], p.Message]]:
        """What is fetched, by path."""
        return {
            "/v1/hello": self.hello,
            "/v1/catalog/{version}": self.catalog,
            "/v1/directory": self.directory,
            "/v1/calendar": self.calendar,
            "/v1/credit": self.credit,
            "/v1/machines": self.machines,
            "/v1/forms": self.forms,
            "/v1/history/{case_id}": self.history,
        }

    def posts(self) -> dict[str, Callable[[Request, bytes], p.Message]]:
        """What is sent, by path."""
        return {
            "/v1/enrol": self.enrol,
            "/v1/session": self.session,
            "/v1/signin": self.signin,
            "/v1/leases": self.leases,
            "/v1/push": self.push,
            "/v1/pull": self.pull,
            "/v1/snapshot": self.snapshot,
            "/v1/buckets": self.buckets,
            "/v1/known": self.known,
            "/v1/checkpoint": self.checkpoint,
            "/v1/numbers": self.numbers,
            "/v1/escrow": self.escrow,
            "/v1/files/offer": self.offer_file,
            "/v1/files/chunk": self.take_chunk,
            "/v1/files/read": self.read_file,
            "/v1/forms/read": self.read_form,
        }

    def hello(self, request: Request) -> p.Message:
        with self.hub.read() as conn:
            epoch = self.hub.epoch(conn)
        now = self.hub.now_ms()
        return p.Hello(
            hub_id=self.hub.hub_id,
            epoch=epoch,
            hub_time_ms=now,
            hub_key=self.hub.keys.public,
            nonce=make_nonce(self.hub.keys, now),
            features=(CUT,),
            dictionary=held(),
            protocol=p.PROTOCOL,
            min_protocol=p.OLDEST,
        )

    def enrol(self, request: Request, body: bytes) -> p.Message:
        return devices.enrol(self.hub, read_message(body, p.EnrolRequest))

    def session(self, request: Request, body: bytes) -> p.Message:
        return devices.open_session(self.hub, read_message(body, p.SessionRequest))

    def signin(self, request: Request, body: bytes) -> p.Message:
        message = read_message(body, p.SignInRequest)
        # A clerk who is new on a machine cannot unlock its device key yet: no session then.
        return signin.sign_in(self.hub, message, message.device or self.caller(request).device)

    def leases(self, request: Request, body: bytes) -> p.Message:
        return signin.renew(self.hub, self.caller(request), read_message(body, p.LeasesRequest).staff[:100])

    def push(self, request: Request, body: bytes) -> p.Message:
        device = self.caller(request)
        batch = mend_push(read_message(body, p.PushRequest))
        reply = ingest.push(self.hub, device.device, batch)
        return brief(reply) if batch.brief else reply

    def pull(self, request: Request, body: bytes) -> p.Message:
        device = self.caller(request)
        wanted = read_message(body, p.PullRequest)
        reply = feed.pull(self.hub, device.scope, wanted)
        if wanted.lean:
            reply = msgspec.structs.replace(reply, entries=thin_page(reply.entries, device.device))
        return reply

    def snapshot(self, request: Request, body: bytes) -> p.Message:
        return snapshot.read_chunk(self.hub, self.caller(request), read_message(body, sp.SnapshotRequest))

    def buckets(self, request: Request, body: bytes) -> p.Message:
        return snapshot.compare(self.hub, self.caller(request).scope, read_message(body, sp.BucketRequest))

    def checkpoint(self, request: Request, body: bytes) -> p.Message:
        return compact.attest(self.hub, self.caller(request), read_message(body, sp.CheckpointRequest))

    def known(self, request: Request, body: bytes) -> p.Message:
        return recovery.known(self.hub, self.caller(request), read_message(body, sp.KnownRequest))

    def history(self, request: Request) -> p.Message:
        return snapshot.history(self.hub, self.caller(request).scope, str(request.path_params["case_id"]))

    def numbers(self, request: Request, body: bytes) -> p.Message:
        device = self.caller(request)
        with self.hub.read() as conn:
            hall = read_places(conn).hall(device.scope)
        if hall is None:
            raise Refused(409, "no_hall", "中心没有本大厅的资料，没有发放编号。请联系管理员。")
        return numbers.grant(self.hub, device.device, hall.division, read_message(body, p.NumbersRequest))

    def escrow(self, request: Request, body: bytes) -> p.Message:
        return devices.keep_escrow(self.hub, self.caller(request), read_message(body, p.EscrowRequest))

    def offer_file(self, request: Request, body: bytes) -> p.Message:
        return files.offer(self.hub, self.caller(request), read_message(body, fp.FileOffer))

    def take_chunk(self, request: Request, body: bytes) -> p.Message:
        return files.take_chunk(self.hub, self.caller(request), read_message(body, fp.FileChunk))

    def read_file(self, request: Request, body: bytes) -> p.Message:
        return files.read(self.hub, self.caller(request), read_message(body, fp.FileWant))

    def catalog(self, request: Request) -> p.Message:
        self.caller(request)
        return publish.catalog_reply(self.hub, str(request.path_params["version"]))

    def directory(self, request: Request) -> p.Message:
        self.caller(request)
        return publish.directory_reply(self.hub)

    def calendar(self, request: Request) -> p.Message:
        self.caller(request)
        return publish.calendar_reply(self.hub)

    def machines(self, request: Request) -> p.Message:
        return machines.machines_of(self.hub, self.caller(request))

    def credit(self, request: Request) -> p.Message:
        self.caller(request)
        return credit.credit_reply(self.hub)

    def forms(self, request: Request) -> p.Message:
        self.caller(request)
        return forms.forms_reply(self.hub)

    def read_form(self, request: Request, body: bytes) -> p.Message:
        self.caller(request)
        return forms.read_form(self.hub, read_message(body, fp.FormWant))

    def caller(self, request: Request) -> devices.Device:
        """The approved device whose token this is.  Raises Refused."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        name = device_of(self.hub.keys, token, self.hub.now_ms()) if scheme.lower() == "bearer" else None
        if name is None:
            raise Refused(401, "no_session", "连接已经过时，会自动重新连接。办件都在本机。")
        with self.hub.read() as conn:
            return devices.approved_device(conn, name)


def create_app(hub: Hub) -> FastAPI:
    """The application over one open hub.  It does not close the hub."""
    app = FastAPI(title="taihaoban hub", openapi_url=None, docs_url=None, redoc_url=None)
    api, turns = Api(hub), Turns()
    for path, get in api.gets().items():
        app.add_api_route(path, _getting(get, turns, KINDS.get(path)), methods=["GET"], response_model=None)
    for path, post in api.posts().items():
        app.add_api_route(path, _posting(post, turns, KINDS.get(path)), methods=["POST"], response_model=None)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(StarletteHTTPException, _not_served)
    app.add_exception_handler(StoreDown, _store_down)
    app.add_exception_handler(DBAPIError, _database_busy)
    app.add_exception_handler(PoolTimeout, _database_busy)
    app.add_middleware(_LastResort)
    return app


def _getting(
    handle: Callable[[Request], p.Message], turns: Turns, kind: Kind | None
) -> Callable[..., Response | Awaitable[Response]]:
    def endpoint(request: Request) -> Response:
        return _answer(handle(request), dictionary=asked(request.headers.get(HEADER, "")))

    if kind is None:
        return endpoint

    async def in_turn(request: Request) -> Response:
        return await turns.take(kind, lambda: endpoint(request))

    return in_turn


def _posting(
    handle: Callable[[Request, bytes], p.Message], turns: Turns, kind: Kind | None
) -> Callable[..., Response | Awaitable[Response]]:
    def endpoint(request: Request, body: Body) -> Response:
        return _answer(handle(request, body), dictionary=asked(request.headers.get(HEADER, "")))

    if kind is None:
        return endpoint

    async def in_turn(request: Request, body: Body) -> Response:
        return await turns.take(kind, lambda: endpoint(request, body))

    return in_turn


def _answer(message: p.Message, status: int = 200, dictionary: int = 0) -> Response:
    return Response(p.pack(message, dictionary), status_code=status, media_type=p.CONTENT_TYPE)


def problem_of(error: Refused) -> p.Problem:
    return p.Problem(
        code=error.code, message=str(error), by=error.by, at_ms=error.at_ms, again_ms=error.again_ms
    )


def _problem(status: int, code: str, message: str) -> Response:
    return _answer(p.Problem(code=code, message=message), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # registered for it alone
    return _answer(problem_of(error), error.status)


async def _not_served(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    return _problem(error.status_code, "not_served", "中心没有这个功能。办件不受影响，请升级工作站程序。")


async def _database_busy(request: Request, error: Exception) -> Response:
    log.error("database: %s", type(error).__name__)
    return _problem(503, "busy", "中心暂时存不了，办件都还在本机。稍后会自动再试。")


async def _store_down(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreDown)
    log.error("file store: %s", error.detail)
    return _problem(503, "store_down", str(error))


class _LastResort:
    """A fault of this program: its kind and place in the log, one sentence to the desk, no traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            log.error("%s at %s", type(error).__name__, place_of(error))
            answer = _problem(500, "fault", "中心程序出了错，这次没有办成。办件都还在本机，稍后会自动再试。")
            await answer(scope, receive, send)
