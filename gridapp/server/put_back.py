"""Putting a backup in place of a server's database, by hand: what was there is kept, and a new epoch begins."""

from __future__ import annotations

import json
from pathlib import Path

from gridapp import migrating
from gridapp.clock import Clock, system_clock
from gridapp.errors import Problem
from gridapp.server import journal, migrate
from gridapp.server.copying import bad_backup, copy_in, opened, revision
from gridapp.server.database import Database
from gridapp.server.journal import Journal
from gridapp.server.journal_facts import RESTORED, fold
from gridapp.server.starting import stopped


def restore(
    database: Database,
    path: Path,
    clock: Clock = system_clock,
    *,
    journal_lost: bool = False,
) -> Path | None:
    """Put the backup ``path`` in place. Returns where what was there is kept, None where nothing was.

    The next start begins a new epoch. ``journal_lost``: there is none any more; ``lost.begin_anew`` must follow.
    Raises ``Problem``: ``no_backup_file``, ``live_database``, ``bad_backup``, ``newer_data``, ``no_journal``, ``journal_is_there``, ``other_backup``,
    ``running``, ``no_backup``, ``not_empty``.
    """
    _check_there(path)
    _check_other(path, database)
    if journal_lost:
        if journal.exists(database.journal):
            raise journal.is_there(database.journal)
        _check(path, None)
        return copy_in(database, path)
    with stopped(database.journal):
        book = Journal(database.journal)
        _check(path, book)
        book.append(clock(), (RESTORED, {"backup": path.name}))
        return copy_in(database, path)


def _check_there(path: Path) -> None:
    remedy = "请写备份文件的路径（gridapp-….db），原来的数据没有改动。"
    if path.is_dir():
        raise Problem(
            "no_backup_file", "这是文件夹，不是备份文件。", place=str(path), remedy=remedy
        )
    if not path.exists():
        raise Problem("no_backup_file", "没有这个备份文件。", place=str(path), remedy=remedy)


def _check_other(path: Path, database: Database) -> None:
    target = Path(database.place)
    if not database.is_postgres and target.exists() and path.samefile(target):
        raise Problem(
            "live_database",
            "这就是服务器现在用的数据库，不是备份。",
            place=str(path),
            remedy="请写备份文件的路径（gridapp-….db），数据没有改动。",
        )


def _check(path: Path, book: Journal | None) -> None:
    if not path.is_file():
        raise bad_backup(path)
    if revision(path) not in migrating.revisions(migrate.MIGRATIONS):
        raise Problem(
            "newer_data",
            "这份数据是更新版本的程序建立的。",
            place=str(path),
            remedy="请先升级本程序，数据没有改动。",
        )
    with opened(path) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise bad_backup(path)
        settings = dict(copy.execute("SELECT key, value FROM setting").fetchall())
    if "ready" not in settings:
        raise bad_backup(path)
    if book is None:
        return
    facts = fold(book.entries)
    # A copy of before the journal holds the keys themselves.
    same = settings.get("server") == facts.server or settings.get("mac_key") == facts.mac_key.hex()
    if not same:
        raise Problem(
            "other_backup",
            "这是另一个服务器（{district}）的备份。",
            place=str(path),
            remedy="请核对文件；要用在这里，请用 --journal 指出它自己的日志文件夹。",
            district=json.loads(settings["district"])["name"],
        )
