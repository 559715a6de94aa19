"""What a desk sends whose program skips its own rules, by the row of domain facts §5 that it breaks: the hub
refuses each, and the case stays as it was."""

from __future__ import annotations

import msgspec
import pytest

from models.domain.amendment import Amendment
from models.domain.case import CaseState, Later, Missing
from models.domain.catalog import DayLimit, Item, Material, Need, Option, Question, ReviewPoint
from models.domain.ops import Act, Change, OpKind, Trust
from models.domain.procedures import Decision, Procedure
from sync.hub import people
from sync.hub.database import Hub
from sync.hub.ingest import push
from sync.hub.publish import publish_catalog
from sync.protocol import Outcome
from tests.sync.hub.fake_desk import (
    COMPLETE,
    DEPARTMENT,
    HALL,
    ITEM,
    OTHER_HALL,
    PASSWORD,
    FakeDesk,
    ready_desk,
)
from tests.sync.hub.test_after import state_of

TRUSTING: Item = msgspec.structs.replace(
    ITEM,
    power_type="行政许可",
    promised=DayLimit(days=5, basis="样例条"),
    deferral_allowed=True,
    commitment_allowed=True,
    special_procedures=("专家评审（不超过20个工作日）",),
    questions=(
        Question(id="q", text="问？", options=(Option(id="a", label="甲"), Option(id="b", label="乙"))),
    ),
    points=(ReviewPoint(id="P1", text="样例要点"),),
    materials=(
        Material(id="M1", name="申请表"),
        Material(id="M2", name="身份证明", need=Need.DEFERRABLE, commitment_allowed=True),
        Material(id="M3", name="附图", need=Need.DEFERRABLE),
    ),
)
RED = msgspec.structs.replace(TRUSTING, red_line=True)
ELSEWHERE = msgspec.structs.replace(TRUSTING, accepted_in=(OTHER_HALL,))
WHOLE = COMPLETE | {"material.M3": "paper", "point.P1": "pass", "answer.q": "a"}
ALL_LINES = tuple(Missing(material=m.id, name=m.name, reason="未提交") for m in TRUSTING.materials)
EXTRA = Missing(material="M9", name="户口簿", reason="未提交")


def made(fields: dict[str, str]) -> dict[str, Change]:
    return {path: Change("", value) for path, value in fields.items() if value}


def ready(hub: Hub, *items: Item, domains: tuple[str, ...] = ()) -> FakeDesk:
    desk = ready_desk(hub, publish_catalog(hub, (DEPARTMENT,), items))
    line = people.StaffLine(
        staff="T0718", name="李样例", scope=HALL, roles=("window", "reviewer"), domains=domains
    )
    people.add_staff(hub, line, PASSWORD)
    return desk


def sent(desk: FakeDesk) -> tuple[Outcome, str]:
    """What became of the one op that waits, and why."""
    (one,) = push(desk.hub, desk.device, desk.batch()).outcomes
    desk.sent()
    return one.outcome, one.reason


