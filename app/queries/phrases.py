"""The phrases a clerk may choose from: the clerk's own, the hall's, and those that come with the program."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.commands.context import Desk
from models.device import get_meta
from models.domain.phrases import KINDS, Phrase, phrase_problem

BUILT_IN = Path(__file__).resolve().parents[2] / "resources" / "phrases.json"
HALL = "phrases.json"


class Phrases(msgspec.Struct, frozen=True):
    """``problem``: one sentence when the hall's file cannot be used, or some of it."""

    phrases: tuple[Phrase, ...]
    problem: str = ""

    def of(self, kind: str) -> list[Phrase]:
        """Those of the kind, and 一般 after them."""
        wanted = (kind, KINDS[-1]) if kind in KINDS[:-1] else (KINDS[-1],)
        return [phrase for one in wanted for phrase in self.phrases if phrase.kind == one]


def own_key(staff: str) -> str:
    """Where a clerk's own phrases lie in the replica."""
    return f"phrases:{staff}"


def read_own(desk: Desk) -> tuple[Phrase, ...]:
    with desk.store.read() as conn:
        data = get_meta(conn, own_key(desk.lease.staff))
    try:
        return msgspec.json.decode(data, type=tuple[Phrase, ...]) if data else ()
    except msgspec.MsgspecError:
        return ()


def read_phrases(desk: Desk) -> Phrases:
    """Own ones first; a hall's file (profile's phrases.json) adds, and what asks for a material is left out."""
    hall, problem = _read(desk.store.path.parent / HALL, "hall")
    built_in, _ = _read(BUILT_IN, "")
    found: dict[tuple[str, str], Phrase] = {}
    for phrase in (*read_own(desk), *hall, *built_in):
        found.setdefault((phrase.kind, phrase.text), phrase)
    return Phrases(tuple(found.values()), problem)


def _read(path: Path, whose: str) -> tuple[list[Phrase], str]:
    try:
        listed = msgspec.json.decode(path.read_bytes(), type=dict[str, list[str]])
    except FileNotFoundError:
        return [], ""
    except (OSError, ValueError):
        return [], f"大厅的常用语文件 {path.name} 读不出来，先用自带的。请改好这个文件。"
    made = [
        Phrase(kind=kind, text=text.strip(), whose=whose) for kind in KINDS for text in listed.get(kind, ())
    ]
    good = [phrase for phrase in made if not phrase_problem(phrase.text)]
    left = len(made) - len(good)
    return good, f"大厅的常用语有 {left} 句要求交材料或者太长，没有列出。" if left else ""
