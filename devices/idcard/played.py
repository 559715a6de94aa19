"""The test reader: it plays card records of plainly fictional persons, or the files of a folder."""

from __future__ import annotations

from pathlib import Path

from devices.base import DeviceError, State, Status, Stop, never
from devices.idcard.record import CardRecord, build_record, parse_record
from models.domain.ids import IdKind

# The number is the sample printed in GB 11643 itself.
DEMO = CardRecord(
    id_kind=IdKind.RESIDENT_ID,
    name="王样例",
    sex="女",
    birth="1949-12-31",
    number="11010519491231002X",
    valid_from="2016-01-01",
    valid_to="长期",
    nation="汉",
    address="演示市样例路 1 号（演示数据）",
    authority="演示市公安局（演示）",
)


class PlayedReader:
    """Cards one after the other, then from the first again; ``folder`` holds records of 256 bytes."""

    def __init__(self, folder: Path | None = None, records: tuple[bytes, ...] = ()) -> None:
        files = sorted(folder.glob("*.bin")) if folder is not None else []
        self._records = records or tuple(f.read_bytes() for f in files) or (build_record(DEMO),)
        self._next = 0
        self.state = State.READY

    def status(self) -> Status:
        texts = {State.READY: "试验读卡器，读出的是演示数据。", State.ABSENT: "读卡器没有接好。"}
        return Status(state=self.state, text=texts.get(self.state, "读卡器正被别的程序占用。"))

    def read(self, stop: Stop = never) -> CardRecord:
        if self.state is not State.READY:
            raise DeviceError(
                self.state, self.status().text + "办件不受影响。请检查后再按 F9，或手工填写证件号码。"
            )
        record = self._records[self._next % len(self._records)]
        self._next += 1
        return parse_record(record)
