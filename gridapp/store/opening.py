"""Users of one computer, a folder and a database each: listing, creating, opening."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from uuid import UUID

from gridapp.clock import Clock, system_clock
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import attempts, drafts, erasing, keys, migrate, search
from gridapp.store.database import FULL, Connection, connect, explained
from gridapp.store.locking import FolderLock
from gridapp.store.store import Store
from gridapp.store.who import Who

_PROFILE = "profile.json"
_MAKING = ".new"
_PAGE = 4096  # bytes; a database has at least one


@dataclass(frozen=True, slots=True)
class Profile:
    """One user of this computer, as shown before unlocking."""

    folder: Path
    user_name: str
    name: str


def profiles(data_dir: Path) -> tuple[Profile, ...]:
    """The users of a data folder, by name. What is left of erased ones goes first."""
    erasing.sweep(data_dir)
    folders = (path.parent for path in sorted(data_dir.glob("users/*/key.json")))
    found = (_profile(folder) for folder in folders if not folder.name.endswith(_MAKING))
    return tuple(sorted(found, key=lambda p: p.name))


def _profile(folder: Path) -> Profile:
    """Who a folder is of; without a readable ``profile.json`` its name stands in, until it is opened."""
    try:
        document = json.loads((folder / _PROFILE).read_text(encoding="utf-8"))
        return Profile(folder, str(document["user_name"]), str(document["name"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Profile(folder, folder.name, folder.name)


def choose(data_dir: Path, user: str | None = None) -> Profile:
    """The named user, or the only one. Raises ``Problem`` where that is not clear."""
    there = profiles(data_dir)
    found = tuple(p for p in there if user is None or user in (p.user_name, p.name))
    if len(found) == 1:
        return found[0]
    if there and not found:
        raise Problem(
            "no_user",
            "这台电脑没有用户“{user}”。",
            place=str(data_dir),
            remedy="已登记的有：{names}。",
            user=user,
            names=tr("、").join(p.user_name for p in there),
        )
    if not found:
        raise Problem(
            "not_enrolled",
            "这里还没有登记过用户。",
            place=str(data_dir),
            remedy="请先用登记码登记本机（gridapp client enroll）。",
        )
    raise Problem(
        "which_user",
        "这台电脑有多个用户：{names}。",
        place=str(data_dir),
        remedy="请用 --user 指定一个。",
        names=tr("、").join(p.user_name for p in found),
    )


@contextmanager
def room_for_users(data_dir: Path) -> Iterator[None]:
    """A data folder that takes another user, found out before a one-time code is used up for nothing.

    What had to be made for it is gone again where what follows fails. Raises ``Problem`` ``disk_error``.
    """
    erasing.sweep(data_dir)
    users = data_dir / "users"
    missing = [p for p in (users, data_dir, *data_dir.parents) if not p.exists()]
    try:
        try:
            users.mkdir(parents=True, exist_ok=True, mode=0o700)
            with TemporaryFile(dir=users):
                pass
        except OSError as error:
            raise _no_folder(data_dir) from error
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()  # only an empty one
        raise


def create_store(
    data_dir: Path,
    password: str,
    who: Who,
    *,
    device_key: bytes,
    epoch: int = 0,
    recovery: bytes = b"",
    strength: keys.Strength = keys.SHIPPED,
    clock: Clock = system_clock,
) -> Store:
    """Make the database of a freshly enrolled user and open it. ``device_key``: the Ed25519 private key.

    Either the whole folder comes into being or none of it.
    """
    keys.check_password(password)
    folder = data_dir / "users" / _folder_name(who)
    making = folder.with_name(folder.name + _MAKING)
    try:
        making.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _no_folder(folder) from error
    lock = FolderLock(making)
    try:
        if folder.exists():
            raise _already(folder, who)
        key = keys.new_key()
        _empty(making)
        keys.wrap(making, key, password, recovery, strength)
        _initialise(making / "store.db", key, who, device_key, epoch)
        _write_profile(making, who)
    except BaseException as error:
        lock.release()
        shutil.rmtree(making, ignore_errors=True)
        if isinstance(error, OSError):
            raise _no_folder(folder) from error
        raise
    lock.release()
    making.rename(folder)
    lock = FolderLock(folder)
    return _started(folder, key, who, clock, lock)


def open_store(folder: Path, password: str, *, clock: Clock = system_clock) -> Store:
    """Unlock and open one user's database; an older one is migrated after a backup.

    Raises ``Problem``: ``wrong_password``, ``wait``, ``in_use``, ``damaged``, ``newer_data``, ``disk_full``.
    """
    erasing.check(folder)
    lock = FolderLock(folder)
    try:
        key = _unlock(folder, password, clock)
        path = folder / "store.db"
        _check_size(path)
        connection = _connect(path, key)
        try:
            with explained(path):
                migrate.upgrade(connection, path)
                who = _load_who(connection, path)
            with _only_with_room(), explained(path):
                drafts.sweep(connection)
        finally:
            connection.close()
        if _profile(folder).user_name != who.user_name:
            with suppress(OSError):  # it stands in the database as well
                _write_profile(folder, who)
    except BaseException:
        lock.release()
        raise
    return _started(folder, key, who, clock, lock)


def _connect(path: Path, key: bytes) -> Connection:
    try:
        return connect(path, key)
    except Problem as problem:
        if problem.code != FULL:
            raise
    try:
        return connect(path, key, alone=True)
    except Problem as problem:
        if problem.code != FULL:
            raise
        raise Problem(
            FULL,
            "磁盘已满，打不开资料。",
            place=str(path),
            remedy="请清理磁盘空间后再打开，资料没有改动。",
        ) from problem


@contextmanager
def _only_with_room() -> Iterator[None]:
    """What is put in order at an opening can wait: who finds the disk full reads what is there."""
    try:
        yield
    except Problem as problem:
        if problem.code != FULL:
            raise


def _started(folder: Path, key: bytes, who: Who, clock: Clock, lock: FolderLock) -> Store:
    try:
        store = Store(folder, key, who, clock, lock)
        search.resume(store)
        return store
    except BaseException:
        lock.release()
        raise


def _unlock(folder: Path, password: str, clock: Clock) -> bytes:
    attempts.check(folder, clock)
    try:
        key = keys.unwrap(folder, password)
    except Problem as problem:
        if problem.code == "wrong_password":
            attempts.failed(folder, clock)
        raise
    attempts.succeeded(folder)
    return key


def _check_size(path: Path) -> None:
    """Refuse a file that SQLite would take for a new database and write into."""
    if not path.exists():
        raise Problem(
            "damaged",
            "数据文件不见了。",
            place=str(path),
            remedy="请联系区管理员恢复，不要重新登记。",
        )
    if path.stat().st_size < _PAGE:
        raise _broken(path)


def _initialise(path: Path, key: bytes, who: Who, device_key: bytes, epoch: int) -> None:
    connection = connect(path, key)
    try:
        with explained(path):
            migrate.create(connection)
            values = {
                "who": json.dumps(asdict(who), default=str, ensure_ascii=False),
                "device_key": device_key.hex(),
                "epoch": str(epoch),
                "incarnation": "1",
            }
            connection.executemany("INSERT INTO meta (key,value) VALUES (?,?)", values.items())
    finally:
        connection.close()


def _load_who(connection: Connection, path: Path) -> Who:
    row = connection.execute("SELECT value FROM meta WHERE key='who'").fetchone()
    try:
        document = json.loads(row[0])
        for name in ("staff_id", "device_id", "district_id"):
            document[name] = UUID(document[name])
        return Who(**document)
    except (TypeError, ValueError, KeyError) as error:
        raise _broken(path) from error


def _write_profile(folder: Path, who: Who) -> None:
    document = {"user_name": who.user_name, "name": who.name}
    text = json.dumps(document, ensure_ascii=False)
    (folder / _PROFILE).write_text(text, encoding="utf-8")


def _empty(folder: Path) -> None:
    """Take away what an enrolment left that was cut short; nothing was ever recorded in it."""
    for path in folder.iterdir():
        if path.name != "lock":
            path.unlink()


def _broken(path: Path) -> Problem:
    return Problem(
        "damaged",
        "数据文件已损坏或不是本程序的数据。",
        place=str(path),
        remedy="请不要删除它，联系区管理员恢复。",
    )


def _no_folder(folder: Path) -> Problem:
    return Problem(
        "disk_error",
        "不能在这里建立数据文件夹。",
        place=str(folder),
        remedy="请检查磁盘空间和权限，或换一个文件夹。",
    )


def _already(folder: Path, who: Who) -> Problem:
    return Problem(
        "already_enrolled",
        "{name} 已在这台电脑登记过。",
        place=str(folder),
        remedy="请直接登录。",
        name=who.name,
    )


def _folder_name(who: Who) -> str:
    # Made from ids alone: a user name may hold anything.
    return str(who.staff_id)
