"""Where photos lie: the folders of this computer, sticks and cards, telephones on a cable."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from PySide6.QtCore import QStandardPaths

from gridapp.i18n import tr

_DEEP = 4  # folders beneath each other that are looked into
_CAMERA = "DCIM"


@dataclass(frozen=True, slots=True)
class Place:
    """One choice of the chooser: its name and (folder, how deep) pairs."""

    name: str
    folders: tuple[tuple[Path, int], ...]
    plugged_in: bool = False


def places(preferred: str, roots: Sequence[Path] | None = None) -> tuple[Place, ...]:
    """The computer's own photos first, then what is plugged in. Asks disks: call it off the GUI thread.

    ``preferred`` is the folder of the settings, "" for the usual ones; ``roots`` hold mounted drives.
    """
    drives = _drives(_roots() if roots is None else roots)
    return (*own_places(preferred), *(_drive(path) for path in drives))


def sticks(roots: Sequence[Path] | None = None) -> tuple[tuple[str, Path], ...]:
    """(name, folder) of the sticks and cards that are plugged in; a telephone takes no files of ours.

    Asks disks: call it off the GUI thread.
    """
    found = _drives(_roots() if roots is None else roots)
    return tuple((_name(path), path) for path in found if ":host=" not in path.name)


def plugging_hint(platform: str = sys.platform) -> str:
    """How photos of a telephone or stick get here, by what this kind of computer lets programs see.

    Windows shows a telephone to people only: it has no letter, and what is dragged out of it is no file.
    """
    if platform != "win32":
        return tr("接上手机或U盘后会自己出现。手机上请选“传输文件”。")
    return tr(
        "U盘插上后会自己出现。手机不会：请在手机上选“传输文件”，在“此电脑”里打开手机，"
        "把照片复制到桌面，这里就有了。"
    )


def own_places(preferred: str) -> tuple[Place, ...]:
    """The folder of the settings; then pictures, desktop and downloads together. Asks no disk."""
    kinds = QStandardPaths.StandardLocation
    wanted = ((kinds.PicturesLocation, 3), (kinds.DesktopLocation, 1), (kinds.DownloadLocation, 1))
    found = ((QStandardPaths.writableLocation(kind), deep) for kind, deep in wanted)
    usual = Place(tr("这台电脑"), tuple((Path(name), deep) for name, deep in found if name))
    if not preferred:
        return (usual,)
    path = Path(preferred)
    return Place(path.name or preferred, ((path, _DEEP),)), usual


def _drive(path: Path) -> Place:
    camera = list(_cameras(path))
    folders = camera or [path]
    return Place(_name(path), tuple((folder, _DEEP) for folder in folders), plugged_in=True)


def _cameras(path: Path) -> Iterator[Path]:
    """The camera's folders: on a card at the top, on a telephone one below (内部存储/DCIM)."""
    with suppress(OSError):
        for base in (path, *sorted(p for p in path.iterdir() if p.is_dir())):
            if (base / _CAMERA).is_dir():
                yield base / _CAMERA


def _name(path: Path) -> str:
    scheme, found, host = path.name.partition(":host=")
    if found and scheme in ("mtp", "gphoto2"):
        words = unquote(host).replace("_", " ").split()
        return tr("手机 {name}").format(name=" ".join(words[:2]))
    return tr("U盘 {name}").format(name=path.name or str(path).rstrip("\\/"))


def _roots() -> tuple[Path, ...]:
    if sys.platform == "win32":
        return ()
    user = Path.home().name
    media = (Path("/media") / user, Path("/run/media") / user, Path("/media"))
    gvfs = mounted_by_desktop()
    return (*media, gvfs) if gvfs else media


def mounted_by_desktop() -> Path | None:
    """Where the desktop shows telephones as folders, None where no desktop does."""
    if sys.platform == "win32":
        return None
    return Path(f"/run/user/{os.getuid()}/gvfs")


def _drives(roots: Sequence[Path]) -> list[Path]:
    if sys.platform == "win32" and not roots:
        return _windows_drives()
    found: dict[Path, None] = {}
    for root in roots:
        with suppress(OSError):
            for path in sorted(root.iterdir()):
                if ":host=" in path.name or _is_mounted(path):
                    found[path] = None
    return list(found)


def _is_mounted(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and os.path.ismount(path)
    return False


def _windows_drives() -> list[Path]:
    if sys.platform == "win32":
        import ctypes

        removable, kernel = 2, ctypes.windll.kernel32
        held = kernel.GetLogicalDrives()
        letters = [chr(ord("A") + n) for n in range(26) if held >> n & 1]
        drives = [Path(f"{letter}:\\") for letter in letters]
        return [d for d in drives if kernel.GetDriveTypeW(str(d)) == removable and d.is_dir()]
    return []
