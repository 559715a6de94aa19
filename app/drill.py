"""The main job headless, with the window's own use cases and real parts (DESIGN §8).

A hub process over real HTTP, two desks of one hall with real SQLCipher files: enrol, cut the line,
take in cases of all five domains with every outcome, restart the desk while offline, reconnect,
reconcile, let the second desk pull, and compare the three field by field and number by number.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from app.city_hall import PASSWORD, CityHall
from app.commands import intake
from app.commands.act import Entry
from app.commands.batch import IntakeLine, entry_fields, intake_line
from app.commands.context import Desk
from app.commands.print_notice import print_notice
from app.commands.sign_in import sign_in
from app.config import Profile
from app.drill_event import go_on, take_events
from app.drill_time import (
    afterwards,
    corrected_on_the_spot,
    on_a_day_off,
    received_long_ago,
    told_of_silence,
)
from app.drill_trust import on_trust, refuse_to_grant
from app.queries.cases import find_cases, read_state
from app.queries.items import item_finder
from app.sample import can_supplement, filled, pick
from models.domain.case import CaseState, CaseStatus
from models.domain.catalog import DOMAIN_NAMES, Domain, Item
from models.domain.duties import DutyKind
from models.domain.hours import ServiceMark
from models.domain.numbers import group_number
from models.errors import KnownError
from models.projection import differences
from sync.engine import SyncEngine, SyncReport

OUTCOMES = ("accept", "accept", "accept", "supplement", "refuse", "save", "receive", "withdraw")
LEAD = "L370911"
FIVE = tuple(d for d in Domain if d is not Domain.UNSORTED)


KINDS = {
    "deferral": "容缺受理",
    "commitment": "告知承诺",
    "licence_first": "照后办证",
    "event": "一件事成员",
    "weekend": "双休日收件",
    "deemed": "视为受理",
    "amended": "当场更正",
    "paused": "特别程序、挂起",
}


class DrillReport(msgspec.Struct, kw_only=True):
    """``lost``, ``doubled`` and ``differing`` count cases or numbers; ``leaks`` names in clear text.

    ``kinds`` counts the cases of each sort: deferral (容缺), commitment (告知承诺), licence_first (照后办证),
    event (members of a 一件事), weekend, deemed (视为受理), amended (当场更正), paused.
    """

    domains: int = 0
    cases: int = 0
    lost: int = 0
    doubled: int = 0
    differing: int = 0
    numbers: int = 0
    notices: int = 0
    leaks: int = 0
    pending: int = 0
    kinds: dict[str, int] = {}
    faults: list[str] = []
    rows: list[tuple[str, str, str, str, str]] = []

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.differing or self.leaks or self.pending or self.faults)


def run_drill(folder: Path | None, seed: int, *, as_json: bool) -> int:
    """Run the drill in ``folder`` (kept) or a temporary one; 0 only when nothing is lost or doubled."""
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise KnownError(f"演练要用空目录，“{folder}”里已有内容，没有改动。请换一个目录。")
    root = folder or Path(tempfile.mkdtemp(prefix="taihaoban-drill-"))
    try:
        report = drill(root, seed, (lambda text: None) if as_json else _say)
    finally:
        if folder is None:
            shutil.rmtree(root, ignore_errors=True)
    if as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        print(_table(report))
    return 0 if report.clean else 1


def _say(text: str) -> None:
    print(text, flush=True)


def drill(root: Path, seed: int, tell: Callable[[str], None]) -> DrillReport:
    """The drill itself; ``tell`` takes progress sentences."""
    rng = random.Random(seed)
    report = DrillReport()
    first, second = Profile(root / "desk1"), Profile(root / "desk2")
    with CityHall(root / "hub") as hall:
        hall.start()
        hall.enrol(first, "370911-07", "T0718")
        hall.enrol(second, "370911-08", "T0719")
        sign_in(first, LEAD, PASSWORD).store.close()  # so that the lead may work here offline too
        desk = sign_in(first, "T0718", PASSWORD)
        other = sign_in(second, "T0719", PASSWORD)
        try:
            for ready in (desk, other):
                _require(report, _sync(ready), "第一次联网同步")
            tell("两台工作站已登记，目录和号段已到本机。")
            hall.stop()
            if hall.listening():
                report.faults.append("断网后中心端口仍在监听")
            tell("网络已断开，没有任何程序在监听。")
            plan = _plan(desk, rng)
            quiet = received_long_ago(desk, plan[1][0], rng)
            entered = [quiet, on_a_day_off(desk, plan[0][0], rng, report.faults)]
            for index, (item, outcome) in enumerate(plan):
                if index == len(plan) // 2:
                    desk.store.close()
                    desk = sign_in(first, "T0718", PASSWORD)
                    tell("工作站在离线状态下重新启动过一次。")
                entered.append(_take_in(desk, item, outcome, rng, report, returns=index % 2 == 0))
            entered += on_trust(desk, _items(desk), rng, report.faults)
            told_of_silence(desk, quiet, report.faults)
            entered.append(corrected_on_the_spot(desk, plan[2][0], rng, report.faults))
            tell("逾期没有告知的一件视为受理，出了通知书；当场更正一件，不算补正。")
            tell("容缺受理和告知承诺各办过：补齐并核查的一件，还欠着的一件。")
            sets = take_events(desk, rng, report.faults)
            report.kinds["event"] = sum(len(s.members) for s in sets)
            tell(f"一件事一次受理 {len(sets)} 套，共 {sum(len(s.members) for s in sets)} 件。")
            desk.store.close()
            desk = sign_in(first, LEAD, PASSWORD)
            if not refuse_to_grant(desk, entered, report.faults):
                report.faults.append("演练没有容缺未补的办件")
            afterwards(desk, entered, report.faults)
            entered += go_on(desk, sets, report.faults)
            tell("双休日收过件；组长在离线状态下暂停、恢复、决定并送达。")
            offline = _sync(desk)
            if offline.online or not offline.pending:
                report.faults.append("离线时仍报告在线，或者没有待传办件")
            tell(f"离线办理 {len(entered)} 件，待传 {offline.pending} 个动作。")
            expected = {case_id: _known(desk, case_id) for case_id in entered}
            hall.start()
            tell("网络恢复，开始对账。")
            _require(report, _sync(desk), "恢复后同步")
            _require(report, _sync(other), "第二台同步")
            report.pending = _sync(desk).pending
            _compare(report, expected, desk, hall.states(), other, hall.numbers())
            _scan(report, root, expected)
        finally:
            desk.store.close()
            other.store.close()
    return report


def _items(desk: Desk) -> tuple[Item, ...]:
    with desk.store.read() as conn:
        catalog = desk.rulebook.catalog(conn, desk.rulebook.current_version(conn))
    finder = item_finder(desk)
    if catalog is None or finder is None:
        raise KnownError("演练没有拿到事项目录。请检查演示城市数据。")
    return tuple(i for i in catalog.items if not finder.elsewhere(i))  # the window takes in no other


def _plan(desk: Desk, rng: random.Random) -> list[tuple[Item, str]]:
    here = _items(desk)
    plan: list[tuple[Item, str]] = []
    for domain in FIVE:
        items = [i for i in here if i.domain is domain and can_supplement(i)]
        plan += list(zip(pick(items, rng, len(OUTCOMES)), OUTCOMES, strict=True))
    rng.shuffle(plan)
    # One of the five comes back complete, one does not, whatever the seed.
    told = [i for i, (_, outcome) in enumerate(plan) if outcome == "supplement"]
    for place, wanted in zip(told, (0, 1), strict=False):
        other = next(
            i for i in range(wanted, len(plan), 2) if plan[i][1] != "supplement" and i not in told[:2]
        )
        if place % 2 != wanted:
            plan[place], plan[other] = plan[other], plan[place]
    return plan


def _take_in(
    desk: Desk, item: Item, outcome: str, rng: random.Random, report: DrillReport, *, returns: bool
) -> str:
    """One visitor; one who was told what is missing may come back with it (``returns``)."""
    line = filled(item, rng, outcome, agent=rng.random() < 0.3)
    changes = intake_line(desk, line)
    state = _known(desk, changes.case_id)
    if outcome == "supplement" and returns:
        _come_back(desk, item, line, state, rng)
    if outcome == "accept" and rng.random() < 0.3:
        intake.add_note(desk, _entry(state), "已电话告知领取方式（样例）")
    state = _known(desk, changes.case_id)
    for notice in state.notices:
        printed = print_notice(desk, state.case_id, notice.op_id)
        report.notices += 1
        if printed.warning or not printed.data.startswith(b"PK"):
            report.faults.append(f"文书没有生成好：{printed.title}")
    return state.case_id


def _come_back(desk: Desk, item: Item, line: IntakeLine, state: CaseState, rng: random.Random) -> None:
    whole = msgspec.structs.replace(
        filled(item, rng), answers=line.answers, applicant=line.applicant, agent=line.agent
    )
    again = filled_for(item, line.answers, rng)
    fields = entry_fields(item, msgspec.structs.replace(whole, form=again.form, materials=again.materials))
    intake.accept(desk, Entry(case_id=state.case_id, item_id=item.id, fields={**state.fields, **fields}))


def filled_for(item: Item, answers: dict[str, str], rng: random.Random) -> IntakeLine:
    """A complete case under the given answers."""
    while True:
        line = filled(item, rng)
        if line.answers == answers:
            return line


def _entry(state: CaseState) -> Entry:
    return Entry(case_id=state.case_id, item_id=state.item_id, fields=state.fields)


def _known(desk: Desk, case_id: str) -> CaseState:
    state = read_state(desk, case_id)
    if state is None:
        raise KnownError("演练中有一件办件从本机列表里消失了。")
    return state


def _sync(desk: Desk) -> SyncReport:
    return SyncEngine(desk.store, desk.device, desk.device_key, desk.rulebook, desk.clock).run()


def _require(report: DrillReport, done: SyncReport, what: str) -> None:
    report.faults += [f"{what}：{problem}" for problem in done.problems]
    if done.conflicts or done.rejected:
        report.faults.append(f"{what}：不一致 {done.conflicts}，退回 {done.rejected}")


def _compare(
    report: DrillReport,
    expected: dict[str, CaseState],
    desk: Desk,
    hub: dict[str, CaseState],
    other: Desk,
    ledger: dict[str, str],
) -> None:
    report.cases = len(expected)
    seen_domains: set[Domain] = set()
    printed: dict[str, list[str]] = {}
    with desk.store.read() as conn:
        for case_id, mine in expected.items():
            item = desk.rulebook.item(conn, mine.catalog_version, mine.item_id)
            if item is not None:
                seen_domains.add(item.domain)
            if mine.number:
                printed.setdefault(mine.number, []).append(case_id)
    for case_id, mine in expected.items():
        here, there, beside = read_state(desk, case_id), hub.get(case_id), read_state(other, case_id)
        if here is None or there is None or beside is None:
            report.lost += 1
            report.rows.append((mine.item_name, mine.number, mine.status.value, "缺失", "缺失"))
            continue
        found = {*differences(mine, here), *differences(mine, there), *differences(mine, beside)}
        report.differing += bool(found)
        if mine.number and ledger.get(mine.number) != case_id:
            report.differing += 1
            found.add("ledger")
        report.rows.append(
            (
                mine.item_name,
                group_number(mine.number) if mine.number else "—",
                mine.status.value,
                "一致" if not found else "不一致",
                "、".join(sorted(found)) or "—",
            )
        )
    report.numbers = len(printed)
    report.doubled += sum(len(cases) > 1 for cases in printed.values())
    report.doubled += len(hub.keys() - expected.keys())
    report.doubled += len(find_cases(other, limit=10_000)) - len(hub)
    report.kinds = count_kinds(expected.values()) | {"event": report.kinds.get("event", 0)}
    report.domains = len(seen_domains & set(FIVE))
    statuses = {state.status for state in expected.values()}
    wanted = set(CaseStatus) - {CaseStatus.VOIDED}
    if missing := wanted - statuses:
        report.faults.append(f"演练没有覆盖：{'、'.join(sorted(s.value for s in missing))}")


def _scan(report: DrillReport, root: Path, expected: dict[str, CaseState]) -> None:
    """No name, id number, phone or official number may stand in clear in any desk file."""
    secrets: set[bytes] = set()
    for state in expected.values():
        for path, text in state.fields.items():
            if path.endswith((".name", ".id_number", ".phone")) and len(text) >= 2:
                secrets |= {text.encode(), text.encode("utf-16-le")}
        secrets |= {state.number.encode()} if state.number else set()
    for folder in ("desk1", "desk2"):
        for file in (root / folder).rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                report.leaks += sum(secret in data for secret in secrets)


def count_kinds(states: Iterable[CaseState]) -> dict[str, int]:
    """How many of the cases were of each sort, from what is on record."""
    known = list(states)
    duties = {
        "deferral": DutyKind.DEFERRAL,
        "commitment": DutyKind.COMMITMENT,
        "licence_first": DutyKind.LICENCE,
    }
    found = {
        name: sum(any(duty.kind == kind for duty in state.duties) for state in known)
        for name, kind in duties.items()
    }
    return found | {
        "weekend": sum(state.service == ServiceMark.WEEKEND for state in known),
        "deemed": sum(state.deemed for state in known),
        "amended": sum(bool(state.amended) for state in known),
        "paused": sum(bool(state.stoppages) for state in known),
    }


def _table(report: DrillReport) -> str:
    lines = [f"{'受理编号':<28}{'状态':<14}{'比对':<8}办理项"]
    for item, number, status, verdict, detail in report.rows:
        lines.append(f"{number:<28}{status:<14}{verdict:<8}{item}{'' if detail == '—' else '  ' + detail}")
    domains = "、".join(DOMAIN_NAMES[d] for d in FIVE)
    lines.append("")
    lines.append(
        f"领域 {report.domains}（{domains}）；办件 {report.cases}，受理编号 {report.numbers}，文书 {report.notices}；"
        f"丢失 {report.lost}，重复 {report.doubled}，不一致 {report.differing}，"
        f"明文泄露 {report.leaks}，未传 {report.pending}。"
    )
    kinds = "，".join(f"{name} {report.kinds.get(key, 0)}" for key, name in KINDS.items())
    lines.append(f"其中：{kinds} 件。")
    lines += [f"问题：{fault}" for fault in report.faults]
    lines.append("演练通过：没有丢失，没有重复。" if report.clean else "演练没有通过。")
    return "\n".join(lines)
