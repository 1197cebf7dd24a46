"""Users of one computer, a folder and a database each: listing, creating, opening."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from gridapp.clock import Clock, system_clock
from gridapp.errors import Problem
from gridapp.store import attempts, keys, migrate
from gridapp.store.database import connect, explained
from gridapp.store.locking import FolderLock
from gridapp.store.store import Store
from gridapp.store.who import Who


@dataclass(frozen=True, slots=True)
class Profile:
    """One user of this computer, as shown before unlocking."""

    folder: Path
    user_name: str
    name: str


def profiles(data_dir: Path) -> tuple[Profile, ...]:
    """The users of a data folder, by name."""
    found = []
    for path in sorted(data_dir.glob("users/*/profile.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            found.append(Profile(path.parent, document["user_name"], document["name"]))
        except (OSError, ValueError, KeyError):
            continue
    return tuple(sorted(found, key=lambda p: p.name))


def choose(data_dir: Path, user: str | None = None) -> Profile:
    """The named user, or the only one. Raises ``Problem`` where that is not clear."""
    found = profiles(data_dir)
    if user is not None:
        found = tuple(p for p in found if user in (p.user_name, p.name))
    if len(found) == 1:
        return found[0]
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
        names="、".join(p.user_name for p in found),
    )


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
    if (folder / "profile.json").exists():
        raise Problem(
            "already_enrolled",
            "{name} 已在这台电脑登记过。",
            place=str(folder),
            remedy="请直接登录。",
            name=who.name,
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FolderLock(folder)
    except OSError as error:
        raise Problem(
            "disk_error",
            "不能在这里建立数据文件夹。",
            place=str(folder),
            remedy="请检查磁盘空间和权限，或换一个文件夹。",
        ) from error
    try:
        key = keys.new_key()
        keys.wrap(folder, key, password, recovery, strength)
        _initialise(folder / "store.db", key, who, device_key, epoch)
        document = {"user_name": who.user_name, "name": who.name}
        (folder / "profile.json").write_text(
            json.dumps(document, ensure_ascii=False), encoding="utf-8"
        )
        return Store(folder, key, who, clock, lock)
    except BaseException:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def open_store(folder: Path, password: str, *, clock: Clock = system_clock) -> Store:
    """Unlock and open one user's database; an older one is migrated after a backup.

    Raises ``Problem``: ``wrong_password``, ``wait``, ``in_use``, ``damaged``, ``newer_data``, ``disk_full``.
    """
    attempts.check(folder, clock)
    lock = FolderLock(folder)
    try:
        try:
            key = keys.unwrap(folder, password)
        except Problem as problem:
            if problem.code == "wrong_password":
                attempts.failed(folder, clock)
            raise
        attempts.succeeded(folder)
        path = folder / "store.db"
        if not path.exists():
            raise Problem(
                "damaged",
                "数据文件不见了。",
                place=str(path),
                remedy="请联系区管理员恢复，不要重新登记。",
            )
        connection = connect(path, key)
        try:
            with explained(path):
                migrate.upgrade(connection, path)
                who = _load_who(connection)
        finally:
            connection.close()
        return Store(folder, key, who, clock, lock)
    except BaseException:
        lock.release()
        raise


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


def _load_who(connection: object) -> Who:
    row = connection.execute("SELECT value FROM meta WHERE key='who'").fetchone()  # type: ignore[attr-defined]
    document = json.loads(row[0])
    for name in ("staff_id", "device_id", "district_id"):
        document[name] = UUID(document[name])
    return Who(**document)


def _folder_name(who: Who) -> str:
    # Made from ids alone: a user name may hold anything.
    return str(who.staff_id)
