"""What a hall may word and price itself, and the national reasons of a rating: data, read from resources."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec

from models.domain.visit import DEFAULT_DAYS, MOST_DAYS

FILE = "service.json"


class ServiceStep(msgspec.Struct, frozen=True, kw_only=True):
    """One of the 八步曲; ``say`` is what goes with it."""

    id: str
    name: str
    say: str = ""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody goes first; nobody has to prove it."""

    id: str
    name: str


class Free(msgspec.Struct, frozen=True, kw_only=True):
    """Something done free of charge; ``fen`` is what one would cost, in 1/100 yuan."""

    id: str
    name: str
    unit: str
    fen: int


class ServiceTexts(msgspec.Struct, frozen=True, kw_only=True):
    """``enterprises``: USCC → what the list is called; ``rating_days`` in workdays, ``rating_seconds`` until
    the second screen goes back to its greeting."""

    steps: tuple[ServiceStep, ...] = ()
    grounds: tuple[Ground, ...] = ()
    free: tuple[Free, ...] = ()
    enterprises: dict[str, str] = {}
    rating_days: int = DEFAULT_DAYS
    rating_seconds: int = 120
    welcome: str = ""
    problem: str = ""  # what is wrong with the hall's own file, "" when nothing is

    def ground(self, ground_id: str) -> str:
        return next((g.name for g in self.grounds if g.id == ground_id), ground_id)

    def step(self, step_id: str) -> str:
        return next((s.name for s in self.steps if s.id == step_id), step_id)

    def tagged(self, uscc: str) -> str:
        """The name of the list an enterprise is on, "" when it is on none."""
        return self.enterprises.get(uscc.strip().upper(), "")


class RatingReasons(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    reasons: dict[str, str]

    def of_level(self, level: int) -> list[tuple[str, str]]:
        return [(code, text) for code, text in self.reasons.items() if code[0] == str(level)]


@lru_cache(maxsize=1)
def rating_reasons() -> RatingReasons:
    data = files("resources").joinpath("ratings.json").read_bytes()
    return msgspec.json.decode(data, type=RatingReasons)


def reason_text(code: str) -> str:
    """``510 一窗受理一次办结``; an unknown code as it is."""
    text = rating_reasons().reasons.get(code, "")
    return f"{code} {text}" if text else code


def service_texts(folder: Path | None = None) -> ServiceTexts:
    """The built-in texts with what the hall's own ``service.json`` in ``folder`` names instead.

    A file that cannot be read changes nothing; ``problem`` says so.
    """
    built_in = files("resources").joinpath(FILE).read_bytes()
    texts = msgspec.json.decode(built_in, type=ServiceTexts)
    own = folder / FILE if folder is not None else None
    if own is None or not own.exists():
        return texts
    try:
        mixed = {**msgspec.json.decode(built_in), **msgspec.json.decode(own.read_bytes())}
        texts = msgspec.convert(mixed, type=ServiceTexts)
    except (OSError, msgspec.MsgspecError, TypeError):
        text = f"本厅的 {FILE} 读不出来，用的是自带的内容。办件不受影响。请管理员改正这个文件。"
        return msgspec.structs.replace(texts, problem=text)
    return msgspec.structs.replace(texts, rating_days=min(max(texts.rating_days, 1), MOST_DAYS))
