"""Checks of ``gridapp doctor`` on this computer's own state: disk, data folder, users, clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from gridapp.clock import Clock, local
from gridapp.errors import Problem
from gridapp.i18n import tr

LEAST_FREE = 500_000_000  # bytes
FIRST_YEAR = 2026


def disk(data_dir: Path) -> str:
    """There is room to record and to make a backup."""
    free = shutil.disk_usage(_nearest(data_dir)).free
    megabytes = free // 1_000_000
    if free < LEAST_FREE:
        raise Problem(
            "disk",
            "磁盘只剩 {megabytes} MB。",
            place=str(data_dir),
            remedy="请清理磁盘，至少留出 {least} MB。",
            megabytes=megabytes,
            least=LEAST_FREE // 1_000_000,
        )
    return tr("还有 {megabytes} MB").format(megabytes=megabytes)


def data_folder(data_dir: Path) -> str:
    """The data folder can be written and is nobody else's to read."""
    place = _nearest(data_dir)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise Problem(
            "folder",
            "不能写数据文件夹。",
            place=str(place),
            remedy="请改正文件夹的权限。",
        ) from error
    if os.name == "posix":
        for folder in sorted(data_dir.glob("users/*")):
            if folder.is_dir() and folder.stat().st_mode & 0o077:
                raise Problem(
                    "folder",
                    "别的用户也能看这个文件夹。",
                    place=str(folder),
                    remedy="请运行 chmod -R go= 加上这个文件夹。",
                )
    if place != data_dir.absolute():
        return tr("{folder}（还没有，登记时建立）").format(folder=data_dir)
    return str(data_dir)


def users(data_dir: Path) -> str:
    """Who has data here, each with whole key files and a database."""
    from gridapp.store import keys
    from gridapp.store.opening import profiles

    found = profiles(data_dir)
    for profile in found:
        keys.check_files(profile.folder)
        database = profile.folder / "store.db"
        if not database.exists() or database.stat().st_size == 0:
            raise Problem(
                "damaged",
                "数据文件不见了。",
                place=str(database),
                remedy="请联系区管理员恢复，不要重新登记。",
            )
    if not found:
        return tr("还没有登记过用户")
    return ", ".join(f"{p.name} ({p.user_name})" for p in found)


def clock(now: Clock) -> str:
    """The clock is not years behind; it decides nothing, but dates are filled in from it."""
    moment = local(now())
    if moment.year < FIRST_YEAR:
        raise Problem(
            "clock",
            "这台电脑的日期是 {day}。",
            remedy="请把系统日期和时间改对。",
            day=moment.date().isoformat(),
        )
    return f"{moment:%Y-%m-%d %H:%M}"


def _nearest(folder: Path) -> Path:
    """The folder, or what it will be made in."""
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    return place
