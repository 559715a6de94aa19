"""The foot of 同步: how long numbers and lease last, and the 摆渡包 for when there is no line."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.queries.outbox import PoolFacts
from views.unlock.facts import Revoked, sealed_words, size_words
from views.widgets import Card, KeyButton, label
from views.widgets.elided import ElidedLabel


def _head(title: str, beside: str) -> tuple[QHBoxLayout, ElidedLabel]:
    row = QHBoxLayout()
    row.setContentsMargins(14, 6, 14, 6)
    row.setSpacing(8)
    row.addWidget(label(title, "section"))
    said = ElidedLabel(beside, "caption")
    row.addWidget(said, 1)
    return row, said


class PoolCard(Card):
    """Two bars: numbers used, lease left."""

    def __init__(self) -> None:
        super().__init__()
        head, _ = _head("受理编号池与租约", "编号由本窗独占，断网多久都不会撞号")
        self.body.addLayout(head)
        self._rows: list[tuple[QLabel, ElidedLabel, QProgressBar]] = []
        for name in ("受理编号", "离线租约"):
            row = QHBoxLayout()
            row.setContentsMargins(14, 0, 14, 2)
            left, right, bar = label(name, "body"), ElidedLabel("", "caption"), QProgressBar()
            bar.setTextVisible(False)
            bar.setAccessibleName(name)
            row.addWidget(left)
            row.addStretch()
            row.addWidget(right)
            self.body.addLayout(row)
            inset = QHBoxLayout()
            inset.setContentsMargins(14, 0, 14, 8)
            inset.addWidget(bar)
            self.body.addLayout(inset)
            self._rows.append((left, right, bar))

    def show_pool(self, pool: PoolFacts) -> None:
        left, right, bar = self._rows[0]
        left.setText(f"受理编号　剩 {pool.left} 个")
        right.setText(f"已用 {pool.granted - pool.left} · 用过一半就补段，要联网或用摆渡包")
        bar.setMaximum(max(pool.granted, 1))
        bar.setValue(pool.granted - pool.left)

    def show_lease(self, left_ms: int, whole_ms: int, told: str) -> None:
        """``told`` is what is left, in words."""
        left, right, bar = self._rows[1]
        left.setText(f"离线租约　{told}")
        right.setText(f"共 {whole_ms // 86_400_000} 天 · 到期后只能查看，已受理的不受影响")
        bar.setMaximum(max(whole_ms // 60_000, 1))
        bar.setValue(min(max(left_ms, 0), whole_ms) // 60_000)


class StickCard(Card):
    export_requested = pyqtSignal()
    import_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        head, _ = _head("摆渡包", "长时间不通网时，用优盘带到中心")
        self.body.addLayout(head)
        halves = QHBoxLayout()
        halves.setContentsMargins(0, 0, 0, 8)
        halves.setSpacing(0)
        self._out = KeyButton("导出", "Alt+O")
        self._out.run.connect(self.export_requested)
        self._back = KeyButton("导入回执包", "Alt+I")
        self._back.run.connect(self.import_requested)
        self._told = label("", "caption", wrap=True)
        more = label("中心的回执、号段、目录和续约；同一个包重复导入不会重复入库", "caption", wrap=True)
        for title, button, line in (("导出", self._out, self._told), ("导入", self._back, more)):
            if title == "导入":
                rule = QFrame()
                rule.setObjectName("sep")
                halves.addWidget(rule)
            half = QWidget()
            box = QVBoxLayout(half)
            box.setContentsMargins(14, 0, 14, 0)
            box.setSpacing(4)
            row = QHBoxLayout()
            row.addWidget(label(title, "strong"))
            row.addStretch()
            row.addWidget(button)
            box.addLayout(row)
            box.addWidget(line)
            box.addStretch()
            halves.addWidget(half, 1)
        self._import_half = half
        self.body.addLayout(halves)

    def show_waiting(self, cases: int, size: int, *, sealed: bool = False) -> None:
        """``size`` in bytes; ``sealed`` when the centre no longer takes anything from this desk."""
        name = "导出封存包" if sealed else "导出"
        self._out.set_text(f"{name}（{cases} 件）" if cases else name)
        kept = "只有中心能打开，收到回执才算送达" if cases else "没有要带的办件；也可导出一个空包去换回执"
        self._told.setText(f"可带 {cases} 件 · {size_words(size)}；{kept}" if cases else kept)
        self._import_half.setVisible(not sealed)


class SealedCard(Card):
    """In place of everything else on a desk that the centre has revoked."""

    def __init__(self) -> None:
        super().__init__()
        self._out, self._cases = Revoked(), 0
        self.body.setContentsMargins(24, 20, 24, 20)
        self.body.setSpacing(8)
        self._title = label("", "kpi")
        self._title.setProperty("state", "red")
        self._told = label("", wrap=True)
        self.body.addWidget(self._title)
        self.body.addWidget(self._told)

    def show_revoked(self, out: Revoked) -> None:
        self._out = out
        self._show()

    def show_waiting(self, cases: int) -> None:
        self._cases = cases
        self._show()

    def _show(self) -> None:
        self._title.setText(f"本机授权已撤销（{self._out.when()}）")
        by = f"由 {self._out.by} 撤销。" if self._out.by else ""
        self._told.setText(
            f"{by}{sealed_words(self._cases)}，都加密，没有丢，这里不再显示内容。{self._out.whom_to_call()}；"
            "可以按 Alt+O 导出封存包交给中心，只有中心能打开。"
        )
