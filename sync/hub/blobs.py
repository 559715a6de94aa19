"""Where the hub keeps sealed files: a folder beside its data, or any S3-compatible store.

Names are ``hall/file``; what is under way lies in pieces at ``hall/file.part/offset``.  Both kinds hold
ciphertext only: the keys are in the database.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from models.errors import KnownError
from models.files import HALF, sync_folder

if TYPE_CHECKING:
    from minio import Minio

FOLDER = "files"
HALF_KEPT_S = 6 * 3600.0  # no write takes so long
CATALOG_PREFIX = "catalog/"  # blank forms and samples, by SHA-256; no hall is called so


class StoreDown(KnownError):
    """The store cannot be read or written now; nothing was lost."""

    def __init__(self, detail: str) -> None:
        super().__init__("中心的附件库暂时用不了，附件都还在工作站。稍后会自动再传。", detail=detail)


class Blobs(Protocol):
    """Whole objects by name.  Any thread.  What :meth:`put` has returned from is durable.

    Every method raises :class:`StoreDown` when the store cannot be used.
    """

    def put(self, name: str, data: bytes) -> None:
        """Keep an object, in the place of one of that name."""

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes | None:
        """Some bytes, fewer at the end; None when there is no such object."""

    def size(self, name: str) -> int | None: ...

    def remove(self, name: str) -> None:
        """Also when there is none."""

    def names(self, prefix: str = "") -> list[str]:
        """Every object whose name begins so, sorted."""

    def tidy(self) -> None:
        """Drop what a worker that was killed left half written, hours ago."""


class FolderBlobs:
    """A folder.  Several workers may share it; several machines only if they mount the same one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        path = self._path(name)
        temporary = path.with_name(f"{path.name}.{os.getpid()}{HALF}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StoreDown(type(error).__name__) from error

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes | None:
        try:
            with open(self._path(name), "rb") as file:
                file.seek(offset)
                return file.read(length)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreDown(type(error).__name__) from error

    def size(self, name: str) -> int | None:
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreDown(type(error).__name__) from error

    def remove(self, name: str) -> None:
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
            if path.parent.suffix == ".part":
                path.parent.rmdir()
        except OSError:
            return  # a piece too many costs room, nothing else; the next sweep takes it

    def names(self, prefix: str = "") -> list[str]:
        # Only the folder that the prefix names is walked: a hub holds scans by the hundred thousand.
        folder = self._root.joinpath(*prefix.split("/")[:-1])
        found = (path.relative_to(self._root).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(name for name in found if name.startswith(prefix) and not name.endswith(HALF))

    def tidy(self) -> None:
        latest = time.time() - HALF_KEPT_S
        for path in self._root.rglob(f"*{HALF}"):
            with suppress(OSError):  # gone meanwhile, or cannot be removed: it costs room, nothing else
                if path.stat().st_mtime <= latest:
                    path.unlink()

    def _path(self, name: str) -> Path:
        path = self._root.joinpath(*name.split("/"))
        if ".." in path.parts:
            raise StoreDown("name")
        return path


class S3Blobs:
    """A bucket of any S3-compatible store, through MinIO's client."""

    def __init__(self, client: Minio, bucket: str, prefix: str = "") -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def put(self, name: str, data: bytes) -> None:
        with _store_errors():
            self._client.put_object(self._bucket, self._prefix + name, BytesIO(data), len(data))

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes | None:
        if length == 0:
            return b"" if self.size(name) is not None else None
        with _store_errors() as gone:
            answer = self._client.get_object(
                self._bucket, self._prefix + name, offset=offset, length=max(length, 0)
            )
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()
        return b"" if gone.beyond else None

    def size(self, name: str) -> int | None:
        with _store_errors():
            return self._client.stat_object(self._bucket, self._prefix + name).size
        return None

    def remove(self, name: str) -> None:
        with _store_errors():
            self._client.remove_object(self._bucket, self._prefix + name)

    def names(self, prefix: str = "") -> list[str]:
        with _store_errors():
            found = self._client.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True)
            return sorted((one.object_name or "")[len(self._prefix) :] for one in found)
        return []

    def tidy(self) -> None:
        """The store itself shows an object whole or not at all."""


class _store_errors:  # noqa: N801 - reads as a statement
    """What the client raises, as :class:`StoreDown`; an object that is not there passes silently."""

    beyond = False

    def __enter__(self) -> _store_errors:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        from minio.error import MinioException, S3Error
        from urllib3.exceptions import HTTPError

        if isinstance(error, S3Error) and error.code in ("NoSuchKey", "NoSuchObject"):
            return True
        if isinstance(error, S3Error) and error.code == "InvalidRange":
            self.beyond = True
            return True
        if isinstance(error, (MinioException, HTTPError, OSError, ValueError)):
            raise StoreDown(type(error).__name__) from error
        return False


def open_blobs(data_dir: Path, url: str) -> Blobs:
    """The store of a hub: its own folder when ``url`` is empty, else ``s3://KEY:SECRET@host:port/bucket/prefix``
    with ``?tls=no`` for one on this machine and ``?region=…`` where the store wants it.

    Raises KnownError for an address that is none.  Connects only when used.
    """
    if not url:
        return FolderBlobs(data_dir / FOLDER)
    parts = urlsplit(url)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if parts.scheme != "s3" or not parts.hostname or not bucket:
        raise KnownError(
            "附件库地址写得不对，没有改动。请写成 s3://访问键:密钥@主机:端口/桶名，或者留空用本地目录。"
        )
    options = parse_qs(parts.query)
    plain = options.get("tls") == ["no"]
    if plain and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise KnownError("附件库的地址没有加密，没有改动。只有本机上的附件库可以写 tls=no。")
    from minio import Minio
    from urllib3 import PoolManager, Retry, Timeout

    host = parts.netloc.rpartition("@")[2]
    client = Minio(
        host,
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        secure=not plain,
        # A desk waits at most a minute for an answer; the client's own retries would outlast that.
        http_client=PoolManager(timeout=Timeout(connect=5, read=30), retries=Retry(1, backoff_factor=0.2)),
        region=options.get("region", ["us-east-1"])[0],
    )
    return S3Blobs(client, bucket, f"{prefix}/" if prefix else "")
