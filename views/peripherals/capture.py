"""Pages on their way into a case: taken one by one, kept in memory until they are sealed.

The sheet on the screen is only a view of this, so that closing it loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from PyQt6.QtCore import QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage

from app.tasks import Tasks
from devices.base import Scanner
from devices.images import to_pixels
from devices.pages.page import Look, Page

THUMB = (56, 76)


class Target(msgspec.Struct, frozen=True):
    """What the pages belong to; ``material`` is "" for the case as a whole."""

    case_id: str
    item_id: str
    material: str
    title: str


class Taken(NamedTuple):
    """A page and what it looks like in the list."""

    page: Page
    thumb: QImage


def _page(image: QImage, look: Look) -> Page:
    from devices.pages.pipeline import page_of  # loads OpenCV: only for who takes pictures

    return page_of(to_pixels(image), look=look)


def _taken(page: Page) -> Taken:
    size = QSize(*THUMB)
    thumb = QImage.fromData(page.data).scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
    return Taken(page, thumb)


class Capture(QObject):
    """``changed`` whenever pages or the work under way change; ``said`` with a sentence for the clerk."""

    changed = pyqtSignal()
    said = pyqtSignal(str)
    _arrived = pyqtSignal(object)

    def __init__(
        self,
        target: Target,
        tasks: Tasks,
        parent: QObject,
        watched: Callable[[str, Callable[[], int]], Callable[[], int]] = lambda _, work: work,
    ) -> None:
        super().__init__(parent)
        self._watched = watched
        self.target, self._tasks = target, tasks
        self.taken: list[Taken] = []
        self.look = Look.AUTO
        self.working = 0
        self._raw: list[tuple[QImage, Look]] = []  # shot, and not yet a page
        self._stop = False
        self._arrived.connect(self._add)

    @property
    def pages(self) -> list[Page]:
        return [one.page for one in self.taken]

    def shoot(self, image: QImage, place: int | None = None) -> None:
        """Make a page of a camera's picture, in the background; ``place`` puts it there instead of last."""
        raw = (image, self.look)
        self._raw.append(raw)
        self._begin()

        def done(taken: Taken) -> None:
            self._raw.remove(raw)
            self.working -= 1
            self.taken.insert(len(self.taken) if place is None else place, taken)
            self.changed.emit()

        def failed(text: str) -> None:
            self._raw.remove(raw)
            self._failed(text)

        self._tasks.device(lambda: _taken(_page(*raw)), done, failed, of="camera")

    def scan(self, scanner: Scanner, *, feeder: bool) -> None:
        """Everything a scanner gives, page by page; what has come stays when it stops half way."""
        look = self.look
        self._begin()

        def work() -> int:
            from devices.pages.pipeline import pages_of

            count = 0
            for picture in scanner.scan(feeder=feeder, stop=lambda: self._stop):
                for page in pages_of(picture, look=look, find=False, stop=lambda: self._stop):
                    count += 1
                    self._arrived.emit(_taken(page))
            return count

        def done(count: int) -> None:
            self.working -= 1
            self.said.emit(f"已扫 {count} 页")
            self.changed.emit()

        self._tasks.device(self._watched("scanner", work), done, self._failed, of="scanner")

    def remove(self, place: int) -> None:
        if 0 <= place < len(self.taken):
            del self.taken[place]
            self.changed.emit()

    def cancel(self) -> None:
        """Stop what is under way; pages that are there stay."""
        self._stop = True

    def finish(self) -> None:
        """When the window closes: what was shot and is not yet a page becomes one here and now."""
        for raw in self._raw:
            self.taken.append(_taken(_page(*raw)))
        self._raw.clear()

    def _begin(self) -> None:
        self._stop = False
        self.working += 1
        self.changed.emit()

    def _add(self, taken: Taken) -> None:
        self.taken.append(taken)
        self.changed.emit()

    def _failed(self, text: str) -> None:
        self.working -= 1
        self.said.emit(text)
        self.changed.emit()


def facts(page: Page, number: int) -> str:
    """One line for a page in the list."""
    kinds = {"image/tiff": "黑白", "image/png": "黑白加印章"}
    return f"第 {number} 页 · {kinds.get(page.media, '彩色或灰度')} · {max(1, len(page.data) // 1000)} KB"
