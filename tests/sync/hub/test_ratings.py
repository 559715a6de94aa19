"""What the hub makes of ratings: only the visitor's own, once a visit, on every desk; on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from models.crypto import sign
from models.domain.case import CaseState, decode_state
from models.domain.ops import Act, OpKind, decode_op
from models.domain.visit import Given, Rating, VisitFacts, screen_payload
from models.errors import KnownError
from models.rating_code import make_code, read_code
from sync.checksum import scope_checksum
from sync.hub import tables as t
from sync.hub.database import Hub
from sync.hub.feed import pull
from sync.hub.ingest import push
from sync.hub.ratings import HUB_DEVICE, import_ratings
from sync.hub.service_report import rating_report, service_report
from sync.protocol import OpOutcome, Outcome, PullRequest
from tests.sync.hub.fake_desk import HALL, SECOND_WINDOW, FakeDesk, ready_desk

DAY = "2026-09-18"


@pytest.fixture
def desk(hub: Hub, version: str) -> FakeDesk:
    return ready_desk(hub, version)


def send(desk: FakeDesk) -> list[OpOutcome]:
    reply = push(desk.hub, desk.device, desk.batch())
    desk.sent()
    return list(reply.outcomes)


def state_of(hub: Hub, case_id: str = "c1") -> CaseState:
    with hub.read() as conn:
        data = conn.execute(select(t.case_head.c.state).where(t.case_head.c.case_id == case_id)).scalar_one()
    return decode_state(data)


def ballot(desk: FakeDesk, about: str, level: int = 1, case_id: str = "c1", **more: object) -> Act:
    plain = Rating(about=about, day=DAY, level=level, channel="screen", **more)  # type: ignore[arg-type]
    proof = sign(desk.key, screen_payload(case_id, plain))
    return Act(visit=VisitFacts(rating=msgspec.structs.replace(plain, proof=proof)))


def accepted(desk: FakeDesk, case_id: str = "c1") -> str:
    op = desk.accept(case_id)
    assert [one.outcome for one in send(desk)] == [Outcome.APPLIED]
    return op.op_id


def package(folder: Path, *lines: dict[str, object], name: str = "评价.jsonl") -> Path:
    file = folder / name
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return file


def test_the_second_screen_rates_once_and_a_bad_rating_opens_a_task(hub: Hub, desk: FakeDesk) -> None:
    about = accepted(desk)
    desk.make(OpKind.RATE, "c1", base_rev=1, act=ballot(desk, about, reasons=("110",), text="等得太久"))
    desk.make(OpKind.RATE, "c1", base_rev=2, act=ballot(desk, about, 5))
    told = send(desk)
    assert [one.outcome for one in told] == [Outcome.APPLIED, Outcome.REJECTED]
    assert "已经评价过" in told[1].reason
    state = state_of(hub)
    assert [(one.level, one.served) for one in state.ratings] == [(1, "T0718")]
    assert [(duty.kind, duty.due) for duty in state.duties] == [("rating", "2026-09-24")]
    # What gave way blocks nothing behind it.
    desk.make(OpKind.NOTE, "c1", base_rev=2, act=Act(text="样例"))
    assert [one.outcome for one in send(desk)] == [Outcome.MERGED if state.rev != 2 else Outcome.APPLIED]


@pytest.mark.parametrize("how", ["no seal", "another level", "another case", "another machine"])
def test_a_clerk_cannot_rate_and_the_hub_raises_the_alarm(
    hub: Hub, version: str, desk: FakeDesk, how: str
) -> None:
    about = accepted(desk)
    act = ballot(desk, about, 2)
    rating = act.visit.rating if act.visit is not None else None
    assert rating is not None
    if how == "no seal":
        rating = msgspec.structs.replace(rating, proof=b"clerk")
    elif how == "another level":
        rating = msgspec.structs.replace(rating, level=5)
    elif how == "another case":
        rating = ballot(desk, about, 5, case_id="c2").visit.rating  # type: ignore[union-attr]
    else:
        rating = ballot(ready_desk(hub, version, window=SECOND_WINDOW), about, 5).visit.rating  # type: ignore[union-attr]
    desk.make(OpKind.RATE, "c1", base_rev=1, act=Act(visit=VisitFacts(rating=rating)))
    (told,) = send(desk)
    assert told.outcome is Outcome.REJECTED
    assert "没有申请人的凭据" in told.reason
    assert state_of(hub).ratings == ()
    with hub.read() as conn:
        assert conn.execute(select(t.alarm.c.kind)).scalars().all() == ["rating_forged"]


def test_a_package_of_receipt_codes_is_taken_in_once_and_reaches_the_desks(
    hub: Hub, desk: FakeDesk, tmp_path: Path
) -> None:
    about = accepted(desk)
    code = make_code(desk.key, desk.device, about)
    file = package(
        tmp_path,
        {"code": f"https://example.invalid/?r={code}", "level": 2, "reasons": ["213"], "channel": "account"},
    )
    first = import_ratings(hub, file, days=3)
    assert (first.rows, first.loaded, first.known, first.problems) == (1, 1, 0, ())
    again = import_ratings(hub, file, days=3)
    assert (again.loaded, again.known) == (0, 1)
    (rating,) = state_of(hub).ratings
    assert (rating.level, rating.channel, rating.served) == (2, "account", "T0718")
    assert state_of(hub).duties[0].due == "2026-09-22"  # the Sunday in between is worked
    assert state_of(hub).staff == "T0718"
    page = pull(hub, HALL, PullRequest(scope=HALL, epoch="", after_seq=0))
    last = page.entries[-1]
    assert (decode_op(last.op).kind, decode_op(last.op).device) == ("rate", HUB_DEVICE)
    assert decode_state(last.state).ratings == (rating,)
    assert page.checksum == scope_checksum([(last.case_id, last.rev, last.state)])
    # The desk's own later act follows on.
    desk.make(OpKind.NOTE, "c1", base_rev=1, act=Act(text="样例"))
    assert [one.outcome for one in send(desk)] == [Outcome.MERGED]


def test_a_second_rating_by_phone_does_not_replace_that_of_the_screen(
    hub: Hub, desk: FakeDesk, tmp_path: Path
) -> None:
    about = accepted(desk)
    desk.make(OpKind.RATE, "c1", base_rev=1, act=ballot(desk, about, 1))
    send(desk)
    file = package(tmp_path, {"code": make_code(desk.key, desk.device, about), "level": 5})
    assert import_ratings(hub, file).known == 1
    assert [one.level for one in state_of(hub).ratings] == [1]


def test_the_hubs_own_chain_holds_together(hub: Hub, desk: FakeDesk, tmp_path: Path) -> None:
    codes = [make_code(desk.key, desk.device, accepted(desk, f"c{i}")) for i in range(3)]
    import_ratings(hub, package(tmp_path, *({"code": code, "level": 5} for code in codes)))
    with hub.read() as conn:
        rows = conn.execute(
            select(t.op_log).where(t.op_log.c.device == HUB_DEVICE).order_by(t.op_log.c.dseq)
        ).all()
    assert [row.dseq for row in rows] == [1, 2, 3]
    links = [bytes(32), *(row.hash for row in rows)]
    assert [decode_op(row.data).prev_hash for row in rows] == links[:-1]


def test_what_is_wrong_is_named_by_its_line_and_stops_nothing(
    hub: Hub, desk: FakeDesk, tmp_path: Path
) -> None:
    about = accepted(desk)
    good = make_code(desk.key, desk.device, about)
    forged = make_code(bytes(32), desk.device, about)
    unknown = make_code(desk.key, "nobody", about)
    waiting = make_code(desk.key, desk.device, "not-here-yet")
    file = package(
        tmp_path,
        {"code": forged, "level": 5},
        {"code": unknown, "level": 5},
        {"code": "THBR1|\0|x|y", "level": 5},
        {"code": waiting, "level": 5},
        {"code": good, "level": 9},
        {"code": good, "level": 5, "reasons": ["115"]},
        {"code": good, "level": 5, "reasons": ["999"]},
        {"code": good, "level": 5, "channel": "screen"},
        {"code": good, "level": 5, "text": "长" * 151},
        {"level": 5},
        {"code": good, "level": 4},
    )
    done = import_ratings(hub, file)
    assert (done.rows, done.loaded, done.known) == (11, 1, 0)
    assert [one.row for one in done.problems] == list(range(1, 11))
    assert [one.row for one in done.problems if one.waits] == [4]
    assert [one.level for one in state_of(hub).ratings] == [4]


def test_a_csv_is_read_too_and_a_broken_file_changes_nothing(
    hub: Hub, desk: FakeDesk, tmp_path: Path
) -> None:
    code = make_code(desk.key, desk.device, accepted(desk))
    file = tmp_path / "评价.csv"
    file.write_text(f"码,等级,理由,意见,渠道\n{code},1,114、115,来了三趟,paper\n", encoding="gb18030")
    assert import_ratings(hub, file).loaded == 1
    assert state_of(hub).ratings[0].reasons == ("114", "115")
    for name, content in (("甲.csv", b"a,b\n1,2\n"), ("乙.jsonl", b"\xff\xfe\x00\x81"), ("无.jsonl", None)):
        broken = tmp_path / name
        if content is not None:
            broken.write_bytes(content)
        with pytest.raises(KnownError):
            import_ratings(hub, broken)
    with pytest.raises(KnownError, match="15"):
        import_ratings(hub, file, days=16)


def test_the_reports_give_all_three_rates_and_keep_the_sources_apart(
    hub: Hub, desk: FakeDesk, tmp_path: Path
) -> None:
    acts = [accepted(desk, f"c{i}") for i in range(4)]
    desk.make(OpKind.RATE, "c0", base_rev=1, act=ballot(desk, acts[0], 1, "c0", reasons=("114",)))
    given = Act(visit=VisitFacts(given=Given(kind="copy", name="复印", unit="页", count=7, unit_fen=20)))
    desk.make(OpKind.SERVE, "c1", base_rev=1, act=given)
    send(desk)
    import_ratings(hub, package(tmp_path, {"code": make_code(desk.key, desk.device, acts[1]), "level": 5}))
    report = rating_report(hub)
    assert (report.total.visits, report.total.rated, report.total.unrated) == (4, 2, 2)
    assert (report.total.good_rate, report.total.active_good_rate, report.total.unrated_rate) == (
        25.0,
        50.0,
        50.0,
    )
    assert report.channels["窗口第二屏"]["1"] == 1
    assert report.channels["回执二维码"]["5"] == 1
    (bad,) = report.bad
    assert bad.reasons == ("114 跑动次数与承诺的不一致",)
    assert bad.facts[0].text.startswith("窗口留痕到场 1 次")
    assert report.halls[HALL] == report.total
    assert rating_report(hub, since="2027-01-01").total.visits == 0
    assert service_report(hub).free_fen == 140
    with pytest.raises(KnownError):
        rating_report(hub, since="明天")


def test_a_code_is_read_only_whole() -> None:
    code = make_code(bytes(32), "D01", "op-1")
    read = read_code(code)
    assert read is not None
    assert (read.device, read.about, len(read.proof)) == ("D01", "op-1", 64)
    assert make_code(bytes(32), "D01", "op-1") == code
    for wrong in ("", "THBR1", "THBR1|D01|op-1", f"{code}|x", "THBR1|D01|op-1|###", code.replace("|", "‖")):
        assert read_code(wrong) is None
