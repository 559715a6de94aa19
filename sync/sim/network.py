"""The line between simulated machines: the real messages as bytes, lost, doubled, late or mangled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from models.errors import KnownError
from sync import protocol as p
from sync.client import unreachable
from sync.hub.api import Api
from sync.hub.refusal import Refused

IN_PARTS = ("/v1/push", "/v1/pull", "/v1/snapshot")


@dataclass(frozen=True)
class Sent:
    """A request as the line saw it; it may be delivered again at any time."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Line:
    """The state of one desk's line.  Chances are per call."""

    up: bool = True
    deaf: bool = False  # requests arrive, answers don't
    loss: float = 0.0
    lost_answers: float = 0.0
    doubles: float = 0.0
    mangles: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)  # faults that took effect, by name

    @property
    def quiet(self) -> bool:
        """Whether nothing is lost or changed on it."""
        return self.up and not (self.deaf or self.loss or self.lost_answers or self.mangles)

    def heal(self) -> None:
        self.up, self.deaf = True, False
        self.loss = self.lost_answers = self.doubles = self.mangles = 0.0


def answer(api: Api, sent: Sent) -> tuple[int, str, bytes]:
    """What the hub's HTTP layer would answer (sync.hub.api), without sockets and threads."""
    try:
        message = _route(api, sent)
    except Refused as error:
        return error.status, p.CONTENT_TYPE, p.pack(p.Problem(code=error.code, message=str(error)))
    except KnownError as error:  # its disk is full
        return 503, p.CONTENT_TYPE, p.pack(p.Problem(code="busy", message=str(error)))
    return 200, p.CONTENT_TYPE, p.pack(message)


def _route(api: Api, sent: Sent) -> p.Message:
    headers = [(name.lower().encode(), value.encode()) for name, value in sent.headers.items()]
    scope = {"type": "http", "method": sent.method, "path": sent.path, "headers": headers}
    if sent.method == "POST":
        post = api.posts().get(sent.path)
        if post is not None:
            return post(Request(scope), sent.body)
    else:
        for pattern, get in api.gets().items():
            stem, brace, name = pattern.partition("{")
            if sent.path == pattern or (brace and sent.path.startswith(stem)):
                return get(Request({**scope, "path_params": {name[:-1]: sent.path[len(stem) :]}}))
    raise Refused(404, "not_served", "中心没有这个功能。")


class SimTransport:
    """One desk's calls over its line."""

    def __init__(
        self,
        line: Line,
        rng: random.Random,
        deliver: Callable[[Sent], tuple[int, str, bytes]],
        meanwhile: Callable[[], None],
    ) -> None:
        self._line = line
        self._rng = rng
        self._deliver = deliver
        self._meanwhile = meanwhile
        self._asked: Counter[str] = Counter()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        line, rng = self._line, self._rng
        sent = Sent(method, path, dict(headers), body)
        self._asked[path] += 1
        if path in IN_PARTS and self._asked[path] == 2:
            line.effects["rounds of several messages"] += 1
        self._meanwhile()
        if not line.up or rng.random() < line.loss:
            line.effects["request lost" if line.up else "line cut"] += 1
            raise unreachable("simulated")
        line.sent.append(sent)
        del line.sent[:-6]
        if rng.random() < line.doubles:
            line.effects["request doubled"] += 1
            self._deliver(sent)
        status, content_type, answered = self._deliver(sent)
        self._meanwhile()
        if line.deaf or not line.up or rng.random() < line.lost_answers:
            line.effects["one-way cut" if line.deaf else "answer lost"] += 1
            raise unreachable("simulated")
        if rng.random() < line.mangles:
            mangled = (
                (200, "text/html", b"<html>login</html>"),
                (status, content_type, answered[: rng.randrange(len(answered) + 1)]),
                (502, "text/plain", b""),
            )
            at = rng.randrange(len(mangled))
            line.effects[("answer of a portal", "answer truncated", "answer of a gateway")[at]] += 1
            return mangled[at]
        return status, content_type, answered

    def close(self) -> None:
        """Lines have nothing to let go of."""
