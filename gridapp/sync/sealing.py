"""Sealed files: what only one reader can open, in chunks, so that nothing has to fit into memory.

A file is ``MAGIC``, two bytes of length, the header in plain MessagePack, then chunks. The key of the chunks
comes from X25519 with a key pair of this one file (and with the sender's own key pair, where the reader
knows it: then nobody else can have written the file). Each chunk is ChaCha20-Poly1305 over 64 KiB with
its number, and whether it is the last one, as the nonce: chunks cannot be cut off, left out, doubled or
put into another order. The header is bound to every chunk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"gridapp-bundle-1"
CHUNK = 64 * 1024  # plain bytes
_TAG = 16
_MOST_HEADER = 1024
_KEY = 32
UP, DOWN = "up", "down"


class Header(msgspec.Struct, frozen=True):
    """What a courier may see: the way, the district, the device, the bundle; ``key`` is the file's own."""

    way: str
    district: bytes
    device: bytes
    bundle: bytes
    key: bytes


class NotSealed(Exception):  # noqa: N818 - a finding about a file
    """Not a file of this kind."""


class Damaged(Exception):  # noqa: N818
    """Cut, changed, or not sealed to this key by that sender."""


def read_header(file: BinaryIO) -> Header:
    """The header of a sealed file, whose chunks follow. Raises ``NotSealed`` or ``Damaged``."""
    return _read_header(file)[0]


def _read_header(file: BinaryIO) -> tuple[Header, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise NotSealed
    length = int.from_bytes(file.read(2), "big")
    raw = file.read(length) if length <= _MOST_HEADER else b""
    try:
        header = msgspec.msgpack.decode(raw, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged from error
    sizes = (len(header.district), len(header.device), len(header.bundle), len(header.key))
    if sizes != (16, 16, 16, _KEY) or header.way not in (UP, DOWN):
        raise Damaged
    return header, raw


class Sealer:
    """Writes one sealed file. ``close`` ends it; without that it cannot be opened."""

    def __init__(
        self,
        file: BinaryIO,
        way: str,
        ids: tuple[bytes, bytes, bytes],
        reader: bytes,
        sender: X25519PrivateKey | None = None,
    ) -> None:
        """``ids``: district, device, bundle. ``reader``: the public key of who may open it."""
        own = X25519PrivateKey.generate()
        self.header = Header(way, *ids, own.public_key().public_bytes_raw())
        self._raw = msgspec.msgpack.encode(self.header)
        self._file = file
        self._number = 0
        self._held = bytearray()
        keys = [own] if sender is None else [own, sender]
        self._cipher = _cipher([(key, reader) for key in keys], self._raw, reader)
        file.write(MAGIC + len(self._raw).to_bytes(2, "big") + self._raw)

    def write(self, data: bytes) -> None:
        """Plain bytes."""
        self._held += data
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def close(self) -> None:
        """The last chunk."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), data, self._raw))
        self._number += 1


class Opener:
    """Reads the plain bytes of one sealed file."""

    def __init__(
        self, file: BinaryIO, private: X25519PrivateKey, sender: bytes | None = None
    ) -> None:
        """``sender``: the public key of who must have written it. Raises ``NotSealed`` or ``Damaged``."""
        self.header, self._raw = _read_header(file)
        others = [self.header.key] if sender is None else [self.header.key, sender]
        own = private.public_key().public_bytes_raw()
        self._cipher = _cipher([(private, other) for other in others], self._raw, own)
        self._chunks = self._open(file)
        self._held = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        """``size`` plain bytes, fewer at the end. Raises ``Damaged``."""
        while len(self._held) < size and not self._ended:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
            else:
                self._held += chunk
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def _open(self, file: BinaryIO) -> Iterator[bytes]:
        number, sealed = 0, _whole(file)
        while True:
            after = _whole(file) if len(sealed) == CHUNK + _TAG else b""
            try:
                yield self._cipher.decrypt(_nonce(number, last=not after), sealed, self._raw)
            except InvalidTag as error:
                raise Damaged from error
            if not after:
                return
            number, sealed = number + 1, after


def _whole(file: BinaryIO) -> bytes:
    """The next sealed chunk, shorter only at the end; a stream may give it in pieces."""
    data = bytearray()
    while len(data) < CHUNK + _TAG and (piece := file.read(CHUNK + _TAG - len(data))):
        data += piece
    return bytes(data)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(
    pairs: list[tuple[X25519PrivateKey, bytes]], header: bytes, reader: bytes
) -> ChaCha20Poly1305:
    try:
        shared = b"".join(
            private.exchange(X25519PublicKey.from_public_bytes(public)) for private, public in pairs
        )
    except ValueError as error:  # a key that gives no secret
        raise Damaged from error
    derived = HKDF(SHA256(), _KEY, salt=None, info=MAGIC + reader + header).derive(shared)
    return ChaCha20Poly1305(derived)


def new_id() -> bytes:
    """A name for a bundle."""
    return os.urandom(16)
