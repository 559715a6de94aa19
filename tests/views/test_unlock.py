"""The sign-in window: what this desk knows without a name, its lease day by day, and each state of ui.md §8."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QFrame, QLabel
from pytestqt.qtbot import QtBot

from app.bootstrap import write_known
from app.config import Profile
from app.front import read_json
from app.queries.items import item_finder
from app.screen_check import check_screen
from models.crypto import KdfParameters
from models.errors import KnownError
from models.keys import LOCK_MS, MAX_TRIES, DeviceSecrets, Keyring
from sync.plan import LEASE_DAYS
from tests.desk_kit import item
from tests.views.keys import ALT, PATIENCE_MS, key_click, settle, start_item
from views.station import Station
from views.theme import apply_theme
from views.unlock import facts as f
from views.unlock.window import UnlockFacts, UnlockWindow

NOW = int(dt.datetime(2026, 9, 18, 10, 52).timestamp() * 1000)
HOUR = 3_600_000
KNOWN = f.Known(
    staff="T0718",
    synced_ms=NOW - HOUR,
    catalog="2026.09.15-r0003",
    items=950,
    numbers=53,
    waiting=7,
    size=3_984_588,
    lease_ms=NOW + 7 * 24 * HOUR - 40 * 60_000,
    open_item="公共场所卫生许可（新办）",
    open_ms=NOW - HOUR,
    domains="market=市场准入;construction=投资建设项目;real_estate=不动产登记;"
    "social_insurance=社会保险征缴;social_affairs=社会事务",
)
STATES = {
    "offline": (KNOWN, False, "● 中心离线"),
    "online": (KNOWN._replace(open_item=""), True, "● 在线"),
    "expired": (KNOWN._replace(lease_ms=NOW - HOUR), False, "● 租约到期·只读"),
    "revoked": (KNOWN._replace(revoked_ms=NOW - HOUR, revoked_by="管理员样例（T0001）"), True, "● 已撤销"),
    "first": (f.Known(), None, "正在连接中心"),
}


def window_of(qtbot: QtBot, known: f.Known, online: bool | None, staff: str = "T0718") -> UnlockWindow:
    told = UnlockFacts(
        place="样例大厅 · 07 综合窗",
        device="d1",
        staff=staff,
        online=online,
        clock="2026-09-18 周五 10:52",
        known=known,
        now_ms=NOW,
        tries=(("T0718", 4, 0),),
        secret=True,
    )
    window = UnlockWindow(told)
    qtbot.addWidget(window)
    window.show()
    return window


def texts(window: UnlockWindow) -> str:
    return "\n".join(one.text() for one in window.findChildren(QLabel) if one.isVisible())


@pytest.mark.parametrize(
    ("theme", "scale", "size"),
    [
        ("light", 100, (1366, 768)),
        ("contrast", 100, (1366, 768)),
        ("light", 130, (1366, 768)),
        ("light", 100, (1180, 640)),
    ],
)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_whole_on_every_screen(
    qtbot: QtBot, qapp: QApplication, state: str, theme: str, scale: int, size: tuple[int, int]
) -> None:
    apply_theme(qapp, theme, scale)
    try:
        known, online, told = STATES[state]
        window = window_of(qtbot, known, online)
        window.resize(*size)
        QApplication.processEvents()
        assert check_screen(window) == []
        assert (window.width(), window.height()) == size
        assert told in texts(window)
    finally:
        apply_theme(qapp)


def test_it_tells_counts_and_times_of_this_desk(qtbot: QtBot) -> None:
    told = texts(window_of(qtbot, KNOWN, online=False))
    for part in (
        "950 项",
        "剩 53 个",
        "7 件 · 3.8 MB",
        "6 天 23 时",
        "公共场所卫生许可（新办）",
        "解锁后回到原处",
    ):
        assert part in told, part
    assert f.day_time(KNOWN.lease_ms) in told


def test_a_lease_shows_its_days_and_somebody_elses_tells_nothing(qtbot: QtBot) -> None:
    cells = f.lease_cells(NOW, KNOWN.lease_ms)
    assert [kind for _, _, kind in cells] == ["due", *["open"] * 6, "makeup"]
    assert cells[0][:2] == ("18 五", "今天")
    assert cells[-1][:2] == ("25 五", "10:12")
    assert f.lease_cells(NOW, NOW - 1) == []
    window = window_of(qtbot, KNOWN, online=False)
    assert len([one for one in window.lease.findChildren(QFrame) if one.property("cell")]) == 8
    other = window_of(qtbot, KNOWN, online=False, staff="T0719")
    assert "6 天 23 时" not in texts(other)
    assert f.LEASE_DAYS == LEASE_DAYS


def test_revoked_and_expired_say_what_is_left(qtbot: QtBot) -> None:
    revoked = window_of(qtbot, STATES["revoked"][0], online=True)
    told = texts(revoked)
    assert "由 管理员样例（T0001） 撤销" in told  # who
    assert f.day_time(NOW - HOUR) in told  # when
    assert "未传的 7 件已封存在本机" in told  # what is sealed
    assert "请联系撤销的人：管理员样例（T0001），或者班长" in told  # whom to call
    unnamed = window_of(qtbot, KNOWN._replace(revoked_ms=NOW - HOUR, revoked_heard=True), online=True)
    assert f"{f.day_time(NOW - HOUR)} 得知" in texts(unnamed)
    assert "请联系班长或者系统管理员" in texts(unnamed)
    assert "由 " not in texts(unnamed)
    assert "公共场所" not in told
    assert not revoked.offline.isVisible()
    expired = window_of(qtbot, STATES["expired"][0], online=False)
    assert expired._button.accessibleName() == "解锁（只读）"
    assert "已受理的办件都有效" in texts(expired)


def test_looks_are_changed_before_anybody_signs_in(qtbot: QtBot) -> None:
    window = window_of(qtbot, KNOWN, online=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.theme_requested, timeout=PATIENCE_MS):
        key_click(window, Qt.Key.Key_H, ALT)
    for key, step in ((Qt.Key.Key_Equal, 1), (Qt.Key.Key_Minus, -1)):
        with qtbot.waitSignal(window.scale_requested, timeout=PATIENCE_MS) as asked:
            key_click(window, key, ALT)
        assert asked.args == [step]


def test_what_is_kept_names_nobody_and_a_spoilt_file_is_as_none(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    seen: list[f.Known] = []
    station.known.connect(seen.append)
    start_item(qtbot, station, "spjyxk")
    sheet = station.workbench.sheet
    assert sheet is not None
    sheet.put("applicant.name", "王样例")
    station.refresh()
    settle(qtbot, station)
    assert seen[-1].open_item == sheet.item.name
    assert seen[-1].numbers == 50
    profile = Profile(tmp_path)
    write_known(profile, seen[-1])
    written = profile.known_file.read_text(encoding="utf-8")
    assert "王样例" not in written
    assert station.desk.lease.name not in written
    assert f.known_from(read_json(str(profile.known_file))) == seen[-1]
    profile.known_file.write_text(json.dumps({"numbers": "many", "waiting": 3, "strange": 1}))
    assert f.known_from(read_json(str(profile.known_file))) == f.Known(waiting=3)
    profile.known_file.write_bytes(b"\xff{")
    assert f.known_from(read_json(str(profile.known_file))) == f.Known()


def test_a_revoked_desk_shows_no_content_and_leads_nowhere_else(qtbot: QtBot, station: Station) -> None:
    settle(qtbot, station)
    station.heard_revoked(f.Revoked(NOW, "管理员样例（T0001）"))
    settle(qtbot, station)
    assert station.shell.current_page() == "sync"
    assert station.shell.status_text("connection") == "● 已撤销"
    for key in (Qt.Key.Key_W, Qt.Key.Key_B, Qt.Key.Key_Y, Qt.Key.Key_K):
        key_click(station.shell, key, ALT)
        assert station.shell.current_page() == "sync"
    key_click(station.shell, Qt.Key.Key_F3)
    assert not station.shell.overlay_open()
    key_click(station.shell, Qt.Key.Key_F7)
    settle(qtbot, station)
    assert station.shell.current_page() == "sync"
    assert not station.outbox.table.isVisible()
    assert not station.outbox.clashes.isVisible()
    assert station.outbox.sealed.isVisible()
    assert "管理员样例（T0001）" in station.outbox.sealed._told.text()
    assert check_screen(station.shell) == []
    station.heard_revoked(f.Revoked())  # the centre takes it back
    key_click(station.shell, Qt.Key.Key_W, ALT)
    assert station.shell.current_page() == "workbench"


def test_an_expired_lease_is_told_once_on_the_page_with_what_to_do(qtbot: QtBot, station: Station) -> None:
    page = station.outbox
    page.show_lease(-HOUR, "09-25 10:12")
    assert page.notice.text() == (
        "离线租约到期（09-25 10:12）。已受理的办件都有效。请联网续约，或请班长导入离线授权（Alt+I）。"
    )
    assert page.strip.text("lease") == "已到期"
    page.notice.hide()
    page.show_lease(-HOUR, "09-25 10:12")
    assert page.notice.isHidden()
    page.show_lease(26 * HOUR, "09-27 10:12")
    assert page.strip.text("lease") == "1 天 2 时"
    page.show_lease(-HOUR, "09-27 10:12")
    assert not page.notice.isHidden()


def test_the_tries_left_are_those_of_the_clerk_in_the_form(qtbot: QtBot) -> None:
    window = window_of(qtbot, KNOWN, online=False)
    assert "还可再试 4 次；连错 5 次锁 15 分钟" in texts(window)
    window.staff.setText("T0999")
    assert "还可再试" not in texts(window)
    later = int(time.time() * 1000) + 11 * 60_000 + 1000
    window.show_tries((("T0999", 5, later),))
    assert "已锁定，还要 12 分钟" in texts(window)
    assert f.MAX_TRIES == MAX_TRIES


def test_the_key_ring_counts_the_tries(tmp_path: Path) -> None:
    secrets = DeviceSecrets(data_key=bytes(32), device_key=bytes(32))
    ring = Keyring.create(tmp_path, "T0718", "richtig", secrets, KdfParameters(n=2**10))
    assert ring.tries(NOW) == (("T0718", MAX_TRIES, 0),)
    for left in range(MAX_TRIES - 1, 0, -1):
        with pytest.raises(KnownError):
            ring.unlock("T0718", "falsch", NOW)
        assert ring.tries(NOW) == (("T0718", left, 0),)
    with pytest.raises(KnownError):
        ring.unlock("T0718", "falsch", NOW)
    assert ring.tries(NOW) == (("T0718", MAX_TRIES, NOW + LOCK_MS),)
    assert ring.tries(NOW + LOCK_MS) == (("T0718", MAX_TRIES, 0),)


def test_todays_scope_is_chosen_from_what_is_granted(qtbot: QtBot) -> None:
    window = window_of(qtbot, KNOWN, online=False)
    assert window.scope.choice.currentText() == "全科无差别综合受理（五大领域）"
    assert window.scope.only() == ""
    window.scope.choice.setCurrentIndex(1)
    assert window.scope.only() == "market"
    window.update_facts(window.facts._replace(online=True))
    assert window.scope.only() == "market", "what is chosen stays chosen"
    assert not window_of(qtbot, f.Known(), online=None).scope.isVisible()


def test_what_is_not_taken_in_today_says_so(station: Station) -> None:
    finder = item_finder(replace(station.desk, only="market"))
    assert finder is not None
    assert finder.elsewhere(item("SC001")) == ""
    assert "今天只收市场准入事项" in finder.elsewhere(item("SB012"))
    other = item_finder(replace(station.desk, only="nothing"))
    assert other is not None
    assert other.elsewhere(item("SB012")) == ""


def test_caps_lock_is_told_while_the_password_is_typed(qtbot: QtBot) -> None:
    window = window_of(qtbot, KNOWN, online=False)
    key_click(window.password, Qt.Key.Key_A)
    assert "大写锁定" not in texts(window)
    pressed = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "B")
    QApplication.sendEvent(window.password, pressed)
    assert "大写锁定已开" in texts(window)
    assert window.password.text() == "aB"


def test_what_wants_a_person_is_counted_without_a_name(qtbot: QtBot) -> None:
    assert "要您处理" not in texts(window_of(qtbot, KNOWN, online=True))
    assert "2 件，解锁后在同步里定" in texts(window_of(qtbot, KNOWN._replace(attention=2), online=True))
