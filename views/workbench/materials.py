"""Step 4: materials one by one; a digit says how each came in and jumps to the next missing one."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from models.domain.case import IN_HAND, RECEIPT_NAMES, Receipt
from models.domain.catalog import Material, Need
from views.theme import set_kind
from views.widgets import ActTable, Cell, Field, KeyButton, label
from views.widgets.caps import CapButton
from views.widgets.form_links import FormLinks
from views.workbench.offer import OfferStrip
from views.workbench.sheet import Sheet

_NEED = {Need.REQUIRED: "必要", Need.OPTIONAL: "非必要", Need.DEFERRABLE: "可容缺后补"}
_BY_KEY = dict(zip("1234567", Receipt, strict=True))
LINES = 4  # of a standard that have their place for every paper, so that the list above stays as high
_TAKE_OVER = "8"
_MORE, _LESS = "看受理标准，选怎么收", "收起受理标准"


class MaterialsStep(QWidget):
    """``dropped`` with (material id, files) when files are let go over a row, or over the step;
    ``form_wanted`` with the name of a blank form or sample; ``unfolded`` when the detail of the row comes or
    goes, which in a low window it does on Enter (ui.md §3)."""

    edited = pyqtSignal()
    said = pyqtSignal(str)
    dropped = pyqtSignal(str, object)
    finished = pyqtSignal()
    form_wanted = pyqtSignal(str)
    unfolded = pyqtSignal()
    amend_wanted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.offer = OfferStrip()
        box.addWidget(self.offer)
        self.setAcceptDrops(True)
        self.table = ActTable(
            ("序", "材料名称", "要求", "来源", "份数", "状态"),
            "材料清单",
            keys="123456780",
            does="纸质 高拍 证照库 电子 容缺 承诺 不符合 沿用 清除",
        )
        self.table.set_widths(40, 0, 140, 108, 60, 112, fits=True)
        self.table.keyed.connect(self._key)
        self.table.moved.connect(lambda key: self._detail(key))
        box.addWidget(self.table)
        self.detail = self._make_detail()
        box.addWidget(self.detail)
        self._more = KeyButton(_MORE, kind="quiet", shows="Enter")
        self._more.run.connect(self._turn)
        self._more.hide()
        box.addWidget(self._more)
        self.table.opened.connect(lambda _: self._turn())
        self._low = False
        self._sheet: Sheet | None = None

    def _make_detail(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("inset")
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 6, 16, 4)
        row.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(3)
        self._name = label("", "strong", wrap=True)
        amend = KeyButton("当场更正", kind="quiet")
        amend.setToolTip("Alt+E")
        amend.run.connect(self.amend_wanted)
        self.forms = FormLinks()
        self.forms.wanted.connect(self.form_wanted)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._name, 1)
        for link in (amend, self.forms):
            head.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        left.addLayout(head)
        self._standard = label("", "body", wrap=True)
        left.addWidget(self._standard)
        self._note = Field("不符合的原因")
        self._note.editor.setProperty("phrases", "补正原因")
        self._note.edited.connect(self._noted)
        left.addWidget(self._note)
        self._why = label("", "caption", wrap=True)
        left.addWidget(self._why)
        left.addStretch()
        row.addLayout(left, 1)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addWidget(label("这一项怎么收？（一键定，自动跳到下一缺项）", "caption"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        self.options: dict[str, QPushButton] = {}
        for place, (key, text) in enumerate(
            [*((k, RECEIPT_NAMES[r]) for k, r in _BY_KEY.items()), (_TAKE_OVER, "沿用"), ("0", "清除")]
        ):
            button = CapButton(text, (key,), lead=True)
            button.setProperty("kind", "option")
            button.setCheckable(True)
            button.clicked.connect(lambda _, k=key: self._key(self.table.current_key(), k))
            button.setAccessibleName(f"这一项怎么收：{text}")
            self.options[key] = button
            grid.addWidget(button, place // 3, place % 3)
        right.addLayout(grid)
        right.addStretch()
        row.addLayout(right)
        return frame

    def load(self, sheet: Sheet) -> None:
        self._sheet = sheet
        rows = []
        for number, m in enumerate(sheet.materials(), start=1):
            receipt = sheet.get(f"material.{m.id}")
            copies = sheet.get(f"material.{m.id}.copies") or str(m.copies)
            rows.append(
                (
                    m.id,
                    (
                        Cell(str(number)),
                        Cell(m.name),
                        Cell(f"{_NEED[m.need]} · {'原件' if m.original else '复印件'}"),
                        Cell(_source(sheet, m, receipt)),
                        Cell(f"{copies} 份"),
                        _status(receipt, m),
                    ),
                )
            )
        self.table.show_rows(rows)
        self.table.fit_height()
        most = max((len(m.standard) for m in sheet.materials()), default=0)
        self._standard.setMinimumHeight(min(most, LINES) * self._standard.fontMetrics().lineSpacing())
        self._detail(self.table.current_key())

    def be_low(self, low: bool) -> None:
        """In a low window the papers have the room, and what is said of one comes on Enter."""
        if low != self._low:
            self._low = low
            self.detail.setVisible(not low)
            self._more.setVisible(low)
            self._more.set_text(_MORE)

    def _turn(self) -> None:
        self._unfold(self.detail.isHidden())

    def _unfold(self, shown: bool) -> None:
        if self._low and shown != (not self.detail.isHidden()):
            self.detail.setVisible(shown)
            self._more.set_text(_LESS if shown else _MORE)
            self.unfolded.emit()

    def current(self) -> Material | None:
        if self._sheet is None:
            return None
        key = self.table.current_key()
        return next((m for m in self._sheet.materials() if m.id == key), None)

    def _key(self, material_id: str, key: str) -> None:
        sheet = self._sheet
        material = next((m for m in sheet.materials() if m.id == material_id), None) if sheet else None
        if sheet is None or material is None or not sheet.editable:
            return
        receipt = _BY_KEY.get(key)
        taking_over = key == _TAKE_OVER
        reason = sheet.take_over(material) if taking_over else sheet.set_receipt(material, receipt)
        if reason:
            self._unfold(True)
            self._detail(material_id)
            self._why.setText(f"{key} 不可选：{reason}")
            set_kind(self._why, "role", "amber")
            return
        self.edited.emit()
        self.load(sheet)
        if receipt is Receipt.DEFECTIVE:
            self._unfold(True)
            self.table.go_to(material_id)
            self._note.editor.setFocus()
            return
        following = sheet.next_wanting(material_id)
        if (receipt is not None or taking_over) and following:
            self.table.go_to(following)
        self.table.setFocus()
        if (receipt is not None or taking_over) and not following:
            self.finished.emit()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is not None and mime is not None and mime.hasUrls() and self._sheet is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        mime = event.mimeData() if event is not None else None
        if event is None or mime is None:
            return
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        view = self.table.viewport()
        if view is not None:
            index = self.table.indexAt(view.mapFrom(self, event.position().toPoint()))
            if index.isValid():
                self.table.selectRow(index.row())
        if files:
            event.acceptProposedAction()
            self.dropped.emit(self.table.current_key(), files)

    def received(self, material_id: str, receipt: Receipt) -> None:
        """A file came in for a material: say how it was received where nothing was said yet, and go on."""
        sheet = self._sheet
        if sheet is None or not sheet.editable or not any(m.id == material_id for m in sheet.materials()):
            return
        if not sheet.get(f"material.{material_id}") and not sheet.set_receipt(
            next(m for m in sheet.materials() if m.id == material_id), receipt
        ):
            self.edited.emit()
            self.load(sheet)
            if following := sheet.next_wanting(material_id):
                self.table.go_to(following)
        self.table.setFocus()

    def _noted(self, text: str) -> None:
        material = self.current()
        if material is not None and self._sheet is not None:
            self._sheet.put(f"material.{material.id}.note", text)
            self.edited.emit()

    def _detail(self, material_id: str) -> None:
        material = self.current()
        if material is None or self._sheet is None:
            self._name.setText("本情形不需要材料")
            self._standard.setText("")
            self.forms.show_forms(())
            return
        self.forms.show_forms([material])
        self._name.setText(f"{material.name} · 受理标准")
        self._standard.setText("\n".join(f"· {s}" for s in material.standard) or "清单没有写受理标准")
        receipt = self._sheet.get(f"material.{material.id}")
        barred = self._sheet.barred(material)
        for key, button in self.options.items():
            option = _BY_KEY.get(key)
            reason = barred[option] if option is not None else ""
            if key == _TAKE_OVER and self._sheet.offer(material) is None:
                reason = "没有可以沿用的已核验材料"
            set_kind(button, "barred", "true" if reason else "false")
            button.setToolTip(reason)
            button.setAccessibleDescription(reason)
            button.setChecked(option is not None and option.value == receipt)
        offer = self._sheet.offer(material)
        taken = self._sheet.get(f"material.{material.id}.from")
        hint = f"{_TAKE_OVER} 可沿用：{offer.source}" if offer is not None else self._barred_words(material)
        self._why.setText(f"沿用自：{taken}" if taken else hint)
        set_kind(self._why, "role", "caption")
        defective = receipt == Receipt.DEFECTIVE
        self._note.setVisible(defective)
        if defective:
            self._note.set_value(self._sheet.get(f"material.{material.id}.note"))

    def _barred_words(self, material: Material) -> str:
        """Why the two roads of the law are closed for this material, beside their keys."""
        if self._sheet is None:
            return ""
        barred = self._sheet.barred(material)
        keys = {receipt: key for key, receipt in _BY_KEY.items()}
        found = [(keys[r], barred[r]) for r in (Receipt.DEFERRED, Receipt.COMMITTED) if barred[r]]
        return "；".join(f"{key} 不可选：{reason}" for key, reason in found)

    def focus_path(self, path: str) -> None:
        if self._sheet is not None:
            self.table.go_to(path.removeprefix("material.") if path else self._sheet.next_wanting(""))
        self.table.setFocus()


def _source(sheet: Sheet, material: Material, receipt: str) -> str:
    files = sheet.files(material.id)
    return _received(sheet, material, receipt) + (f" 附 {files}" if files else "")


def _received(sheet: Sheet, material: Material, receipt: str) -> str:
    offer = sheet.offer(material)
    if offer is not None:
        return f"可沿用 {offer.day}"
    if sheet.get(f"material.{material.id}.from"):
        return "沿用"
    return RECEIPT_NAMES[Receipt(receipt)] if receipt else "—"


def _status(receipt: str, material: Material) -> Cell:
    if not receipt:
        return (
            Cell("可不收", tag="neutral") if material.need is Need.OPTIONAL else Cell("! 未收", tag="amber")
        )
    chosen = Receipt(receipt)
    if chosen is Receipt.CERTIFICATE:
        return Cell("✓ 已核验", tag="green")
    if chosen in IN_HAND:
        return Cell("✓ 已收", tag="green")
    return {
        Receipt.DEFERRED: Cell("! 容缺后补", tag="amber"),
        Receipt.COMMITTED: Cell("告知承诺", tag="blue"),
        Receipt.DEFECTIVE: Cell("! 不符合", tag="red"),
    }[chosen]
