"""T1 to T5 of ui.md §9 through the real program under a real X server, typed by xdotool.

No input method runs there, so what is typed is what a keyboard sends; Chinese comes by pinyin in the palette
and by letters in the fields.  Which key comes next is read from the draft that the program has saved, and it
is sent when the one before it has had its effect.  The outcome is read after the program has ended.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from app.commands.batch import IntakeLine, intake_line
from app.commands.context import Desk
from app.commands.drafts import discard_draft
from app.commands.lines import PartyLine
from app.config import DeviceChoices, Settings, write_settings
from app.queries.bundles import DRAFT_PREFIX, open_bundle, read_set
from app.queries.cases import find_cases, read_state
from app.queries.drafts import DraftRow, read_drafts
from app.queries.files import read_files
from app.queries.outbox import read_conflicts
from app.sample import filled, person_name, phone, resident_id
from devices.idcard.played import DEMO
from devices.idcard.record import build_record
from models.domain.case import CaseStatus
from models.domain.catalog import FieldType
from models.domain.duties import DutyKind
from tests.functional.program import Program
from tests.functional.screen import MISSING, Screen, until
from tests.functional.world import STAFF, World, disagree, item_of
from views.bundle.sheet import SetSheet
from views.workbench.sheet import Sheet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {' '.join(MISSING)}"),
]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(tmp_path)
    yield made
    made.close()


@dataclass(frozen=True)
class Hall:
    """The hall of the journeys with its line cut, and the card that lies on the reader of its first desk."""

    world: World
    cards: Path

    def prepare(self) -> Desk:
        """The desk without its window; close its store before the program starts."""
        return self.world.sign_in()

    def lay(self, name: str, number: str) -> None:
        birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
        sex = "男" if int(number[16]) % 2 else "女"
        record = msgspec.structs.replace(DEMO, name=name, number=number, birth=birth, sex=sex)
        (self.cards / "card.bin").write_bytes(build_record(record))
        choices = DeviceChoices(
            card_reader=f"test:{self.cards}", camera="test", printer="test", scanner="none", codes="none"
        )
        write_settings(self.world.profiles[0], Settings(last_staff=STAFF, devices=choices))

    def open(self, screen: Screen) -> Program:
        if self.world.hall.listening():
            self.world.cut()
        program = Program(screen, self.world.profiles[0], STAFF)
        try:
            program.sign_in()
        except BaseException:
            program.kill()
            raise
        return program


@pytest.fixture
def hall(world: World, tmp_path: Path) -> Hall:
    """Nothing is begun there: other journeys of the same hall leave drafts, and these read the only one."""
    if not world.hall.listening():
        world.mend()
    desk = world.sign_in()
    for draft in read_drafts(desk):
        discard_draft(desk, draft.case_id)
    desk.store.close()
    cards = tmp_path / "cards"
    cards.mkdir()
    return Hall(world, cards)


def somebody(rng: random.Random) -> PartyLine:
    return PartyLine(
        kind="person",
        name=person_name(rng).replace("\ue00f", "")[:4],
        id_number=resident_id(rng),
        phone=phone(rng),
        address="泰安市样例街 1 号",
    )


def test_t1_a_returning_applicant_is_accepted(screen: Screen, hall: Hall) -> None:
    """食品经营许可（新办）: 5 papers, 3 fields that nobody entered before, for somebody who was here."""
    who = somebody(random.Random(8))
    desk = hall.prepare()
    intake_line(desk, before(desk, "SC005", who))
    of = item_of(desk, "SC009")
    desk.store.close()
    hall.lay(who.name, who.id_number)
    with hall.open(screen) as program:
        greet(screen)
        screen.shown("Return")
        choose(screen, program, "spjyxk", of.id)
        fill_case(screen, program, lambda draft: Sheet(draft.case_id, of, desk.clock.now().day))
        case_id = draft_of(program).case_id
        screen.key("ctrl+Return")
        until(lambda: (s := read_state(program.desk, case_id)) is not None and s.number, "受理")
        until(lambda: not read_drafts(program.desk), "the draft is gone")
        assert program.end() == 0
    desk = hall.prepare()
    state, drafts = read_state(desk, case_id), read_drafts(desk)
    desk.store.close()
    assert state is not None
    assert state.value("applicant.id_number") == who.id_number
    assert state.status is CaseStatus.ACCEPTED
    assert state.number
    assert drafts == []


def test_t2_asking_only_prints_the_guide_and_leaves_nothing(screen: Screen, hall: Hall) -> None:
    """Found among all items, its questions answered; the sheet for printing opens, and nothing is kept."""
    desk = hall.prepare()
    before_ = len(find_cases(desk, limit=500))
    desk.store.close()
    hall.lay("王样例", DEMO.number)
    with hall.open(screen) as program:
        screen.shown("F3")
        screen.write("spjyxk")
        screen.shown("Right")
        screen.key("1", "1", "1")
        screen.shown("ctrl+p")
        screen.shown("Escape")
        screen.key("Escape")
        assert program.end() == 0
        assert read_drafts(program.desk) == []
        assert len(find_cases(program.desk, limit=500)) == before_


def test_t3_a_deferred_paper_is_brought_and_the_duty_closed(screen: Screen, hall: Hall) -> None:
    """Called, card, the page taken by the test camera, its points, done."""
    desk = hall.prepare()
    who = somebody(random.Random(33))
    case_id, duty = deferred(desk, who)
    desk.store.close()
    hall.lay(who.name, who.id_number)
    with hall.open(screen) as program:
        greet(screen)
        screen.shown("Return")  # the one unfinished matter
        screen.shown("F12")
        screen.key("Return")
        until(lambda: read_files(program.desk, case_id), "the page is kept")
        screen.settled()

        def closed() -> bool:
            state = read_state(program.desk, case_id)
            return state is not None and not [d for d in state.duties if d.id == duty and d.open]

        for _ in range(9):
            screen.key("1")
        screen.key("Return")
        until(closed, "容缺 closed")
        assert program.end() == 0


def test_t4_two_conflicting_fields_are_settled(screen: Screen, hall: Hall) -> None:
    """One of ours is kept, one of the other window's is taken."""
    desk = hall.prepare()
    other = hall.world.sign_in(1)
    case_id = disagree(
        desk,
        other,
        applicant__phone=("13800000031", "13800000032"),
        applicant__address=("泰安市样例街 31 号", "泰安市样例街 32 号"),
    )
    other.store.close()
    first, second = [row.conflict for row in read_conflicts(desk)]
    desk.store.close()
    hall.lay("王样例", DEMO.number)
    with hall.open(screen) as program:
        screen.shown("alt+t")
        screen.settled()
        screen.key("2", "3", "ctrl+Return")  # 完成比对 settles both at once
        until(lambda: not read_conflicts(program.desk), "both are settled")
        assert program.end() == 0
    desk = hall.prepare()
    state = read_state(desk, case_id)
    desk.store.close()
    assert state is not None
    assert state.value(first.path) == first.mine
    assert state.value(second.path) == second.theirs


