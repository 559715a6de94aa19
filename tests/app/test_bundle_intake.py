"""一次受理 over a real replica: one transaction, each member its own case, lawful clocks, one notice."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import msgspec
import pytest
from sqlalchemy import insert

from app.cli import main
from app.commands import after, bundle_intake
from app.commands.act import Entry, perform, perform_in
from app.commands.bundle_intake import SetEntry, accept_set, member_case_id, start_waiting
from app.commands.context import Desk
from app.commands.event import EventLine, event_fields, event_file, event_line
from app.commands.joint_visit import pause_together, resume_together
from app.commands.print_set import print_set, print_visit
from app.queries.bundles import list_bundles, open_bundle, read_set
from app.queries.cases import find_cases, read_state
from app.sample import filled_event
from models.device import set_meta
from models.domain.case import CaseStatus
from models.domain.catalog import encode_catalog
from models.domain.numbers import group_number
from models.domain.ops import Act, OpKind
from models.domain.procedures import Decision, Procedure
from models.errors import KnownError
from models.tables import replica as t
from tests.desk_kit import catalog, item, make_desk, open_made, reopen

SHOP = {"form": "company", "SC012.q1": "rx", "device": "yes", "food": "yes", "sign": "yes"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(tmp_path)
    yield made
    made.store.close()


def pharmacy(desk: Desk, answers: dict[str, str] | None = None) -> EventLine:
    return filled_event(open_bundle(desk, "我要开药店"), random.Random(1), answers or SHOP)


def entry(desk: Desk, line: EventLine) -> SetEntry:
    source = open_bundle(desk, line.bundle)
    return SetEntry(set_id=desk.make_id(), source=source, fields=event_fields(source, line))


def text_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def grant(desk: Desk, case_id: str) -> None:
    reviewer = replace(desk, lease=msgspec.structs.replace(desk.lease, roles=("reviewer",)))
    after.decide(reviewer, case_id, Decision.GRANT)


def test_the_register_has_93_with_30_online_and_every_one_online_can_be_taken_in(desk: Desk) -> None:
    bundles = list_bundles(desk)
    assert len(bundles) == 93
    online = [b for b in bundles if b.status == "online"]
    assert len(online) == 30
    assert len({tuple(m.item for m in b.members) for b in online}) >= 12
    assert all("演示数据" in b.note for b in bundles)
    for number, bundle in enumerate(online):
        done = event_line(desk, filled_event(open_bundle(desk, bundle.id), random.Random(number)))
        assert done.members
        if not any(m.reason.startswith("须到") for m in done.members):
            assert done.accepted, done
            assert not done.flagged, done


def test_a_paper_of_a_set_says_how_and_when_it_comes(desk: Desk) -> None:
    line = pharmacy(desk)
    first = msgspec.structs.replace(
        line.materials[0], form="deferred", way="邮寄", due="2026-11-30", note="样例"
    )
    fields = event_fields(
        open_bundle(desk, line.bundle),
        msgspec.structs.replace(line, materials=(first, *line.materials[1:])),
    )
    path = next(path for path, value in fields.items() if value == "deferred")
    assert [fields[f"{path}.{part}"] for part in ("way", "due", "note")] == ["邮寄", "2026-11-30", "样例"]


def test_only_what_waits_for_nothing_starts_its_clock(desk: Desk) -> None:
    done = event_line(desk, pharmacy(desk))
    licence, *others = done.members
    assert licence.name == "公司设立登记"
    assert (licence.status, bool(licence.number), bool(licence.due_promised)) == ("accepted", True, True)
    assert len(others) == 5
    for member in others:
        assert member.status == "waiting"
        assert member.waits_for == ("SC001",)
        state = read_state(desk, member.case_id)
        assert state is not None
        assert state.status is CaseStatus.OPEN
        assert (state.number, state.received_on, state.notices) == ("", "", ())
        assert state.value("applicant.name") == done.applicant


def test_members_start_once_their_prerequisite_is_granted(desk: Desk) -> None:
    done = event_line(desk, pharmacy(desk))
    first = done.members[0].case_id
    with pytest.raises(KnownError, match="前置事项还没有办结"):
        start_waiting(desk, first)
    grant(desk, first)
    assert all(m.can_start for m in (read_set(desk, first) or done).members[1:])
    started = start_waiting(desk, first)
    for member in started.members[1:]:
        state = read_state(desk, member.case_id)
        assert state is not None
        assert state.status in (CaseStatus.ACCEPTED, CaseStatus.RECEIVED)
        assert state.number
        assert "bundle.after" not in state.fields
        # The licence that the set itself brought forth is held, not asked for again.
        papers = [v for k, v in state.fields.items() if k.startswith("material.") and v == "certificate"]
        assert papers or member.item_id == "SC017"


def test_what_only_another_window_may_take_in_is_kept_for_it(desk: Desk) -> None:
    done = event_line(desk, filled_event(open_bundle(desk, "新生儿出生"), random.Random(1)))
    grant(desk, done.members[0].case_id)
    later = start_waiting(desk, done.members[0].case_id)
    register = next(m for m in later.members if m.item_id == "SH014")
    assert (register.status, register.number) == ("kept", "")
    assert "专业窗口" in register.reason
    assert all(m.status != "waiting" for m in later.members if m.item_id == "SH013")


def test_a_joint_visit_stops_the_clocks_of_its_members_for_the_same_days(desk: Desk) -> None:
    """我要开宾馆: hygiene and fire visit together; the third permit's clock goes on."""
    answers = {"form": "shop", "meal": "no"}
    done = event_line(desk, filled_event(open_bundle(desk, "我要开宾馆"), random.Random(1), answers))
    first = done.members[0].case_id
    with pytest.raises(KnownError, match="没有记录表"):
        print_visit(desk, first)
    with pytest.raises(KnownError, match="一并勘验"):
        pause_together(desk, first, Procedure.TESTING, "现场检测", 5)
    grant(desk, first)
    reviewer = replace(desk, lease=msgspec.structs.replace(desk.lease, roles=("window", "reviewer")))
    for member in start_waiting(desk, first).members:
        state = read_state(desk, member.case_id)
        assert state is not None
        if member.status == "received":
            marks = {f"point.{p.id}": "pass" for p in item(member.item_id).points}
            perform(
                desk,
                OpKind.ACCEPT,
                Entry(case_id=member.case_id, item_id=member.item_id, fields=state.fields | marks),
            )
    paused = pause_together(reviewer, first, Procedure.TESTING, "现场检测", 5)
    joint = [m for m in paused.members if m.joint_visit]
    assert [m.item_id for m in joint] == ["SC015", "SC016"]
    spans = [(read_state(desk, m.case_id) or pytest.fail("gone")).stoppages for m in joint]
    assert [(s.start, s.end) for s in spans[0]] == [(s.start, s.end) for s in spans[1]] != []
    sheet = print_visit(reviewer, first)
    text = text_of(sheet.data)
    assert (sheet.title, print_visit(reviewer, first).data) == ("一并勘验记录表", sheet.data)
    for one in joint:
        assert one.name in text
        assert group_number(one.number) in text
        assert all(point.text in text for point in item(one.item_id).points if not point.when)
    assert "检测，自" in text
    resume_together(reviewer, first, "检测完成")
    assert not any(
        (read_state(desk, m.case_id) or pytest.fail("gone")).stoppages[-1].end == "" for m in joint
    )


