"""Cases are found by what clerks type, also when they are not among the newest that are looked through."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from app.commands.context import Desk
from app.queries import search
from app.queries.cases import find_cases
from models.domain.case import CaseState, CaseStatus
from models.domain.numbers import make_number
from models.prepared import upsert
from models.projection import view_row
from models.tables import replica as t
from tests.desk_kit import VERSION, item, make_desk

WANTED = CaseState(
    case_id="wanted",
    scope="370911",
    item_id="SC001",
    item_name=item("SC001").name,
    catalog_version=VERSION,
    rev=1,
    status=CaseStatus.ACCEPTED,
    number=make_number("370911", 2026, 471),
    receipt="临-D01-000009",
    changed_ms=1,
    fields={"applicant.name": "柳样例", "applicant.id_number": "37091119800307123X"},
)
NUMBER = WANTED.number


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One old case that is looked for, and many newer ones of other people."""
    made = make_desk(tmp_path_factory.mktemp("search"))
    others = [
        msgspec.structs.replace(
            WANTED,
            case_id=f"other-{n}",
            item_id="SB012",
            item_name=item("SB012").name,
            number=make_number("370911", 2026, 100_000 + n),
            receipt="",
            changed_ms=100 + n,
            status=CaseStatus.OPEN,
            fields={"applicant.name": f"王示范{n}", "applicant.id_number": f"3709111980030{n:05d}"},
        )
        for n in range(60)
    ]
    with made.store.write() as conn:
        upsert(t.case_view).many(conn, [{**view_row(state), "sync": "synced"} for state in (WANTED, *others)])
    yield made
    made.store.close()


@pytest.fixture(params=[5, 5000], ids=["old", "among the newest"])
def looked_through(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(search, "RECENT", request.param)
    return int(request.param)


def ids(desk: Desk, text: str, **more: object) -> list[str]:
    return [row.case_id for row in find_cases(desk, text, **more)]  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize(
    "text",
    [
        "柳样例", "柳", "lyl", "LY", NUMBER, NUMBER[:16], NUMBER[-4:].lower(), NUMBER[-8:], NUMBER[-9:], "123X",
        "123x", "0307123X", f"{NUMBER[:6]} {NUMBER[6:10]} {NUMBER[10:17]} {NUMBER[17]}", "柳 123X", "柳样 lyl",
        "１２３Ｘ", WANTED.receipt, f"柳 {WANTED.receipt}", WANTED.item_name[:4], f"柳 {WANTED.item_name[2:6]}",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("looked_through")
def test_it_is_found(desk: Desk, text: str) -> None:
    assert ids(desk, text) == ["wanted"]


@pytest.mark.parametrize("text", ["柳 王", "柳 9999", "3X", "%", "_", "'", "柳 %", "99999999"])
@pytest.mark.usefixtures("looked_through")
def test_nothing_else_is(desk: Desk, text: str) -> None:
    assert ids(desk, text) == []


def test_inside_a_name_it_is_found_among_the_newest(desk: Desk, looked_through: int) -> None:
    assert ids(desk, "样例") == (["wanted"] if looked_through > 60 else [])


@pytest.mark.usefixtures("looked_through")
def test_newest_first_by_pages_and_by_status(desk: Desk) -> None:
    every = ids(desk, "王")
    assert every == [f"other-{n}" for n in range(59, -1, -1)]
    assert ids(desk, "王", limit=7) == every[:7]
    assert ids(desk, "王", limit=7, offset=50) == every[50:57]
    assert ids(desk, "王", statuses=[CaseStatus.ACCEPTED]) == []
    assert ids(desk, "3709", statuses=[CaseStatus.ACCEPTED]) == ["wanted"]
