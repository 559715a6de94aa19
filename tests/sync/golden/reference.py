"""The messages of the wire as docs/protocol.md lists them: every struct with its fields, and every route."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

import msgspec
import msgspec.inspect as mi

import sync.audit_head
import sync.bundle
import sync.file_protocol
import sync.hall_protocol
import sync.protocol
import sync.snapshot_protocol
import sync.words
from models.domain.case import CaseState
from models.domain.ops import Op
from sync.client import HubClient
from sync.hub.api import Api

MODULES: tuple[ModuleType, ...] = (
    sync.protocol,
    sync.snapshot_protocol,
    sync.file_protocol,
    sync.hall_protocol,
    sync.words,
    sync.audit_head,
    sync.bundle,
)
INSIDE = {sync.bundle.Bundle}  # what a reader makes of a file; it never travels
NO_SESSION = {"/v1/hello", "/v1/enrol", "/v1/session", "/v1/signin"}


def messages() -> list[str]:
    """One line a struct: its fields in order, with their types; ``?`` marks one that may be left out."""
    lines: dict[type, str] = {}
    for module in MODULES:
        for kind in vars(module).values():
            of_it = inspect.isclass(kind) and kind.__module__ == module.__name__ and kind not in INSIDE
            if of_it and issubclass(kind, msgspec.Struct) and msgspec.structs.fields(kind):
                _add(kind, lines)
    _add(Op, lines)
    _add(CaseState, lines)
    return list(lines.values())


def routes() -> list[str]:
    """One line a route: how it is called, what goes in and what comes out."""
    gave = dict(
        re.findall(
            r'self\._(?:get|post)\(f?"(/v1/[a-z/]+?)/?(?:\{[^"]*\})?"[^\n]*?\b[a-z]+\.(\w+)\)',
            inspect.getsource(HubClient),
        )
    )
    api = Api.__new__(Api)
    lines = []
    for method, paths in (("GET", api.gets()), ("POST", api.posts())):
        for path, handler in paths.items():
            took = re.findall(r"read_message\(body, \w+\.(\w+)\)", inspect.getsource(handler))
            asked = f"`{took[0]}`" if took else "—"
            open_to_all = "" if path not in NO_SESSION else " (no session)"
            answer = gave[re.sub(r"/\{.*", "", path)]
            lines.append(f"| `{method} {path}`{open_to_all} | {asked} | `{answer}` |")
    return lines


def _add(kind: type[Any], lines: dict[type, str]) -> None:
    if kind in lines:
        return
    lines[kind] = ""
    array = " (an array)" if kind.__struct_config__.array_like else ""
    fields = ", ".join(
        f"{one.encode_name} {_name(one.type, lines)}{'' if one.required else '?'}"
        for one in _struct(kind).fields
    )
    lines[kind] = f"- `{kind.__name__.strip('_')}`{array}: {fields}"


def _struct(kind: type[Any]) -> mi.StructType:
    found = mi.type_info(kind)
    assert isinstance(found, mi.StructType)
    return found


def _name(kind: mi.Type, lines: dict[type, str]) -> str:
    match kind:
        case mi.StructType():
            _add(kind.cls, lines)
            return kind.cls.__name__
        case mi.StrType() | mi.EnumType():
            return "text"
        case mi.IntType():
            return "int"
        case mi.BoolType():
            return "bool"
        case mi.BytesType():
            return "bytes"
        case mi.VarTupleType() | mi.ListType():
            return f"[{_name(kind.item_type, lines)}]"
        case mi.TupleType():
            return f"[{', '.join(_name(one, lines) for one in kind.item_types)}]"
        case mi.DictType():
            return f"{{{_name(kind.key_type, lines)}: {_name(kind.value_type, lines)}}}"
        case mi.UnionType():
            return next(_name(one, lines) for one in kind.types if not isinstance(one, mi.NoneType))
    raise TypeError(kind)
