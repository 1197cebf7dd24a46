"""The photos of folders, newest first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from gridapp.clock import Instant, day_of
from gridapp.i18n import tr
from gridapp.ui.operations.photos import SUFFIXES
from gridapp.ui.words.wording import short_day

MOST = 20_000  # photos of one place
_RECENT = 2 * 3_600_000


@dataclass(frozen=True, slots=True)
class Found:
    """One photo: its path, and when it was taken or copied, in milliseconds."""

    path: str
    at: Instant


def newest(folders: Sequence[tuple[Path, int]]) -> tuple[Found, ...]:
    """The photos of (folder, how deep) pairs, newest first, each once; folders that cannot be read are left out."""
    found: dict[str, Found] = {}
    for folder, deep in folders:
        for photo in _within(str(folder), deep):
            found.setdefault(photo.path, photo)
    ordered = sorted(found.values(), key=lambda f: (-f.at, f.path))
    return tuple(ordered[:MOST])


def grouped(photos: Sequence[Found], now: Instant) -> list[tuple[str, list[Found]]]:
    """(heading, photos): the last two hours first, then day by day, months where it is longer ago."""
    today = day_of(now)
    groups: dict[str, list[Found]] = {}
    for photo in photos:
        groups.setdefault(_heading(photo.at, now, today), []).append(photo)
    return list(groups.items())


def _heading(at: Instant, now: Instant, today: date) -> str:
    if now - at <= _RECENT:
        return tr("最近两小时")
    day = day_of(at)
    if today - day <= timedelta(days=6):
        return short_day(day, today)
    return tr("{year}年{month}月").format(year=day.year, month=day.month)


def _within(folder: str, deep: int) -> Iterator[Found]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        with suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                if deep > 1:
                    yield from _within(entry.path, deep - 1)
            elif Path(entry.name).suffix.lower() in SUFFIXES:
                yield Found(entry.path, int(entry.stat().st_mtime * 1000))
