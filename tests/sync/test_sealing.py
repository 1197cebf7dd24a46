"""Sealed files and what stands in them: whole or not at all, whatever bytes somebody puts on a stick."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gridapp.sync.bundle_format import Asking, Told, Writer, read_items, unpack
from gridapp.sync.sealing import CHUNK, DOWN, UP, Damaged, NotSealed, Opener, Sealer, read_header

READER = X25519PrivateKey.from_private_bytes(b"\1" * 32)
SENDER = X25519PrivateKey.from_private_bytes(b"\2" * 32)
IDS = (b"d" * 16, b"e" * 16, b"b" * 16)
few = settings(max_examples=60, deadline=None)


def public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def sealed(*pieces: bytes, sender: X25519PrivateKey | None = None) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, DOWN if sender else UP, IDS, public(READER), sender)
    for piece in pieces:
        sealer.write(piece)
    sealer.close()
    return out.getvalue()


def opened(data: bytes, sender: bytes | None = None, key: X25519PrivateKey = READER) -> bytes:
    return Opener(io.BytesIO(data), key, sender).read(1 << 30)


def bundle(*items: tuple[bytes, bytes]) -> bytes:
    out = io.BytesIO()
    writer = Writer(Sealer(out, UP, IDS, public(READER)))
    for kind, body in items:
        writer.put(kind, body)
    writer.finish(lambda digest: digest)
    return out.getvalue()


def items_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    return read_items(Opener(io.BytesIO(data), READER), lambda digest, mark: digest == mark)


sizes = st.one_of(
    st.integers(0, 200), st.sampled_from([CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
)


@few
@given(st.lists(sizes, max_size=3))
def test_what_goes_in_comes_out(lengths: list[int]) -> None:
    pieces = [bytes([n % 251]) * n for n in lengths]
    assert opened(sealed(*pieces)) == b"".join(pieces)


@few
@given(sizes, st.data())
def test_every_changed_byte_is_noticed(length: int, data: st.DataObject) -> None:
    whole = bytearray(sealed(b"x" * length, sender=SENDER))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Damaged, NotSealed)):
        opened(bytes(whole), public(SENDER))


@few
@given(sizes, st.data())
def test_every_cut_is_noticed(length: int, data: st.DataObject) -> None:
    whole = sealed(b"x" * length)
    at = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises((Damaged, NotSealed)):
        opened(whole[:at])


@few
@given(st.binary(min_size=1, max_size=100))
def test_nothing_can_be_added(more: bytes) -> None:
    for length in (0, 10, CHUNK, 2 * CHUNK):
        with pytest.raises(Damaged):
            opened(sealed(b"x" * length) + more)


def test_chunks_keep_their_places() -> None:
    whole = sealed(b"a" * CHUNK + b"b" * CHUNK + b"c" * 10)
    size = CHUNK + 16
    head = len(whole) - (10 + 16) - 2 * size
    first, second = whole[head : head + size], whole[head + size : head + 2 * size]
    last = whole[head + 2 * size :]
    for put in ((second, first, last), (first, last), (first, second), (first, first, last)):
        with pytest.raises(Damaged):
            opened(whole[:head] + b"".join(put))


def test_only_its_reader_opens_it_and_only_its_sender_wrote_it() -> None:
    data = sealed(b"hello", sender=SENDER)
    assert opened(data, public(SENDER)) == b"hello"
    with pytest.raises(Damaged):
        opened(data, public(SENDER), SENDER)
    with pytest.raises(Damaged):
        opened(data)  # taken for one that anybody may have written
    with pytest.raises(Damaged):
        opened(sealed(b"hello"), public(SENDER))  # written by anybody


def test_a_key_that_gives_no_secret() -> None:
    """All zeroes is a point that makes every secret the same."""
    data = bytearray(sealed(b"hello"))
    key = read_header(io.BytesIO(bytes(data))).key
    at = data.index(key)
    data[at : at + 32] = bytes(32)
    with pytest.raises(Damaged):
        opened(bytes(data))


@few
@given(st.binary(max_size=300))
def test_any_bytes_are_no_header(data: bytes) -> None:
    for candidate in (data, b"gridapp-bundle-1" + data):
        with pytest.raises((Damaged, NotSealed)):
            read_header(io.BytesIO(candidate))


item_lists = st.lists(st.tuples(st.sampled_from([b"A", b"P", b"S", b"D"]), st.binary(max_size=400)))


@few
@given(item_lists)
def test_items_come_back_in_order(found: list[tuple[bytes, bytes]]) -> None:
    assert list(items_of(bundle(*found))) == found


@few
@given(st.binary(max_size=400))
def test_any_bytes_that_were_sealed_are_no_items(data: bytes) -> None:
    """Somebody who knows the server's key may seal whatever comes to mind."""
    with pytest.raises(Damaged):
        list(items_of(sealed(data)))


@few
@given(item_lists, st.integers(0, 40))
def test_items_that_end_early_are_noticed(found: list[tuple[bytes, bytes]], cut: int) -> None:
    out = io.BytesIO()
    writer = Writer(Sealer(out, UP, IDS, public(READER)))
    plain = io.BytesIO()
    writer._out = type("Plain", (), {"write": plain.write, "close": plain.flush})()
    for kind, body in found:
        writer.put(kind, body)
    writer.finish(lambda digest: digest)
    whole = plain.getvalue()
    with pytest.raises(Damaged):
        list(items_of(sealed(whole[: max(0, len(whole) - 1 - cut)])))
    with pytest.raises(Damaged):
        list(items_of(sealed(whole + b"x")))


@few
@given(st.binary(max_size=200))
def test_any_bytes_are_no_structure(data: bytes) -> None:
    for kind in (Asking, Told):
        with pytest.raises(Damaged):
            unpack(data, kind)


def test_an_item_longer_than_any_is_not_read() -> None:
    with pytest.raises(Damaged):
        list(items_of(sealed(b"D" + (1 << 31).to_bytes(4, "big"))))


def test_big_files_need_no_memory() -> None:
    """Twenty megabytes go through in pieces; what is held is a chunk."""

    class Counting(io.RawIOBase):
        size = most = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.size += len(data)
            self.most = max(self.most, len(data))
            return len(data)

    out = Counting()
    sealer = Sealer(out, UP, IDS, public(READER))  # type: ignore[arg-type]
    for _ in range(40):
        sealer.write(bytes(512 * 1024))
        assert len(sealer._held) <= CHUNK
    sealer.close()
    assert out.size > 20 * 1024 * 1024
    assert out.most <= CHUNK + 16
