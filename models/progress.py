"""How a long piece of work tells where it is, and learns that the clerk has stopped it."""

from __future__ import annotations

from models.errors import KnownError


class Stopped(KnownError):
    """The clerk stopped it; whatever raises it has left nothing half done."""

    def __init__(self) -> None:
        super().__init__("已停下，没有留下半份文件。办件没有改动。要继续请再做一次。")


class StoppedHalfway(Stopped):
    """Stopped between two transactions: what was taken in stays, and doing it again takes in the rest."""

    def __init__(self) -> None:
        KnownError.__init__(
            self, "已停下。停下以前收进来的都保存好了，没有丢失，也不会重复。要收完，请再导入同一个摆渡包。"
        )


class Progress:
    """Told by the work, on its own thread.  This one is for callers who neither look nor stop."""

    def step(self, done: int, whole: int) -> None:
        """So far ``done`` of ``whole``, in whatever unit.  Raises :class:`Stopped`: then undo and let it pass."""

    def commit(self) -> None:
        """What follows cannot be stopped any more.  Raises :class:`Stopped` when it already was."""


UNSEEN = Progress()
