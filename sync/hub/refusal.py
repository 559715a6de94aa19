"""What the hub answers when it does not do what a desk or an administrator asked."""

from __future__ import annotations

from models.errors import KnownError


class Refused(KnownError):
    """Told to the desk as :class:`sync.protocol.Problem`; ``code`` is stable, ``status`` is HTTP's."""

    def __init__(self, status: int, code: str, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.status = status
        self.code = code
