"""``gridapp client bundle`` and ``gridapp server bundle``: sync by USB stick, where there is no network at all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from gridapp.cli.unlock import add_data, opened
from gridapp.errors import Problem
from gridapp.i18n import tr

if TYPE_CHECKING:
    from gridapp.server.bundles import Asked, Taken
    from gridapp.server.context import Server
    from gridapp.store.store import Store

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction
_Opened = Callable[[argparse.Namespace], "AbstractContextManager[Server]"]


def add_client(commands: _Commands[_Parser]) -> None:
    """``client bundle out|in``."""
    bundle = commands.add_parser("bundle", help=tr("用U盘同步"))
    acts = bundle.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    out = acts.add_parser("out", help=tr("把等着上传的写成一个文件"))
    out.add_argument("to", type=Path, metavar="FILE|DIR")
    out.set_defaults(run=_client_out)
    taking = acts.add_parser("in", help=tr("收下服务器的回信；同事写的替他传上去"))
    taking.add_argument("files", type=Path, nargs="+", metavar="FILE")
    taking.set_defaults(run=_client_in)
    for parser in (out, taking):
        add_data(parser)


def add_server(
    commands: _Commands[_Parser], add_where: Callable[[_Parser], None], server: _Opened
) -> None:
    """``server bundle in|out``. ``add_where`` and ``server``: which server it is, and opening it."""
    bundle = commands.add_parser("bundle", help=tr("用U盘同步"))
    acts = bundle.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    taking = acts.add_parser("in", help=tr("收下设备写的文件"))
    taking.add_argument("files", type=Path, nargs="+", metavar="FILE")
    taking.set_defaults(run=lambda args: _server_in(args, server))
    out = acts.add_parser("out", help=tr("写回信：每台设备最近一份文件的结果和新资料"))
    out.add_argument("to", type=Path, metavar="FILE|DIR")
    out.add_argument(
        "--for", dest="whose", default="", metavar="DEVICE|USER", help=tr("只写给这台设备")
    )
    out.set_defaults(run=lambda args: _server_out(args, server))
    for parser in (taking, out):
        add_where(parser)


def _client_out(args: argparse.Namespace) -> int:
    from gridapp.sync import bundle_out

    with opened(args) as store:
        done = bundle_out.write(store, args.to)
    said = tr("已写入 {file}：{count} 处改动，{photos} 张照片")
    print(said.format(file=done.path, count=done.operations, photos=done.photos))
    if done.left:
        print(tr("还有 {count} 张照片等下一次。").format(count=done.left), file=sys.stderr)
    return 0


def _client_in(args: argparse.Namespace) -> int:
    from gridapp.sync import bundle_in

    def take(path: Path) -> str:
        answer = _of_a_colleague(store, path)
        if answer is not None:
            return _carry(store, path, answer)
        came = bundle_in.take(store, path)
        if came.nothing:
            return tr("{file} 里没有新的内容：以前已收过，或已从网上得到。").format(file=path)
        said = tr("已收下 {file}：{count} 处改动有了结果，{rows} 条资料，{photos} 张照片")
        return said.format(file=path, count=came.outcomes, rows=came.rows, photos=came.photos)

    with opened(args) as store:
        return _each(args.files, take)


def _of_a_colleague(store: Store, path: Path) -> Path | None:
    """Where the answer to it will be, where it is on its way to the server from another computer."""
    from gridapp.sync import bundle_files
    from gridapp.sync import bundle_format as form
    from gridapp.sync.sealing import UP, Damaged, NotSealed, read_header

    with bundle_files.reading(path) as file:
        try:
            header = read_header(file)
        except (NotSealed, Damaged) as error:
            raise form.explain(error, path.name) from error
    if header.way != UP or header.device == store.who.device_id.bytes:
        return None
    if header.district != store.who.district_id.bytes:
        raise form.refuse("other_district", path.name)
    return bundle_files.name_down(path.parent, header.device, header.bundle)


def _carry(store: Store, path: Path, answer: Path) -> str:
    from gridapp.sync import courier

    for problem in courier.carry(store, [path]).problems:
        raise problem
    said = tr("已替同事传上去：{file}。回信写在 {answer}，请带回给他。")
    return said.format(file=path, answer=answer)


def _server_in(args: argparse.Namespace, opened_server: _Opened) -> int:
    from gridapp.server import bundles
    from gridapp.sync import bundle_files

    def take(path: Path) -> str:
        with bundle_files.reading(path) as file:
            taken = bundles.take(server, file, path.name)
        said = tr("已收下 {file}（{name}）：{count} 处改动，收下 {good} 处{rest}，{photos} 张照片")
        if taken.aside:
            said = tr(
                "已收下 {file}（{name}）：这台电脑已停用，{count} 处改动和 {photos} 张照片另存，没有登进档案。"
                "请把回信（bundle out）带给他，那台电脑收下以后会清除自己。"
            )
        return said.format(
            file=path,
            name=taken.person,
            count=taken.operations,
            good=taken.accepted,
            rest=_not_accepted(taken),
            photos=taken.photos,
        )

    with opened_server(args) as server:
        return _each(args.files, take)


def _not_accepted(taken: Taken) -> str:
    said = ((tr("，{n} 处等网格长审核"), taken.parked), (tr("，{n} 处没有被接受"), taken.rejected))
    return "".join(text.format(n=count) for text, count in said if count)


def _server_out(args: argparse.Namespace, opened_server: _Opened) -> int:
    from gridapp.server import bundle_answer, bundles
    from gridapp.server.snapshots import Snapshots
    from gridapp.sync import bundle_files
    from gridapp.sync.sealing import DOWN

    def write(asked: Asked) -> str:
        path = args.to
        if path.is_dir():
            path = bundle_files.name_down(path, asked.device, asked.bundle)
        bundle_files.check_replaceable(path, DOWN, asked.device)
        with bundle_files.writing(path) as file:
            bundle_answer.write(server, snapshots, asked, file)
        return tr("已写入 {file}").format(file=path)

    with opened_server(args) as server:
        asked, snapshots = bundles.to_answer(server, args.whose), Snapshots()
        if len(asked) > 1 and not args.to.is_dir():
            raise Problem(
                "needs_folder",
                "有 {count} 台设备的回信。",
                place=str(args.to),
                remedy="请给出一个文件夹，或用 --for 指定一台。",
                count=len(asked),
            )
        return _each(asked, write)


def _each(wanted: Iterable[object], act: Callable[..., str]) -> int:
    """One line for each; what is refused is said and holds up no other. The exit status."""
    status = 0
    for one in wanted:
        try:
            print(act(one))
        except Problem as problem:
            print(problem.text(), file=sys.stderr)
            status = 1
    return status
