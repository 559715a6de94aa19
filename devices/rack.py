"""The devices of this window, made from the choices in the settings when they are first asked for."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from app.config import DeviceChoices
from devices.base import Camera, CardReader, CodeReader, Printer, ReceiptPrinter, Scanner, State, Status

NONE, AUTO, TEST, PREFIX = "none", "auto", "test", "prefix:"
KINDS = ("card_reader", "camera", "scanner", "codes", "printer", "receipt")
KIND_NAMES = {
    "card_reader": "身份证读卡器",
    "camera": "高拍仪",
    "scanner": "扫描仪",
    "codes": "扫码枪",
    "printer": "打印机",
    "receipt": "小票打印机",
}


def all_test(choices: DeviceChoices) -> DeviceChoices:
    """Test devices of every kind, for a demo; the watched folder stays."""
    return DeviceChoices(**dict.fromkeys(KINDS, TEST), watched=choices.watched)


def folder_of(choice: str) -> Path | None:
    """The folder of ``test:FOLDER``, None for the built-in samples."""
    folder = choice.partition(":")[2] if choice.startswith(f"{TEST}:") else ""
    return Path(folder) if folder else None


def is_test(choice: str) -> bool:
    return choice == TEST or choice.startswith(f"{TEST}:")


def none_of(kind: str) -> Status:
    name = KIND_NAMES[kind]
    return Status(state=State.ABSENT, text=f"本机没有接{name}。办件不受影响。要用请在设置里选好设备。")


class Rack:
    """One device of each kind, or none.  Cheap to make: no driver is loaded before its device is used."""

    def __init__(self, choices: DeviceChoices | None = None) -> None:
        self.choices = choices or DeviceChoices()
        self._made: dict[str, object] = {}

    def card_reader(self) -> CardReader | None:
        choice = self.choices.card_reader
        if choice == NONE:
            return None
        if "card_reader" not in self._made:
            from devices.idcard.played import PlayedReader
            from devices.idcard.sdt import SdtReader

            library = "" if choice == AUTO else choice
            made = PlayedReader(folder_of(choice)) if is_test(choice) else SdtReader(library)
            self._made["card_reader"] = made
        return cast(CardReader, self._made["card_reader"])

    def camera(self) -> Camera | None:
        choice = self.choices.camera
        if choice == NONE:
            return None
        if "camera" not in self._made:
            from devices.camera import PlayedCamera, QtCamera

            name = "" if choice == AUTO else choice
            self._made["camera"] = PlayedCamera(folder_of(choice)) if is_test(choice) else QtCamera(name)
        return cast(Camera, self._made["camera"])

    def scanner(self) -> Scanner | None:
        choice = self.choices.scanner
        if choice == NONE:
            return None
        if "scanner" not in self._made:
            from devices.scanner import PlayedScanner, SaneScanner

            name = "" if choice == AUTO else choice
            self._made["scanner"] = PlayedScanner(folder_of(choice)) if is_test(choice) else SaneScanner(name)
        return cast(Scanner, self._made["scanner"])

    def printer(self) -> Printer | None:
        choice = self.choices.printer
        if choice == NONE:
            return None
        if "printer" not in self._made:
            from devices.paper.printer import PlayedPrinter, QtPrinter

            name = "" if choice == AUTO else choice
            self._made["printer"] = PlayedPrinter() if is_test(choice) else QtPrinter(name)
        return cast(Printer, self._made["printer"])

    def receipt(self) -> ReceiptPrinter | None:
        choice = self.choices.receipt
        if choice in (NONE, AUTO):  # there is no finding one: it is a port like any other
            return None
        if "receipt" not in self._made:
            from devices.paper.receipt import PlayedReceipt, receipt_printer

            self._made["receipt"] = PlayedReceipt() if is_test(choice) else receipt_printer(choice)
        return cast(ReceiptPrinter, self._made["receipt"])

    def code_prefix(self) -> str:
        """What the keyboard scanner sends before each code, "" where it sends nothing."""
        choice = self.choices.codes
        return choice.partition(":")[2][:1] if choice.startswith(PREFIX) else ""

    def wedge(self) -> bool:
        """Whether to look for a scanner's typing among the keys."""
        return self.choices.codes != NONE and self.code_reader() is None

    def code_reader(self) -> CodeReader | None:
        """A scanner read as a device of its own, apart from the keyboard; None for one that types."""
        choice = self.choices.codes
        if choice in (NONE, AUTO) or choice.startswith(PREFIX):
            return None
        if "codes" not in self._made:
            from devices.codes.reader import EvdevReader, PlayedCodes

            self._made["codes"] = PlayedCodes() if is_test(choice) else EvdevReader(choice)
        return cast(CodeReader, self._made["codes"])
