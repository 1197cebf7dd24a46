"""What the window will need is loaded while the password is typed, and the first screen loads no more than its own."""

from __future__ import annotations

import subprocess
import sys

from gridapp.ui.running.ahead import PARTS, Ahead

LATER = ("gridapp.ui.shell", "gridapp.ui.pages.households", "requests", "sqlalchemy", "typst")


def test_all_parts_are_loaded_and_then_it_rests(qtbot) -> None:
    ahead = Ahead()
    ahead.begin()
    qtbot.waitUntil(lambda: not ahead._timer.isActive())
    assert all(part in sys.modules for part in PARTS)


def test_the_first_screen_waits_for_nothing_else() -> None:
    code = f"import sys, gridapp.app; print(*[m for m in {LATER!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
