"""The desk's end of the wire: one HTTP call a method, every failure a plain sentence."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests

from models.clock import Clock
from models.crypto import sign
from models.errors import KnownError
from sync import file_protocol as fp
from sync import hall_protocol as hp
from sync import protocol as p
from sync import snapshot_protocol as sp
from sync.ahead import at_once, beside
from sync.dictionary import HEADER, common, held
from sync.thin import CUT, cut_push, in_full
from sync.trust import NO_CA, why_not

T = TypeVar("T", bound=p.Message)
R = TypeVar("R")

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class HubUnreachable(KnownError):
    """No answer.  Work goes on; the engine tries again by itself."""


class HubRefused(KnownError):
    """The hub answered with a :class:`sync.protocol.Problem`; ``code`` is stable."""

    def __init__(self, problem: p.Problem, status: int) -> None:
        super().__init__(problem.message, detail=f"{status} {problem.code}")
        self.code = problem.code
        self.by, self.at_ms, self.again_ms = problem.by, problem.at_ms, problem.again_ms
        self.status = status


class HubGarbled(KnownError):
    """Something answered that does not speak the protocol (a captive portal, a broken proxy)."""


class Transport(Protocol):
    """One request, one answer, as bytes.  Everything that can go wrong on a line is HubUnreachable."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        """(status, content type, body).  Raises HubUnreachable, HubGarbled."""

    def close(self) -> None: ...


class HttpTransport:
    """HTTPS with the intranet's CA; plain HTTP only on this machine.  For one thread at a time.

    Without ``ca_file`` the public CAs are believed.  No redirect is followed: it could lead off TLS.
    """

    def __init__(self, base_url: str, ca_file: str = "") -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KnownError(f"中心地址“{base_url}”不完整。没有改动。请写成 https://主机名:端口。")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise KnownError("中心地址没有加密（http），办件不会发往这里。没有改动。请改用 https 地址。")
        self._base = base_url.rstrip("/")
        self._http = requests.Session()
        self._http.trust_env = False  # an intranet call must never leave through a proxy
        self._http.verify = ca_file or True
        self._ca_file = ca_file

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        try:
            response = self._http.request(
                method,
                self._base + path,
                headers=dict(headers),
                data=body or None,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            return response.status_code, response.headers.get("Content-Type", ""), response.content
        except requests.exceptions.SSLError as error:
            raise HubGarbled(why_not(error), detail=type(error).__name__) from error
        except requests.exceptions.RequestException as error:
            raise unreachable(type(error).__name__) from error
        except OSError as error:
            if self._ca_file:  # how requests says that it cannot read it
                raise HubGarbled(NO_CA, detail=type(error).__name__) from error
            raise unreachable(type(error).__name__) from error

    def close(self) -> None:
        self._http.close()


def unreachable(detail: str) -> HubUnreachable:
    """The one sentence for a line that gives no answer."""
    return HubUnreachable("连不上中心。办件照常，都已加密存在本机。联网后自动补传，不用您管。", detail=detail)


class HubClient:
    """Calls of one desk, one at a time; close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str,
        *,
        ca_file: str = "",
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._transport = transport or HttpTransport(base_url, ca_file)
        self._start = beside if transport is None else at_once
        self._clock = clock
        self._token = ""
        self._features: tuple[str, ...] = ()
        self._dictionary = 0

    def __enter__(self) -> HubClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def start(self, call: Callable[[], R]) -> Callable[[], R]:
        """Begin a call of this client on another thread; what is returned waits for it.  A transport that
        was handed in is not used from another thread: the call is then made at once."""
        return self._start(call)

    def hello(self) -> p.Hello:
        started = time.monotonic()
        answer = self._get("/v1/hello", p.Hello)
        self._features, self._dictionary = answer.features, common(answer.dictionary)
        self._heard(answer.hub_time_ms, int((time.monotonic() - started) * 1000))
        return answer

    def enrol(self, request: p.EnrolRequest) -> p.EnrolReply:
        return self._post("/v1/enrol", request, p.EnrolReply)

    def open_session(
        self,
        device: str,
        device_key: bytes,
        dseq: int,
        hub_key: bytes,
        postings: tuple[p.SignedPosting, ...] = (),
        audit: Callable[[int], bytes] = lambda _: b"",
        words: tuple[p.SignedRegistration, ...] = (),
    ) -> p.SessionReply:
        """Prove possession of the device key; later calls carry the token.

        ``audit`` makes the word for the audit chain, of the hub's time just heard.
        ``words``: the hub's own for this machine and those it was before, newest first.  They are shown only
        to a hub that does not know the machine, having been restored from an older backup.

        Raises HubGarbled when the hub is not the one this desk was enrolled at, KnownError when one of
        the two programs is too old for the other.
        """
        hello = self.hello()
        if hello.hub_key != hub_key:
            raise HubGarbled(
                "这个地址上的中心不是本机登记过的中心，没有发送任何办件。请联系管理员核对中心地址。"
            )
        _speak(hello)
        signature = sign(device_key, p.session_payload(device, hello.nonce, dseq))
        request = p.SessionRequest(
            device=device,
            nonce=hello.nonce,
            signature=signature,
            dseq=dseq,
            protocol=p.PROTOCOL,
            postings=postings,
            audit=audit(hello.hub_time_ms),
            registered=hashlib.sha256(words[0].registration).digest()[:8] if words else b"",
        )
        try:
            reply = self._post("/v1/session", request, p.SessionReply)
        except HubRefused as error:
            if error.code != "device_unknown" or not words:
                raise
            shown = msgspec.structs.replace(request, registrations=words)
            reply = self._post("/v1/session", shown, p.SessionReply)
        self._token = reply.token
        self._heard(reply.hub_time_ms, 0)
        return reply

    def sign_in(self, staff: str, password: str, device: str) -> p.SignInReply:
        request = p.SignInRequest(staff=staff, password=password, device=device)
        return self._post("/v1/signin", request, p.SignInReply)

    def push(self, request: p.PushRequest) -> p.PushReply:
        sent = msgspec.structs.replace(request, brief=True)
        if CUT in self._features:
            sent = cut_push(sent)
        reply = in_full(self._post("/v1/push", sent, p.PushReply), request)
        # A later op of this desk is made knowing what the hub has just decided.
        self._heard(reply.hub_time_ms, 0)
        return reply

    def pull(self, request: p.PullRequest) -> p.PullReply:
        return self._post("/v1/pull", request, p.PullReply)

    def snapshot(self, request: sp.SnapshotRequest) -> sp.SnapshotReply:
        return self._post("/v1/snapshot", request, sp.SnapshotReply)

    def buckets(self, request: sp.BucketRequest) -> sp.BucketReply:
        return self._post("/v1/buckets", request, sp.BucketReply)

    def checkpoint(self, request: sp.CheckpointRequest) -> sp.CheckpointReply:
        return self._post("/v1/checkpoint", request, sp.CheckpointReply)

    def known(self, request: sp.KnownRequest) -> sp.KnownReply:
        return self._post("/v1/known", request, sp.KnownReply)

    def history(self, case_id: str) -> sp.HistoryReply:
        return self._get(f"/v1/history/{quote(case_id, safe='')}", sp.HistoryReply)

    def leases(self, request: p.LeasesRequest) -> p.Leases:
        return self._post("/v1/leases", request, p.Leases)

    def escrow(self, request: p.EscrowRequest) -> p.EscrowReply:
        return self._post("/v1/escrow", request, p.EscrowReply)

    def numbers(self, request: p.NumbersRequest) -> p.NumbersReply:
        return self._post("/v1/numbers", request, p.NumbersReply)

    def offer_file(self, request: fp.FileOffer) -> fp.FileReply:
        return self._post("/v1/files/offer", request, fp.FileReply)

    def send_chunk(self, request: fp.FileChunk) -> fp.FileReply:
        return self._post("/v1/files/chunk", request, fp.FileReply)

    def read_file(self, request: fp.FileWant) -> fp.FileBytes:
        return self._post("/v1/files/read", request, fp.FileBytes)

    def forms(self) -> p.FormsReply:
        return self._get("/v1/forms", p.FormsReply)

    def read_form(self, request: fp.FormWant) -> fp.FileBytes:
        return self._post("/v1/forms/read", request, fp.FileBytes)

    def catalog(self, version: str = "current") -> p.CatalogReply:
        return self._get(f"/v1/catalog/{version}", p.CatalogReply)

    def directory(self) -> p.DirectoryReply:
        return self._get("/v1/directory", p.DirectoryReply)

    def calendar(self) -> p.CalendarReply:
        return self._get("/v1/calendar", p.CalendarReply)

    def machines(self) -> hp.MachinesReply:
        return self._get("/v1/machines", hp.MachinesReply)

    def credit(self) -> p.CreditReply:
        return self._get("/v1/credit", p.CreditReply)

    def _heard(self, hub_time_ms: int, round_trip_ms: int) -> None:
        if self._clock is not None:
            self._clock.heard_hub(hub_time_ms, round_trip_ms)

    def _get(self, path: str, kind: type[T]) -> T:
        return self._call("GET", path, b"", kind)

    def _post(self, path: str, message: p.Message, kind: type[T]) -> T:
        return self._call("POST", path, p.pack(message, self._dictionary), kind)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": p.CONTENT_TYPE, "Accept": p.CONTENT_TYPE, HEADER: str(held())}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _call(self, method: str, path: str, body: bytes, kind: type[T]) -> T:
        status, content_type, answer = self._transport.send(method, path, self._headers(), body)
        garbled = "中心答复的内容看不懂。办件照常，都已加密存在本机。稍后会自动再试；一直这样请联系管理员。"
        if not content_type.startswith(p.CONTENT_TYPE):
            raise HubGarbled(garbled, detail=f"{status} {content_type}")
        try:
            if status == 200:
                return p.unpack(answer, kind)
            problem = p.unpack(answer, p.Problem)
        except p.WireError as error:
            raise HubGarbled(garbled, detail=f"{status} WireError") from error
        raise HubRefused(problem, status)


def _speak(hello: p.Hello) -> None:
    if hello.min_protocol > p.PROTOCOL:
        raise KnownError(p.TOO_OLD, detail=f"hub speaks {hello.min_protocol} and later")
    if hello.protocol < p.OLDEST:
        raise KnownError(
            "中心的程序太旧，本机没有连接。办件照常，都已加密存在本机。请联系管理员升级中心的程序。",
            detail=f"hub speaks {hello.protocol}",
        )


_TIMEOUT = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
