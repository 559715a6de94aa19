"""The five tasks of ui.md §9 as scripted runs over the real widgets, counting keys and mental steps.

``python -m tests.functional.klm`` prints the table.  A mental step (M) goes before each thing decided as
one: a command, a word to search, an answer, a field, a digit for a paper or a point, the last look.  Every
key counts (K), a modifier too; what an input method takes for a word counts as its letters and the key that
commits it.  What a device does is counted apart and takes no keys but the one that asks for it.

The demo city's items are not of exactly the size that ui.md assumes.  So each budget is taken to the size of
the item, by ui.md's own sums: K an answer 1, a field 8 (T5: 7), a paper 1, a point 1; M one for each of them.
What is smaller must keep the smaller budget.  Only M grows with a larger set, as it is a decision each.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
from PyQt6 import sip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from app.commands.batch import intake_line
from app.config import DeviceChoices
from app.queries.cases import find_cases, read_state
from app.queries.files import read_files
from app.queries.outbox import read_conflicts
from app.sample import filled, resident_id
from devices.rack import Rack
from models.domain.case import CaseStatus, Receipt
from models.domain.catalog import FieldType
from models.domain.duties import DutyKind
from tests.functional.klm_run import ALT, CTRL, K, Result, Run
from tests.functional.world import World, disagree, item_of
from views.palette.guide import GuideSheet
from views.peripherals.capture_sheet import CaptureSheet
from views.station import Station
from views.theme import apply_theme


def t1(run: Run) -> Result:
    """A returning applicant: 食品经营许可（新办） for somebody who had 个体工商户设立登记 here."""
    station, page = run.station, run.station.workbench
    line = filled(item_of(station.desk, "SC005"), random.Random(8))
    intake_line(station.desk, line)
    who = line.applicant
    run.key(K.Key_F7)
    run.key(K.Key_F9)
    run.device(
        "读卡",
        lambda: setattr(
            page,
            "waiting_party",
            (
                {
                    "applicant.kind": "person",
                    "applicant.name": who.name,
                    "applicant.id_kind": "resident_id",
                    "applicant.id_number": who.id_number,
                },
                "读身份证",
            ),
        ),
    )
    run.key(K.Key_Return)  # it is the right person, and nothing of theirs is unfinished
    if not station.shell.overlay_open():
        run.key(K.Key_F3)
    run.word("spjyxk")
    run.key(K.Key_Return)
    answers = _answer(run, lambda: page.step == "situation", ("2", "1", "2"))
    sheet = page.sheet
    assert sheet is not None
    fields = 0
    while page.step == "form":
        path = next(g.path.removeprefix("form.") for g in sheet.gaps() if g.step == "form")
        spec = next(f for f in sheet.form_fields() if f.id == path)
        assert page.form.fields[path].editor.hasFocus(), path
        fields += 1
        if spec.type is FieldType.MULTILINE:
            run.compose("zhizuo", "热食类食品制售")
            run.key(K.Key_Tab, think=False)
        elif spec.type is FieldType.DECIMAL:
            run.word("128.5")
            run.key(K.Key_Return, think=False)
        else:
            run.compose("wangyl", "王样例")
            run.key(K.Key_Return, think=False)
    run.look()  # the confirmation of ui.md is the Enter of the last field
    papers = 0
    while page.step == "materials":
        run.key(K.Key_1)
        papers += 1
        assert papers < 20
    points = 0
    while page.step == "points":
        run.key(K.Key_1)
        points += 1
        assert points < 40
    run.look()
    run.key(K.Key_Return, CTRL)
    run.settle(lambda: bool(find_cases(station.desk, "食品经营许可")))
    state = sheet.case_id and read_state(station.desk, sheet.case_id)
    assert state
    assert state.status is CaseStatus.ACCEPTED, page.notice.text()
    lacking = (4 - answers) + 8 * (3 - fields) + (5 - papers) + (12 - points)
    fewer = (4 - answers) + (3 - fields) + (5 - papers) + (12 - points)
    return _result(run, (33, 33 - fewer), 59, 59 - lacking, 70.0)


def t2(run: Run) -> Result:
    """Somebody only asks: find the item, answer its questions, print the 一次性告知单."""
    run.key(K.Key_F3)
    run.word("spjyxk", think=False)
    run.key(K.Key_Right)
    guide = run.station.shell.findChildren(GuideSheet)[-1]
    answers = 0
    while len(guide.sheet.answers) < len(guide.sheet.questions()):
        run.key(K.Key_1)
        answers += 1
        assert answers < 9
    printed: list[object] = []
    run.station.finding.printed.connect(printed.append)
    run.key(K.Key_P, CTRL)
    run.settle(lambda: bool(printed))
    # The last key confirms in the system's print dialog, which is not ours to run here.
    run.k += 1
    run.station.shell.close_overlay()
    return _result(run, (7, 7 - (4 - answers)), 15, 15 - (4 - answers), 16.0)


def t3(run: Run) -> Result:
    """容缺 closed: called, card read, the paper scanned, its points judged, done."""
    station = run.station
    case_id, number, duty = _deferred(station)
    state = read_state(station.desk, case_id)
    assert state is not None
    run.key(K.Key_F7)
    run.key(K.Key_F9)
    party = {p: v for p, v in state.fields.items() if p.startswith("applicant.")}
    run.device("读卡", lambda: setattr(station.workbench, "waiting_party", (party, "读身份证")))
    run.key(K.Key_Return)
    run.settle(lambda: bool(station.cases.owed.fields))
    bare = station.devices.rack
    station.devices.use(Rack(msgspec.structs.replace(bare.choices, camera="test")))
    run.key(K.Key_F12)
    sheet = station.shell.findChildren(CaptureSheet)[-1]
    run.key(K.Key_Return, think=False)  # takes the page and keeps it: one decision with opening
    run.devices.append("高拍")
    run.settle(lambda: sip.isdeleted(sheet) or not sheet.isVisible())
    run.settle(lambda: bool(read_files(station.desk, case_id)))
    run.settle()
    assert station.cases.owed.fields["form"].value() == Receipt.SCAN
    points = 0
    while station.cases.owed.points.problem():
        run.key(K.Key_1)
        points += 1
        assert points < 9
    run.key(K.Key_Return)  # the last point led to 记入办件
    run.settle()
    station.devices.use(bare)
    state = read_state(station.desk, case_id)
    assert state is not None
    assert not [d for d in state.duties if d.id == duty and d.open], station.cases.owed.notice.text()
    assert number
    return _result(run, (8, 8 - (3 - points)), 9, 9 - (3 - points), 16.0)


def t4(run: Run) -> Result:
    """One conflict with two fields."""
    station = run.station
    assert len(read_conflicts(station.desk)) == 2
    run.key(K.Key_T, ALT)
    run.look()
    run.key(K.Key_2)
    run.settle()
    run.look()
    run.key(K.Key_3)
    run.key(K.Key_Return, CTRL)
    run.settle(lambda: not read_conflicts(station.desk))
    run.look()
    return _result(run, (7, 7), 7, 7, 14.0)


def t5(run: Run) -> Result:
    """我要开药店: questions, one form, one pile of papers, points, one 受理 for all members."""
    station, page = run.station, run.station.bundles
    rng = random.Random(21)
    run.key(K.Key_F7)
    run.key(K.Key_F9)
    party = {
        "applicant.kind": "person",
        "applicant.name": "李样例",
        "applicant.id_kind": "resident_id",
        "applicant.id_number": resident_id(rng),
        "applicant.phone": "13800000021",
    }
    run.device("读卡", lambda: setattr(station.workbench, "waiting_party", (party, "读身份证")))
    run.key(K.Key_Return)
    if not station.shell.overlay_open():
        run.key(K.Key_F3)
    run.word("wykyd")
    run.key(K.Key_Return)
    run.settle(lambda: page.sheet is not None)
    sheet = page.sheet
    assert sheet is not None
    answers = 0
    while [q for q in sheet.plan.questions if q.id not in sheet.plan.answers]:
        run.key(K.Key_2 if answers == 0 else K.Key_1)
        answers += 1
        assert answers < 12
    fields = 0
    while gaps := [g for g in sheet.plan.open_gaps if g.step in ("identity", "form")]:
        fields += 1
        assert fields < 30, gaps
        _fill(run, sheet.plan.form.fields, gaps[0].path)
    run.look()
    papers = 0
    while page.papers.tab == "papers":
        run.key(K.Key_1)
        papers += 1
        assert papers < 40
    points = 0
    while [p for p in sheet.plan.points if not sheet.get(f"point.{p.key}")]:
        run.key(K.Key_1)
        points += 1
        assert points < 80
    run.key(K.Key_Return, CTRL)
    run.look()
    run.settle(lambda: page.done is not None)
    lacking = (5 - answers) + 7 * (15 - fields) + (8 - papers) + (20 - points)
    fewer = (5 - answers) + (15 - fields) + (8 - papers) + (20 - points)
    run.devices.append(f"{answers} questions {fields} fields {papers} papers {points} points")
    return _result(run, (57, 57 - fewer), 151, 151 - lacking, 140.0)


def _fill(run: Run, fields: tuple[object, ...], path: str) -> None:
    editor = run.station.bundles.form.fields[path].editor
    assert editor.hasFocus(), path
    spec = next((f.field for f in fields if f"form.{f.field.id}" == path), None)  # type: ignore[attr-defined]  # FormField
    kind = spec.type if spec is not None else FieldType.TEXT
    if kind is FieldType.CHOICE:
        run.key(K.Key_Down)
    elif kind is FieldType.DATE:
        run.word("20261201")
    elif kind in (FieldType.INTEGER, FieldType.DECIMAL):
        run.word("36")
    elif kind is FieldType.PHONE:
        run.word("13800000021")
    elif kind is FieldType.RESIDENT_ID:
        run.word(resident_id(random.Random(3)))
    else:
        run.compose("yangl", "样例")
    run.key(K.Key_Tab if kind is FieldType.MULTILINE else K.Key_Return, think=False)


def _answer(run: Run, asking: Callable[[], bool], digits: tuple[str, ...]) -> int:
    given = 0
    while asking():
        run.key(Qt.Key(ord(digits[given])))
        given += 1
    return given


def _deferred(station: Station) -> tuple[str, str, str]:
    """A case of a person with one paper deferred; its id, number and duty."""
    of = item_of(station.desk, "SC015")
    for seed in range(200):
        line = filled(of, random.Random(seed), on_trust=True)
        if line.applicant.kind == "person" and any(m.form == "deferred" for m in line.materials):
            done = intake_line(station.desk, line)
            state = read_state(station.desk, done.case_id)
            assert state is not None
            duty = next(d for d in state.duties if d.kind == DutyKind.DEFERRAL)
            return done.case_id, done.number, duty.id
    raise LookupError("no seed defers a paper")


def _result(run: Run, most_m: tuple[int, int], most_k: int, least: int, target_s: float) -> Result:
    return Result(run.name, run.m, run.k, *most_m, most_k, least, target_s, tuple(run.devices))


TASKS: dict[str, Callable[[Run], Result]] = {"T1": t1, "T2": t2, "T3": t3, "T4": t4, "T5": t5}


def run_all(app: QApplication, folder: Path) -> list[Result]:
    """All five on a fresh city; the hub is cut off before the first."""
    world = World(folder)
    try:
        mine, theirs = world.sign_in(0), world.sign_in(1)
        try:
            fields = {
                "applicant__phone": ("13800000012", "13800000021"),
                "applicant__address": ("样例路 1 号", "样例路 2 号"),
            }
            disagree(mine, theirs, **fields)
        finally:
            theirs.store.close()
        world.cut()
        # Cards and pages come by a stand-in, counted apart.
        bare = DeviceChoices(card_reader="none", camera="none", scanner="none")
        station = Station(mine, folder / "templates", rack=Rack(bare))
        station.show()
        try:
            return [_run(app, station, name) for name in TASKS]
        finally:
            station.shut_down()
            app.processEvents()
    finally:
        world.close()


def _run(app: QApplication, station: Station, name: str) -> Result:
    run = Run(name, app, station)
    station.shell.activateWindow()
    run.settle(lambda: station._finder is not None and station.shell.isActiveWindow())
    station.ways.called._last = None  # the tasks follow each other faster than people come
    result = TASKS[name](run)
    station.shell.close_overlay()
    station.shell.show_page("workbench")
    station.workbench.show_sheet(None)
    run.settle()
    return result


def table(results: list[Result]) -> str:
    lines = ["task   M (ui.md, this item)   K (ui.md, this item)   model s (fast)   target   devices, size"]
    for r in results:
        lines.append(
            f"{r.name:<5} {r.m:>3} ({r.most_m:>3}, {r.fair_m:>3})          {r.k:>3} ({r.most_k:>3}, {r.least:>3})      "
            f"{r.seconds:>6.1f} ({r.fast:.1f})   {r.target_s:>6.0f}   {'、'.join(r.devices) or '–'}"
            + ("" if r.within else "   OVER")
        )
    return "\n".join(lines)


def main() -> int:
    app = QApplication(sys.argv[:1])
    apply_theme(app)
    with tempfile.TemporaryDirectory() as folder:
        results = run_all(app, Path(folder))
    print(table(results))
    return 0 if all(r.within for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
