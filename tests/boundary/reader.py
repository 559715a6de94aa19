"""A reader that polls one scope's feed while others write: it must never see n+1 before n."""

from __future__ import annotations

import threading
from types import TracebackType

from app.commands.context import Desk
from models.errors import KnownError
from sync.client import HubClient
from sync.protocol import PullRequest

PAUSE_S = 0.02


class FeedReader:
    """Polls in a thread while the block runs; ``faults`` and ``seen`` are read after it."""

    def __init__(
        self, url: str, device: str, key: bytes, hub_key: bytes, scope: str, limit: int = 200
    ) -> None:
        self._url = url
        self._open = (device, key, 0, hub_key)
        self._scope = scope
        self._limit = limit
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._read, name="feed-reader")
        self.faults: list[str] = []
        self.seen = 0
        self.polls = 0

    @classmethod
    def of(cls, desk: Desk) -> FeedReader:
        facts = desk.device
        return cls(facts.hub_url, facts.device, desk.device_key, facts.hub_key, facts.scope)

    def __enter__(self) -> FeedReader:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._end.wait(PAUSE_S):
            try:
                with HubClient(self._url) as client:
                    session = client.open_session(*self._open)
                    while not self._end.wait(PAUSE_S):
                        self._poll(client, session.epoch)
            except KnownError:
                continue  # the hub is being killed under it: it comes again

    def _poll(self, client: HubClient, epoch: str) -> None:
        wanted = PullRequest(scope=self._scope, epoch=epoch, after_seq=self.seen, limit=self._limit)
        reply = client.pull(wanted)
        self.polls += 1
        for entry in reply.entries:
            if entry.seq != self.seen + 1:
                self.faults.append(f"the reader saw seq {entry.seq} after {self.seen}")
            self.seen = entry.seq
        if not reply.entries and reply.head_seq > self.seen:
            self.faults.append(f"the head is {reply.head_seq}, nothing came after {self.seen}")
