"""``gridapp server purge``, ``… tidy`` and ``… device forks``: what goes for good, and what was noticed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from gridapp.cli.output import emit
from gridapp.clock import local
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Filing
from gridapp.errors import Problem
from gridapp.i18n import Label, tr

if TYPE_CHECKING:
    from gridapp.server.context import Server

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction
Opened = Callable[[argparse.Namespace], AbstractContextManager["Server"]]

_REMEDIES = {
    "backup": "备份，做一份新的以后可以删",
    "replaced": "恢复以前的数据，恢复没有问题就可以删",
    "before": "升级以前的数据，升级没有问题就可以删",
}


def add(commands: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened) -> None:
    """Register ``purge`` and ``tidy``."""
    purge = commands.add_parser(
        "purge", help=tr("彻底清除一条资料和属于它的一切；清除住户连同只和它有关的居民")
    )
    kinds = [name for name, kind in KINDS.items() if kind.filing is not Filing.DISTRICT]
    purge.add_argument("kind", choices=kinds, metavar="KIND")
    purge.add_argument("id", metavar="ID", help=tr("UUID 或编号"))
    purge.add_argument("--reason", required=True, metavar=tr("理由"))
    purge.add_argument("--json", action="store_true")
    where(purge)
    purge.set_defaults(run=partial(_purge, opened))
    tidy = commands.add_parser("tidy", help=tr("忘掉很久以前的移出记录"))
    where(tidy)
    tidy.set_defaults(run=partial(_tidy, opened))


def add_forks(acts: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened) -> None:
    """Register ``device forks``."""
    forks = acts.add_parser("forks", help=tr("列出被复制或退回到旧备份的设备"))
    forks.add_argument("--json", action="store_true")
    where(forks)
    forks.set_defaults(run=partial(_forks, opened))


def _purge(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.purging import find, purge

    if not args.reason.strip():
        raise Problem("reason_needed", "请写明清除的理由。", remedy="例如 --reason 本人申请。")
    with opened(args) as server:
        done = purge(server, args.kind, find(server, args.kind, args.id), args.reason.strip())
    said = [f"{Label(KINDS[n].zh, KINDS[n].en)} {count}" for n, count in done.records.items()]
    if done.photos:
        said.append(tr("照片 {count} 张").format(count=done.photos))
    lines = [tr("已清除：{what}").format(what=tr("、").join(said))]
    if done.residents:
        words = tr("其中居民 {count} 人只和这一户有关，人和人的档案一并清除。")
        lines.append(words.format(count=done.residents))
    if done.staying:
        words = tr("居民 {count} 人和别的户也有关，人和人的档案留着。")
        lines.append(words.format(count=done.staying))
    if done.copies:
        lines.append(tr("下面的旧副本里还有，清除不了；请照各行写的删掉："))
        lines += [f"{copy.path} · {tr(_REMEDIES[copy.what])}" for copy in done.copies]
    emit(args, asdict(done), "\n".join(lines))
    return 0


def _tidy(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.digest import tidy

    with opened(args) as server:
        print(tr("忘掉了 {count} 条移出记录").format(count=tidy(server)))
    return 0


def _forks(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.forks import forks

    with opened(args) as server:
        found = forks(server)
    lines = [
        f"{local(f.noticed_at):%Y-%m-%d %H:%M}\t{f.person}\t{f.device}\t{f.device_id}"
        for f in found
    ]
    emit(args, [asdict(f) for f in found], "\n".join(lines))
    return 0
