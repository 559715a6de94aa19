"""One filled sample of every kind of message, op and state."""

from __future__ import annotations

import enum
import json
import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from models.domain.case import CaseState
from models.domain.ops import Op
from sync import file_protocol, hall_protocol, protocol, snapshot_protocol

FILE = Path(__file__).with_name("bytes.json")
STORED: tuple[type[msgspec.Struct], ...] = (Op, CaseState)


def kinds() -> dict[str, type[msgspec.Struct]]:
    named = [
        (name, value)
        for module in (protocol, snapshot_protocol, file_protocol, hall_protocol)
        for name, value in vars(module).items()
    ]
    wire = {
        name: value
        for name, value in named
        if isinstance(value, type) and issubclass(value, protocol.Message) and value is not protocol.Message
    }
    return {**wire, **{kind.__name__: kind for kind in STORED}}


def kept() -> dict[str, dict[str, Any]]:
    """By name and version: the bytes (hex) and what they said."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def fresh() -> dict[str, dict[str, Any]]:
    lines: dict[str, dict[str, Any]] = {}
    for name, kind in kinds().items():
        value = filled(kind, name)
        lines[f"{name}/{protocol.PROTOCOL}"] = {
            "bytes": msgspec.msgpack.encode(value).hex(),
            "said": json.loads(msgspec.json.encode(value)),
        }
    return lines


def filled(kind: Any, name: str) -> Any:
    """A value of a type with nothing left at its default."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return filled(arguments[0], name)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return (filled(arguments[0], name),)
        return tuple(filled(one, name) for one in arguments)
    if origin is not None and origin.__name__ in ("dict", "Mapping"):
        return {f"{name}.键": filled(arguments[1], name)}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return list(kind)[-1]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(**{field: filled(hints[field], field) for field in kind.__struct_fields__})
    plain: dict[Any, Any] = {str: f"{name}·样例", int: 7, bytes: bytes(range(32)), bool: True, float: 1.5}
    return plain[kind]
