"""Bytes of attachments: one AES-256-GCM file each, named by a keyed digest, never plain on disk."""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridapp.errors import Problem

_NONCE = 12


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
        path = self._path(digest)
        nonce = os.urandom(_NONCE)
        partial = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(nonce + self._cipher.encrypt(nonce, data, digest.encode()))
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
        return digest

    def get(self, digest: str) -> bytes | None:
        """The bytes, or None when they are not here or do not fit their name any more."""
        try:
            sealed = self._path(digest).read_bytes()
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], digest.encode())
        except (FileNotFoundError, InvalidTag, ValueError):
            return None

    def has(self, digest: str) -> bool:
        """Whether a file of that name is here, whole or not."""
        return self._path(digest).exists()

    def remove(self, digest: str) -> None:
        """Forget the bytes."""
        self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        name = hmac.new(self._names, digest.encode(), "sha256").hexdigest()
        return self._folder / name[:2] / name[2:]


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
