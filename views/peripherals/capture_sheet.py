"""高拍、扫描: a picture of what lies under the camera, the pages taken so far, one key to store them."""

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QIcon, QImage, QPixmap, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
)

from devices.base import Camera, DeviceError, Scanner
from devices.pages.page import LOOK_NAMES, Look
from views.peripherals.capture import THUMB, Capture, facts
from views.peripherals.go_sheet import GoSheet
from views.theme import scaled
from views.widgets import KeyButton, Notice, label
from views.widgets.keys import bind, name_single_keys

_SHOW_EVERY_MS = 80  # a fluent picture; the camera may give more than the window can paint
NOTHING = "还没有画面。"


class CaptureSheet(GoSheet):
    """``store`` when the clerk wants the pages in the case; everything else happens here."""

    store = pyqtSignal()
    scanned = pyqtSignal(object)  # a frame, now and then, for codes
    camera_lost = pyqtSignal(str)
    code_used = pyqtSignal(str)

    def __init__(self, capture: Capture, camera: Camera | None, scanner: Scanner | None) -> None:
        super().__init__()
        self.setObjectName("sheet")
        self.setFixedWidth(940)
        self.setMinimumHeight(628)
        self.capture, self._camera, self._scanner = capture, camera, scanner
        self._frame: QImage | None = None
        self._lost = self._code = ""
        self._keeping = self._wanted = False  # one page and store; the same, as soon as there is a picture
        self._count = 0
        self._shown = QElapsedTimer()
        box = QVBoxLayout(self)
        box.setContentsMargins(20, 14, 20, 14)
        box.setSpacing(8)
        box.addWidget(label(f"高拍 · {capture.target.title}", "title", wrap=True))
        self.notice = Notice()
        box.addWidget(self.notice)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        self.preview = QLabel(NOTHING)
        self.preview.setProperty("role", "preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setMinimumSize(320, 240)
        self.preview.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.preview.setAccessibleName("高拍仪画面")
        middle.addWidget(self.preview, 1)
        middle.addLayout(self._make_side())
        box.addLayout(middle, 1)
        box.addLayout(self._make_foot())
        capture.changed.connect(self.show_pages)
        capture.said.connect(self._say)
        name_single_keys(self, (("Ctrl+Enter", "存入已拍的页"),))
        self.show_pages()
        self.setFocusProxy(
            self.list if camera is None else self.buttons["keep" if not capture.pages else "shoot"]
        )

    def _make_side(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(label("存成", "secondary"))
        self.look = QComboBox()
        self.look.setAccessibleName("存成彩色、灰度还是黑白")
        for look in Look:
            self.look.addItem(LOOK_NAMES[look], look)
        self.look.activated.connect(self._looked)
        row.addWidget(self.look, 1)
        side.addLayout(row)
        self.list = QListWidget()
        self.list.setAccessibleName("已拍的页")
        self.list.setIconSize(QSize(*THUMB))
        self.list.setFixedWidth(scaled(300))
        side.addWidget(self.list, 1)
        only = Qt.ShortcutContext.WidgetShortcut
        bind(self.list, "Delete", "去掉这一页", self.remove, context=only)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("正在整理页面")
        self.bar.setFixedHeight(6)
        self.bar.setTextVisible(False)
        side.addWidget(self.bar)
        self._total = label("", "caption", wrap=True)
        side.addWidget(self._total)
        return side

    def _make_foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        # F12 is bound once, at the window: in this sheet it takes a page.
        self.buttons = {
            "keep": KeyButton("拍下就存", kind="primary", shows="Enter"),
            "shoot": KeyButton("拍一页", shows="F12"),
            "again": KeyButton("重拍这一页"),
            "remove": KeyButton("去掉这一页"),
            "scan": KeyButton("扫一页"),
            "feed": KeyButton("扫进纸器里全部"),
            "code": KeyButton("用画面里的码"),
            "cancel": KeyButton("停下"),
            "store": KeyButton("存入", kind="primary", shows="Ctrl+Enter"),
        }
        self.go = self.buttons["store"]
        for name, act in (
            ("keep", self.shoot_and_store),
            ("shoot", self.shoot),
            ("again", self.again),
            ("remove", self.remove),
            ("scan", lambda: self._scan(feeder=False)),
            ("feed", lambda: self._scan(feeder=True)),
            ("code", lambda: self.code_used.emit(self._code)),
            ("cancel", self.capture.cancel),
            ("store", self.store.emit),
        ):
            button = self.buttons[name]
            button.run.connect(act)
            button.blocked.connect(self._say)
            if name == "store":
                foot.addStretch()
            foot.addWidget(button)
        absent = [
            ("keep", self._camera),
            ("shoot", self._camera),
            ("again", self._camera),
            ("scan", self._scanner),
        ]
        for name, there in (*absent, ("feed", self._scanner)):
            if there is None:
                self.buttons[name].hide()
        self.buttons["code"].hide()
        return foot

    def offer_code(self, text: str) -> None:
        """A code lies under the camera that means something here; it is used when the clerk says so."""
        if text and text != self._code:
            self._code = text
            self.buttons["code"].setToolTip(text)
            self.buttons["code"].show()

    # -- the camera ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._camera is not None and event is not None and not event.spontaneous():
            try:
                self._camera.start(self.show_frame, self.lose)
            except DeviceError as error:
                self.lose(str(error))

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        if self._camera is not None and event is not None and not event.spontaneous():
            self._camera.stop()

    def show_frame(self, image: QImage) -> None:
        self._frame = image
        if self._lost:
            self._lost = ""
            self.notice.hide()
            self.show_pages()
        if self._wanted:
            self._wanted = False
            self.notice.hide()
            self.shoot_and_store()
        if self._shown.isValid() and not self._shown.hasExpired(_SHOW_EVERY_MS):
            return
        self._shown.start()
        shown = image.scaled(
            self.preview.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
        )
        self.preview.setPixmap(QPixmap.fromImage(shown))
        self._count += 1
        if self._count % 5 == 1:
            self.scanned.emit(image)

    def lose(self, text: str) -> None:
        """The camera is not there (any more): said here and in the status bar; the pages stay."""
        self._lost, self._frame, self._wanted = text, None, False
        self.preview.setPixmap(QPixmap())
        self.preview.setText(NOTHING)
        self.notice.say(text)
        self.capture.said.emit(text)
        self.camera_lost.emit(text)
        self.show_pages()

    def shoot(self) -> None:
        """拍一页: the picture of this moment becomes a page."""
        self._take(None)

    def shoot_and_store(self) -> None:
        """拍下就存: the usual paper is one page; pressed before the picture is there, it is taken when it comes."""
        if self._keeping or self.capture.working or self.capture.pages:
            return
        if self._frame is None and not self._lost:
            self._wanted = True
            self._say("高拍仪正在取画面，有了画面就拍下存好。")
        elif self._ready():
            self._keeping = True
            self._take(None)

    def again(self) -> None:
        """重拍: the page chosen in the list is taken anew, at its place."""
        place = self.list.currentRow()
        if place >= 0 and self._ready():
            self.capture.remove(place)
            self._take(place)

    def remove(self) -> None:
        self.capture.remove(self.list.currentRow())

    def _ready(self) -> bool:
        if self._frame is None:
            self._say(self._lost or "高拍仪还没有画面，没有拍。请稍等一下再按 F12。")
        return self._frame is not None

    def _take(self, place: int | None) -> None:
        if self._ready() and self._frame is not None:
            self.capture.shoot(self._frame, place)
            if (turn := getattr(self._camera, "turn_page", None)) is not None:
                turn()  # the test camera has nobody to lay the next sheet under it

    def _scan(self, *, feeder: bool) -> None:
        if self._scanner is not None and not self.capture.working:
            self.capture.scan(self._scanner, feeder=feeder)

    # -- the pages -------------------------------------------------------------------------------

    def show_pages(self) -> None:
        capture = self.capture
        row = self.list.currentRow()
        grew = len(capture.taken) > self.list.count()
        self.list.clear()
        for number, (page, thumb) in enumerate(capture.taken, start=1):
            item = QListWidgetItem(QIcon(QPixmap.fromImage(thumb)), facts(page, number))
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        count = len(capture.pages)
        self.list.setCurrentRow(count - 1 if grew else min(max(row, 0), count - 1))
        busy = capture.working > 0
        self.bar.setVisible(busy)
        self.buttons["cancel"].setVisible(busy)
        size = sum(len(page.data) for page in capture.pages)
        text = f"共 {count} 页，{max(1, size // 1000)} KB" if count else "还没有页。按 F12 拍一页。"
        self._total.setText(f"{text}　正在整理 {capture.working} 页" if busy else text)
        none = "" if count else "还没有拍到页。"
        self.buttons["store"].set_text(f"存入 {count} 页" if count else "存入")
        self.buttons["store"].gate("页面还在整理，整理好就能存。" if busy else none)
        self.buttons["shoot"].gate(self._lost)
        keep = self.buttons["keep"]
        if count and keep.hasFocus():
            self.buttons["shoot"].setFocus()
        keep.setVisible(self._camera is not None and not count)
        keep.gate(self._lost or ("页面还在整理，整理好就存。" if busy else ""))
        if self._keeping and not busy:
            self._keeping = False
            if count:
                self.store.emit()
        self.buttons["again"].gate(self._lost or none)
        self.buttons["remove"].gate(none)

    def _looked(self) -> None:
        self.capture.look = Look(self.look.currentData())

    def _say(self, text: str) -> None:
        self.notice.say(text)