def test_t5_a_pharmacy_is_opened_by_one_acceptance(screen: Screen, hall: Hall) -> None:
    """我要开药店: questions, one form, one pile of papers, points, one 受理 for all members."""
    who = somebody(random.Random(55))
    desk = hall.prepare()
    desk.store.close()
    hall.lay(who.name, who.id_number)
    with hall.open(screen) as program:
        greet(screen)
        screen.shown("Return")
        screen.write("wykyd")
        screen.shown("Return")
        fill_set(screen, program)
        set_id = draft_of(program).case_id
        screen.key("ctrl+Return")
        until(lambda: not read_drafts(program.desk), "受理 for all")
        assert program.end() == 0
    assert set_id
    desk = hall.prepare()
    rows = [r for r in find_cases(desk, limit=50) if r.applicant == who.name]
    done = read_set(desk, rows[0].case_id) if rows else None
    desk.store.close()
    assert done is not None
    assert len(done.members) >= 5, done
    assert done.accepted >= 1  # the others wait for it, as the bundle has it
    assert {m.status for m in done.members} == {CaseStatus.ACCEPTED, "waiting"}
    assert done.flagged == ()


def test_a_kill_300_ms_after_the_last_key_costs_nothing(screen: Screen, hall: Hall) -> None:
    desk = hall.prepare()
    desk.store.close()
    hall.lay("王样例", DEMO.number)
    with hall.open(screen) as program:
        screen.shown("F3")
        screen.write("gssldj")
        screen.shown("Return")
        screen.write("taian")
        until(lambda: (d := program.draft()) is not None and d.applicant == "taian", "the word is saved")
        screen.echoed("M")
        time.sleep(0.3)
        program.kill()
    desk = hall.prepare()
    (draft,) = read_drafts(desk)
    discard_draft(desk, draft.case_id)
    desk.store.close()
    assert draft.fields["applicant.name"] == "taianM"


