"""What the hub answers when it does not do what a desk or an administrator asked."""

from __future__ import annotations

from models.errors import KnownError


class Refused(KnownError):
    """Told to the desk as :class:`sync.protocol.Problem`; ``code`` is stable, ``status`` is HTTP's.

    ``by`` and ``at_ms``: who revoked the machine, and when.  ``again_ms``: after how long there is room for it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: str = "",
        *,
        by: str = "",
        at_ms: int = 0,
        again_ms: int = 0,
    ) -> None:
        super().__init__(message, detail)
        self.status = status
        self.code = code
        self.by, self.at_ms, self.again_ms = by, at_ms, again_ms
