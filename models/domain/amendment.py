"""当场更正: an error that can be put right on the spot is put right by the applicant, and that is recorded.

行政许可法 第三十二条第一款第（三）项: the applicant is to be allowed to correct it at once.  It is no 补正: the one
notice stays free, and no day of the case moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

LONGEST = 200  # characters of what it said, and of what it says now
PLACES = ("form.", "applicant.", "agent.", "material.")


class ConfirmedBy(StrEnum):
    """Who made the correction at the window and confirmed it, signed and dated beside it."""

    APPLICANT = "applicant"
    AGENT = "agent"


CONFIRMED_NAMES: Mapping[str, str] = {ConfirmedBy.APPLICANT: "申请人", ConfirmedBy.AGENT: "代理人"}


class Amendment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One correction.  ``path`` is a field of the case, or ``material.<id>`` for a paper that was corrected by hand.

    ``was`` and ``now`` are the words, for a field its values.  Op, day and staff are filled in by the law.
    """

    path: str
    was: str
    now: str
    confirmed_by: str
    op_id: str = ""
    day: str = ""
    staff: str = ""

    @property
    def material(self) -> str:
        """Id of the material whose paper was corrected, "" for a field."""
        return self.path[len("material.") :] if self.path.startswith("material.") else ""
