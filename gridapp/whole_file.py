"""A file that is written whole or not at all: what was there before stays until the new one is on the disk.

For papers, tables and templates that a person asks for at a place of their own; what is said where the place
takes no file is said here too, once.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gridapp.errors import Problem

# EFBIG: larger than the file system or a limit of the system allows. For a person it is the same.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone, at ``path`` and on the disk once this ends well; otherwise nothing changed.

    Raises ``Problem``: ``disk_full``; ``cannot_write`` where the place takes no file, or is no ordinary one.
    """
    partial: Path | None = None
    try:
        target = _target(path)
        handle, name = tempfile.mkstemp(prefix=".gridapp-", suffix=".part", dir=target.parent)
        partial = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise not_written(error, path) from error
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def try_place(path: Path) -> None:
    """Whether a file can be written there: asked before long work. Nothing is left. Raises as ``writing``."""
    try:
        handle, name = tempfile.mkstemp(
            prefix=".gridapp-", suffix=".part", dir=_target(path).parent
        )
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        raise not_written(error, path) from error


def not_written(error: OSError, path: Path) -> Problem:
    """What a person is told of a file that could not be written."""
    if error.errno in _NO_ROOM:
        return Problem(
            "disk_full",
            "磁盘满了，没有写成；原来的文件没有改动。",
            place=str(path),
            remedy="请腾出磁盘空间，或换一个地方，再试一次。",
        )
    return Problem(
        "cannot_write",
        "不能写这个文件。",
        place=str(path),
        remedy="请检查文件夹和权限，或关掉正打开它的程序，再试一次。",
    )


def _target(path: Path) -> Path:
    """Where the file comes to lie: a link stays one. Raises ``OSError`` for a folder, a device, a pipe."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    return path.resolve()
