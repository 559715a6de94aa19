"""Sheets for the test camera and the test scanner: plainly demo data, drawn when asked for."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPen

_LINES = (
    "演示材料（第 {number} 页）",
    "",
    "本页是程序自带的演示数据，不是任何人的证件或材料。",
    "用来试验高拍、扫描、裁边、纠偏和压缩。",
    "",
    "申请人：王样例　　联系电话：13800000000",
    "住所：演示市样例路 1 号",
)


def sheet(number: int, dpi: int = 150, *, seal: bool = True) -> QImage:
    """A page of A4 as a scanner would see it; needs a QGuiApplication for its fonts."""
    image = QImage(round(8.27 * dpi), round(11.69 * dpi), QImage.Format.Format_RGB888)
    image.fill(QColor("white"))
    painter = QPainter(image)
    font = QFont()
    font.setFamilies(["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "sans-serif"])
    font.setPixelSize(dpi // 5)
    painter.setFont(font)
    for place, line in enumerate(_LINES * 3):
        text = line.format(number=number)
        painter.drawText(QPointF(dpi * 0.9, dpi * (1.2 + place * 0.42)), text)
    if seal:
        painter.setPen(QPen(QColor(200, 20, 30), dpi / 24))
        painter.drawEllipse(QRectF(dpi * 5.2, dpi * 8.2, dpi * 1.6, dpi * 1.6))
        painter.drawText(
            QRectF(dpi * 5.2, dpi * 8.2, dpi * 1.6, dpi * 1.6), Qt.AlignmentFlag.AlignCenter, "演示"
        )
    painter.end()
    return image


def on_a_table(page: QImage, turn: float = 3.0) -> QImage:
    """The page lying a little askew on a dark table, as a camera above it sees it."""
    photo = QImage(round(page.width() * 1.25), round(page.height() * 1.18), QImage.Format.Format_RGB888)
    photo.fill(QColor(78, 66, 58))
    painter = QPainter(photo)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.translate(photo.width() / 2, photo.height() / 2)
    painter.rotate(turn)
    painter.drawImage(QPointF(-page.width() / 2, -page.height() / 2), page)
    painter.end()
    return photo
