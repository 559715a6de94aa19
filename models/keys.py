"""The key ring of a profile: password + device secret → key → the wrapped data key (DESIGN §6).

The file names 工号 only.  Without the device secret (a file here; behind :class:`DeviceSecret`, so
that an OS keystore, TPM or UKey can take its place) a copied key ring opens with no password.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from models.crypto import (
    INTERACTIVE,
    KEY_BYTES,
    KdfParameters,
    WrongKey,
    combine,
    derive_from_password,
    random_key,
    seal,
    unseal,
)
from models.errors import KnownError
from models.files import write_private as write_private  # app.config writes its files by it too

KEYRING_FILE = "keyring.json"
SECRET_FILE = "device.secret"
MAX_TRIES = 5
LOCK_MS = 15 * 60 * 1000
_VERSION = 1


class DeviceSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What unlocking yields: the replica's data key and the device's Ed25519 seed, 32 bytes each."""

    data_key: bytes
    device_key: bytes

    def __repr__(self) -> str:
        return "DeviceSecrets(…)"


class DeviceSecret(Protocol):
    """32 bytes bound to this machine."""

    def prepare(self) -> None:
        """Make the secret if there is none yet; called once, when the key ring is made."""

    def read(self) -> bytes:
        """Raises KnownError when it is gone or broken; never makes a new one."""


