"""How the window of this computer is set: text size, colours, language. Nothing personal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from gridapp.i18n import LANGUAGES
from gridapp.ui.theme import SCALES

LOCK_AFTER = (5, 10)  # minutes; never is not among them


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings of the window. ``photo_folder`` and ``printer`` are "" for the usual ones.

    ``follow_system``: dark or light as the computer is, whatever ``dark`` says.
    """

    scale: float = 1.0
    dark: bool = False
    language: str = "zh_CN"
    photo_folder: str = ""
    printer: str = ""
    follow_system: bool = False
    lock_after: int = LOCK_AFTER[0]  # minutes without anybody


def load(data_dir: Path) -> Preferences:
    """The settings kept in a data folder; the shipped one for each that is not there or not one."""
    try:
        document = json.loads(_path(data_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = None
    kept = document if isinstance(document, dict) else {}
    shipped = Preferences()
    found = {
        f.name: kept[f.name]
        for f in fields(Preferences)
        if f.name in kept and _fits(f.name, kept[f.name], getattr(shipped, f.name))
    }
    return Preferences(**found)


def keep(data_dir: Path, preferences: Preferences) -> None:
    """Keep the settings; a folder that cannot be written to is no reason to stop."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        _path(data_dir).write_text(json.dumps(asdict(preferences)), encoding="utf-8")
    except OSError:
        return


_CHOICES: dict[str, tuple[Any, ...]] = {
    "scale": SCALES,
    "language": LANGUAGES,
    "lock_after": LOCK_AFTER,
}


def _fits(name: str, value: object, shipped: object) -> bool:
    if name in _CHOICES:
        return value in _CHOICES[name]
    return type(value) is type(shipped)


def _path(data_dir: Path) -> Path:
    return data_dir / "window.json"
