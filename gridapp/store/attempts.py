"""A growing delay after wrong passwords, remembered across restarts."""

from __future__ import annotations

import json
from pathlib import Path

from gridapp.clock import Clock
from gridapp.errors import Problem

_FREE = 3
_LONGEST = 300  # seconds


def check(folder: Path, clock: Clock) -> None:
    """Raise ``Problem`` ``wait`` while the delay lasts."""
    count, until = _load(folder)
    left = (until - clock()) // 1000 + 1
    # A clock that was set back must not lock anybody out for longer than the longest delay.
    if count > _FREE and 0 < left <= _LONGEST:
        raise Problem(
            "wait",
            "密码错误次数过多，请等 {seconds} 秒再试。",
            seconds=left,
        )


def failed(folder: Path, clock: Clock) -> None:
    """Count one wrong password."""
    count = _load(folder)[0] + 1
    delay = min(_LONGEST, 2 ** max(0, count - _FREE)) if count >= _FREE else 0
    document = {"count": count, "until": clock() + delay * 1000}
    (folder / "attempts.json").write_text(json.dumps(document), encoding="utf-8")


def succeeded(folder: Path) -> None:
    """Forget wrong passwords."""
    (folder / "attempts.json").unlink(missing_ok=True)


def _load(folder: Path) -> tuple[int, int]:
    try:
        document = json.loads((folder / "attempts.json").read_text(encoding="utf-8"))
        return int(document["count"]), int(document["until"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0
