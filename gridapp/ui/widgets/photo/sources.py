"""Where a photo of a form comes from: a file, or a picture without one (pasted, dragged out of a browser)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QPixmap

from gridapp.i18n import tr
from gridapp.store.drafting import KeptPicture, Picture
from gridapp.ui.desk import Desk
from gridapp.ui.operations.photos import take_file, take_photo
from gridapp.ui.widgets.photo.places import mounted_by_desktop

_LONGEST = 2400  # px, more than is kept
_QUICK = 80  # little compression: the PNG lives only until it is a JPEG


class Source(Protocol):
    """One photo that was given."""

    @property
    def name(self) -> str:
        """What it is called on the screen."""

    @property
    def key(self) -> str:
        """The same for the same file; "" where that cannot be known before it is read."""

    def take(self, desk: Desk, purpose: str) -> KeptPicture:
        """Read, scale and keep it; off the GUI thread. Raises ``Problem`` with its name."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """A photo in a file, on this computer or on what is plugged in."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def key(self) -> str:
        """The file's place."""
        return str(self.path)

    def take(self, desk: Desk, purpose: str) -> KeptPicture:
        """Read, scale and keep it."""
        return take_file(desk.store, self.path, purpose)


@dataclass(frozen=True, slots=True)
class FromImage:
    """A picture that lies in no file."""

    image: QImage
    name: str
    key: str = ""

    def take(self, desk: Desk, purpose: str) -> KeptPicture:
        """Scale and keep it; it never becomes a plain file."""
        image = self.image
        if max(image.width(), image.height()) > _LONGEST:
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode
            image = image.scaled(_LONGEST, _LONGEST, keep, smooth.SmoothTransformation)
        held = QByteArray()
        buffer = QBuffer(held)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG", _QUICK)  # type: ignore[call-overload]
        return take_photo(desk.store, Picture(bytes(held.data()), self.name, purpose))


def given(mime: QMimeData) -> list[Source]:
    """The photos in what is dragged or pasted: files first, else the picture itself. Reads no file."""
    paths = [path for url in mime.urls() if (path := local_path(url))]
    if paths:
        return [FromFile(path) for path in paths]
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QPixmap):
        image = image.toImage()
    if isinstance(image, QImage) and not image.isNull():
        return [FromImage(image, tr("粘贴的图片"))]
    return []


def holds_photos(mime: QMimeData, *, in_text: bool = False) -> bool:
    """Whether ``given`` would find something. In a text field written words come first (``in_text``)."""
    if any(local_path(url) for url in mime.urls()):
        return True
    return mime.hasImage() and not (in_text and mime.hasText())


def local_path(url: QUrl) -> Path | None:
    """The file of an address; telephones that the desktop shows as mtp:// are files below a folder of its own."""
    if url.isLocalFile():
        return Path(url.toLocalFile())
    folder = mounted_by_desktop()
    if url.scheme() not in ("mtp", "gphoto2") or folder is None:
        return None
    # addresses are in small letters, the folder is named as the telephone is
    name = f"{url.scheme()}:host={url.host()}"
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name.casefold() == name.casefold():
                return path / url.path().lstrip("/")
    return folder / name / url.path().lstrip("/")