def test_a_denied_prerequisite_flags_what_waits_for_it(desk: Desk) -> None:
    done = event_line(desk, pharmacy(desk))
    first = done.members[0]
    state = read_state(desk, first.case_id)
    assert state is not None
    perform(
        desk,
        OpKind.WITHDRAW,
        Entry(case_id=first.case_id, item_id=first.item_id, fields=state.fields),
        Act(reason="不办了"),
    )
    later = read_set(desk, first.case_id)
    assert later is not None
    assert len(later.flagged) == 6
    assert all("没有办成" in m.reason for m in later.members[1:])


def test_an_incomplete_member_is_received_with_its_reason_and_the_others_go_on(desk: Desk) -> None:
    line = filled_event(open_bundle(desk, "拿地即开工"), random.Random(1), {"special": "no", "air": "no"})
    lacking = msgspec.structs.replace(
        line, materials=tuple(m for m in line.materials if not m.material.startswith("TZ001."))
    )
    assert len(lacking.materials) < len(line.materials)
    done = event_line(desk, lacking)
    by_id = {m.item_id: m for m in done.members}
    assert by_id["TZ001"].status == "received"
    assert by_id["TZ001"].number
    assert "还差" in by_id["TZ001"].reason
    assert by_id["TZ004"].status == "accepted"
    assert by_id["TZ004"].reason == ""


def test_without_numbers_all_that_begin_are_received_provisionally(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, numbers=1)
    line = filled_event(open_bundle(desk, "拿地即开工"), random.Random(1))
    done = event_line(desk, line)
    begun = [m for m in done.members if m.status != "waiting"]
    assert [m.status for m in begun] == ["accepted", "received"]
    assert begun[1].receipt.startswith("临-")
    assert "编号已用完" in begun[1].reason
    desk.store.close()


