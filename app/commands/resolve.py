"""A person's decision on a disagreement; both versions stay on record."""

from __future__ import annotations

import msgspec

from app.commands.context import Changes, Desk
from models import ops
from models.domain.apply import Refusal, apply
from models.domain.catalog import Item
from models.domain.field_words import codes, path_words, value_of_words
from models.domain.ops import Act, Change, OpKind
from models.errors import KnownError
from models.projection import current_state, open_conflicts, show
from sync.protocol import FieldConflict


def resolve(desk: Desk, conflict_id: str, value: str, reason: str = "") -> Changes:
    """Settle one conflict row.  For a field, ``value`` (or the window's word for it) becomes its value; for an act (path "") the
    hub's state stands and ``reason`` is kept as a note.  Raises KnownError if it is settled already.
    """
    time = desk.clock.now()
    with desk.store.write() as conn:
        row = next((one for one in open_conflicts(conn) if one.conflict_id == conflict_id), None)
        if row is None:
            raise KnownError("这处不一致已经有人定过了。办件没有改动。请刷新后查看。")
        clash = msgspec.msgpack.decode(row.data, type=FieldConflict)
        state = current_state(conn, desk.rulebook, row.case_id)
        if state is None:
            raise KnownError("本机还没有这件办件的最新内容。没有改动。请联网后再比对。")
        rules = desk.rulebook.rules(conn, state.catalog_version, state.item_id)
        if rules is None:
            raise KnownError("本机没有这件办件所用的目录版本。没有改动。请联网后再比对。")
        value = _chosen(clash, value, rules.item)
        changes: dict[str, Change] = {}
        if clash.path and state.value(clash.path) != value:
            changes[clash.path] = Change(state.value(clash.path), value)
        draft = ops.Draft(
            op_id=desk.make_id(time),
            kind=OpKind.RESOLVE,
            case_id=state.case_id,
            item_id=state.item_id,
            item_name=state.item_name,
            catalog_version=state.catalog_version,
            base_rev=state.rev,
            changes=changes,
            act=Act(conflict=conflict_id, reason=reason.strip()),
        )
        op = ops.seal(conn, desk.author, draft, time)
        result = apply(state, op, rules)
        if isinstance(result, Refusal):
            raise KnownError(result.message, detail=result.code)
        ops.append(conn, op)
        show(conn, result)
    return Changes(case_id=state.case_id, op_id=op.op_id, cases=True, outbox=True)


def _chosen(clash: FieldConflict, value: str, item: Item) -> str:
    """The value that is meant.  Raises KnownError for a word that the field cannot have."""
    value = value_of_words(clash.path, value, item)
    known = codes(clash.path, item)
    if not known or value in known or value in ("", clash.base, clash.mine, clash.theirs):
        return value
    words = "、".join(dict.fromkeys(known.values()))
    raise KnownError(f"“{path_words(clash.path, item)}”只能是：{words}。办件没有改动。请改写后再定。")
