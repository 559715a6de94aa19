"""Unlocking: 工号 and 口令, what this machine holds, and what works offline.  Nothing personal."""

from __future__ import annotations

import time
from typing import NamedTuple

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from views.theme import scaled, set_kind
from views.unlock.cards import LeaseCard, StatusBar, offline_card
from views.unlock.entry import PasswordEdit, ScopeChoice
from views.unlock.facts import MAX_TRIES, Known, day_time, size_words, tries_words
from views.widgets import CodeEdit, KeyButton, Notice, Tag, label
from views.widgets.early import ALIGN_CENTER, ALIGN_RIGHT, align
from views.widgets.elided import ElidedLabel
from views.widgets.keys import bind

UNWRITTEN = (
    "锁屏前填的内容写不进本机（磁盘满或者副本被占用）。都还在内存里，没有丢，请不要关机。"
    "请原经办人解锁接着办；腾出磁盘空间后会自动写好。"
)
FORM, CARDS, WIDEST = 372, 372, 436


class UnlockFacts(NamedTuple):
    """What may be told before anybody has unlocked the machine.  (Not msgspec: it is slow to import.)"""

    place: str = ""
    device: str = ""
    staff: str = ""
    online: bool | None = None  # None: not tried yet
    clock: str = ""
    known: Known = Known()
    now_ms: int = 0
    tries: tuple[tuple[str, int, int], ...] = ()  # 工号, tries left, locked until (Unix ms, 0: not)
    secret: bool | None = None  # whether the machine's own key is in its place; None: not looked yet
    only: str = ""  # the domain chosen as 今天的受理范围