WHY = {
    "1 红线容缺": "安全、质量、环保类事项，不适用容缺",
    "1 红线承诺": "安全、质量、环保类事项，不适用告知承诺",
    "1 主要材料容缺": "主要材料不适用容缺",
    "1 步骤跳过": "未审查",
    "2 清单外材料": "实施清单里没有这份材料",
    "2 清单外告知": "没有“户口簿”",
    "2 别名告知": "那一份叫“申请表”",
    "2 补正期限已过": "补正期限须是告知日以后的一天",
    "2 补正期限另写": "补正期限由一次性告知书写定",
    "6 不在本地": "请到 370921",
    "6 不在本地收件": "请到 370921",
    "6 不在本地告知": "请到 370921",
    "16 没有不符合": "没有“不符合”的审查要点",
    "16 没有理由": "写明具体理由",
    "16 没有去处": "须告知申请人向哪个机关",
    "22 未列承诺": "本材料不在告知承诺范围",
    "23 期限过长": "日期应在",
    "24 不在清单的照后办证": "不在照后办证范围",
    "2 裁定改材料": "以中心的内容为准",
    "5 撤回改身份": "不能同时改动",
    "16 不予没有要点": "没有“不符合”",
    "16 准予带不符合": "不能准予",
    "18 评审超上限": "不超过 20 个工作日",
    "18 挂起没有依据": "须写明依据",
    "18 延期过长": "1 到 10",
    "18 延期没人批": "写明批准人",
    "23 没有的承诺": "没有这一项需要核查",
    "受理后当场更正": "不能再当场更正",
    "受理后再告知": "不能再一次性告知",
    "32 没有决定就送达": "不能再送达",
}
OPENING = [
    # row, item, kind, fields, act (the number is added)
    ("1 红线容缺", RED, OpKind.ACCEPT, WHOLE | {"material.M3": "deferred"}, Act()),
    ("1 红线承诺", RED, OpKind.ACCEPT, WHOLE | {"material.M2": "committed"}, Act()),
    ("1 主要材料容缺", TRUSTING, OpKind.ACCEPT, WHOLE | {"material.M1": "deferred"}, Act()),
    ("1 步骤跳过", TRUSTING, OpKind.ACCEPT, {p: v for p, v in WHOLE.items() if p != "point.P1"}, Act()),
    ("2 清单外材料", TRUSTING, OpKind.ACCEPT, WHOLE | {"material.M9": "paper"}, Act()),
    ("2 清单外告知", TRUSTING, OpKind.SUPPLEMENT, COMPLETE | {"material.M1": ""}, Act(missing=(*ALL_LINES, EXTRA))),
    ("2 别名告知", TRUSTING, OpKind.SUPPLEMENT, {p: v for p, v in COMPLETE.items() if "material" not in p},
     Act(missing=(msgspec.structs.replace(ALL_LINES[0], name="申请表及户口簿"), *ALL_LINES[1:]))),
    ("2 补正期限已过", TRUSTING, OpKind.SUPPLEMENT,
     {p: v for p, v in COMPLETE.items() if "material" not in p} | {"supplement.due": "2026-09-18"},
     Act(missing=ALL_LINES)),
    ("2 补正期限另写", TRUSTING, OpKind.ACCEPT, WHOLE | {"supplement.due": "2027-09-18"}, Act()),
    ("6 不在本地", ELSEWHERE, OpKind.ACCEPT, WHOLE, Act()),
    ("6 不在本地收件", ELSEWHERE, OpKind.RECEIVE, WHOLE, Act()),
    ("6 不在本地告知", ELSEWHERE, OpKind.SUPPLEMENT, {p: v for p, v in COMPLETE.items() if "material" not in p},
     Act(missing=ALL_LINES)),
    ("16 没有不符合", TRUSTING, OpKind.REFUSE, WHOLE, Act(clause="not_eligible", reason="样例")),
    ("16 没有理由", TRUSTING, OpKind.REFUSE, WHOLE | {"point.P1": "fail"}, Act(clause="not_eligible")),
    ("16 没有去处", TRUSTING, OpKind.REFUSE, WHOLE | {"point.G2": "fail"}, Act(clause="not_competent", reason="样例")),
    ("22 未列承诺", TRUSTING, OpKind.ACCEPT, WHOLE | {"material.M3": "committed"}, Act()),
    ("23 期限过长", TRUSTING, OpKind.ACCEPT,
     WHOLE | {"material.M3": "deferred", "material.M3.way": "窗口", "material.M3.due": "2027-09-01"}, Act()),
    ("24 不在清单的照后办证", TRUSTING, OpKind.ACCEPT, WHOLE | {"promise.licence": "yes"}, Act()),
]  # fmt: skip


