"""Asking ahead: the foreseen answer is used once, for its own question only, and the line is never shared."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from models.errors import KnownError
from sync.ahead import Ahead, at_once, beside

STARTS = pytest.mark.parametrize("start", [at_once, beside])


class Hub:
    """Answers with the question, and fails on 13; remembers what it was asked and whether two asked at once."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.shared = False
        self._busy = threading.Lock()

    def ask(self, question: int) -> str:
        if not self._busy.acquire(blocking=False):
            self.shared = True
            raise AssertionError("two at once")
        try:
            self.asked.append(question)
            if question == 13:
                raise KnownError("thirteen")
            return f"answer {question}"
        finally:
            self._busy.release()


@STARTS
def test_what_was_foreseen_is_asked_once(start: Callable[[Callable[[], str]], Callable[[], str]]) -> None:
    hub = Hub()
    line = Ahead(hub.ask, start)
    line.foresee(2)
    assert line.answer(2) == "answer 2"
    assert line.answer(2) == "answer 2"
    assert hub.asked == [2, 2]


@STARTS
def test_another_question_does_not_get_the_foreseen_answer(
    start: Callable[[Callable[[], str]], Callable[[], str]],
) -> None:
    hub = Hub()
    line = Ahead(hub.ask, start)
    line.foresee(2)
    assert line.answer(3) == "answer 3"
    line.foresee(4)
    line.foresee(5)
    assert line.answer(5) == "answer 5"
    assert hub.asked == [2, 3, 4, 5]
    assert not hub.shared


@STARTS
def test_what_goes_wrong_is_told_to_who_asks(
    start: Callable[[Callable[[], str]], Callable[[], str]],
) -> None:
    hub = Hub()
    line = Ahead(hub.ask, start)
    line.foresee(13)
    with pytest.raises(KnownError, match="thirteen"):
        line.answer(13)
    line.foresee(13)
    line.drop()
    line.foresee(13)
    assert line.answer(1) == "answer 1"


def test_the_line_works_while_the_desk_does() -> None:
    went_on = threading.Event()

    def ask(question: int) -> int:
        assert went_on.wait(10)  # only the desk's going on lets it answer
        return question

    line = Ahead(ask, beside)
    line.foresee(1)
    went_on.set()
    assert line.answer(1) == 1


def test_drop_waits_until_the_line_is_free() -> None:
    let_go, ended = threading.Event(), threading.Event()

    def ask(question: int) -> int:
        let_go.wait(10)
        ended.set()
        return question

    line = Ahead(ask, beside)
    line.foresee(1)
    threading.Timer(0.05, let_go.set).start()
    line.drop()
    assert ended.is_set()
