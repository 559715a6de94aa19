"""Acts on a real replica: one transaction each, nothing lost when the law or the clock objects."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select, update

from app.commands import drafts, intake
from app.commands.act import Entry
from app.commands.batch import IntakeLine, entry_fields, intake_file, intake_line, wanting_lines
from app.commands.context import Desk
from app.commands.verify import verify_replica
from app.queries.cases import find_cases, read_case, read_state
from app.queries.drafts import read_drafts
from app.queries.items import ItemFinder, item_finder
from app.queries.outbox import read_outbox, read_pool
from app.sample import filled
from models.directory import Directory, WindowLine
from models.domain.case import CaseStatus
from models.domain.catalog import encode_catalog
from models.domain.numbers import group_number
from models.errors import KnownError
from models.tables import replica as t
from tests.desk_kit import NOW_MS, FixedClock, catalog, item, make_desk, reopen, without_lease


@pytest.fixture
def desk(tmp_path: Path):  # type: ignore[no-untyped-def]  # a generator of Desk
    made = make_desk(tmp_path)
    yield made
    made.store.close()


def entry(desk: Desk, item_id: str = "SB012", outcome: str = "accept") -> Entry:
    of = item(item_id)
    return Entry(
        case_id=desk.make_id(),
        item_id=item_id,
        fields=entry_fields(of, filled(of, random.Random(3), outcome)),
    )


def count(desk: Desk, table: object) -> int:
    with desk.store.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def test_numbers_run_on_and_survive_a_restart(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    first = [intake.accept(desk, entry(desk)).number for _ in range(3)]
    desk = reopen(desk)
    second = [intake.accept(desk, entry(desk)).number for _ in range(3)]
    assert [int(n[10:17]) for n in first + second] == [1, 2, 3, 4, 5, 6]
    assert verify_replica(desk) == []
    desk.store.close()


def test_an_objection_costs_neither_number_nor_op(desk: Desk) -> None:
    good = entry(desk)
    bad = Entry(
        case_id=good.case_id, item_id=good.item_id, fields={**good.fields, "applicant.id_number": "123"}
    )
    with pytest.raises(KnownError, match="还差"):
        intake.accept(desk, bad)
    assert count(desk, t.op) == count(desk, t.number_use) == count(desk, t.audit) == 0
    assert intake.accept(desk, good).number.endswith(intake_number(1)[-8:])


def intake_number(serial: int) -> str:
    from models.domain.numbers import make_number

    return make_number("370911", 2026, serial)


def test_an_empty_pool_receives_provisionally_and_never_invents_a_number(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=1)
    intake.accept(desk, entry(desk))
    waiting = entry(desk)
    with pytest.raises(KnownError, match="受理编号已用完"):
        intake.accept(desk, waiting)
    received = intake.receive(desk, waiting)
    assert received.number == ""
    assert received.receipt.startswith("临-D01-")
    desk.store.close()


def test_a_clock_behind_its_own_past_numbers_nothing(desk: Desk) -> None:
    intake.accept(desk, entry(desk))
    clock = desk.clock
    assert isinstance(clock, FixedClock)
    clock.now_ms = NOW_MS - 3 * 3_600_000
    with pytest.raises(KnownError, match="早 3 小时"):
        intake.accept(desk, entry(desk))
    clock.now_ms = NOW_MS - 3650 * 86_400_000
    with pytest.raises(KnownError, match="早 3650 天"):
        intake.accept(desk, entry(desk))
    clock.now_ms, clock.anchor_ms = NOW_MS + 1000, NOW_MS + 86_400_000
    with pytest.raises(KnownError, match="校时"):
        intake.accept(desk, entry(desk))


def test_a_clock_years_ahead_is_named_where_the_lease_seems_to_end(desk: Desk) -> None:
    clock = desk.clock
    assert isinstance(clock, FixedClock)
    clock.now_ms = NOW_MS + 3650 * 86_400_000
    with pytest.raises(KnownError, match=r"本机日期是 2036-11-2[0-9]，不对的请先校时"):
        intake.accept(desk, entry(desk))


def test_a_lease_that_ran_out_leaves_reading_and_drafts(desk: Desk) -> None:
    expired = without_lease(desk)
    kept = entry(desk)
    with pytest.raises(KnownError, match="离线租约到期"):
        intake.accept(expired, kept)
    drafts.save_draft(expired, kept)
    assert [d.case_id for d in read_drafts(expired)] == [kept.case_id]


def test_a_draft_is_replaced_kept_over_a_restart_and_ends_with_the_act(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    one = entry(desk)
    for length in range(1, 4):
        drafts.save_draft(desk, replace_fields(one, {"applicant.name": "王样例"[:length]}), "identity")
    desk = reopen(desk)
    found = read_drafts(desk)
    assert [(d.applicant, d.step) for d in found] == [("王样例", "identity")]
    intake.accept(desk, one)
    assert read_drafts(desk) == []
    desk.store.close()


def replace_fields(one: Entry, fields: dict[str, str]) -> Entry:
    return Entry(case_id=one.case_id, item_id=one.item_id, fields=fields)


def test_supplement_then_accept_keeps_the_first_number(desk: Desk) -> None:
    of = item("SC001")
    line = filled(of, random.Random(2), "supplement")
    fields = entry_fields(of, line)
    case = Entry(case_id=desk.make_id(), item_id=of.id, fields=fields)
    told = intake.supplement(desk, case, wanting_lines(of, fields, line))
    whole = entry_fields(of, filled(of, random.Random(2)))
    accepted = intake.accept(
        desk, replace_fields(case, {**whole, **{p: v for p, v in fields.items() if p[0] == "a"}})
    )
    assert accepted.number == told.number != ""
    state = read_state(desk, case.case_id)
    assert state is not None
    assert [n.kind for n in state.notices] == ["supplement", "accept"]


def test_cases_are_found_by_every_handle(desk: Desk) -> None:
    of = item("SB012")
    line = filled(of, random.Random(5))
    line = replace_party(line, name="王样例", id_number="11010519491231002X")
    done = intake_line(desk, line)
    intake_line(desk, replace_party(filled(of, random.Random(6)), name="李示范"))
    for text in (
        "王样例",
        "wyl",
        "样例",
        "231002X",
        done.number,
        group_number(done.number),
        done.number[-6:],
        "社会保障 王",
    ):
        assert [r.case_id for r in find_cases(desk, text)] == [done.case_id], text
    assert len(find_cases(desk)) == len(find_cases(desk, "社会保障卡")) == 2
    assert find_cases(desk, "100%_'\"; DROP") == []
    assert find_cases(desk, statuses=[CaseStatus.REFUSED]) == []
    page = read_case(desk, done.case_id)
    assert page is not None
    assert [(h.kind, h.sync) for h in page.history] == [("accept", "pending")]
    assert [r.state for r in read_outbox(desk)] == ["pending", "pending"]
    assert read_pool(desk).left == 48


def replace_party(line: IntakeLine, **values: str) -> IntakeLine:
    return msgspec.structs.replace(
        line, applicant=msgspec.structs.replace(line.applicant, kind="person", **values)
    )


def test_a_batch_reports_each_bad_line_and_takes_the_others(desk: Desk, tmp_path: Path) -> None:
    of = item("SB012")
    good = msgspec.json.encode(filled(of, random.Random(1)))
    stranger = msgspec.json.encode(
        {"item": "SB012", "applicant": {"name": "x"}, "materials": [{"material": "无房证明"}]}
    )
    unknown = msgspec.json.encode({"item": "没有的事项", "applicant": {}})
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join([good, b"{broken", stranger, b"", unknown, good, b"\xff\xfe\x00"]))
    report = intake_file(desk, file)
    assert (report.accepted, report.refused) == (2, 4)
    assert [line for line, _ in report.problems] == [2, 3, 5, 7]
    assert "实施清单里没有“无房证明”" in report.problems[1][1]
    with pytest.raises(KnownError, match="读不出文件"):
        intake_file(desk, tmp_path / "missing.jsonl")


def test_tampering_is_noticed(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    intake.accept(desk, entry(desk))
    assert verify_replica(desk) == []
    with desk.store.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER audit_no_update")
        conn.exec_driver_sql("UPDATE audit SET staff = 'T9999'")
    assert any("审计记录" in p for p in verify_replica(desk))
    desk.store.close()


def test_a_catalogue_edited_by_hand_is_noticed(desk: Desk) -> None:
    assert verify_replica(desk) == []
    softer = tuple(msgspec.structs.replace(one, red_line=False) for one in catalog().items)
    with desk.store.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER catalog_no_update")
        conn.execute(
            update(t.catalog).values(data=encode_catalog(msgspec.structs.replace(catalog(), items=softer)))
        )
    assert [p for p in verify_replica(desk) if "目录版本" in p and "签名" in p]


def test_items_are_found_and_sent_elsewhere(desk: Desk) -> None:
    finder = item_finder(desk)
    assert finder is not None
    assert [h.item.id for h in finder.find("gssldj")][:1] == ["SC001"]
    assert finder.find("食品 新办")[0].item.id == "SC009"
    assert finder.find("SB012")[0].item.id == "SB012"
    assert finder.find("zzzzzz") == []
    assert "专业窗口" in finder.elsewhere(item("BD001"))
    assert "须到" in finder.elsewhere(item("TZ002"))
    assert finder.elsewhere(item("SC001")) == ""


def test_an_item_is_found_by_its_detail_rule() -> None:
    noted = msgspec.structs.replace(item("SC001"), detail_rule="样例实施细则：先建后验")
    few = msgspec.structs.replace(catalog(), items=(noted, item("SC009")))
    finder = ItemFinder(few, "370911", WindowLine(id="W1"), Directory(), ())
    assert [hit.item.id for hit in finder.find("先建后验")] == ["SC001"]
