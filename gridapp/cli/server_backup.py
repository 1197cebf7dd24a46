"""``gridapp server backup|restore|journal``: copies of the server, putting one back, and what outlives that."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gridapp.cli.output import emit
from gridapp.i18n import tr

if TYPE_CHECKING:
    from gridapp.server.context import Server
    from gridapp.server.database import Database

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction
Where = Callable[[_Parser], None]
Opened = Callable[[argparse.Namespace], AbstractContextManager["Server"]]
Held = Callable[[argparse.Namespace], AbstractContextManager["Database"]]


def add(commands: _Commands[_Parser], where: Where, opened: Opened, held: Held) -> None:
    """Register the three. ``opened`` gives the server, ``held`` its database alone."""
    backup = commands.add_parser("backup", help=tr("备份，读回核对，告诉各台电脑"))
    backup.add_argument(
        "--to", type=Path, metavar="DIR", help=tr("放备份的文件夹，不写就在日志旁边")
    )
    backup.add_argument("--json", action="store_true")
    where(backup)
    backup.set_defaults(run=partial(_backup, opened))
    restore = commands.add_parser("restore", help=tr("放回一份备份，开始新的纪元"))
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--journal-lost", action="store_true", help=tr("日志也丢了：另起一份，见运维手册")
    )
    where(restore)
    restore.set_defaults(run=partial(_restore, held))
    journal = commands.add_parser("journal", help=tr("恢复时不能忘的事：密钥、纪元、吊销、清除"))
    acts = journal.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    status = acts.add_parser("status", help=tr("在哪里、有多少条、第几纪元"))
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=partial(_status, opened))
    epoch = acts.add_parser("epoch", help=tr("整台机器连日志一起回到过去以后，开始新的纪元"))
    epoch.set_defaults(run=partial(_epoch, opened, held))
    new = acts.add_parser("new", help=tr("日志确实丢了，另起一份"))
    new.set_defaults(run=partial(_new, held))
    for parser in (status, epoch, new):
        where(parser)


def _backup(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.backup import make

    with opened(args) as server:
        made = make(server, args.to)
    said = tr("已备份并读回核对：{records} 条资料、{photos} 张照片、{operations} 次修改。")
    text = said.format(records=made.records, photos=made.photos, operations=made.operations)
    plain = {
        "name": made.name,
        "path": str(made.path),
        "records": made.records,
        "photos": made.photos,
        "operations": made.operations,
        "devices": made.devices,
    }
    emit(args, plain, f"{text}\n{made.path}")
    return 0


def _restore(held: Held, args: argparse.Namespace) -> int:
    from gridapp.server import lost
    from gridapp.server.put_back import restore

    with held(args) as database:
        kept = restore(database, args.file, journal_lost=args.journal_lost)
        if args.journal_lost:
            lost.begin_anew(database)
    print(tr("已放回备份：{name}").format(name=args.file.name))
    if kept is not None:
        print(tr("原来的数据留在：{path}").format(path=kept))
        print(tr("确认恢复没有问题以后请删掉它：以后清除资料，清除不到它里面的。"))
    print(tr("请照常运行服务器。各台电脑下次联网时会把后来的内容补上。"))
    return 0


def _status(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.journal_facts import fold

    with opened(args) as server:
        facts = fold(server.journal.entries)
        plain = {
            "folder": str(server.journal.folder),
            "entries": len(server.journal.entries),
            "epoch": server.epoch,
            "devices": len(facts.enrolled),
            "revoked": len(facts.revoked),
            "purged": len(facts.purged),
            "backup": facts.backup or None,
        }
    said = tr("{folder}：{entries} 条，第 {epoch} 纪元；设备 {devices} 台，吊销 {revoked} 台")
    last = tr("最近一次备份：{name}").format(name=facts.backup or "-")
    emit(args, plain, said.format(**plain) + "\n" + last)
    return 0


def _epoch(opened: Opened, held: Held, args: argparse.Namespace) -> int:
    from gridapp.server.restoring import begin_epoch
    from gridapp.server.starting import stopped

    with held(args) as database, stopped(database.journal), opened(args) as server:
        epoch = begin_epoch(server, "asked").epoch
    print(tr("现在是第 {epoch} 纪元").format(epoch=epoch))
    return 0


def _new(held: Held, args: argparse.Namespace) -> int:
    from gridapp.server import lost

    with held(args) as database:
        server = lost.begin_anew(database)
    print(tr("已另起日志：{folder}").format(folder=server.journal.folder))
    return 0
