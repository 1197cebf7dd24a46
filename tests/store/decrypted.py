"""What lies in an encrypted database once the key is known: every page, used or free, and every frame of the log."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_PAGE, _RESERVED, _SALT = (
    4096,
    80,
    16,
)  # of each page: IV and HMAC at its end; of the file: the salt in front
_LOG_HEAD, _FRAME_HEAD = 32, 24


def plain_bytes(path: Path, key: bytes) -> bytes:
    """All that can be read out of a database file and of the log beside it."""
    found = [_page(page, key, first=n == 0) for n, page in enumerate(_cut(path.read_bytes(), 0, 0))]
    log = path.with_name(path.name + "-wal")
    if log.exists():
        for frame in _cut(log.read_bytes(), _LOG_HEAD, _FRAME_HEAD):
            first = int.from_bytes(frame[:4], "big") == 1
            found.append(_page(frame[_FRAME_HEAD:], key, first=first))
    return b"".join(found)


def _cut(data: bytes, head: int, before: int) -> list[bytes]:
    size = _PAGE + before
    return [data[n : n + size] for n in range(head, len(data) - size + 1, size)]


def _page(page: bytes, key: bytes, *, first: bool) -> bytes:
    start = _SALT if first else 0
    iv = page[-_RESERVED : -_RESERVED + 16]
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).decryptor()
    return decryptor.update(page[start:-_RESERVED]) + decryptor.finalize()
