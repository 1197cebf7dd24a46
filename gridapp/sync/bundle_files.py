"""Bundles as files on a stick: their names, finding them, and writing one whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gridapp.errors import Problem
from gridapp.sync.bundle_format import SUFFIX
from gridapp.sync.sealing import DOWN, UP, Damaged, Header, NotSealed, read_header

FOLDER = "gridapp"
_MOST_FILES = 1000
_SHORT = 8  # hex digits of an id in a name


@dataclass(frozen=True, slots=True)
class Found:
    """A bundle on a stick: what a courier may know of it. ``at``: of the file, milliseconds."""

    path: Path
    header: Header
    size: int
    at: int


def name_up(folder: Path, device: bytes, bundle: bytes) -> Path:
    """The name of a bundle on its way up."""
    return folder / f"{UP}-{device.hex()[:_SHORT]}-{bundle.hex()[:_SHORT]}{SUFFIX}"


def name_down(folder: Path, device: bytes, bundle: bytes) -> Path:
    """The name of the answer to a bundle."""
    return folder / f"{DOWN}-{device.hex()[:_SHORT]}-{bundle.hex()[:_SHORT]}{SUFFIX}"


def folder_on(stick: Path) -> Path:
    """Where bundles lie on a stick, made where it is missing. Raises ``Problem`` ``stick_gone``, ``stick_full``."""
    folder = stick / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise not_written(error, stick.name) from error
    return folder


def find(folder: Path) -> list[Found]:
    """The bundles in a folder, the oldest first; anything else is left out without a word."""
    found = []
    with suppress(OSError):
        for path in sorted(folder.glob(f"*{SUFFIX}"))[:_MOST_FILES]:
            with suppress(OSError, NotSealed, Damaged), path.open("rb") as file:
                header, status = read_header(file), os.fstat(file.fileno())
                found.append(Found(path, header, status.st_size, int(status.st_mtime * 1000)))
    return sorted(found, key=lambda one: (one.at, one.path.name))


def check_replaceable(path: Path, way: str, device: bytes) -> None:
    """Only an older bundle of the same way and device may be replaced.

    Raises ``Problem``: ``not_a_file`` (a device, a pipe, a folder), ``file_there``, ``stick_gone``.
    """
    try:
        if not path.exists():
            return
        if not path.is_file():
            raise Problem(
                "not_a_file",
                "“{name}”不是普通的文件，没有写。",
                remedy="请换一个文件名，或给出一个文件夹。",
                name=str(path),
            )
        with path.open("rb") as file:
            header = read_header(file)
    except (NotSealed, Damaged) as error:
        raise _there(path) from error
    except OSError as error:
        raise not_written(error, path.name) from error
    if (header.way, header.device) != (way, device):
        raise _there(path)


def _there(path: Path) -> Problem:
    return Problem(
        "file_there",
        "“{name}”已经有了，是别的内容，没有替换。",
        remedy="请换一个文件名，或给出一个文件夹。",
        name=str(path),
    )


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file that is there whole, and on the disk, when this ends well; and else as it was before.

    Raises ``Problem`` ``stick_full`` or ``stick_gone``.
    """
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise not_written(error, path.name) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """An open file. Raises ``Problem`` ``stick_gone``, ``is_folder``."""
    try:
        if path.is_dir():
            raise Problem(
                "is_folder",
                "“{name}”是文件夹，这里要一个文件。",
                remedy="请给出文件夹里的文件。",
                name=str(path),
            )
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Problem(
            "stick_gone",
            "“{name}”读不出来。",
            remedy="请把U盘插好再试一次，什么都没有改动。",
            name=path.name,
        ) from error


def not_written(error: OSError, name: str) -> Problem:
    """What is said where a stick takes no file."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Problem(
            "stick_full",
            "U盘装不下了，没有写成。",
            remedy="请腾出地方或换一个U盘，已记录的内容都在本机。",
        )
    return Problem(
        "stick_gone",
        "“{name}”写不进去。",
        remedy="请把U盘插好，看看它是不是只能读，再试一次；已记录的内容都在本机。",
        name=name,
    )
