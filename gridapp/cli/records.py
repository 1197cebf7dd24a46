"""``gridapp client list | show | set``: any kind of record, as plain fields."""

from __future__ import annotations

import argparse
from functools import partial
from uuid import UUID

from gridapp.cli.edits import set_fields
from gridapp.cli.fields import as_fields, as_line, as_lines
from gridapp.cli.lookup import GRID, find_kind, find_record, records_of
from gridapp.cli.output import emit
from gridapp.cli.unlock import add_data, add_reveal, opened, reason
from gridapp.domain.record import Kind, Record
from gridapp.i18n import tr
from gridapp.store import access_log
from gridapp.store.reader import Reader
from gridapp.store.unit_of_work import UnitOfWork


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the three commands."""
    listing = commands.add_parser("list", help=tr("列出记录"))
    listing.add_argument("kind", metavar="KIND")
    listing.add_argument("--grid", default=None, metavar="CODE")
    listing.set_defaults(run=_list)
    showing = commands.add_parser("show", help=tr("看一条记录"))
    showing.add_argument("kind", metavar="KIND")
    showing.add_argument("id", metavar="ID")
    showing.set_defaults(run=_show)
    for parser in (listing, showing):
        parser.add_argument("--json", action="store_true")
        add_reveal(parser)
        add_data(parser)
    setting = commands.add_parser("set", help=tr("修改一条记录"))
    setting.add_argument("kind", metavar="KIND")
    setting.add_argument("id", metavar="ID")
    setting.add_argument("values", nargs="+", metavar="FIELD=VALUE")
    add_data(setting)
    setting.set_defaults(run=partial(_set, setting))


def _list(args: argparse.Namespace) -> int:
    kind, why = find_kind(args.kind), reason(args)

    def find(reader: Reader) -> list[Record]:
        found = records_of(reader, kind, args.grid)
        if args.kind.strip().lower() == GRID:
            return [unit for unit in found if getattr(unit, "kind", "") == GRID]
        return found

    def look(uow: UnitOfWork) -> list[Record]:
        # The look is in the log in the same transaction as what it finds, or neither is.
        found = find(uow)
        _note(uow, kind, None, why)
        return found

    with opened(args) as store:
        records = (store.write(look) if why else store.read(find)).result()
        plain = [as_fields(kind, record, reveal=bool(why)) for record in records]
    emit(args, plain, "\n".join(map(as_line, plain)))
    return 0


def _show(args: argparse.Namespace) -> int:
    kind, why = find_kind(args.kind), reason(args)

    def look(uow: UnitOfWork) -> Record:
        found = find_record(uow, kind.record, args.id)
        _note(uow, kind, found.id, why)
        return found

    with opened(args) as store:
        if why:
            record = store.write(look).result()
        else:
            record = store.read(lambda r: find_record(r, kind.record, args.id)).result()
        fields = as_fields(kind, record, reveal=bool(why))
    emit(args, fields, as_lines(fields))
    return 0


def _set(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    if not all("=" in text for text in args.values):
        parser.error(tr("请写成 字段=值"))
    pairs = dict(text.partition("=")[::2] for text in args.values)
    if len(pairs) < len(args.values):
        parser.error(tr("同一个字段只能写一次"))
    kind = find_kind(args.kind)
    with opened(args) as store:
        changed = store.write(partial(set_fields, kind=kind, name=args.id, pairs=pairs)).result()
    print(tr("已保存") if changed else tr("没有变化"))
    return 0


def _note(uow: UnitOfWork, kind: Kind, record_id: UUID | None, why: str) -> None:
    access_log.note(uow, "reveal", kind.name, record_id, why)
