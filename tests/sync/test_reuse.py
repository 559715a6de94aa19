"""Reuse between a real desk and its hub: what the desk offers is taken, what a program wrote in its place is not."""

from __future__ import annotations

import random

import msgspec
import pytest
from sqlalchemy import select

from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import entry_fields, intake_line
from app.commands.lines import PartyLine
from app.queries.cases import find_cases
from app.queries.reuse import ReuseOffer, offers
from app.sample import filled
from models.domain.numbers import group_number, make_number
from sync.hub import tables as t
from tests.app.test_bundle import Post, hub, post
from tests.desk_kit import everyday_items, item
from tests.sync.test_engine import sync

__all__ = ["hub", "post"]  # fixtures


def alarms(post: Post) -> list[str]:
    with post.hub.read() as conn:
        return list(conn.execute(select(t.alarm.c.kind)).scalars())


def another(post: Post, applicant: PartyLine, seed: int) -> tuple[Entry, ReuseOffer]:
    """A further application of the same person, and what of it is here already."""
    for of in everyday_items():
        line = msgspec.structs.replace(filled(of, random.Random(seed), "accept"), applicant=applicant)
        entry = Entry(case_id=post.desk.make_id(), item_id=of.id, fields=entry_fields(of, line))
        bare = {p: v for p, v in entry.fields.items() if not p.startswith("material.")}
        if found := offers(post.desk, entry.case_id, of, bare):
            return entry, found[0]
    pytest.fail("no item of the demo city takes anything over")


def test_an_offer_is_taken_and_an_invented_source_sent_back(post: Post) -> None:
    line = filled(item("SC012"), random.Random(3), "accept")
    first = intake_line(post.desk, line)
    with post.server:
        assert sync(post.desk).problems == []
        entry, offer = another(post, line.applicant, 4)
        assert group_number(first.number) in offer.source
        honest = intake.accept(post.desk, msgspec.structs.replace(entry, fields=entry.fields | offer.fields))
        assert sync(post.desk).problems == []
        entry, offer = another(post, line.applicant, 5)
        lie = offer.source.replace(
            group_number(offer.number), group_number(make_number("370911", 2026, 9998))
        )
        path = f"material.{offer.material}.from"
        forged = intake.accept(
            post.desk, msgspec.structs.replace(entry, fields=entry.fields | offer.fields | {path: lie})
        )
        sync(post.desk)
    rows = {row.case_id: row for row in find_cases(post.desk)}
    assert (rows[honest.case_id].sync, rows[forged.case_id].sync) == ("synced", "attention")
    assert alarms(post) == ["reuse_forged"]
