"""Photos chosen for a form: by file dialog, dropped, or pasted from a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImageReader, QPixmap
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QSizePolicy, QWidget

from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.drafting import Picture
from gridapp.ui.widgets.basic import columns, rows
from gridapp.ui.widgets.flow import Flow

SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".webp", ".bmp")
_SIZE = 72


class Photos(QWidget):
    """The chosen photos as small pictures, each with a button that takes it away."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.paths: list[Path] = []
        self._flow = Flow()
        self._box = rows(self._flow)
        self.setLayout(self._box)
        self.hide()

    def choose(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(
            self,
            tr("选照片"),
            "",
            tr("照片") + " (*.jpg *.jpeg *.png *.heic *.webp *.bmp)",
        )
        self.take(Path(name) for name in names)

    def take(self, paths: Iterable[Path]) -> None:
        """Add photos; others and those already there are left out."""
        for path in paths:
            if path.suffix.lower() in SUFFIXES and path not in self.paths and path.is_file():
                self.paths.append(path)
                self._flow.flow.addWidget(self._small(path))
        self.setVisible(bool(self.paths))
        self.changed.emit()

    def pictures(self, purpose: str = "other") -> tuple[Picture, ...]:
        """The bytes; reads the files, so call it off the GUI thread."""
        return read_pictures(self.paths, purpose)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt: photos may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt: photos were dropped."""
        self.take(Path(url.toLocalFile()) for url in event.mimeData().urls())

    def _small(self, path: Path) -> QWidget:
        cell = QWidget()
        cell.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        label = picture_label(thumbnail(path), path.name)
        remove = QPushButton(tr("去掉"))
        remove.setProperty("role", "link")
        remove.setAccessibleName(tr("去掉照片 {name}").format(name=path.name))
        remove.clicked.connect(lambda: self._remove(path, cell))
        cell.setLayout(columns(label, remove, gap=4))
        return cell

    def _remove(self, path: Path, cell: QWidget) -> None:
        self.paths.remove(path)
        self._flow.flow.removeWidget(cell)
        cell.deleteLater()
        self.setVisible(bool(self.paths))
        self.changed.emit()


def read_pictures(paths: Sequence[Path], purpose: str) -> tuple[Picture, ...]:
    """The bytes of photos. Raises ``Problem`` ``photo_gone`` that names the file."""
    return tuple(Picture(_read(path), path.name, purpose) for path in paths)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(
            "photo_gone",
            "照片“{name}”读不出来。",
            remedy="请接好手机或U盘再试，或去掉这张。",
            name=path.name,
        ) from error


def picture_label(pixmap: QPixmap, name: str) -> QLabel:
    """A small picture with a name that a screen reader says."""
    label = QLabel()
    label.setPixmap(pixmap)
    label.setAccessibleName(name)
    label.setToolTip(name)
    return label


def thumbnail(path: Path) -> QPixmap:
    """A small picture of a file; empty where Qt cannot read it (it may still be kept)."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(size.scaled(QSize(_SIZE, _SIZE), Qt.AspectRatioMode.KeepAspectRatio))
    pixmap = QPixmap.fromImageReader(reader) if reader.canRead() else QPixmap()
    if pixmap.isNull():
        pixmap = QPixmap(_SIZE, _SIZE)
        pixmap.fill(Qt.GlobalColor.lightGray)
    return pixmap
