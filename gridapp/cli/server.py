"""``gridapp server``: making, loading and running the server of a district, its users and devices."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gridapp.cli import bundles, purging, quarantine, regrouping, server_backup, standing_in
from gridapp.cli.output import emit
from gridapp.clock import local
from gridapp.domain.roles import Role
from gridapp.errors import Problem
from gridapp.i18n import tr

if TYPE_CHECKING:
    from gridapp.server.accounts import DeviceLine
    from gridapp.server.context import Server
    from gridapp.server.database import Database

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction


def add(subparsers: _Commands[_Parser]) -> None:
    """Register the command."""
    server = subparsers.add_parser("server", help=tr("区服务器"))
    commands = server.add_subparsers(dest="command", required=True, metavar=tr("命令"))
    _add_init(commands)
    _add_load(commands)
    _add_run(commands)
    user = commands.add_parser("user", help=tr("用户"))
    users = user.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    _add_user(users)
    standing_in.add_role_end(users, _add_where, _server)
    device = commands.add_parser("device", help=tr("设备和登记码"))
    devices = device.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    _add_device(devices)
    quarantine.add(devices, _add_where, _server)
    purging.add_forks(devices, _add_where, _server)
    purging.add(commands, _add_where, _server)
    regrouping.add(commands, _add_where, _server)
    standing_in.add(commands, _add_where, _server)
    bundles.add_server(commands, _add_where, _server)
    server_backup.add(commands, _add_where, _server, _database)


def _add_where(parser: _Parser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, metavar="DIR", help=tr("SQLite 数据文件夹"))
    where.add_argument("--database-url", metavar="URL", help="postgresql://…")
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help=tr("服务器日志的文件夹，不写就在数据旁边")
    )


def _add_init(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("init", help=tr("用区划文件建立服务器"))
    parser.add_argument("--divisions", type=Path, required=True, metavar="CSV")
    parser.add_argument("--district", required=True, metavar="CODE", help=tr("区县或地市的代码"))
    parser.add_argument("--catalogue", type=Path, metavar="CSV", help=tr("事项目录"))
    _add_where(parser)
    parser.set_defaults(run=_init)


def _init(args: argparse.Namespace) -> int:
    from gridapp.server.setup import initialise

    with _making(args.data), _database(args) as database:
        server = initialise(database, args.divisions, args.district, catalogue=args.catalogue)
    print(tr("已建立：{name}（{where}）").format(name=server.district_name, where=database.place))
    return 0


def _add_load(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("load", help=tr("从 Excel 导入网格、人员和任职，发登记码"))
    parser.add_argument("file", type=Path, metavar="STAFF.xlsx")
    parser.add_argument("--dry-run", action="store_true", help=tr("只检查，不写入"))
    codes = parser.add_mutually_exclusive_group()
    codes.add_argument("--no-codes", action="store_true", help=tr("不发登记码"))
    codes.add_argument(
        "--again", action="store_true", help=tr("表里还没有登记设备的人都发新的登记码")
    )
    parser.add_argument("--slips", type=Path, metavar="OUT.pdf", help=tr("登记单"))
    parser.add_argument("--server", metavar="URL", help=tr("登记单上的服务器地址"))
    parser.add_argument("--tls-cert", type=Path, metavar="PEM", help=tr("登记单上的指纹取自它"))
    parser.add_argument("--json", action="store_true")
    _add_where(parser)
    parser.set_defaults(run=partial(_load, parser))


def _load(parser: _Parser, args: argparse.Namespace) -> int:
    from gridapp.cli import loading

    if args.slips and not args.server:
        parser.error(tr("登记单上要有服务器地址：--server URL"))
    with _server(args) as server:
        regrouping.tell_half_merged(server)
        return loading.run(args, server)


def _add_run(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("run", help=tr("运行服务器"))
    parser.add_argument("--host", default="127.0.0.1", metavar="H")
    parser.add_argument("--port", type=int, default=8765, metavar="N", help=tr("0：任选一个"))
    parser.add_argument("--tls-cert", type=Path, metavar="PEM")
    parser.add_argument("--tls-key", type=Path, metavar="PEM")
    _add_where(parser)
    parser.set_defaults(run=partial(_run, parser))


def _run(parser: _Parser, args: argparse.Namespace) -> int:
    from gridapp.server.digest import tidy
    from gridapp.server.running import Tls, listen, serve
    from gridapp.server.starting import starting

    if bool(args.tls_cert) != bool(args.tls_key):
        parser.error(tr("--tls-cert 和 --tls-key 要一起给"))
    tls = Tls(args.tls_cert, args.tls_key) if args.tls_cert else None
    # Locked first: nothing is opened, let alone migrated, under a server that runs.
    with (
        _database(args) as database,
        starting(database) as start,
        listen(args.host, args.port, tls) as listener,
    ):
        server = start()
        regrouping.tell_half_merged(server)
        tidy(server)
        serve(server, listener, tls, _ready)
    return 0


def _ready(url: str) -> None:
    # Scripts wait for this line: its first word stays.
    print(f"ready {url}", flush=True)


def _add_user(commands: _Commands[_Parser]) -> None:
    parser = commands.add_parser("add", help=tr("新建用户，或给已有用户加一个角色"))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--role", required=True, choices=[role.value for role in Role])
    parser.add_argument("--unit", required=True, metavar="CODE")
    parser.add_argument("--user-name", default="", metavar="USER", help=tr("不写就是姓名"))
    _add_where(parser)
    parser.set_defaults(run=_user)


def _user(args: argparse.Namespace) -> int:
    from gridapp.server.accounts import add_user

    with _server(args) as server:
        staff, new = add_user(
            server, args.name, Role(args.role), args.unit, user_name=args.user_name
        )
    said = tr("已新建用户 {user}（{name}）") if new else tr("已给用户 {user}（{name}）加了角色")
    print(said.format(user=staff.user_name, name=staff.name))
    return 0


def _add_device(commands: _Commands[_Parser]) -> None:
    code = commands.add_parser("code", help=tr("发一个一次性登记码"))
    code.add_argument("user", metavar="USER")
    code.set_defaults(run=_code)
    listing = commands.add_parser("list", help=tr("列出设备"))
    listing.add_argument("user", metavar="USER", nargs="?", default="")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_list)
    revoking = commands.add_parser("revoke", help=tr("吊销一台设备"))
    revoking.add_argument("device", metavar="DEVICE|USER")
    revoking.set_defaults(run=_revoke)
    for parser in (code, listing, revoking):
        _add_where(parser)


def _code(args: argparse.Namespace) -> int:
    from gridapp.server.accounts import code_for
    from gridapp.server.auth import CODE_DAYS

    with _server(args) as server:
        staff, code = code_for(server, args.user)
    said = tr("{name}（{user}）的登记码，{days} 天内有效，只能用一次：")
    print(said.format(name=staff.name, user=staff.user_name, days=CODE_DAYS))
    print(code)
    return 0


def _list(args: argparse.Namespace) -> int:
    from gridapp.server.accounts import devices

    with _server(args) as server:
        found = devices(server, args.user)
    plain = [{**asdict(line), "id": str(line.id)} for line in found]
    emit(args, plain, "\n".join(_device_line(line) for line in found))
    return 0


def _revoke(args: argparse.Namespace) -> int:
    from gridapp.server.accounts import revoke

    with _server(args) as server:
        line = revoke(server, args.device)
    said = tr("已吊销 {person}（{user}）的设备 {name}")
    print(said.format(person=line.person, user=line.user_name, name=line.name))
    return 0


def _device_line(line: DeviceLine) -> str:
    seen = f"{local(line.last_seen):%Y-%m-%d %H:%M}" if line.last_seen else "-"
    state = tr("已吊销") if line.revoked_at else tr("可用")
    if line.erased_at:
        state = tr("已吊销，资料已清除")
    if line.kept:
        state += tr("，交回 {count} 条").format(count=line.kept)
    return "\t".join((str(line.id), line.user_name, line.person, line.name, seen, state))


@contextmanager
def _server(args: argparse.Namespace) -> Iterator[Server]:
    from gridapp.server.context import open_server

    with _database(args) as database:
        yield open_server(database)


@contextmanager
def _database(args: argparse.Namespace) -> Iterator[Database]:
    from gridapp.server.database import explained, open_database

    making = args.command in ("init", "restore")
    if args.data and not making and not (args.data / "server.db").is_file():
        raise Problem(
            "not_initialised",
            "这里没有服务器的数据。",
            place=str(args.data),
            remedy="请核对 --data，或先运行 gridapp server init。",
        )
    database = open_database(args.data, args.database_url, args.journal)
    try:
        with explained(database.place):
            yield database
    finally:
        database.close()


@contextmanager
def _making(folder: Path | None) -> Iterator[None]:
    """A data folder that is there while a server is made in it, and gone again where that fails."""
    if folder is None:
        yield
        return
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Problem(
            "disk_error",
            "不能在这里建立数据文件夹。",
            place=str(folder),
            remedy="请检查磁盘空间和权限，或换一个文件夹。",
        ) from error
    try:
        yield
    except BaseException:
        if new:
            with suppress(OSError):
                folder.rmdir()  # only an empty one
        raise
