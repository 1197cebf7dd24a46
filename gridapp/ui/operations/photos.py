"""Photos: taken in when they are chosen, hung on a record when that is saved."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from gridapp.domain.record import Record
from gridapp.errors import Problem
from gridapp.store import attaching
from gridapp.store.drafting import KeptPicture, Picture
from gridapp.store.pictures import MOST_BYTES, prepare, small_picture, too_large
from gridapp.store.store import Store

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".bmp", ".gif"))
_FILMS = frozenset((".mp4", ".mov", ".avi", ".3gp", ".mkv", ".wmv", ".m4v"))


def take_photo(store: Store, picture: Picture) -> KeptPicture:
    """Scale a photo and keep it, encrypted, for a form. Takes a while: call it off the GUI thread.

    Raises ``Problem`` ``bad_photo`` or ``disk_full``.
    """
    ready = prepare(picture)
    work = partial(attaching.take_in, name=picture.name, ready=ready, purpose=picture.purpose)
    return store.write(work).result()


def let_photo_go(store: Store, picture: KeptPicture) -> Future[None]:
    """Forget a photo that was taken in and taken away again, unless another draft or a record has it."""
    return store.write(lambda uow: attaching.let_go(uow, (picture.sha256,)))


def add_photos(store: Store, target: Record, pictures: Sequence[KeptPicture]) -> Future[None]:
    """Hang photos on a record that is there already."""
    return store.write(lambda uow: attaching.attach(uow, target, pictures))


def read_photo(path: Path, purpose: str = "other") -> Picture:
    """The bytes of a file. Raises ``Problem`` that names it: ``photo_gone``, ``not_a_photo``, ``bad_photo``."""
    try:
        if path.is_dir():
            raise _no_photo(path, "“{name}”是文件夹。", "请打开它，选里面的照片。")
        if path.suffix.lower() in _FILMS:
            raise _no_photo(path, "“{name}”是视频。", "这里只收照片，可以从视频里截一张图。")
        if path.stat().st_size > MOST_BYTES:
            raise too_large(path.name)
        data = path.read_bytes()
    except OSError as error:
        raise Problem(
            "photo_gone",
            "照片“{name}”读不出来。",
            remedy="请接好手机或U盘，再加一次。",
            name=path.name,
        ) from error
    return Picture(data, path.name, purpose)


def take_file(store: Store, path: Path, purpose: str = "other") -> KeptPicture:
    """Take in the photo of a file; call it off the GUI thread. Raises what reading and taking raise."""
    picture = read_photo(path, purpose)
    try:
        return take_photo(store, picture)
    except Problem as problem:
        if problem.code == "bad_photo" and path.suffix.lower() not in SUFFIXES:
            raise _no_photo(
                path, "“{name}”不是照片。", "请选照片：JPG、PNG、HEIC、WebP 或 BMP。"
            ) from problem
        raise


def small_of_file(path: Path, longest: int) -> bytes | None:
    """A small JPEG of a file that only the imaging library reads; None where it cannot be read."""
    try:
        return small_picture(read_photo(path), longest)
    except Problem:
        return None


def _no_photo(path: Path, message: str, remedy: str) -> Problem:
    return Problem("not_a_photo", message, remedy=remedy, name=path.name)
