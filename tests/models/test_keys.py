"""The key ring: what opens it, what locks it, what a thief finds in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.crypto import (
    BadSignature,
    KdfParameters,
    WrongKey,
    public_key,
    random_key,
    seal,
    sign,
    unseal,
    verify,
)
from models.errors import KnownError
from models.keys import LOCK_MS, DeviceSecrets, Keyring

CHEAP = KdfParameters(n=2**8)
SECRETS = DeviceSecrets(data_key=b"d" * 32, device_key=b"e" * 32)


def ring(folder: Path) -> Keyring:
    return Keyring.create(folder, "T0718", "口令 one", SECRETS, CHEAP)


def test_the_right_password_opens_also_after_a_restart(tmp_path: Path) -> None:
    ring(tmp_path)
    assert Keyring.load(tmp_path).unlock("T0718", "口令 one", 0) == SECRETS


def test_the_file_holds_neither_keys_nor_names_and_is_private(tmp_path: Path) -> None:
    ring(tmp_path)
    for file in tmp_path.iterdir():
        assert SECRETS.data_key not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    ring(tmp_path)
    for left in (4, 3, 2, 1):
        with pytest.raises(KnownError, match=f"还可再试 {left} 次"):
            Keyring.load(tmp_path).unlock("T0718", "no", 1000)
    with pytest.raises(KnownError, match="锁定 15 分钟"):
        Keyring.load(tmp_path).unlock("T0718", "no", 1000)
    with pytest.raises(KnownError, match="已锁定"):
        Keyring.load(tmp_path).unlock("T0718", "口令 one", 1000 + LOCK_MS - 1)
    assert Keyring.load(tmp_path).unlock("T0718", "口令 one", 1000 + LOCK_MS) == SECRETS


def locked_at(folder: Path, now_ms: int) -> None:
    ring(folder)
    for _ in range(5):
        with pytest.raises(KnownError):
            Keyring.load(folder).unlock("T0718", "no", now_ms)


def test_a_clock_set_back_neither_opens_early_nor_locks_for_ever(tmp_path: Path) -> None:
    locked_at(tmp_path, 10**15)
    with pytest.raises(KnownError, match="还要 15 分钟"):
        Keyring.load(tmp_path).unlock("T0718", "口令 one", 1000)
    with pytest.raises(KnownError, match="还要 1 分钟"):
        Keyring.load(tmp_path).unlock("T0718", "口令 one", 1000 + LOCK_MS - 1)
    assert Keyring.load(tmp_path).unlock("T0718", "口令 one", 1000 + LOCK_MS) == SECRETS


def test_without_the_device_secret_the_ring_is_worth_nothing(tmp_path: Path) -> None:
    ring(tmp_path)
    (tmp_path / "device.secret").write_bytes(b"x" * 32)
    with pytest.raises(KnownError, match="口令不对"):
        Keyring.load(tmp_path).unlock("T0718", "口令 one", 0)


def test_more_clerks_new_passwords_and_the_last_one_stays(tmp_path: Path) -> None:
    keys = ring(tmp_path)
    keys.add("T0719", "two", SECRETS, CHEAP)
    keys.change_password("T0719", "two", "three", 0)
    again = Keyring.load(tmp_path)
    assert set(again.staff()) == {"T0718", "T0719"}
    assert again.unlock("T0719", "three", 0) == SECRETS
    again.remove("T0718")
    with pytest.raises(KnownError, match="最后一位"):
        again.remove("T0719")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"version": 99, "entries": []}'])
def test_a_damaged_or_later_file_is_told(tmp_path: Path, content: bytes) -> None:
    ring(tmp_path)
    (tmp_path / "keyring.json").write_bytes(content)
    with pytest.raises(KnownError, match="办件都在"):
        Keyring.load(tmp_path)


def test_sealing_and_signing_notice_any_change() -> None:
    key, message = random_key(), b"message"
    sealed = seal(key, message, b"aad")
    assert unseal(key, sealed, b"aad") == message
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:10], b""):
        with pytest.raises(WrongKey):
            unseal(key, broken, b"aad")
    with pytest.raises(WrongKey):
        unseal(key, sealed, b"other")
    signature = sign(key, message)
    verify(public_key(key), message, signature)
    for bad in (signature[:-1] + b"\0", b"", signature + b"\0"):
        with pytest.raises(BadSignature):
            verify(public_key(key), message + b"!", bad)


def test_without_its_device_secret_the_ring_says_so_and_makes_no_new_one(tmp_path: Path) -> None:
    keys = ring(tmp_path)
    (tmp_path / "device.secret").unlink()
    for _ in range(2):
        with pytest.raises(KnownError, match=r"恢复 device\.secret"):
            keys.unlock("T0718", "口令 one", 0)
        with pytest.raises(KnownError, match=r"恢复 device\.secret"):
            keys.add("T0719", "two", SECRETS, CHEAP)
    assert b'"failures":0' in (tmp_path / "keyring.json").read_bytes()


def test_tries_in_two_programs_at_once_are_counted_together(tmp_path: Path) -> None:
    one, two = ring(tmp_path), Keyring.load(tmp_path)
    for keys, left in ((one, 4), (two, 3), (one, 2)):
        with pytest.raises(KnownError, match=f"还可再试 {left} 次"):
            keys.unlock("T0718", "no", 1000)


def test_a_later_file_of_another_shape_asks_for_a_later_program(tmp_path: Path) -> None:
    (tmp_path / "keyring.json").write_bytes(b'{"version": 99, "rings": {"other": "shape"}}')
    with pytest.raises(KnownError, match="请升级程序"):
        Keyring.load(tmp_path)


def test_a_cost_that_would_eat_the_machine_is_a_damaged_file(tmp_path: Path) -> None:
    entry = b'{"staff":"T1","salt":"","kdf":{"n":1099511627776,"r":8,"p":1},"wrapped":""}'
    (tmp_path / "keyring.json").write_bytes(b'{"version":1,"entries":[' + entry + b"]}")
    with pytest.raises(KnownError, match="读不出来"):
        Keyring.load(tmp_path)
