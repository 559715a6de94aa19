"""Keeping and dropping a clerk's own phrases; they stay in the encrypted replica of this machine."""

from __future__ import annotations

import msgspec

from app.commands.context import Desk
from app.queries.phrases import Phrases, own_key, read_own, read_phrases
from models.device import set_meta
from models.domain.phrases import MOST_OWN, Phrase, phrase_problem
from models.errors import KnownError


def keep_phrase(desk: Desk, kind: str, text: str) -> Phrases:
    """Keep a sentence as one's own, first of its kind.  Raises KnownError."""
    text = " ".join(text.split())
    if problem := phrase_problem(text):
        raise KnownError(problem)
    own = [one for one in read_own(desk) if (one.kind, one.text) != (kind, text)]
    if len(own) >= MOST_OWN:
        raise KnownError(f"自己的常用语最多 {MOST_OWN} 句，没有存。请先删掉不用的。")
    return _write(desk, [Phrase(kind=kind, text=text, whose="own"), *own])


def drop_phrase(desk: Desk, phrase: Phrase) -> Phrases:
    """Forget an own one.  Raises KnownError for any other."""
    own = list(read_own(desk))
    if phrase not in own:
        raise KnownError("这一句不是您自己存的，不能删。没有改动。")
    own.remove(phrase)
    return _write(desk, own)


def _write(desk: Desk, own: list[Phrase]) -> Phrases:
    with desk.store.write() as conn:
        set_meta(conn, own_key(desk.lease.staff), msgspec.json.encode(own))
    return read_phrases(desk)