class FileSecret:
    """The device secret as a file that only its owner can read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SECRET_FILE

    def prepare(self) -> None:
        if not self._path.exists():
            write_private(self._path, random_key())

    def read(self) -> bytes:
        try:
            data = self._path.read_bytes()
        except OSError as error:
            # A new one in its place would make every password "wrong" and hide what has happened.
            raise KnownError(
                "本机密钥文件读不出来，解不开副本。办件都在加密副本里，没有改动。请从备份恢复 device.secret。",
                detail=type(error).__name__,
            ) from error
        if len(data) != KEY_BYTES:
            raise KnownError(
                "本机密钥文件不完整，解不开副本。办件都在加密副本里，没有改动。请从备份恢复 device.secret。"
            )
        return data


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    staff: str
    salt: bytes
    kdf: KdfParameters
    wrapped: bytes
    # While a data key is being replaced both stay here until the new one has opened the replica.
    previous: bytes = b""
    failures: int = 0
    locked_from_ms: int = 0
    locked_until_ms: int = 0


class _Version(msgspec.Struct, frozen=True):
    version: int


class _File(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    entries: tuple[_Entry, ...]


class Keyring:
    """The clerks who can unlock this machine.  Every change is written at once and atomically.

    Each act reads the file anew: another process of this machine may have changed it meanwhile.
    """

    def __init__(self, folder: Path, content: _File, secret: DeviceSecret) -> None:
        self._folder = folder
        self._content = content
        self._secret = secret

    @staticmethod
    def exists(folder: Path) -> bool:
        return (folder / KEYRING_FILE).exists()

    @classmethod
    def create(
        cls,
        folder: Path,
        staff: str,
        password: str,
        device_secrets: DeviceSecrets,
        kdf: KdfParameters = INTERACTIVE,
        secret: DeviceSecret | None = None,
    ) -> Keyring:
        """A new ring with one clerk.  Raises KnownError when there is one already."""
        if cls.exists(folder):
            raise KnownError("本机已有密钥，没有改动。要重新登记，请换一个资料目录。")
        ring = cls(folder, _File(version=_VERSION, entries=()), secret or FileSecret(folder))
        ring._secret.prepare()
        ring._write((ring._wrap(staff, password, device_secrets, kdf),))
        return ring

    @classmethod
    def load(cls, folder: Path, secret: DeviceSecret | None = None) -> Keyring:
        """Raises KnownError when the file is missing, damaged or of a later version."""
        return cls(folder, _read(folder), secret or FileSecret(folder))

    def staff(self) -> tuple[str, ...]:
        return tuple(entry.staff for entry in self._content.entries)

    def unlock(self, staff: str, password: str, now_ms: int) -> DeviceSecrets:
        """Open the ring.  Raises KnownError.

        Five wrong passwords lock this clerk for 15 minutes of this machine's clock.  When the clock is
        found set back to before the lock began, the 15 minutes begin anew: setting it back opens
        nothing early, and a wrong date put right later costs 15 minutes, not years.
        """
        self._content = _read(self._folder)
        entry = next((e for e in self._content.entries if e.staff == staff), None)
        if entry is None:
            raise KnownError(f"本机没有工号 {staff}。没有改动。请联网登录一次，或者核对工号。")
        if now_ms < entry.locked_from_ms:
            entry = msgspec.structs.replace(entry, locked_from_ms=now_ms, locked_until_ms=now_ms + LOCK_MS)
            self._replace(entry)
        if now_ms < entry.locked_until_ms:
            minutes = -(-(entry.locked_until_ms - now_ms) // 60_000)
            raise KnownError(f"连错 {MAX_TRIES} 次，已锁定，还要 {minutes} 分钟。数据不会清除。请稍后再试。")
        key = self._key(password, entry.salt, entry.kdf)
        try:
            payload = unseal(key, entry.wrapped, staff.encode())
        except WrongKey as error:
            raise KnownError(self._failed(entry, now_ms)) from error
        if entry.failures or entry.locked_until_ms:
            forgiven = msgspec.structs.replace(entry, failures=0, locked_from_ms=0, locked_until_ms=0)
            # A full disk must not keep out the clerk who has come to make room.
            with suppress(KnownError):
                self._replace(forgiven)
        return msgspec.msgpack.decode(payload, type=DeviceSecrets)

    def tries(self, now_ms: int) -> tuple[tuple[str, int, int], ...]:
        """For each clerk: tries left before the lock, and until when it is locked (Unix ms, 0: it is not)."""
        return tuple(
            (e.staff, MAX_TRIES - e.failures, e.locked_until_ms if now_ms < e.locked_until_ms else 0)
            for e in self._content.entries
        )

    def former(self, staff: str, password: str) -> DeviceSecrets | None:
        """What the ring held for this clerk before a rekey that has not ended; None when there is none.

        For after :meth:`unlock`, which has proved the password.
        """
        entry = next((e for e in self._content.entries if e.staff == staff), None)
        if entry is None or not entry.previous:
            return None
        try:
            payload = unseal(self._key(password, entry.salt, entry.kdf), entry.previous, staff.encode())
        except WrongKey as error:
            raise KnownError("口令不对。没有改动。请核对后再试。") from error
        return msgspec.msgpack.decode(payload, type=DeviceSecrets)

    def begin_rekey(self, staff: str, password: str, fresh: DeviceSecrets) -> None:
        """Hold the new secrets and the old ones, both, until :meth:`end_rekey`."""
        self._content = _read(self._folder)
        entry = next(e for e in self._content.entries if e.staff == staff)
        key = self._key(password, entry.salt, entry.kdf)
        wrapped = seal(key, msgspec.msgpack.encode(fresh), staff.encode())
        self._replace(msgspec.structs.replace(entry, wrapped=wrapped, previous=entry.wrapped))

    def end_rekey(self, staff: str) -> tuple[str, ...]:
        """The new data key has opened the replica: forget the old one.  Returns the other clerks, whose
        entries hold the old key only; each comes in again by signing in online once."""
        self._content = _read(self._folder)
        own = [msgspec.structs.replace(e, previous=b"") for e in self._content.entries if e.staff == staff]
        others = tuple(e.staff for e in self._content.entries if e.staff != staff)
        self._write(tuple(own))
        return others

    def add(
        self, staff: str, password: str, device_secrets: DeviceSecrets, kdf: KdfParameters = INTERACTIVE
    ) -> None:
        """Let a clerk unlock this machine, or give a known one a new password."""
        self._content = _read(self._folder)
        self._replace(self._wrap(staff, password, device_secrets, kdf))

    def change_password(
        self, staff: str, old: str, new: str, now_ms: int, kdf: KdfParameters = INTERACTIVE
    ) -> None:
        """Raises KnownError for a wrong old password, which counts as a try; the old one stays then."""
        self.add(staff, new, self.unlock(staff, old, now_ms), kdf)

    def remove(self, staff: str) -> None:
        """Take a clerk's way in; the last one stays, or the replica could never be opened again."""
        self._content = _read(self._folder)
        rest = tuple(e for e in self._content.entries if e.staff != staff)
        if not rest:
            raise KnownError("这是本机最后一位能解锁的人员，没有移除。请先添加另一位。")
        self._write(rest)

    def _wrap(self, staff: str, password: str, device_secrets: DeviceSecrets, kdf: KdfParameters) -> _Entry:
        salt = secrets.token_bytes(16)
        payload = msgspec.msgpack.encode(device_secrets)
        wrapped = seal(self._key(password, salt, kdf), payload, staff.encode())
        return _Entry(staff=staff, salt=salt, kdf=kdf, wrapped=wrapped)

    def _key(self, password: str, salt: bytes, kdf: KdfParameters) -> bytes:
        return combine(derive_from_password(password, salt, kdf), self._secret.read(), b"taihaoban/keyring/1")

    def _failed(self, entry: _Entry, now_ms: int) -> str:
        failures = entry.failures + 1
        locked = failures >= MAX_TRIES
        self._replace(
            msgspec.structs.replace(
                entry,
                failures=0 if locked else failures,
                locked_from_ms=now_ms if locked else 0,
                locked_until_ms=now_ms + LOCK_MS if locked else 0,
            )
        )
        if locked:
            return f"口令不对。连错 {MAX_TRIES} 次，锁定 15 分钟，数据不会清除。请稍后再试。"
        return f"口令不对，还可再试 {MAX_TRIES - failures} 次；连错 {MAX_TRIES} 次锁 15 分钟，数据不会清除。"

    def _replace(self, entry: _Entry) -> None:
        others = tuple(e for e in self._content.entries if e.staff != entry.staff)
        self._write((*others, entry))

    def _write(self, entries: tuple[_Entry, ...]) -> None:
        content = _File(version=_VERSION, entries=entries)
        write_private(self._folder / KEYRING_FILE, msgspec.json.encode(content))
        self._content = content


def _read(folder: Path) -> _File:
    try:
        data = (folder / KEYRING_FILE).read_bytes()
        if msgspec.json.decode(data, type=_Version).version > _VERSION:
            raise KnownError("本机密钥环是更新版本的程序写的。办件都在，没有改动。请升级程序后再打开。")
        return msgspec.json.decode(data, type=_File)
    except FileNotFoundError as error:
        raise KnownError("本机还没有登记，没有可以解锁的人员。没有改动。请先登记本机。") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise KnownError(
            "本机密钥环读不出来。办件都在加密副本里，没有改动。请从备份恢复 keyring.json，或联系管理员。",
            detail=type(error).__name__,
        ) from error
