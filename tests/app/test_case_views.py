"""Narrowing the case list, views under a name, and the export that names nobody."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import openpyxl
import pytest

from app.commands.batch import intake_line
from app.commands.case_views import HEAD, drop_view, export_cases, keep_view
from app.commands.context import Desk
from app.commands.verify import verify_replica
from app.queries.case_filter import BUILT_IN, CaseFilter, read_views
from app.queries.case_list import list_cases
from app.sample import filled
from models.device import set_meta
from models.domain.case import CaseStatus
from models.domain.catalog import Domain
from models.errors import KnownError
from tests.app.test_after import pass_days, with_roles
from tests.desk_kit import item, make_desk

TAKEN = (("SC001", "accept"), ("TZ004", "receive"), ("SB012", "accept"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two cases of last week, one of today."""
    made = with_roles(make_desk(tmp_path), "window")
    for seed, (wanted, outcome) in enumerate(TAKEN):
        if seed == 2:
            pass_days(made, 8)
        intake_line(made, filled(item(wanted), random.Random(seed), outcome))
    yield made
    made.store.close()


def found(desk: Desk, **parts: object) -> set[str]:
    return {row.item_id for row in list_cases(desk, msgspec.convert(parts, CaseFilter))}


def test_each_part_narrows(desk: Desk) -> None:
    assert found(desk) == {"SC001", "TZ004", "SB012"}
    assert found(desk, status="received") == {"TZ004"}
    assert found(desk, domain=Domain.MARKET.value) == {"SC001"}
    assert found(desk, span="today") == {"SB012"}
    assert found(desk, span="week") == {"SB012"}
    assert found(desk, domain=Domain.MARKET.value, span="today") == set()
    assert found(desk, text=item("TZ004").name) == {"TZ004"}
    other = replace(desk, lease=msgspec.structs.replace(desk.lease, staff="T0001"))
    assert found(other, whose="me") == set()
    assert found(other, whose="here") == {"SC001", "TZ004", "SB012"}
    assert found(desk, whose="me") == {"SC001", "TZ004", "SB012"}
    assert found(desk, to_do=True) == set()


def test_a_month_begins_with_its_first_day() -> None:
    month = CaseFilter(span="month")
    assert month.since(dt.date(2026, 12, 1)) == "2026-12-01"
    assert month.since(dt.date(2026, 11, 30)) == "2026-11-01"
    assert CaseFilter(span="week").since(dt.date(2026, 11, 3)) == "2026-10-28"


def test_views_are_the_clerks_own(desk: Desk) -> None:
    wanted = CaseFilter(domain=Domain.MARKET, span="month")
    keep_view(desk, " 本月市场 ", wanted)
    keep_view(desk, "本月市场", wanted)  # in its own place
    *built_in, own = read_views(desk)
    assert tuple(built_in) == BUILT_IN
    assert (own.name, own.filter, own.own) == ("本月市场", wanted, True)
    other = replace(desk, lease=msgspec.structs.replace(desk.lease, staff="T0001"))
    assert read_views(other) == BUILT_IN
    for name, why in (("", "起个名字"), ("长" * 21, "最长"), ("我办的", "自带")):
        with pytest.raises(KnownError, match=why):
            keep_view(desk, name, wanted)
    with pytest.raises(KnownError, match="不能删"):
        drop_view(desk, "我办的")
    assert drop_view(desk, "本月市场") == BUILT_IN
    for number in range(20):
        keep_view(desk, f"视图{number}", wanted)
    with pytest.raises(KnownError, match="最多"):
        keep_view(desk, "再一个", wanted)
    with desk.store.write() as conn:
        set_meta(conn, "case_views:T0718", b"not ours")
    assert read_views(desk) == BUILT_IN


def test_only_a_lead_exports_and_no_person_is_named(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    with pytest.raises(KnownError, match="组长或者督查人员"):
        export_cases(desk, CaseFilter(), target)
    assert not target.exists()
    lead = with_roles(desk, "lead")
    assert export_cases(lead, CaseFilter(), target) == 3
    head, *lines = list(csv.reader(io.StringIO(target.read_text("utf-8-sig"))))
    assert tuple(head) == HEAD
    rows = {row.item_name: row for row in list_cases(desk, CaseFilter())}
    for line in lines:
        name = rows[line[1]].applicant
        assert line[2] == (name if name.endswith("公司") else name[0] + "*" * (len(name) - 1))
    sheet = tmp_path / "list.xlsx"
    assert export_cases(lead, CaseFilter(status=CaseStatus.RECEIVED), sheet) == 1
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(sheet)["办件"].rows]
    assert cells[0] == list(HEAD)
    assert [row[1] for row in cells[1:]] == [item("TZ004").name]
    with pytest.raises(KnownError, match="写不进"):
        export_cases(lead, CaseFilter(), tmp_path / "nowhere" / "list.csv")
    assert verify_replica(desk) == []


def test_a_cell_is_never_a_formula(desk: Desk, tmp_path: Path) -> None:
    line = filled(item("SC001"), random.Random(9), "accept")
    evil = msgspec.structs.replace(line.applicant, name="=cmd样例有限公司")
    intake_line(desk, msgspec.structs.replace(line, applicant=evil))
    target = tmp_path / "list.csv"
    export_cases(with_roles(desk, "supervisor"), CaseFilter(span="today"), target)
    cells = [cell for row in csv.reader(io.StringIO(target.read_text("utf-8-sig"))) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert any(cell.startswith("'=") for cell in cells)
