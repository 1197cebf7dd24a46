"""``gridapp client``: everything the window does for the main job, for scripts and support."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

from gridapp.cli.dates import Days
from gridapp.cli.lookup import find_record, grid_by_code
from gridapp.cli.output import emit
from gridapp.cli.unlock import add_data, add_reveal, data_dir, opened, password, reason
from gridapp.domain.event import Event
from gridapp.domain.household import Household
from gridapp.domain.record import Record, kind_of
from gridapp.domain.visit import Visit
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store import recording, status
from gridapp.store.drafting import EventDraft, Picture, VisitDraft
from gridapp.store.pictures import MOST_BYTES
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    client = subparsers.add_parser("client", help=tr("本机用户的数据"))
    commands = client.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_enrol(commands)
    _add_sync(commands)
    _add_reset(commands)
    _add_import(commands)
    _add_print(commands)
    _add_visit(commands)
    _add_event(commands)
    from gridapp.cli import bundles, records

    bundles.add_client(commands)
    records.add(commands)


_Commands = argparse._SubParsersAction


def _add_enrol(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("enroll", help=tr("用登记码登记本机"))
    parser.add_argument("--data", type=Path, default=None, metavar="DIR")
    parser.add_argument("--server", required=True, metavar="URL")
    parser.add_argument("--code", required=True)
    parser.add_argument("--fingerprint", default="", metavar="SHA256")
    parser.set_defaults(run=_enrol)


def _enrol(args: argparse.Namespace) -> int:
    from gridapp.sync.enrolment import enrol

    store = enrol(
        data_dir(args),
        args.server,
        args.code,
        password(twice=True),
        fingerprint=args.fingerprint,
    )
    print(tr("已登记：{name}（{user}）").format(name=store.who.name, user=store.who.user_name))
    store.close()
    return 0


def _add_sync(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("sync", help=tr("同步一次"))
    add_data(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_sync)


def _sync(args: argparse.Namespace) -> int:
    from gridapp.sync.engine import Engine
    from gridapp.sync.schedule import refusal
    from gridapp.sync.transport import Offline, Refused, Transport

    with opened(args) as store:
        transport = Transport(store.who.server_url, store.who.fingerprint)
        try:
            done = Engine(store, transport).run()
        except Offline as error:
            raise Problem(
                "offline",
                "现在连不上服务器，已记录的内容都在本机。",
                place=store.who.server_url,
                remedy="有网络后再同步。",
            ) from error
        except Refused as refused:
            raise refusal(refused) from refused
        finally:
            transport.close()
        now = store.read(status.current).result()
        counts = {
            "pushed": done.pushed,
            "pulled": done.pulled,
            "waiting": now.to_send,
            "conflicts": now.conflicts,
            "rejected": now.rejected,
            "parked": now.parked,
        }
        emit(args, counts, " · ".join((status.line(now, store.clock()), *unsettled(now))))
    return 0


def unsettled(now: status.SyncStatus) -> list[str]:
    """What is not settled though it is on the server, in the words of the numbers that ``--json`` gives."""
    said = (
        (tr("{count} 处等审核"), now.parked),
        (tr("{count} 处没有被接受"), now.rejected),
        (tr("{count} 处要选"), now.conflicts),
    )
    return [text.format(count=count) for text, count in said if count]


def _add_reset(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("reset", help=tr("丢开从服务器来的资料，下次同步重新取"))
    add_data(parser)
    parser.set_defaults(run=_reset)


def _reset(args: argparse.Namespace) -> int:
    from gridapp.store.resetting import reset

    with opened(args) as store:
        store.write(reset).result()
    print(tr("已重来，请同步一次。"))
    return 0


def _add_import(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("import", help=tr("从 Excel 导入"))
    parser.add_argument("what", choices=["households"])
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE.xlsx")
    parser.add_argument("--grid", metavar="CODE")
    parser.add_argument("--template", type=Path, metavar="OUT.xlsx")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--json", action="store_true")
    add_data(parser)
    parser.set_defaults(run=partial(_import, parser))


def _import(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from gridapp.cli import roster

    if args.template:
        return roster.template(args.template)
    if args.file is None or not args.grid:
        parser.error(tr("请给出 Excel 文件和 --grid 网格代码，或 --template"))
    return roster.run(args)


def _add_print(commands: _Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("print", help=tr("打印一户一档"))
    parser.add_argument("what", choices=["household"], nargs="?", default="household")
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--grid", metavar="CODE")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.pdf")
    sides = parser.add_mutually_exclusive_group()
    sides.add_argument(
        "--duplex", action="store_true", help=tr("双面：装订边左右交替，每份从正面开始")
    )
    sides.add_argument(
        "--single-sided", action="store_false", dest="duplex", help=tr("单面：装订边在左（默认）")
    )
    parser.add_argument(
        "--new-visits", action="store_true", help=tr("续页：只打这台电脑上次打印以后的走访")
    )
    parser.add_argument(
        "--again", action="store_true", help=tr("同 --new-visits 一起：上次的续页再打一次")
    )
    add_reveal(parser)
    add_data(parser)
    parser.set_defaults(run=partial(_print, parser))


def _print(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from gridapp.printing import PrintOptions, households_of_grid, print_to_file

    if bool(args.ids) == bool(args.grid):
        parser.error(tr("请给出户号或 --grid，二者选一"))
    if args.again and not args.new_visits:
        parser.error(tr("--again 要和 --new-visits 一起用"))
    why = reason(args)
    with opened(args) as store:
        if args.grid:
            ids = store.read(lambda r: households_of_grid(r, args.grid)).result()
        else:
            # One that is named twice is printed once.
            ids = store.read(
                lambda r: tuple(
                    dict.fromkeys(find_record(r, Household, text).id for text in args.ids)
                )
            ).result()
        if not ids:
            raise Problem("nothing_to_print", "没有可打印的住户。", remedy="请核对网格代码。")
        options = PrintOptions(args.duplex, args.new_visits, args.again, bool(why), why)
        account = print_to_file(store, ids, args.out, options)
    print(tr("已写入 {file}，{count} 户").format(file=args.out, count=account.done))
    for left in account.left_out:
        said = tr("没有打印：{name} {address}：{why}")
        print(said.format(name=left.name, address=left.address, why=left.reason()), file=sys.stderr)
    if account.photos:
        missing = tr("{count} 张照片不在这台电脑上，没有打印。")
        print(missing.format(count=account.photos), file=sys.stderr)
    return 0


def _add_visit(commands: _Commands[argparse.ArgumentParser]) -> None:
    visit = commands.add_parser("visit", help=tr("记走访"))
    parser = visit.add_subparsers(dest="act", required=True).add_parser("add")
    parser.add_argument("household", metavar="HOUSEHOLD")
    parser.add_argument("--text", required=True)
    parser.add_argument("--how", choices=["home", "phone", "absent"], default="home")
    parser.add_argument("--when", default=None, metavar="DATE")
    parser.add_argument("--met", nargs="+", action="extend", default=[], metavar="NAME")
    _add_photos(parser)
    add_data(parser)
    parser.set_defaults(run=_visit)


def _add_photos(parser: argparse.ArgumentParser) -> None:
    # Given several times they add up: none that was named is left out.
    parser.add_argument(
        "--photo", nargs="+", action="extend", type=Path, default=[], metavar="FILE"
    )


def _visit(args: argparse.Namespace) -> int:
    absent = args.how == "absent"
    met = tuple(name for name in args.met if name.strip())
    if absent and met:
        raise Problem("nobody_met", "没见到人的走访不能写见到谁。", remedy="请去掉 --met。")
    if not absent and not args.text.strip():
        raise Problem("no_text", "走访没有写情况。", remedy="请用 --text 写一句情况。")
    pictures = read_photos(args.photo)

    def save(uow: UnitOfWork) -> UUID:
        draft = VisitDraft(
            household_id=find_record(uow, Household, args.household).id,
            happened_at=stated_day(uow, Visit, args.when),
            how=args.how,
            situation=args.text,
            people_met=met,
            pictures=pictures,
        )
        return recording.add_visit(uow, draft).id

    with opened(args) as store:
        print(store.write(save).result())
    return 0


def _add_event(commands: _Commands[argparse.ArgumentParser]) -> None:
    event = commands.add_parser("event", help=tr("报事件"))
    parser = event.add_subparsers(dest="act", required=True).add_parser("report")
    parser.add_argument("--item", required=True, metavar="CODE")
    parser.add_argument("--text", required=True)
    parser.add_argument("--household", default=None, metavar="ID")
    parser.add_argument("--grid", default=None, metavar="CODE")
    parser.add_argument("--place", default="")
    parser.add_argument("--when", default=None, metavar="DATE")
    parser.add_argument("--on-spot", default="", metavar=tr("怎样处置"))
    _add_photos(parser)
    add_data(parser)
    parser.set_defaults(run=_event)


def _event(args: argparse.Namespace) -> int:
    pictures = read_photos(args.photo)

    def save(uow: UnitOfWork) -> UUID:
        household = find_record(uow, Household, args.household) if args.household else None
        draft = EventDraft(
            item_code=args.item.strip(),
            text=args.text,
            happened_at=stated_day(uow, Event, args.when),
            grid_id=grid_by_code(uow, args.grid) if args.grid else None,
            household_id=household.id if household else None,
            place=args.place,
            on_spot=args.on_spot.strip(),
            pictures=pictures,
        )
        return recording.report_event(uow, draft).id

    with opened(args) as store:
        print(store.write(save).result())
    return 0


def stated_day(reader: Reader, record: type[Record], when: str | None) -> str:
    """What ``--when`` says of a record's ``happened_at``, else the day that is believed. Raises ``Problem`` for a date that cannot be."""
    if when is None:
        return reader.today.isoformat()
    Days(reader).check(kind_of(record).by_name["happened_at"], when)
    return when


def read_photos(paths: list[Path]) -> tuple[Picture, ...]:
    """The bytes of photo files. Raises ``Problem`` that names the file."""
    return tuple(Picture(_bytes(path), path.name) for path in paths)


def _bytes(path: Path) -> bytes:
    try:
        # One byte more than is taken is enough to be refused; a device might never end.
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1)
        why: OSError | None = None
    except OSError as error:
        why = error
    raise Problem("no_file", "读不了照片 {file}。", remedy="请检查路径。", file=str(path)) from why
