"""Asking the next question while the answer to the last one is still being worked in.

On a slow line the desk would else be idle while the line works, and the line while the desk works.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from models.errors import KnownError

Q = TypeVar("Q")
R = TypeVar("R")
T = TypeVar("T")


def at_once(call: Callable[[], T]) -> Callable[[], T]:
    """Do it now, tell it when asked; also what went wrong is told only then."""
    came = _Came(call)
    return came.tell


def beside(call: Callable[[], T]) -> Callable[[], T]:
    """Like :func:`at_once`, on a thread of its own that ends with the program."""
    came: list[_Came[T]] = []
    thread = threading.Thread(target=lambda: came.append(_Came(call)), daemon=True)
    thread.start()

    def tell() -> T:
        thread.join()
        return came[0].tell()

    return tell


class _Came(Generic[T]):
    def __init__(self, call: Callable[[], T]) -> None:
        self._error: Exception | None = None
        try:
            self._answer = call()
        except Exception as error:
            self._error = error

    def tell(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answer


class Ahead(Generic[Q, R]):
    """Questions to one hub, one at a time, each of which may be foreseen.

    ``ask`` puts one and waits; ``start`` begins one (:func:`at_once`, :func:`beside`).  Between
    :meth:`foresee` and the next :meth:`answer` or :meth:`drop` nothing else may use the line.
    """

    def __init__(self, ask: Callable[[Q], R], start: Callable[[Callable[[], R]], Callable[[], R]]) -> None:
        self._ask = ask
        self._start = start
        self._foreseen: tuple[Q, Callable[[], R]] | None = None

    def foresee(self, question: Q) -> None:
        """Put the question that will come next, most likely."""
        self.drop()
        self._foreseen = question, self._start(lambda: self._ask(question))

    def answer(self, question: Q) -> R:
        """The answer, perhaps already under way.  Raises what asking raised."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is not None:
            if foreseen[0] == question:
                return foreseen[1]()
            _wait(foreseen[1])
        return self._ask(question)

    def drop(self) -> None:
        """Wait until the line is free; what was foreseen is not wanted any more."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is not None:
            _wait(foreseen[1])


def _wait(tell: Callable[[], object]) -> None:
    with suppress(KnownError):  # nobody hears of an answer that nobody wants
        tell()
