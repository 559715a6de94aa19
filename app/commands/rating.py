"""评价: taken from the visitor's own second screen or receipt, and from nowhere else.

``seal_ballot`` is the second screen's: nothing of the clerk's side calls it (tests/house looks).  What it
seals is this very rating of this very act, so nothing else can be put in its place.
"""

from __future__ import annotations

import msgspec

from app.commands.act import Entry, perform
from app.commands.after import entry_of
from app.commands.context import Changes, Desk
from models.crypto import BadSignature, public_key, sign, verify
from models.domain.ops import Act, OpKind, Trust
from models.domain.visit import Answer, Channel, Given, Rating, VisitFacts, screen_payload
from models.errors import KnownError
from models.rating_code import RatingCode
from models.service_texts import Free


class Ballot(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody chose: a level from 5 to 1, reasons of that level, a text of at most 150 characters."""

    level: int
    reasons: tuple[str, ...] = ()
    text: str = ""


def seal_ballot(desk: Desk, case_id: str, about: str, day: str, ballot: Ballot, days: int) -> Rating:
    """The ballot as the second screen vouches for it.  ``about`` is the act's op id; ``days`` the hall's."""
    plain = Rating(
        about=about,
        day=day,
        level=ballot.level,
        reasons=ballot.reasons,
        text=ballot.text.strip(),
        channel=Channel.SCREEN.value,
        days=days,
    )
    return msgspec.structs.replace(plain, proof=sign(desk.device_key, screen_payload(case_id, plain)))


def rate(desk: Desk, case_id: str, rating: Rating) -> Changes:
    """Put a rating on record.  Raises KnownError without the proof of the second screen or of a receipt."""
    if not _proved(desk, case_id, rating):
        raise KnownError(
            "评价只能由申请人在第二屏或者用回执上的码作出。没有记录，仍是未评价。", detail="not_the_visitor"
        )
    return perform(desk, OpKind.RATE, entry_of(desk, case_id), Act(visit=VisitFacts(rating=rating)))


def _proved(desk: Desk, case_id: str, rating: Rating) -> bool:
    own = public_key(desk.device_key)
    if rating.channel == Channel.SCREEN:
        try:
            verify(own, screen_payload(case_id, rating), rating.proof)
        except BadSignature:
            return False
        return True
    code = RatingCode(device=rating.issuer, about=rating.about, proof=rating.proof)
    return rating.issuer == desk.device.device and code.holds(own)


def respond(desk: Desk, entry: Entry, duty: str, answer: Answer, text: str, due: str = "") -> Changes:
    """差评整改: what the call-back found and what was done; 列入台账 needs ``due``."""
    act = Act(
        text=text.strip(), trust=Trust(duty=duty), visit=VisitFacts(answer=answer.value, due=due.strip())
    )
    return perform(desk, OpKind.RESPOND, entry, act)


def mark(desk: Desk, case_id: str, changed: dict[str, str]) -> Changes:
    """服务登记 of marks and steps (paths ``service.*``, ``step.*``); the rest of the case stays as it is."""
    entry = entry_of(desk, case_id)
    entry.fields.update(changed)
    return perform(desk, OpKind.SERVE, entry)


def give(desk: Desk, case_id: str, free: Free, count: int) -> Changes:
    """Count ``count`` pieces done free of charge, at what one costs today."""
    told = Given(kind=free.id, name=free.name, unit=free.unit, unit_fen=free.fen, count=count)
    return perform(desk, OpKind.SERVE, entry_of(desk, case_id), Act(visit=VisitFacts(given=told)))
