"""Document cameras (高拍仪) through Qt Multimedia, and a test camera that plays pictures.

A document camera is a UVC camera to the system: its best still is its largest video frame.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtGui import QImage

from devices.base import DeviceError, State, Status
from devices.pages.samples import on_a_table, sheet

if TYPE_CHECKING:  # the module loads with the first use: it wants libraries that a headless machine lacks
    from PyQt6.QtMultimedia import QCamera, QCameraDevice, QMediaCaptureSession, QMediaDevices, QVideoFrame

_ABSENT = "没有找到高拍仪。已拍的都在。请检查连线，或者用“附加文件”添加材料。"
_BUSY = "高拍仪正被别的程序占用。已拍的都在。请关掉那个程序再按 F12。"
_LOST = "高拍仪断开了。已拍的页都在。请接好后再按 F12，或者先把已拍的存入。"
_MISSING = "本机缺少多媒体组件，用不了高拍仪。已拍的都在。请管理员重新运行安装程序，或者用“附加文件”。"
Frame = Callable[[QImage], None]
Lost = Callable[[str], None]


class QtCamera(QObject):
    """``name`` is the description of the camera wanted, "" the default one."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self._name = name
        self._session: QMediaCaptureSession | None = None
        self._camera: QCamera | None = None
        self._devices: QMediaDevices | None = None

    def status(self) -> Status:
        try:
            found = self._find()
        except DeviceError as error:
            return Status(state=error.state, text=str(error))
        return Status(state=State.READY, text=f"高拍仪正常：{found.description()}。")

    def start(self, frame: Frame, lost: Lost) -> None:
        device = self._find()
        self.stop()
        from PyQt6.QtMultimedia import QCamera, QMediaCaptureSession, QVideoSink

        camera, session, sink = QCamera(device, self), QMediaCaptureSession(self), QVideoSink(self)
        formats = sorted(
            camera.cameraDevice().videoFormats(),
            key=lambda one: one.resolution().width() * one.resolution().height(),
        )
        if formats:
            camera.setCameraFormat(formats[-1])
        session.setCamera(camera)
        session.setVideoSink(sink)
        self._session, self._camera = session, camera

        def shown(video: QVideoFrame) -> None:
            image = video.toImage()
            if self._camera is camera and not image.isNull():
                frame(image)

        def failed(error: object, _: str) -> None:
            if self._camera is camera and error != QCamera.Error.NoError:
                gone = device.id() not in [d.id() for d in self._inputs()]
                self.stop()
                lost(_LOST if gone else _BUSY)

        def changed() -> None:
            if self._camera is camera and device.id() not in [d.id() for d in self._inputs()]:
                self.stop()
                lost(_LOST)

        sink.videoFrameChanged.connect(shown)
        camera.errorOccurred.connect(failed)
        self._watch().videoInputsChanged.connect(changed)
        camera.start()

    def stop(self) -> None:
        camera, self._camera = self._camera, None
        session, self._session = self._session, None
        if camera is not None:
            camera.stop()
            camera.deleteLater()
        if session is not None:
            session.deleteLater()

    def _watch(self) -> QMediaDevices:
        from PyQt6.QtMultimedia import QMediaDevices

        if self._devices is None:
            self._devices = QMediaDevices(self)
        return self._devices

    def _inputs(self) -> list[QCameraDevice]:
        try:
            from PyQt6.QtMultimedia import QMediaDevices
        except ImportError as error:
            raise DeviceError(State.ABSENT, _MISSING, "multimedia") from error
        return list(QMediaDevices.videoInputs())

    def _find(self) -> QCameraDevice:
        found = self._inputs()
        named = [one for one in found if one.description() == self._name]
        if self._name and not named:
            found = []
        if not found:
            raise DeviceError(State.ABSENT, _ABSENT, "none")
        return (named or found)[0]


def camera_names() -> list[str]:
    """The cameras there are now, by the names that the settings keep."""
    try:
        from PyQt6.QtMultimedia import QMediaDevices
    except ImportError:
        return []
    return [one.description() for one in QMediaDevices.videoInputs()]


class PlayedCamera(QObject):
    """The test camera: the pictures of a folder, or demo sheets on a table; a new one after each still.

    ``pull_out`` is what a hand does to the plug.
    """

    def __init__(self, folder: Path | None = None, pause_ms: int = 100) -> None:
        super().__init__()
        found = sorted(folder.iterdir()) if folder is not None else []
        self._files = [one for one in found if one.suffix.lower() in (".jpg", ".jpeg", ".png")]
        self._image: QImage | None = None
        self._number = 1
        self.state = State.READY
        self._timer = QTimer(self)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(self._show)
        self._frame: Frame | None = None
        self._lost: Lost | None = None

    def status(self) -> Status:
        if self.state is State.READY:
            return Status(state=State.READY, text="试验高拍仪，拍到的是演示数据。")
        return Status(state=self.state, text=_ABSENT if self.state is State.ABSENT else _BUSY)

    def start(self, frame: Frame, lost: Lost) -> None:
        if self.state is not State.READY:
            raise DeviceError(self.state, self.status().text)
        self._frame, self._lost = frame, lost
        self._timer.start()
        self._show()

    def stop(self) -> None:
        self._timer.stop()
        self._frame = self._lost = None

    def turn_page(self) -> None:
        """The next sheet lies under the camera."""
        self._number += 1
        self._image = None

    def pull_out(self) -> None:
        lost = self._lost
        self.state = State.ABSENT
        self.stop()
        if lost is not None:
            lost(_LOST)

    def _show(self) -> None:
        if self._image is None:
            if self._files:
                self._image = QImage(str(self._files[(self._number - 1) % len(self._files)]))
            else:
                self._image = on_a_table(sheet(self._number))
        if self._frame is not None:
            self._frame(self._image)