# -- steps ---------------------------------------------------------------------------------------


def greet(screen: Screen) -> None:
    """Called, and the card read."""
    screen.key("F7")
    screen.shown("F9")


def choose(screen: Screen, program: Program, letters: str, item_id: str) -> None:
    screen.write(letters)
    screen.shown("Return")
    until(lambda: (d := program.draft()) is not None and d.item_id == item_id, "the case is begun")


def draft_of(program: Program) -> DraftRow:
    draft = program.draft()
    assert draft is not None
    return draft


def fill_case(screen: Screen, program: Program, blank: Callable[[DraftRow], Sheet]) -> None:
    """Whatever the saved draft still lacks, one key or word after another, until nothing does."""

    def sheet() -> Sheet:
        draft = draft_of(program)
        made = blank(draft)
        made.fields = dict(draft.fields)
        return made

    for _ in range(60):
        now = sheet()
        gaps = now.gaps()
        if not gaps:
            return
        gap = gaps[0]
        spec = next((f for f in now.form_fields() if f"form.{f.id}" == gap.path), None)
        give(screen, gap.step, gap.path, spec.type if spec is not None else None)
        until(
            lambda p=gap.path: p not in [g.path for g in sheet().gaps()],  # type: ignore[misc]
            f"{gap.path} is saved",
        )
    raise AssertionError("the case never becomes complete")


def fill_set(screen: Screen, program: Program) -> None:
    screen.settled()
    source = open_bundle(program.desk, "我要开药店")
    first = True

    def sheet() -> SetSheet | None:
        draft = program.draft()
        if draft is None or not draft.item_id.startswith(DRAFT_PREFIX):
            return None
        return SetSheet(draft.case_id, source, program.desk.clock.now().day, draft.fields)

    for _ in range(140):
        now = sheet()
        if now is None:
            assert first
            gap_path, step, kind = "answer", "situation", None
        else:
            gaps = now.plan.open_gaps
            unanswered = [q for q in now.plan.questions if q.id not in now.plan.answers]
            if unanswered:
                gap_path, step, kind = f"answer.{unanswered[0].id}", "situation", None
            elif gaps:
                gap_path, step = gaps[0].path, gaps[0].step
                spec = next((f.field for f in now.plan.form.fields if f"form.{f.field.id}" == gap_path), None)
                kind = spec.type if spec is not None else None
            else:
                return
        asked = dict(now.fields) if now is not None else {}
        if step == "situation":
            screen.key("2" if first else "1")
        else:
            give(screen, step, gap_path, kind)
        first = False
        until(lambda a=asked: (s := sheet()) is not None and s.fields != a, f"{gap_path} is saved")  # type: ignore[misc]
    raise AssertionError("the set never becomes complete")


def give(screen: Screen, step: str, path: str, kind: FieldType | None) -> None:
    """What the next key is for a gap of this kind; the focus is there already."""
    if step in ("situation", "materials", "points"):
        screen.key("1")
        return
    words = {
        FieldType.DATE: "20261201",
        FieldType.INTEGER: "36",
        FieldType.DECIMAL: "128.5",
        FieldType.PHONE: "13800000021",
        FieldType.RESIDENT_ID: resident_id(random.Random(3)),
    }
    if kind is FieldType.CHOICE:
        screen.key("Down")
    elif path.endswith(".phone"):
        screen.write("13800000021")
    else:
        screen.write(words.get(kind or FieldType.TEXT, "Wang Yangli"))
    screen.key("Tab" if kind is FieldType.MULTILINE else "Return")


def before(desk: Desk, item_id: str, who: PartyLine) -> IntakeLine:
    """An earlier case of theirs."""
    line = filled(item_of(desk, item_id), random.Random(8))
    return msgspec.structs.replace(line, applicant=who)


def deferred(desk: Desk, who: PartyLine) -> tuple[str, str]:
    """A case of theirs with one paper deferred; its id and duty."""
    of = item_of(desk, "SC015")
    for seed in range(200):
        line = filled(of, random.Random(seed), on_trust=True)
        if any(m.form == "deferred" for m in line.materials):
            done = intake_line(desk, msgspec.structs.replace(line, applicant=who))
            state = read_state(desk, done.case_id)
            assert state is not None
            duty = next(d for d in state.duties if d.kind == DutyKind.DEFERRAL)
            return done.case_id, duty.id
    raise LookupError("no seed defers a paper")
