"""Which seal a document takes.  One office, few seals, each use on record (一枚印章管审批)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from models.errors import KnownError


class Seal(StrEnum):
    RECEIPT = "receipt"
    ACCEPTANCE = "acceptance"
    APPROVAL = "approval"
    QUERY = "query"


SEAL_NAMES: Mapping[Seal, str] = {
    Seal.RECEIPT: "收件专用章",
    Seal.ACCEPTANCE: "受理专用章",
    Seal.APPROVAL: "审批专用章",
    Seal.QUERY: "政务信息查询专用章",
}

# A document that is not named here takes no seal: a receipt has both signatures (domain facts §2.7).  The
# register may hold lines of RECEIPT from before.
SEALS: Mapping[str, Seal] = {
    "accept": Seal.ACCEPTANCE,
    "deem": Seal.ACCEPTANCE,
    "supplement": Seal.ACCEPTANCE,
    "refuse": Seal.ACCEPTANCE,
    "defer_notice": Seal.ACCEPTANCE,
    "bundle": Seal.ACCEPTANCE,
    "pause": Seal.APPROVAL,
    "extend": Seal.APPROVAL,
    "grant": Seal.APPROVAL,
    "deny": Seal.APPROVAL,
    "query": Seal.QUERY,
}


def seal_of(kind: str, wanted: Seal | None = None) -> Seal | None:
    """The seal of a document, None where it takes none.

    Raises KnownError when ``wanted`` is another one: a query slip can't take the approval seal.
    """
    seal = SEALS.get(kind)
    if wanted is not None and wanted is not seal:
        right = f"只能盖{SEAL_NAMES[seal]}" if seal is not None else "不盖专用章"
        raise KnownError(
            f"这种文书{right}，不能盖{SEAL_NAMES[wanted]}。没有用印，没有改动。请按文书选用印章。"
        )
    return seal
