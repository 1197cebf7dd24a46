"""Bytes of photos: encrypted, named by what tells nothing, and whole or not there."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from gridapp.store.blobs import BlobFolder

KEY = bytes(range(32))
PLAIN = b"GRIDAPP-PLAIN-BYTES " * 400


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path, KEY)


def only_file(folder: Path) -> Path:
    (found,) = (p for p in folder.rglob("*") if p.is_file())
    return found


def test_what_is_put_is_got_by_its_digest(blobs: BlobFolder, tmp_path: Path) -> None:
    digest = blobs.put(PLAIN)
    assert digest == hashlib.sha256(PLAIN).hexdigest()
    assert blobs.get(digest) == PLAIN
    assert blobs.put(PLAIN) == digest
    assert only_file(tmp_path).stat().st_size < len(PLAIN) + 64
    assert BlobFolder(tmp_path, KEY).get(digest) == PLAIN
    assert blobs.get("0" * 64) is None
    blobs.remove(digest)
    blobs.remove(digest)
    assert blobs.get(digest) is None


def test_neither_bytes_nor_digest_are_in_name_or_file(blobs: BlobFolder, tmp_path: Path) -> None:
    digest = blobs.put(PLAIN)
    path = only_file(tmp_path)
    data = path.read_bytes()
    assert b"GRIDAPP" not in data
    assert digest not in str(path)
    assert digest.encode() not in data
    assert bytes.fromhex(digest) not in data


def test_the_same_bytes_look_different_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        BlobFolder(tmp_path / name, KEY).put(PLAIN)
    assert only_file(tmp_path / "a").read_bytes() != only_file(tmp_path / "b").read_bytes()


def test_another_key_gets_nothing(blobs: BlobFolder, tmp_path: Path) -> None:
    digest = blobs.put(PLAIN)
    other = BlobFolder(tmp_path, bytes(32))
    assert other.get(digest) is None
    assert other.put(PLAIN) == digest
    assert blobs.get(digest) == PLAIN


@pytest.mark.parametrize("damage", [b"", b"x", bytes(12), os.urandom(500)])
def test_damaged_bytes_are_none_and_mended_by_the_next_put(
    blobs: BlobFolder, tmp_path: Path, damage: bytes
) -> None:
    digest = blobs.put(PLAIN)
    only_file(tmp_path).write_bytes(damage)
    assert blobs.get(digest) is None
    assert blobs.put(PLAIN) == digest
    assert blobs.get(digest) == PLAIN


def test_a_file_under_another_name_is_not_taken(blobs: BlobFolder, tmp_path: Path) -> None:
    first = blobs.put(PLAIN)
    path = only_file(tmp_path)
    second = blobs.put(b"other")
    other = next(p for p in tmp_path.rglob("*") if p.is_file() and p != path)
    other.write_bytes(path.read_bytes())
    assert blobs.get(second) is None
    assert blobs.get(first) == PLAIN
