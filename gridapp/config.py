"""Where things are: shipped resources and the default data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

APP_NAME = "gridapp"


def resource_path(*parts: str) -> Path:
    """A file or folder under ``resources/``, in a checkout or inside a PyInstaller bundle."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    return root.joinpath("resources", *parts)


def default_data_dir() -> Path:
    """The client's data folder where none is named: XDG on Linux, ``%LOCALAPPDATA%`` on Windows."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / APP_NAME
