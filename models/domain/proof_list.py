"""证明事项清单: which proofs may be asked for, and which were abolished.

The reform of 2019 abolished 40 proofs and keeps a list of those that remain (domain facts §5 row 22):
a 证明 that is not on the list can't be a material, and an abolished one is never asked for again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from models.domain.catalog import ProofRule

_LEFT_OUT = re.compile(r"\([^()]*\)|[\s、，,。.;；:：·\-—“”\"'《》<>〈〉【】\[\]()]")
_WHOSE = re.compile(r"^(申请人|当事人|本人|居民|办事人)的?(?=.{2,})")
_WHICH = re.compile(r"(原件[及或和]?复印件|正本?[及或和]?副本|原件|复印件|正本|副本)$")


def paper_key(name: str) -> str:
    """A paper's name as it is compared: no marks, no （…）, not whose it is, not 原件 or 复印件."""
    text = _LEFT_OUT.sub("", unicodedata.normalize("NFKC", name))
    return _WHICH.sub("", _WHOSE.sub("", text)) or text


class ProofList:
    """Looks a material's name up among the lines of the list; a later line replaces an earlier one."""

    def __init__(self, rules: Iterable[ProofRule]) -> None:
        self._rules = {paper_key(rule.name): rule for rule in rules}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def abolished(self, name: str) -> ProofRule | None:
        """The abolished proof that this name asks for, or None."""
        rule = self._rules.get(paper_key(name))
        return rule if rule is not None and not rule.allowed else None

    def allowed(self, name: str) -> bool:
        """Whether the list names this proof as one that may be asked for."""
        rule = self._rules.get(paper_key(name))
        return rule is not None and rule.allowed
