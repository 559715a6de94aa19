"""Where a profile keeps its files.  Nothing personal is ever in a file name or outside the replica."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from models.device import DeviceFacts
from models.errors import KnownError
from models.keys import write_private


@dataclass(frozen=True)
class Profile:
    """A directory that holds one desk: key ring, device facts, encrypted replica."""

    root: Path

    @property
    def replica(self) -> Path:
        return self.root / "replica.db"

    @property
    def device_file(self) -> Path:
        return self.root / "device.json"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def known_file(self) -> Path:
        """Times and counts for the sign-in window, no applicant's name (:mod:`views.unlock.facts`)."""
        return self.root / "desk.json"

    @property
    def ca_file(self) -> Path:
        """The office's own CA, copied here at enrolment: the file it came from may be on a stick."""
        return self.root / "ca.pem"

    def enrolled(self) -> bool:
        return self.device_file.exists()

    def read_device(self) -> DeviceFacts:
        """Raises KnownError when this machine was never enrolled or the file is damaged."""
        try:
            facts = msgspec.json.decode(self.device_file.read_bytes(), type=DeviceFacts)
        except FileNotFoundError as error:
            raise KnownError(
                "本机还没有登记到中心。没有改动任何办件。请先运行 desk enroll --hub 地址 --code 登记码。"
            ) from error
        except (OSError, msgspec.MsgspecError) as error:
            raise KnownError(
                "本机登记信息读不出来。办件都在加密副本里，没有丢失。请联系管理员重新登记本机。",
                detail=type(error).__name__,
            ) from error
        if facts.ca_file:  # named within the profile, which may have been moved
            facts = msgspec.structs.replace(facts, ca_file=str((self.root / facts.ca_file).resolve()))
        return facts

    def write_device(self, facts: DeviceFacts) -> None:
        if facts.ca_file and Path(facts.ca_file) == self.ca_file.resolve():
            facts = msgspec.structs.replace(facts, ca_file=self.ca_file.name)
        write_private(self.device_file, msgspec.json.format(msgspec.json.encode(facts), indent=2))


class DeviceChoices(msgspec.Struct, frozen=True, kw_only=True):
    """Which device of each kind; the words are those of :mod:`devices.rack`.

    ``auto`` looks for one, ``none`` has none, ``test`` (or ``test:FOLDER``) is the test device; anything else
    names a driver library, a SANE device, a printer, a device file or ``host:port``.
    """

    card_reader: str = "auto"
    camera: str = "auto"
    scanner: str = "auto"
    codes: str = "auto"
    printer: str = "auto"
    receipt: str = "none"
    watched: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk chose about the looks and devices; ``last_staff`` is a 工号, never a name."""

    theme: str = "light"
    font_scale: int = 100
    auto_next: bool = True
    visitor: str = "auto"  # the second screen: auto | window | off
    pins: tuple[str, ...] = ()  # 办理项 kept at hand in the palette
    last_staff: str = ""
    devices: DeviceChoices = DeviceChoices()


def read_settings(profile: Profile) -> Settings:
    """The saved choices; defaults when there are none or the file is damaged."""
    try:
        return msgspec.json.decode(profile.settings_file.read_bytes(), type=Settings)
    except (OSError, msgspec.MsgspecError):
        return Settings()


def write_settings(profile: Profile, settings: Settings) -> None:
    write_private(profile.settings_file, msgspec.json.encode(settings))


def default_profile() -> Profile:
    return Profile(user_data_path("taihaoban", appauthor=False))
