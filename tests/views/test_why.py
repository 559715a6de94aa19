"""The why panel: the document behind each rule of the open item, as of its day."""

from __future__ import annotations

from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from models.domain.rule_documents import RULE_NAMES, rules_of
from tests.desk_kit import catalog
from tests.views.keys import PATIENCE_MS, settle
from views.station import Station
from views.workbench.sheet import Sheet


def test_the_documents_of_the_day_stand_under_the_grounds(qtbot: QtBot, station: Station) -> None:
    of = next(i for i in catalog().items if i.deferral_allowed and not i.red_line)
    station.workbench.show_sheet(Sheet(station.desk.make_id(), of, station.workbench.today()))
    settle(qtbot, station)

    def told() -> str:
        return "\n".join(one.text() for one in station.workbench.why.findChildren(QLabel))

    qtbot.waitUntil(lambda: "容缺受理：《泰安市政务服务容缺受理办法（演示）》" in told(), timeout=PATIENCE_MS)
    assert "暂行办法" not in told()
    assert all(f"{RULE_NAMES[rule]}：《" in told() for rule in rules_of(of))
