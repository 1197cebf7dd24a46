"""Small pictures of files that are only offered yet, made off the GUI thread."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from gridapp.ui.operations.photos import small_of_file

_OTHERS = (".heic", ".heif")  # that Qt does not read


def small_images(paths: Iterable[str], longest: int) -> dict[str, QImage]:
    """By path; a null image where a file cannot be read as a photo."""
    return {path: small_image(path, longest) for path in paths}


def small_image(path: str, longest: int) -> QImage:
    """One small picture, upright, at most ``longest`` px on a side."""
    if not path.lower().endswith(_OTHERS):
        image = _by_qt(path, longest)
        if not image.isNull():
            return image
    return QImage.fromData(small_of_file(Path(path), longest) or b"")


def _by_qt(path: str, longest: int) -> QImage:
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > longest:
        # a JPEG is then read at a fraction of its size
        reader.setScaledSize(size.scaled(longest, longest, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if max(image.width(), image.height()) > longest:
        room = QSize(longest, longest)
        return image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    return image
