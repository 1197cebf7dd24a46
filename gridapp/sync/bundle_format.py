"""What stands inside a bundle, once it is opened: a row of items, signed as a whole.

An item is a letter, four bytes of length, and that many bytes. Up: what is asked (``Asking``), pushes exactly
as they go over the network with their signature, small pictures, photos in parts. Down: what was answered
(``Told``), outcomes, bodies that were asked for, the frames of a pull, small pictures, photos. The last item
is the signature over the header and everything before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol, TypeVar

import msgspec

from gridapp.domain.exchange import Outcome, Rows
from gridapp.errors import Problem
from gridapp.sync.protocol import LARGEST_FRAME, PullRequest
from gridapp.sync.sealing import Damaged, Header, NotSealed

SUFFIX = ".gridapp"
LARGEST_BUNDLE = 2 * 1024 * 1024 * 1024  # bytes of a file
SIGNATURE = 64

ASKING, PUSH = b"A", b"P"
TOLD, BODIES, FRAME = b"T", b"R", b"F"
FAREWELL = b"X"
SMALL, PHOTO, PART = b"S", b"B", b"D"
_END = b"E"
_MOST_ITEM = LARGEST_FRAME + 1024

T = TypeVar("T")


class Asking(msgspec.Struct, frozen=True):
    """What a device asks for: a pull, bodies, photos (digest, bytes). ``contact``: see ``bundle_state``."""

    protocol: int
    contact: int
    box_key: bytes
    pull: PullRequest
    bodies: list[tuple[str, bytes]] = []
    photos: list[tuple[str, int]] = []


class Told(msgspec.Struct, frozen=True):
    """What the server answers to ``contact``, from where the bundle held (``cursors``).

    ``photos``: of the bundle, those that it has whole.
    """

    protocol: int
    contact: int
    epoch: int
    server_time: int
    outcomes: list[Outcome] = []
    bodies: list[Rows] = []
    photos: list[str] = []
    cursors: dict[str, int] = {}


class Farewell(msgspec.Struct, frozen=True):
    """All that a revoked device is told, in answer to ``contact``: what need not come again.

    ``operations``: ids of its operations; ``photos``: digests.
    """

    protocol: int
    contact: int
    operations: list[bytes] = []
    photos: list[str] = []


class Small(msgspec.Struct, array_like=True, frozen=True):
    """A small picture of the photo with this digest."""

    digest: str
    data: bytes


class Photo(msgspec.Struct, array_like=True, frozen=True):
    """A photo whose parts follow."""

    digest: str
    size: int


class _Out(Protocol):
    header: Header

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class _In(Protocol):
    header: Header

    def read(self, size: int) -> bytes: ...


class Writer:
    """Writes items into a sealed file."""

    def __init__(self, out: _Out) -> None:
        self._out = out
        self.header = out.header
        self._hash = hashlib.sha256(_begin(out.header))

    def put(self, kind: bytes, body: bytes) -> None:
        """One item."""
        head = kind + len(body).to_bytes(4, "big")
        self._hash.update(head)
        self._hash.update(body)
        self._out.write(head)
        self._out.write(body)

    def finish(self, sign: Callable[[bytes], bytes]) -> None:
        """The signature, and the end of the file."""
        signature = sign(self._hash.digest())
        self._out.write(_END + len(signature).to_bytes(4, "big") + signature)
        self._out.close()


def read_items(
    source: _In, signed: Callable[[bytes, bytes], bool]
) -> Iterator[tuple[bytes, bytes]]:
    """(letter, body) of each item; only after the last one is all of it known to be good.

    ``signed(digest, signature)`` says so. Raises ``Damaged``.
    """
    whole = hashlib.sha256(_begin(source.header))
    while True:
        head = source.read(5)
        length = int.from_bytes(head[1:], "big")
        if len(head) < 5 or length > _MOST_ITEM:
            raise Damaged
        body = source.read(length)
        if len(body) < length:
            raise Damaged
        if head[:1] == _END:
            if source.read(1) or not signed(whole.digest(), body):
                raise Damaged
            return
        whole.update(head)
        whole.update(body)
        yield head[:1], body


def unpack(body: bytes, type_: type[T]) -> T:
    """The structure in an item. Raises ``Damaged``."""
    try:
        return msgspec.msgpack.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged from error


def _begin(header: Header) -> bytes:
    return msgspec.msgpack.encode(header)


def explain(error: NotSealed | Damaged, name: str) -> Problem:
    """What is said of a file that cannot be used."""
    if isinstance(error, NotSealed):
        return Problem(
            "not_a_bundle",
            "“{name}”不是带U盘用的资料文件。",
            remedy="请选程序写到U盘上的文件，什么都没有改动。",
            name=name,
        )
    return Problem(
        "bundle_damaged",
        "“{name}”不完整或被改动过，没有收。",
        remedy="请在原来的电脑上重新写一份，什么都没有改动。",
        name=name,
    )


def said(code: str, name: str) -> Problem:
    """What the server said of a bundle that was carried to it."""
    if code in _REFUSED:
        return refuse(code, name)
    return explain(NotSealed() if code == "not_a_bundle" else Damaged(), name)


def refuse(code: str, name: str) -> Problem:
    """What is said of a whole file that is not for here. ``code``: see ``_REFUSED``."""
    message, remedy = _REFUSED[code]
    return Problem(code, message, remedy=remedy, name=name)


_REFUSED = {
    "bundle_too_large": ("“{name}”太大，没有收。", "请在原来的电脑上分几次写，什么都没有改动。"),
    "wrong_way": (
        "“{name}”是另一个方向的资料，这里收不了。",
        "要传给区里的放到社区的电脑上，回信放回原来的电脑上，什么都没有改动。",
    ),
    "other_district": ("“{name}”是别的区的资料，没有收。", "请交给那个区，什么都没有改动。"),
    "other_device": (
        "“{name}”是给另一台电脑的。",
        "请插到那台电脑上，什么都没有改动。",
    ),
    "other_letter": (
        "“{name}”是写给这个用户另一份数据的回信，这里打不开，没有收。",
        "如果这份资料被复制过，请联网同步一次，什么都没有改动。",
    ),
    "unknown_device": (
        "“{name}”来自一台没有登记的电脑，没有收。",
        "请先给那台电脑登记，什么都没有改动。",
    ),
    "revoked": (
        "“{name}”来自一台已停用的电脑，没有登进档案。",
        "里面的内容由区里另存，请联系区管理员。",
    ),
    "revoked_here": (
        "这台电脑的登记已被停用，没有收“{name}”。",
        "还要在这台电脑上工作，请向区管理员要新的登记码。",
    ),
    "old_farewell": (
        "“{name}”是以前的回信，没有收。",
        "请在这台电脑上重新写一份带去，什么都没有改动。",
    ),
    "forked": (
        "写“{name}”的那台电脑有两份资料，没有收。",
        "请把那台电脑联网传一次，什么都没有改动。",
    ),
    "newer_bundle": (
        "“{name}”是更新的程序写的。",
        "请先升级这里的程序，什么都没有改动。",
    ),
    "server_restored": (
        "区里的资料恢复过，“{name}”要等联网以后才能用。",
        "请先联网传一次，什么都没有改动。",
    ),
}


def check_size(file: BinaryIO, name: str) -> None:
    """Raises ``Problem`` ``bundle_too_large``; the file is at its beginning afterwards."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > LARGEST_BUNDLE:
        raise refuse("bundle_too_large", name)
