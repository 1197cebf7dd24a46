"""Where the window stood: size, position, screen. Kept beside the settings, and nothing personal in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize

WIDTH, HEIGHT = 1366, 768
LEAST = QSize(800, 540)  # what the pages need at 100%
_FRAME = 32  # px for the title line that the system draws above


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """The window without its frame, in px of the desktop of all screens, as it is when not maximised."""

    x: int
    y: int
    width: int
    height: int
    maximised: bool = False
    screen: str = ""  # its name, as the system gives it

    @property
    def rect(self) -> QRect:
        """As a rectangle."""
        return QRect(self.x, self.y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Room:
    """One screen: its name, and what of it is free of task bars."""

    name: str
    free: QRect


def load(data_dir: Path) -> WindowPlace | None:
    """Where the window stood last; None where that is not known."""
    try:
        document = json.loads(_path(data_dir).read_text(encoding="utf-8"))
        x, y, width, height = (int(document[name]) for name in ("x", "y", "width", "height"))
        maximised, screen = bool(document["maximised"]), str(document["screen"])
        return WindowPlace(x, y, width, height, maximised, screen)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def keep(data_dir: Path, place: WindowPlace) -> None:
    """Keep it; a folder that cannot be written to is no reason to stop."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        _path(data_dir).write_text(json.dumps(asdict(place)), encoding="utf-8")
    except OSError:
        return


def fitting(place: WindowPlace | None, rooms: Sequence[Room]) -> QRect:
    """Where the window goes on the screens that are there now; the first of ``rooms`` is the main one.

    It stays on its screen, or goes to the main one when that screen is gone, and lies wholly within what is
    free there, frame included. The first time it is in the middle.
    """
    room = _room(place, rooms)
    free = room.free.adjusted(0, _FRAME, 0, 0)
    if place is None:
        return _within(_middle(QSize(WIDTH, HEIGHT).boundedTo(free.size()), free), free)
    size = place.rect.size().expandedTo(LEAST).boundedTo(free.size())
    stays = place.rect.intersects(room.free)
    rect = QRect(place.rect.topLeft(), size) if stays else _middle(size, free)
    return _within(rect, free)


def _room(place: WindowPlace | None, rooms: Sequence[Room]) -> Room:
    if place is None:
        return rooms[0]
    held = [r for r in rooms if r.free.intersects(place.rect)]
    named = [r for r in held if r.name == place.screen]
    return (named or held or list(rooms))[0]


def _middle(size: QSize, free: QRect) -> QRect:
    rect = QRect(QPoint(0, 0), size)
    rect.moveCenter(free.center())
    return rect


def _within(rect: QRect, free: QRect) -> QRect:
    moved = QRect(rect)
    moved.moveRight(min(moved.right(), free.right()))
    moved.moveBottom(min(moved.bottom(), free.bottom()))
    moved.moveLeft(max(moved.left(), free.left()))
    moved.moveTop(max(moved.top(), free.top()))
    return moved


def _path(data_dir: Path) -> Path:
    return data_dir / "window_place.json"