def test_it_is_all_or_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program dies after the third member: nothing is there; doing it again doubles nothing."""
    wanted = entry(desk, pharmacy(desk))
    calls: list[str] = []
    real = perform_in

    def dying(*args: object, **named: object) -> object:
        calls.append("act")
        if len(calls) == 3:
            raise MemoryError
        return real(*args, **named)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr(bundle_intake, "perform_in", dying)
    with pytest.raises(MemoryError):
        accept_set(desk, wanted)
    monkeypatch.undo()
    assert find_cases(desk) == []
    again = reopen(desk)
    done = accept_set(again, wanted)
    assert done == accept_set(again, wanted)
    assert len(find_cases(again)) == len(done.members) == 6
    assert done.members[0].number.startswith("3709112026000000")
    assert [m.case_id for m in done.members] == [
        member_case_id(wanted.set_id, m.item_id) for m in done.members
    ]
    again.store.close()


def test_nobody_identified_is_refused_whole(desk: Desk) -> None:
    line = pharmacy(desk)
    nobody = msgspec.structs.replace(line, applicant=msgspec.structs.replace(line.applicant, name=""))
    with pytest.raises(KnownError, match="身份信息不全"):
        event_line(desk, nobody)
    assert find_cases(desk) == []


def test_a_paper_that_no_list_names_cannot_be_demanded(desk: Desk) -> None:
    line = pharmacy(desk)
    extra = msgspec.structs.replace(line.materials[0], material="无犯罪记录证明")
    with pytest.raises(KnownError, match="不能要求提供"):
        event_line(desk, msgspec.structs.replace(line, materials=(*line.materials, extra)))


def test_a_bundle_under_preparation_is_not_offered(desk: Desk) -> None:
    with pytest.raises(KnownError, match="没有上线"):
        open_bundle(desk, "我要办退休")
    line = pharmacy(desk)
    halted = tuple(msgspec.structs.replace(b, status="preparing") for b in catalog().bundles)
    data = encode_catalog(msgspec.structs.replace(catalog(), version="halted", bundles=halted))
    with desk.store.write() as conn:
        conn.execute(insert(t.catalog).values(version="halted", data=data, signature=b"", received_ms=1))
        set_meta(conn, "catalog_version", b"halted")
    with pytest.raises(KnownError, match="没有上线"):  # it has its members, and is not online all the same
        event_line(desk, line)
    assert find_cases(desk) == []


def test_one_notice_names_every_member_its_limits_and_what_waits(desk: Desk) -> None:
    done = event_line(desk, pharmacy(desk))
    printed = print_set(desk, done.members[3].case_id)
    text = text_of(printed.data)
    assert printed.title == "综合受理通知书"
    assert "我要开药店" in text
    for member in done.members:
        assert member.name in text
    assert done.members[0].due_promised in text
    assert "待前置办结（等 ①）" in text
    assert "尚未收件、受理，不计算期限" in text
    assert "以实施清单公布为准" in text  # approximate limits are never printed as law
    assert "20 个工作日" not in text
    assert print_set(desk, done.members[0].case_id) == printed


def test_the_file_route_reports_each_line(desk: Desk, tmp_path: Path) -> None:
    good = msgspec.json.encode(pharmacy(desk)).decode()
    bad = json.dumps({"bundle": "我要上天", "applicant": {"name": "王样例"}}, ensure_ascii=False)
    file = tmp_path / "events.jsonl"
    file.write_text(f"\ufeff{good}\n\n{bad}\nnot json\n", encoding="utf-8")
    report = event_file(desk, file).as_json()
    assert report["accepted"] == 1
    assert report["waiting"] == 5
    problems = report["problems"]
    assert isinstance(problems, list)
    assert [p["line"] for p in problems] == [3, 4]


def test_desk_event_prints_one_object_and_fails_for_a_line_not_taken_in(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = msgspec.json.encode(pharmacy(desk))
    desk.store.close()
    monkeypatch.setattr("app.desk_cli.open_desk", lambda args: open_made(tmp_path))
    file = tmp_path / "events.jsonl"
    file.write_bytes(good + b"\n")
    assert main(["desk", "event", str(file), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["accepted"], answer["waiting"], answer["problems"]) == (1, 5, [])
    file.write_bytes(b"{}\n")
    assert main(["desk", "event", str(file)]) == 1
    assert "第 1 行" in capsys.readouterr().out
