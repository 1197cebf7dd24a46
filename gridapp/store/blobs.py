"""Bytes of attachments: one AES-256-GCM file each, named by a keyed digest, never plain on disk."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridapp.errors import Problem

_NONCE = 12
_COMING = "coming"  # parts of what is still on its way


class BlobFolder:
    """Blobs by SHA-256 of their plain bytes. File names are keyed, so they tell nothing of the content."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._cipher = AESGCM(hmac.digest(key, b"gridapp blob content", "sha256"))
        self._names = hmac.digest(key, b"gridapp blob names", "sha256")

    def put(self, data: bytes) -> str:
        """Keep ``data``, durable before this returns. Returns its SHA-256 in hex."""
        digest = hashlib.sha256(data).hexdigest()
        if self.get(digest) is not None:
            return digest
        nonce = os.urandom(_NONCE)
        self._write(self._path(digest), nonce + self._cipher.encrypt(nonce, data, digest.encode()))
        return digest

    def get(self, digest: str) -> bytes | None:
        """The bytes, or None when they are not here or do not fit their name any more."""
        try:
            sealed = self._path(digest).read_bytes()
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], digest.encode())
        except (OSError, InvalidTag, ValueError):
            return None

    def has(self, digest: str) -> bool:
        """Whether a file of that name is here, whole or not."""
        return self._path(digest).exists()

    def remove(self, digest: str) -> None:
        """Forget the bytes."""
        self._path(digest).unlink(missing_ok=True)

    def keep_part(self, digest: str, start: int, data: bytes) -> None:
        """Keep a part of what is still coming. Raises ``Problem`` ``disk_full``."""
        path = self._parts(digest) / f"{start:012d}"
        nonce = os.urandom(_NONCE)
        name = f"{digest}:{start}".encode()
        self._write(path, nonce + self._cipher.encrypt(nonce, data, name))

    def parts(self, digest: str) -> bytes:
        """What has come of it without a gap; parts that are damaged come again."""
        data = bytearray()
        while True:
            try:
                sealed = (self._parts(digest) / f"{len(data):012d}").read_bytes()
                name = f"{digest}:{len(data)}".encode()
                part = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name)
            except (OSError, InvalidTag, ValueError):
                return bytes(data)
            data += part

    def drop_parts(self, digest: str) -> None:
        """Forget the parts of one: it is whole, or is not wanted."""
        shutil.rmtree(self._parts(digest), ignore_errors=True)
        with suppress(OSError):
            (self._folder / _COMING).rmdir()  # only an empty one

    def has_parts(self) -> bool:
        """Whether anything has come in part."""
        return (self._folder / _COMING).is_dir()

    def keep_only_parts(self, digests: Iterable[str]) -> None:
        """Forget the parts of all others."""
        kept = {self._parts(digest).name for digest in digests}
        for path in (self._folder / _COMING).iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            (self._folder / _COMING).rmdir()  # only an empty one

    def _parts(self, digest: str) -> Path:
        return self._folder / _COMING / self._name(digest)

    def _path(self, digest: str) -> Path:
        name = self._name(digest)
        return self._folder / name[:2] / name[2:]

    def _name(self, digest: str) -> str:
        return hmac.new(self._names, digest.encode(), "sha256").hexdigest()

    def _write(self, path: Path, sealed: bytes) -> None:
        """A whole file or none, durable before this returns."""
        partial = path.with_suffix(".part")
        try:
            _make_folder(path.parent)
            with partial.open("wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise Problem(
                "disk_full",
                "磁盘写不下这张照片，这次没有保存。",
                place=str(self._folder),
                remedy="请清理磁盘空间后再保存，填写的内容还在。",
            ) from error


def _make_folder(folder: Path) -> None:
    """A new folder is durable only when the one above it was synced: else the file in it may go with it."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