@pytest.mark.parametrize(("row", "of", "kind", "fields", "act"), OPENING, ids=[one[0] for one in OPENING])
def test_no_case_is_opened_against_its_row(
    hub: Hub, row: str, of: Item, kind: OpKind, fields: dict[str, str], act: Act
) -> None:
    desk = ready(hub, of)
    desk.make(kind, "c1", made(fields), act=msgspec.structs.replace(act, number=desk.number()))
    outcome, reason = sent(desk)
    assert outcome is Outcome.REJECTED
    assert WHY[row] in reason


LATER = [
    # row, kind, changes, act: on an accepted case of TRUSTING
    ("2 裁定改材料", OpKind.RESOLVE, {"material.M2": Change("paper", "")}, Act(conflict="x.0")),
    ("5 撤回改身份", OpKind.WITHDRAW, {"applicant.name": Change("王样例", "李样例")}, Act(reason="样例")),
    ("16 不予没有要点", OpKind.DECIDE, {}, Act(reason="样例", later=Later(decision=Decision.DENY))),
    ("16 准予带不符合", OpKind.DECIDE, {"point.P1": Change("pass", "fail")}, Act(later=Later(decision=Decision.GRANT))),
    ("18 评审超上限", OpKind.PAUSE, {}, Act(reason="样例", later=Later(procedure=Procedure.EXPERTS, workdays=21))),
    ("18 挂起没有依据", OpKind.PAUSE, {}, Act(reason="样例", later=Later(procedure=Procedure.SUSPENSION, workdays=2))),
    ("18 延期过长", OpKind.EXTEND, {}, Act(reason="样例", later=Later(workdays=11, approver="样例负责人"))),
    ("18 延期没人批", OpKind.EXTEND, {}, Act(reason="样例", later=Later(workdays=5))),
    ("23 没有的承诺", OpKind.CHECK, {}, Act(text="样例", trust=Trust(duty="commitment:M2", finding="true"))),
    ("受理后当场更正", OpKind.AMEND, {}, Act(later=Later(
        amendment=Amendment(path="material.M1", was="甲", now="乙", confirmed_by="applicant")))),
    ("受理后再告知", OpKind.SUPPLEMENT, {}, Act(missing=ALL_LINES[:1])),
    ("32 没有决定就送达", OpKind.DELIVER, {}, Act(later=Later(way="counter", recipient="王样例"))),
]  # fmt: skip


@pytest.mark.parametrize(("row", "kind", "changes", "act"), LATER, ids=[one[0] for one in LATER])
def test_no_later_act_breaks_its_row(
    hub: Hub, row: str, kind: OpKind, changes: dict[str, Change], act: Act
) -> None:
    desk = ready(hub, TRUSTING)
    desk.accept("c1", WHOLE)
    assert sent(desk)[0] is Outcome.APPLIED
    before: CaseState = state_of(hub, "c1")
    desk.make(kind, "c1", changes, base_rev=1, act=act)
    outcome, reason = sent(desk)
    assert outcome is Outcome.REJECTED
    assert WHY[row] in reason
    assert state_of(hub, "c1") == before


@pytest.mark.parametrize("kind", [OpKind.ACCEPT, OpKind.RECEIVE, OpKind.SUPPLEMENT])
def test_a_lease_that_nobody_issued_gives_no_right(hub: Hub, kind: OpKind) -> None:
    """Row 9: the register answers for a clerk whose lease is not known, also to a hub that was restored."""
    desk = ready(hub, TRUSTING, domains=("real_estate",))
    fields = (
        WHOLE if kind is not OpKind.SUPPLEMENT else {p: v for p, v in COMPLETE.items() if "material" not in p}
    )
    missing = ALL_LINES if kind is OpKind.SUPPLEMENT else ()
    desk.make(kind, "c1", made(fields), act=Act(number=desk.number(), missing=missing))
    outcome, reason = sent(desk)
    assert outcome is Outcome.REJECTED
    assert "没有办理市场准入事项的权限" in reason
