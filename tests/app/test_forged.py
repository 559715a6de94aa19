"""The rows of domain facts §5 broken on purpose through the desk's own commands: refused in a sentence that names
the rule, and nothing is written.  The hub is asked the same in tests/sync/hub/test_forged.py."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from app.commands.act import Entry, perform
from app.commands.verify import verify_replica
from app.queries.cases import read_state
from models.device import set_meta
from models.domain.catalog import Item
from models.domain.ops import Act, OpKind
from models.errors import KnownError
from tests.app.test_after import with_roles
from tests.app.test_promises import with_kit
from tests.desk_kit import make_desk
from tests.sync.hub.fake_desk import DIRECTORY
from tests.sync.hub.test_forged import ALL_LINES, LATER, OPENING, TRUSTING, WHOLE, WHY


@pytest.mark.parametrize(("row", "of", "kind", "fields", "act"), OPENING, ids=[one[0] for one in OPENING])
def test_no_case_is_opened_against_its_row(
    tmp_path: Path, row: str, of: Item, kind: OpKind, fields: dict[str, str], act: Act
) -> None:
    desk = with_kit(make_desk(tmp_path), of)
    with desk.store.write() as conn:
        set_meta(conn, "directory", DIRECTORY)
        desk.rulebook.adopt_hours(conn)
    kept = {path: value for path, value in fields.items() if value}
    entry = Entry(case_id=desk.make_id(), item_id=of.id, fields=kept)
    with pytest.raises(KnownError) as told:
        perform(desk, kind, entry, act)
    assert WHY[row] in str(told.value)
    assert read_state(desk, entry.case_id) is None
    assert verify_replica(desk) == []
    desk.store.close()


@pytest.mark.parametrize(("row", "kind", "changes", "act"), LATER, ids=[one[0] for one in LATER])
def test_no_later_act_breaks_its_row(
    tmp_path: Path, row: str, kind: OpKind, changes: dict[str, msgspec.Struct], act: Act
) -> None:
    desk = with_roles(with_kit(make_desk(tmp_path), TRUSTING), "window", "reviewer")
    case = desk.make_id()
    perform(desk, OpKind.ACCEPT, Entry(case_id=case, item_id=TRUSTING.id, fields=dict(WHOLE)))
    before = read_state(desk, case)
    assert before is not None
    fields = {**before.fields, **{path: str(getattr(one, "new", "")) for path, one in changes.items()}}
    with pytest.raises(KnownError) as told:
        perform(desk, kind, Entry(case_id=case, item_id=TRUSTING.id, fields=fields), act)
    assert WHY[row] in str(told.value)
    assert read_state(desk, case) == before
    desk.store.close()


def test_the_same_done_lawfully_goes_through(tmp_path: Path) -> None:
    """So that the tables above refuse for what is wrong in them, not for everything."""
    desk = with_roles(with_kit(make_desk(tmp_path), TRUSTING), "window", "reviewer")
    for kind, fields, act in (
        (OpKind.ACCEPT, WHOLE, Act()),
        (OpKind.RECEIVE, WHOLE, Act()),
        (OpKind.SUPPLEMENT, {p: v for p, v in WHOLE.items() if "material" not in p}, Act(missing=ALL_LINES)),
        (OpKind.REFUSE, WHOLE | {"point.P1": "fail"}, Act(clause="not_eligible", reason="样例")),
        (OpKind.REFUSE, WHOLE | {"point.G2": "fail"},
         Act(clause="not_competent", reason="样例", redirect="样例机关")),
    ):  # fmt: skip
        entry = Entry(case_id=desk.make_id(), item_id=TRUSTING.id, fields=dict(fields))
        perform(desk, kind, entry, act)
        assert read_state(desk, entry.case_id) is not None
    desk.store.close()
