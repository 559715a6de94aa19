"""Pictures beside words follow the theme; the chip in the status bar tells how far a round has come."""

from __future__ import annotations

from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from views.outbox.page import read_facts
from views.station import Station
from views.theme import apply_theme, tokens
from views.widgets.sign import Sign


def _ink(sign: Sign) -> set[str]:
    image = sign.pixmap().toImage()
    return {
        QColor(image.pixelColor(x, y)).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


def test_a_sign_is_drawn_anew_in_another_theme_and_size(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp)
    sign = Sign(40)
    qtbot.addWidget(sign)
    sign.show_sign("warn", "red")
    sign.show()
    try:
        assert tokens("light")["red"].lower() in _ink(sign)
        apply_theme(qapp, "contrast", 130)
        assert tokens("contrast")["red"].lower() in _ink(sign)
        assert sign.pixmap().deviceIndependentSize().width() == 52
        sign.show_sign("", "red")
        assert sign.pixmap().isNull()
    finally:
        apply_theme(qapp)


def test_the_chip_counts_while_a_round_is_under_way(station: Station) -> None:
    station.progressed.emit(3, 9)
    assert "正在补传 3/9" in station.shell.status_text("connection")
    assert "第 4 步，共 9 步" in station.outbox._pace.text()
    station.refresh_status()
    assert "正在补传 3/9" in station.shell.status_text("connection")
    station.progressed.emit(9, 9)
    station._show_status(read_facts(station.desk))
    assert "正在补传 3/9" not in station.shell.status_text("connection")
