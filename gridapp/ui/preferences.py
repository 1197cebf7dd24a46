"""How the window of this computer is set: text size, colours, language. Nothing personal."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from gridapp.i18n import LANGUAGES
from gridapp.ui.theme import SCALES


@dataclass(frozen=True, slots=True)
class Preferences:
    """The settings of the window. ``photo_folder`` and ``printer`` are "" for the usual ones."""

    scale: float = 1.0
    dark: bool = False
    language: str = "zh_CN"
    photo_folder: str = ""
    printer: str = ""


def load(data_dir: Path) -> Preferences:
    """The settings kept in a data folder; the shipped ones where the file is not there or not one."""
    try:
        document = json.loads(_path(data_dir).read_text(encoding="utf-8"))
        found = Preferences(
            float(document["scale"]),
            bool(document["dark"]),
            str(document["language"]),
            str(document.get("photo_folder", "")),
            str(document.get("printer", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Preferences()
    fits = found.scale in SCALES and found.language in LANGUAGES
    return found if fits else Preferences()


def keep(data_dir: Path, preferences: Preferences) -> None:
    """Keep the settings; a folder that cannot be written to is no reason to stop."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        _path(data_dir).write_text(json.dumps(asdict(preferences)), encoding="utf-8")
    except OSError:
        return


def _path(data_dir: Path) -> Path:
    return data_dir / "window.json"
