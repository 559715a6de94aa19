"""The 失信名单: published without id numbers, brought to desks by line and by stick, asked by the judge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.device import get_meta
from models.domain.credit import is_dishonest, read_credit
from models.domain.ops import Act, Change, OpKind, OpTime, Trust
from models.errors import KnownError
from sync.hub.credit import credit_reply, import_credit
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import OpOutcome, Outcome
from tests.models.domain.promise_kit import HANDED_IN, ITEM
from tests.sync.hall_kit import Hall, open_hall
from tests.sync.hub.fake_desk import DEPARTMENT, FakeDesk, ready_desk

PERSON_ID = HANDED_IN["applicant.id_number"]
ON_TRUST = {**HANDED_IN, "material.M2": "deferred"}


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    made = ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), (ITEM,)))
    made.item_id = ITEM.id
    return made


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as made:
        yield made


def listed(folder: Path, *lines: str) -> Path:
    file = folder / "失信.csv"
    file.write_text("姓名,证件号码,截止日期\n" + "\n".join(lines), "utf-8-sig")
    return file


def accept(desk: FakeDesk, case: str, fields: dict[str, str], credit: str = "") -> OpOutcome:
    act = Act(number=desk.number(), trust=Trust(credit=credit) if credit else None)
    desk.make(OpKind.ACCEPT, case, {path: Change("", value) for path, value in fields.items()}, act=act)
    (told,) = push(desk.hub, desk.device, desk.batch()).outcomes
    desk.sent()
    return told


def test_the_hub_judges_by_the_list_that_the_desk_held(hub: Hub, desk: FakeDesk, tmp_path: Path) -> None:
    before, _ = import_credit(hub, listed(tmp_path))
    assert accept(desk, "c1", ON_TRUST, before).outcome is Outcome.APPLIED
    now, people = import_credit(hub, listed(tmp_path, f"王样例,{PERSON_ID},"))
    assert people == 1
    told = accept(desk, "c2", ON_TRUST, now)
    assert told.outcome is Outcome.REJECTED
    assert "失信名单" in told.reason
    assert accept(desk, "c3", ON_TRUST).outcome is Outcome.REJECTED  # names none: the newest
    assert accept(desk, "c4", HANDED_IN, now).outcome is Outcome.APPLIED
    assert accept(desk, "c5", ON_TRUST, before).outcome is Outcome.APPLIED  # made before it was heard of


def test_the_hub_refuses_what_the_list_does_not_name(desk: FakeDesk) -> None:
    told = accept(desk, "c1", {**HANDED_IN, "material.M9": "paper"})
    assert (told.outcome, "实施清单里没有" in told.reason) == (Outcome.REJECTED, True)
    desk.make(OpKind.SAVE, "c2", {"material.护照": Change("", "paper")})
    (told,) = push(desk.hub, desk.device, desk.batch()).outcomes
    assert told.outcome is Outcome.REJECTED


def test_no_id_number_leaves_the_file(hub: Hub, tmp_path: Path) -> None:
    import_credit(hub, listed(tmp_path, f"王样例,{PERSON_ID.lower()},2026/9/30"))
    reply = credit_reply(hub)
    assert PERSON_ID not in reply.data.decode()
    assert "王样例" not in reply.data.decode()
    credit = read_credit(reply.data)
    assert is_dishonest(credit, PERSON_ID, OpTime(wall_ms=1_790_000_000_000).day)
    assert list(credit.people.values()) == ["2026-09-30"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("姓名\n甲\n", "表头"),
        (f"证件号码,截止日期\n{PERSON_ID},\n12,\n", "第 3 行"),
        (f"证件号码,截止日期\n{PERSON_ID},2026-02-30\n", "第 2 行"),
        (f"证件号码,截止日期\n{PERSON_ID},不久\n", "第 2 行"),
    ],
)
def test_a_bad_line_is_named_and_the_former_list_stays(
    hub: Hub, tmp_path: Path, text: str, named: str
) -> None:
    former, _ = import_credit(hub, listed(tmp_path, f"王样例,{PERSON_ID},"))
    file = tmp_path / "坏.csv"
    file.write_text(text, "gb18030")
    with pytest.raises(KnownError, match=named):
        import_credit(hub, file)
    assert credit_reply(hub).hash == former


def test_a_round_brings_the_list_and_its_next_edition(hall: Hall, tmp_path: Path) -> None:
    desk = hall.desk()
    hall.sync(desk)
    assert desk.rulebook.credit is None
    name, _ = import_credit(hall.hub, listed(tmp_path, f"王样例,{PERSON_ID},"))
    assert hall.sync(desk).problems == []
    assert desk.rulebook.credit_hash == name
    assert is_dishonest(desk.rulebook.credit, PERSON_ID, desk.clock.now().day)
    import_credit(hall.hub, listed(tmp_path))
    hall.sync(desk)
    assert not is_dishonest(desk.rulebook.credit, PERSON_ID, desk.clock.now().day)
    again = hall.reopened(desk)
    with again.store.read() as conn:
        again.rulebook.adopt_calendar(conn)
        assert get_meta(conn, "credit_hash") == again.rulebook.credit_hash.encode()


def test_the_command_publishes_and_says_how_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from app.cli import main

    assert main(["hub", "init", "--data", str(tmp_path / "hub")]) == 0
    capsys.readouterr()
    file = listed(tmp_path, f"王样例,{PERSON_ID},")
    assert main(["hub", "credit", "import", str(file), "--data", str(tmp_path / "hub"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == 1
