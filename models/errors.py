"""Errors a user may meet.  Anything else is a bug and is reported as one."""

from __future__ import annotations


class KnownError(Exception):
    """An expected problem, told in plain Chinese: what happened, what is safe, what to do.

    ``str(error)`` is the sentence for the screen or stderr; ``detail`` (may be empty) is for the
    「详情」 fold and the log and must carry no personal data.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail
