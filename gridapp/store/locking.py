"""One program at a time on one user's data."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from gridapp.errors import Problem


class FolderLock:
    """An operating system lock on ``folder/lock``: it ends with the process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self._file = _opened(folder)
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise Problem(
                "in_use",
                "这份数据已在另一个窗口打开。",
                place=str(folder),
                remedy="请切换到那个窗口，或关闭它后重试。",
            ) from error

    def release(self) -> None:
        """Let the next one in."""
        self._file.close()


def _opened(folder: Path) -> IO[bytes]:
    try:
        return (folder / "lock").open("a+b")
    except OSError as error:
        raise Problem(
            "disk_error",
            "打不开数据文件夹。",
            place=str(folder),
            remedy="请检查文件夹是否还在、磁盘空间和权限。",
        ) from error


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
