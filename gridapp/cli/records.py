"""``gridapp client list | show | set``: any kind of record, as plain fields."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from gridapp.cli.lookup import find_record, grid_by_code
from gridapp.cli.output import emit
from gridapp.cli.unlock import add_data, opened
from gridapp.domain.kinds import KINDS
from gridapp.domain.masking import mask
from gridapp.domain.record import Field, Kind, Record, Sensitivity, Type
from gridapp.domain.values import bad_value, loaded, stored
from gridapp.errors import Problem
from gridapp.i18n import Label, tr
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
        parser.add_argument("--reveal", default="", metavar=tr("理由"))
        add_data(parser)
    setting = commands.add_parser("set", help=tr("修改一条记录"))
    setting.add_argument("kind", metavar="KIND")
    setting.add_argument("id", metavar="ID")
    setting.add_argument("values", nargs="+", metavar="FIELD=VALUE")
    add_data(setting)
    setting.set_defaults(run=partial(_set, setting))


def _list(args: argparse.Namespace) -> int:
    kind = find_kind(args.kind)
    with opened(args) as store:
        if args.reveal:
            store.write(partial(_note, kind=kind, record_id=None, reason=args.reveal)).result()
        found = store.read(partial(_records, kind=kind, grid=args.grid)).result()
        plain = [as_fields(kind, record, reveal=bool(args.reveal)) for record in found]
    emit(args, plain, "\n".join(_line(fields) for fields in plain))
    return 0


def _show(args: argparse.Namespace) -> int:
    kind = find_kind(args.kind)
    with opened(args) as store:
        record = store.read(lambda r: find_record(r, kind.record, args.id)).result()
        if args.reveal:
            store.write(partial(_note, kind=kind, record_id=record.id, reason=args.reveal)).result()
        fields = as_fields(kind, record, reveal=bool(args.reveal))
    emit(args, fields, "\n".join(f"{name}: {_plain(value)}" for name, value in fields.items()))
    return 0


def _set(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    kind = find_kind(args.kind)
    pairs = dict(text.partition("=")[::2] for text in args.values)
    if not all("=" in text for text in args.values):
        parser.error(tr("请写成 字段=值"))
    with opened(args) as store:
        changed = store.write(partial(set_fields, kind=kind, name=args.id, pairs=pairs)).result()
    print(tr("已保存") if changed else tr("没有变化"))
    return 0


def set_fields(uow: UnitOfWork, kind: Kind, name: str, pairs: dict[str, str]) -> bool:
    """One edit, as the form would make it. ``deleted=true`` deletes. Returns whether anything changed."""
    record = find_record(uow, kind.record, name)
    if pairs.get("deleted") == "true":
        uow.delete(record)
        return True
    if kind.append_only:
        raise Problem("append_only", "{kind}只能增加，不能修改。", kind=Label(kind.zh, kind.en))
    values = {n: _parsed(_field(kind, n), text) for n, text in pairs.items()}
    return uow.edit(record, dataclasses.replace(record, **values))


def find_kind(name: str) -> Kind:
    """The kind with this name. Raises ``Problem`` ``no_kind``."""
    kind = KINDS.get(name)
    if kind is None:
        raise Problem(
            "no_kind",
            "没有名为“{name}”的记录类型。",
            remedy="可用的有：{kinds}。",
            name=name,
            kinds=", ".join(KINDS),
        )
    return kind


def as_fields(kind: Kind, record: Record, *, reveal: bool) -> dict[str, Any]:
    """A record as JSON values by field name; personal numbers masked unless revealed."""
    fields: dict[str, Any] = {
        "id": str(record.id),
        "version": record.version,
        "recorded_at": record.recorded_at,
        "received_at": record.received_at,
    }
    for field in kind.fields:
        value = getattr(record, field.name)
        if field.sensitivity is Sensitivity.PERSONAL and not reveal:
            value = _masked(field, value)
        fields[field.name] = _plain_json(value)
    return fields


def _masked(field: Field, value: Any) -> Any:
    if field.type is Type.MAP:
        return {mask(field, number): whose for number, whose in value.items()}
    return mask(field, value) if value else value


def _records(reader: Reader, kind: Kind, grid: str | None) -> list[Record]:
    if grid is None:
        return _by_id(reader, kind, "1=1")
    grid_id = grid_by_code(reader, grid).bytes
    if "grid_id" in kind.by_name:
        return _by_id(reader, kind, "grid_id=?", (grid_id,))
    homes = "SELECT id FROM household WHERE grid_id=?"
    people = f"SELECT person_id FROM residence WHERE deleted=0 AND household_id IN ({homes})"
    if "household_id" in kind.by_name:
        condition = f"household_id IN ({homes})"
    elif "person_id" in kind.by_name:
        condition = f"person_id IN ({people})"
    elif kind.name == "person":
        condition = f"id IN ({people})"
    elif "event_id" in kind.by_name:
        condition = "event_id IN (SELECT id FROM event WHERE grid_id=?)"
    else:
        raise Problem("no_grid_kind", "{kind}不按网格列出。", kind=Label(kind.zh, kind.en))
    return _by_id(reader, kind, condition, (grid_id,))


def _by_id(reader: Reader, kind: Kind, condition: str, params: Sequence[Any] = ()) -> list[Record]:
    return sorted(reader.where(kind.record, condition, params), key=lambda r: r.id.bytes)


def _field(kind: Kind, name: str) -> Field:
    field = kind.by_name.get(name)
    if field is None or field.derived or field.given:
        raise Problem(
            "no_field",
            "{kind}没有可修改的字段“{name}”。",
            remedy="可用的有：{fields}。",
            kind=Label(kind.zh, kind.en),
            name=name,
            fields=", ".join(f.name for f in kind.editable),
        )
    return field


def _parsed(field: Field, text: str) -> Any:
    if text == "":
        return loaded(field, None)
    if field.type is Type.YES_NO:
        if text not in ("true", "false"):
            raise bad_value(field, text)
        return text == "true"
    if field.type is Type.SET and not text.startswith("["):
        return tuple(part for part in text.split("|") if part)
    value: Any = float(text) if field.type is Type.REAL and _is_number(text) else text
    return loaded(field, stored(field, value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _note(uow: UnitOfWork, kind: Kind, record_id: UUID | None, reason: str) -> None:
    access_log.note(uow, "reveal", kind.name, record_id, reason)


def _plain_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return dict(value) if hasattr(value, "keys") else str(value)


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, dict):
        return "；".join(f"{k} {v}" for k, v in value.items())
    return str(value)


def _line(fields: dict[str, Any]) -> str:
    shown = [v for n, v in fields.items() if n not in ("version", "recorded_at", "received_at")]
    return "\t".join(_plain(value) for value in shown)
