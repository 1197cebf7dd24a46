"""A growing delay after wrong passwords, remembered across restarts."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gridapp.clock import Clock, Instant
from gridapp.errors import Problem

_FREE = 3
_LONGEST = 300  # seconds
_DOUBLINGS = 9  # more would pass the longest delay anyway


@dataclass(frozen=True, slots=True)
class _Attempts:
    """Wrong passwords in a row, and when the last one was."""

    count: int = 0
    at: Instant = 0

    @property
    def delay(self) -> int:
        """Seconds to wait after the last one: none after the first three, then 2, 4, 8 …"""
        over = self.count - _FREE
        return min(_LONGEST, 2 ** min(over, _DOUBLINGS)) if over > 0 else 0


def check(folder: Path, clock: Clock) -> None:
    """Raise ``Problem`` ``wait`` while the delay lasts.

    A clock that was set back begins the same delay anew: it neither ends it nor makes it longer.
    """
    made, now = _load(folder), clock()
    if not made.delay:
        return
    if now < made.at:
        made = _Attempts(made.count, now)
        _save(folder, made)
    left = made.at + made.delay * 1000 - now
    if left > 0:
        raise Problem(
            "wait",
            "密码错误次数过多，请等 {seconds} 秒再试。",
            seconds=-(-left // 1000),
        )


def failed(folder: Path, clock: Clock) -> None:
    """Count one wrong password."""
    _save(folder, _Attempts(_load(folder).count + 1, clock()))


def succeeded(folder: Path) -> None:
    """Forget wrong passwords."""
    with suppress(OSError):
        _path(folder).unlink(missing_ok=True)


def _load(folder: Path) -> _Attempts:
    try:
        document = json.loads(_path(folder).read_text(encoding="utf-8"))
        return _Attempts(int(document["count"]), int(document["at"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return _Attempts()


def _save(folder: Path, made: _Attempts) -> None:
    # Where the disk is full the password is wrong all the same, and that is what to say.
    with suppress(OSError):
        _path(folder).write_text(json.dumps(asdict(made)), encoding="utf-8")


def _path(folder: Path) -> Path:
    return folder / "attempts.json"