class UnlockWindow(QFrame):
    unlock_requested = pyqtSignal(str, str)
    retry_requested = pyqtSignal()
    import_requested = pyqtSignal()
    theme_requested = pyqtSignal()
    scale_requested = pyqtSignal(int)
    painted = pyqtSignal()  # once, with the first paint

    def __init__(self, facts: UnlockFacts) -> None:
        super().__init__()
        self._shown = False
        self._tries: dict[str, tuple[int, int]] = {}  # by 工号: left, locked until
        self.setObjectName("page")
        self.setWindowTitle("泰好办 · 窗口综合受理工作站")
        self.setMinimumSize(1180, 640)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        whole.addLayout(row, 1)
        self.status = StatusBar()
        whole.addWidget(self.status)
        self.status.theme_requested.connect(self.theme_requested)
        self.status.scale_requested.connect(lambda: self.scale_requested.emit(1))
        bind(self, "Alt+-", "缩小字号", lambda: self.scale_requested.emit(-1))
        self._left = self._make_left()
        self._wide: list[QWidget] = []
        row.addWidget(self._left)
        row.addStretch(1)
        row.addLayout(self._make_form())
        row.addSpacing(40)
        row.addWidget(self._make_right())
        row.addStretch(1)
        self.update_facts(facts)
        (self.password if facts.staff else self.staff).setFocus()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        if not self._shown:
            self._shown = True
            QTimer.singleShot(0, self.staff.shut_ime)
            self.painted.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """The form and the cards grow with the type; the left side takes what is left over."""
        form, cards = min(scaled(FORM), WIDEST), min(scaled(CARDS), WIDEST)
        for widget in self._wide:
            widget.setFixedWidth(form)
        self._right.setFixedWidth(cards)
        left = max(330, min(470, self.width() - form - cards - 100))
        self._left.setFixedWidth(left)
        top = 72 if self.height() >= scaled(740) else 40  # a low window keeps its room for the fields
        side = 48 if left == 470 else 24
        self._greeting.setContentsMargins(side, top + 16, side, 20)
        self._form.setContentsMargins(0, top, 0, 4)
        self._cards.setContentsMargins(0, top, 0, 4)

    def update_facts(self, facts: UnlockFacts) -> None:
        self.facts = facts
        known, now = facts.known, facts.now_ms
        if facts.staff != known.staff:  # somebody else's lease tells nothing
            known = known._replace(lease_ms=0, domains="")
        self.show_tries(facts.tries)
        self._second.setVisible(facts.secret is not None)
        self._second.setText(
            "✓ 第二因素：本机密钥在位，未配 UKey"
            if facts.secret
            else "! 第二因素：本机密钥文件不在，解不开副本，请找系统管理员"
        )
        set_kind(self._second, "role", "redcaption" if facts.secret is False else "caption")
        self.scope.show_scope("" if known.revoked_ms else known.domains, facts.only)
        self._place.setText(facts.place or "未登记")
        self._device.setText(f"设备标识 {facts.device or '—'} · 副本加密 已启用")
        self._show_known(known)
        self.show_clock(facts.clock)
        self.lease.show_lease(known, now)
        over = bool(known.lease_ms) and known.lease_ms <= now and facts.online is not True
        self._verb = "解锁（只读）" if over else "解锁"
        self.set_busy(False)
        if facts.staff and not self.staff.text():
            self.staff.setText(facts.staff)
        self._show_connection(facts.online, over=over, revoked=bool(known.revoked_ms))

    def _show_connection(self, online: bool | None, *, over: bool, revoked: bool) -> None:
        """The tag at the head and the first cell of the status bar say the same."""
        if revoked:
            tag, kind, told = "! 已撤销", "red", "● 已撤销"
        elif online is None:
            tag, kind, told = "正在连接中心", "neutral", "正在连接中心"
        elif online:
            tag, kind, told = "✓ 中心在线", "green", "● 在线"
        elif over:
            tag, kind, told = "! 租约到期 · 只读", "red", "● 租约到期·只读"
        else:
            tag, kind, told = "! 中心离线 · 可离线登录", "amber", "● 中心离线"
        self._state.show_state(tag, kind)
        self.offline.setVisible(not revoked)
        self._how.setText(
            "中心已撤销本机的登记。"
            if revoked
            else "连得上中心，登录时顺便续约。"
            if online
            else "连不上中心，用上次联网时下发到本机的凭证核对身份。"
            if online is False
            else "离线时，用上次联网下发到本机的凭证核对身份。"
        )
        self.status.tell("connection", told, "" if kind == "neutral" else kind)

    def _show_known(self, known: Known) -> None:
        catalog = f"{known.catalog} · {known.items:,} 项" if known.items else known.catalog
        size = f" · {size_words(known.size)}，均已加密" if known.waiting > 0 else ""
        waiting = f"{known.waiting} 件{size}" if known.waiting >= 0 else "—"
        for part in self._attention:
            part.setVisible(known.attention > 0 and not known.revoked_ms)
        self._attention[1].setText(f"{known.attention} 件，解锁后在同步里定")
        for name, told in (
            ("replica", day_time(known.synced_ms)),
            ("catalog", catalog or "—"),
            ("numbers", f"剩 {known.numbers:,} 个" if known.numbers >= 0 else "—"),
            ("waiting", waiting),
        ):
            self._values[name].setText(told)
        told = f"待同步 {known.waiting} 件" if known.waiting >= 0 else "待同步 —"
        goes_on = self.facts.online and known.waiting > 0 and not known.revoked_ms
        self.status.tell("waiting", f"{told}，登录后接着补传，不耽误登录" if goes_on else told)
        self.status.tell("catalog", f"目录 {known.catalog or '—'}")
        self.status.tell("replica", f"副本 {day_time(known.synced_ms)[-5:]}" if known.synced_ms else "副本 —")
        self._resume.setVisible(bool(known.open_item) and not known.revoked_ms)
        saved = f" · {day_time(known.open_ms)[-5:]} 已存" if known.open_ms else ""
        self._resumed.setText(f"{known.open_item}{saved}。解锁后回到原处。")

    def show_tries(self, tries: tuple[tuple[str, int, int], ...]) -> None:
        """As in :class:`UnlockFacts`: after each wrong password, too."""
        self._tries = {staff: (left, until) for staff, left, until in tries}
        self._tell_tries()

    def _tell_tries(self) -> None:
        """For the clerk whose 工号 stands in the form now."""
        now = round(time.time() * 1000)
        left, until = self._tries.get(self.staff.text().strip(), (-1, 0))
        self._again.setText(tries_words(left, until, now))
        kind = "redcaption" if until > now else "ambercaption" if 0 <= left < MAX_TRIES else "caption"
        set_kind(self._again, "role", kind)

    def _forgot(self) -> None:
        self._notice.say(
            "口令只有系统管理员能重设。本机的办件都在，没有改动。请联系系统管理员，重设后联网登录一次。",
            "amber",
        )

    def change_clerk(self) -> None:
        """Alt+C: another clerk signs in; nothing of the last one stays in the fields."""
        self.staff.clear()
        self.password.clear()
        self._notice.hide()
        self.staff.setFocus()

    def show_import(self, name: str) -> None:
        """A 摆渡包 was chosen; it opens with the keys of the machine, so the password comes first."""
        self._notice.say(f"已选 {name}。文件没有改动。输入口令解锁，解锁后立即导入。", "amber")
        (self.password if self.staff.text() else self.staff).setFocus()

    def show_unwritten(self) -> None:
        """The last clerk's words could not be written: they wait in memory, and nobody else is told whose."""
        self._notice.say(UNWRITTEN, "amber")

    def hide_notice(self) -> None:
        self._notice.hide()

    def show_clock(self, text: str) -> None:
        self._clock.setText(text)
        self.status.clock.setText(text)
        self._tell_tries()

    def show_error(self, text: str) -> None:
        self.set_busy(False)
        self._notice.say(text, "red")
        self.password.selectAll()
        self.password.setFocus()

    def set_busy(self, busy: bool) -> None:
        self._button.set_text("正在解锁…" if busy else self._verb)
        self._button.setEnabled(not busy)

    def _try(self) -> None:
        if not self._button.isEnabled():
            return
        if not self.staff.text().strip():
            self._notice.say("还没有填工号。没有改动。请先填工号。", "amber")
            self.staff.setFocus()
            return
        self._notice.hide()
        self.set_busy(True)
        self.unlock_requested.emit(self.staff.text().strip(), self.password.text())

    def _make_left(self) -> QFrame:
        left = QFrame()
        left.setObjectName("signin")
        self._greeting = box = QVBoxLayout(left)
        box.setSpacing(8)
        head = QHBoxLayout()
        logo = QLabel("泰")
        logo.setObjectName("logo")
        logo.setFixedSize(40, 40)
        align(logo, ALIGN_CENTER)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(label("泰好办", "title"))
        names.addWidget(label("窗口综合受理工作站", "soft"))
        head.addWidget(logo)
        head.addLayout(names)
        head.addStretch()
        box.addLayout(head)
        box.addSpacing(30)
        for line in ("断网也能开门办事。", "办件先在本机加密存好，", "联网后自动对齐中心。"):
            box.addWidget(label(line, "title"))
        box.addSpacing(16)
        facts = QFrame()
        facts.setObjectName("facts")
        grid = QGridLayout(facts)
        grid.setContentsMargins(16, 12, 16, 12)
        self._place = ElidedLabel()
        self._clock = label("")
        self._values = {name: ElidedLabel("—") for name in ("replica", "catalog", "numbers", "waiting")}
        lines = (
            ("本机", self._place), ("本机副本", self._values["replica"]),
            ("事项目录", self._values["catalog"]), ("受理编号", self._values["numbers"]),
            ("待同步", self._values["waiting"]), ("本机时钟", self._clock),
        )  # fmt: skip
        for i, (name, value) in enumerate(lines):
            grid.addWidget(label(name, "soft" if i else "strong"), i, 0)
            align(value, ALIGN_RIGHT)
            grid.addWidget(value, i, 1)
        self._attention = (label("要您处理", "soft"), ElidedLabel())
        align(self._attention[1], ALIGN_RIGHT)
        for place, part in enumerate(self._attention):
            grid.addWidget(part, len(lines), place)
        box.addWidget(facts)
        box.addStretch()
        self._device = label("", "soft", wrap=True)
        box.addWidget(self._device)
        return left

    def _make_form(self) -> QVBoxLayout:
        self._form = form = QVBoxLayout()
        form.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(label("解锁工作站", "title"))
        head.addStretch()
        self._state = Tag("正在连接中心")
        head.addWidget(self._state)
        form.addLayout(head)
        self._how = ElidedLabel("", "secondary")
        self._wide.append(self._how)
        form.addWidget(self._how)
        form.addSpacing(8)
        self.staff = CodeEdit(before_paint=True)
        self.password = PasswordEdit()
        self._capitals = label("! 大写锁定已开", "ambercaption")
        self._capitals.hide()
        self.password.capitals.connect(self._capitals.setVisible)
        for name, editor in (("工号", self.staff), ("口令", self.password)):
            line = QHBoxLayout()
            line.addWidget(label(name, "secondary"))
            line.addStretch()
            if editor is self.password:
                line.addWidget(self._capitals)
            form.addLayout(line)
            editor.setAccessibleName(name)
            self._wide.append(editor)
            form.addWidget(editor)
            form.addSpacing(6)
        self.staff.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self._try)
        self.staff.textChanged.connect(lambda _: self._tell_tries())
        self._again = label("", "caption")
        form.addWidget(self._again)
        self._second = label("", "caption", wrap=True)
        form.addWidget(self._second)
        form.addSpacing(4)
        self.scope = ScopeChoice()
        self.scope.choice.entered.connect(self._try)
        self._wide.append(self.scope)
        form.addWidget(self.scope)
        form.addSpacing(4)
        self._button = KeyButton("解锁", kind="primary", shows="Enter")
        self._verb = "解锁"
        self._wide.append(self._button)
        self._button.run.connect(self._try)
        form.addWidget(self._button)
        row = QHBoxLayout()
        row.setSpacing(2)
        other = KeyButton("换人", "Alt+C", "quiet")
        other.run.connect(self.change_clerk)
        row.addWidget(other)
        take = KeyButton("导入离线授权", "Alt+I", "quiet")
        take.setToolTip("摆渡包里有离线授权、号段和目录")
        take.run.connect(self.import_requested)
        row.addWidget(take)
        forgot = KeyButton("口令忘了", kind="quiet")
        forgot.run.connect(self._forgot)
        row.addWidget(forgot)
        row.addStretch()
        retry = KeyButton("重试连接", "F5", "quiet")
        retry.run.connect(self.retry_requested)
        row.addWidget(retry)
        form.addLayout(row)
        self._notice = Notice("red")
        self._wide.append(self._notice)
        form.addWidget(self._notice)
        form.addWidget(self._make_resume())
        form.addStretch()
        return form

    def _make_resume(self) -> QFrame:
        """A case that was left open; no name, only what it is about."""
        self._resume = QFrame()
        self._resume.setObjectName("resume")
        box = QVBoxLayout(self._resume)
        box.setContentsMargins(16, 10, 12, 10)
        box.setSpacing(2)
        box.addWidget(label("上次锁屏时有 1 件没办完", "strong"))
        self._resumed = label("", "softbody", wrap=True)
        box.addWidget(self._resumed)
        self._wide.append(self._resume)
        self._resume.hide()
        return self._resume

    def _make_right(self) -> QWidget:
        self._right = QWidget()
        self._cards = right = QVBoxLayout(self._right)
        right.setSpacing(12)
        self.lease = LeaseCard()
        right.addWidget(self.lease)
        self.offline = offline_card()
        right.addWidget(self.offline)
        right.addStretch()
        return self._right


def clock_text() -> str:
    """The machine's own clock, as the window shows it."""
    return day_time(round(time.time() * 1000))
