"""The journal: what a restored database must not forget, in a file of its own outside it.

One line of JSON per entry, each with a hash over itself and the line before, appended and synced under a
lock: several processes may write. Beside it stands the mark of what was committed last, written without
waiting for the disk: by it a database is recognised that is older than its journal.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

from gridapp.errors import Problem

FILE = "journal.jsonl"
MARK = "last"
BEGUN = "begun"  # the first entry: which server this is the journal of, and its keys
_START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its number from 1, when (milliseconds), what, and the rest by name (plain JSON values)."""

    n: int
    at: int
    what: str
    fields: Mapping[str, Any]


class Journal:
    """An open journal. ``entries`` holds what was read; ``append`` first reads what others appended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        self._path = folder / FILE
        self._end = 0  # bytes of whole lines that were read
        self._hash = _START
        self.refresh()

    @property
    def begun(self) -> Entry:
        """The first entry."""
        return self.entries[0]

    def refresh(self) -> None:
        """Read what was appended since. Raises ``Problem``: ``no_journal``, ``damaged_journal``, ``disk_error``."""
        with self._opened("rb") as file:
            self._catch_up(file)

    def append(self, at: int, *facts: tuple[str, Mapping[str, Any]]) -> None:
        """Add entries ``(what, fields)``. They are on the disk when this returns."""
        if not facts:
            return
        with self._opened("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._catch_up(file)
            file.truncate(self._end)  # what a power cut left of a line that nobody was told of
            file.seek(self._end)
            last = self._hash
            lines: list[bytes] = []
            entries: list[Entry] = []
            for what, fields in facts:
                entry = Entry(len(self.entries) + len(entries) + 1, at, what, dict(fields))
                line, last = _line(entry, last)
                lines.append(line)
                entries.append(entry)
            data = b"".join(lines)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            self.entries += entries
            self._end += len(data)
            self._hash = last

    def mark(self, key: bytes) -> None:
        """Remember the last thing committed (16 bytes; b"": nothing). Not synced: a power cut may take the last
        seconds."""
        data = key + crc32(key).to_bytes(4, "big") if key else bytes(20)
        handle = os.open(self.folder / MARK, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(handle, data, 0)
        finally:
            os.close(handle)

    def marked(self) -> bytes | None:
        """The last mark; None where there is none that can be read."""
        try:
            data = (self.folder / MARK).read_bytes()
        except FileNotFoundError:
            return None
        key, check = data[:16], data[16:20]
        return key if any(key) and crc32(key).to_bytes(4, "big") == check else None

    def _catch_up(self, file: BinaryIO) -> None:
        file.seek(self._end)
        for line in file:
            if not line.endswith(b"\n"):
                break
            entry, found = _parsed(line)
            if entry is None or _line(entry, self._hash) != (line, found):
                raise _damaged(self._path, len(self.entries) + 1)
            self.entries.append(entry)
            self._end += len(line)
            self._hash = found
        if not self.entries:
            raise _damaged(self._path, 1)

    @contextmanager
    def _opened(self, mode: str) -> Iterator[Any]:
        try:
            with self._path.open(mode) as file:
                yield file
        except FileNotFoundError as error:
            raise missing(self.folder) from error
        except OSError as error:
            raise _disk_error(self.folder) from error


def exists(folder: Path) -> bool:
    """Whether there is a journal in this folder."""
    return (folder / FILE).is_file()


def create(folder: Path, at: int, begun: Mapping[str, Any]) -> Journal:
    """A new journal; one that was there is kept under another name, never written over.

    Raises ``Problem`` ``no_journal_folder``.
    """
    first, _ = _line(Entry(1, at, BEGUN, dict(begun)), _START)
    path = folder / FILE
    part = folder / f"{FILE}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(first)
            file.flush()
            os.fsync(file.fileno())
        _set_aside(folder)
        part.rename(path)
        _sync_folder(folder)
    except OSError as error:
        raise Problem(
            "no_journal_folder",
            "不能在这里建立服务器的日志文件夹。",
            place=str(folder),
            remedy="请建立这个文件夹并给运行服务器的用户写权限，或用 --journal 指定另一个。",
        ) from error
    return Journal(folder)


def missing(folder: Path) -> Problem:
    """The journal is not where it should be: without it nobody knows what this database has forgotten."""
    return Problem(
        "no_journal",
        "找不到服务器的日志，不能启动。",
        place=str(folder),
        remedy="请把日志文件夹放回这里，或用 --journal 指出它在哪里；确实丢了，见运维手册“日志丢了”。",
    )


def of_another(folder: Path) -> Problem:
    """The journal that was found knows another database."""
    return Problem(
        "other_journal",
        "这是另一个服务器的日志，不能启动。",
        place=str(folder),
        remedy="请用 --journal 指出这份数据自己的日志文件夹。",
    )


def is_there(folder: Path) -> Problem:
    """Nobody throws away a journal that is not lost."""
    return Problem(
        "journal_is_there",
        "日志还在，没有改动。",
        place=str(folder),
        remedy="请照常运行服务器。",
    )


def _set_aside(folder: Path) -> None:
    for name in (FILE, MARK):
        path = folder / name
        number = 1
        while path.exists():
            old = folder / f"{name}.old-{number}"
            if not old.exists():
                path.rename(old)
            number += 1


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(entry: Entry, before: str) -> tuple[bytes, str]:
    """The bytes of a line, and its hash."""
    document = {"n": entry.n, "at": entry.at, "what": entry.what, **entry.fields}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    found = hashlib.sha256((before + text).encode()).hexdigest()
    return f'{text[:-1]},"hash":"{found}"}}\n'.encode(), found


def _parsed(line: bytes) -> tuple[Entry | None, str]:
    try:
        document = json.loads(line)
        found = document.pop("hash")
        entry = Entry(document.pop("n"), document.pop("at"), document.pop("what"), document)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None, ""
    return entry, str(found)


def _damaged(path: Path, number: int) -> Problem:
    return Problem(
        "damaged_journal",
        "服务器的日志第 {number} 行已损坏，不能启动。",
        place=str(path),
        remedy="请从它的备份恢复这个文件；没有备份，见运维手册“日志丢了”。",
        number=number,
    )


def _disk_error(folder: Path) -> Problem:
    return Problem(
        "disk_error",
        "读写不了服务器的日志。",
        place=str(folder),
        remedy="请检查磁盘空间和文件夹权限后重试。",
    )
