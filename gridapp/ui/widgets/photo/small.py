"""Small pictures of files that are only offered yet, made off the GUI thread.

By the imaging library and not by Qt: reading with Qt from Python holds up the window while it decodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtGui import QImage

from gridapp.ui.operations.photos import small_of_file


def small_images(paths: Iterable[str], longest: int) -> dict[str, QImage]:
    """By path; a null image where a file cannot be read as a photo."""
    return {path: small_image(path, longest) for path in paths}


def small_image(path: str, longest: int) -> QImage:
    """One small picture, upright, at most ``longest`` px on a side."""
    return QImage.fromData(small_of_file(Path(path), longest) or b"")
