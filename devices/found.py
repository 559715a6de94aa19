"""What can be chosen for each kind of device on this machine: (value kept in the settings, words)."""

from __future__ import annotations

from pathlib import Path

from devices.base import DeviceError
from devices.camera import camera_names
from devices.paper.printer import printer_names
from devices.rack import AUTO, KINDS, NONE, PREFIX, TEST
from devices.scanner import scanner_names

_BY_ID = Path("/dev/input/by-id")
_RECEIPTS = ("/dev/usb/lp0", "/dev/usb/lp1")
Choice = tuple[str, str]
_AUTO = {
    "card_reader": "自动（找厂商驱动库）",
    "camera": "自动（系统默认的）",
    "scanner": "自动（找到的第一台）",
    "codes": "键盘方式（按速度分辨）",
    "printer": "自动（系统默认的）",
}


def quick_choices() -> dict[str, list[Choice]]:
    """On the GUI thread: everything but the scanners, which take SANE seconds to find."""
    found: dict[str, list[Choice]] = {kind: [] for kind in KINDS}
    found["camera"] = [(name, name) for name in camera_names()]
    found["printer"] = [(name, name) for name in printer_names()]
    found["codes"] = [(f"{PREFIX}~", "键盘方式（枪里设了前缀 ~）")]
    if _BY_ID.is_dir():
        found["codes"] += [
            (str(path), f"单独读取：{path.name.removesuffix('-event-kbd')}")
            for path in sorted(_BY_ID.glob("*-event-kbd"))
        ]
    found["receipt"] = [(path, path) for path in _RECEIPTS if Path(path).exists()]
    return {kind: [*_first(kind), *found[kind]] for kind in KINDS}


def scanner_choices() -> list[Choice]:
    """*Slow.*  Without SANE there are none."""
    try:
        return [(name, f"{model}（{name}）" if model else name) for name, model in scanner_names().items()]
    except DeviceError:
        return []


def _first(kind: str) -> list[Choice]:
    auto = [(AUTO, _AUTO[kind])] if kind in _AUTO else []
    return [*auto, (NONE, "不用"), (TEST, "试验设备（演示数据）")]
