"""``gridapp server cover`` and ``gridapp server user end``: colleagues who stand in, and roles that are over."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from gridapp.cli.output import emit
from gridapp.clock import day_of
from gridapp.domain.roles import Role, decides
from gridapp.i18n import tr

if TYPE_CHECKING:
    from gridapp.server.context import Server
    from gridapp.server.terms import Term

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction
Opened = Callable[[argparse.Namespace], AbstractContextManager["Server"]]
Act = Callable[["Server", argparse.Namespace], int]


def add(commands: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened) -> None:
    """Register ``cover``. ``where`` adds the options that name the server's data, ``opened`` opens it."""
    cover = commands.add_parser("cover", help=tr("请假时由别人代班"))
    acts = cover.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    for parser in (_cover(acts), _covers(acts), _cover_end(acts)):
        where(parser)
        parser.set_defaults(run=partial(run_on, opened, parser.get_default("act_on")))


def add_role_end(
    acts: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened
) -> None:
    """``gridapp server user end``."""
    parser = acts.add_parser("end", help=tr("用户的任职到期"))
    parser.add_argument("user", metavar="USER")
    parser.add_argument(
        "--role", default="", choices=[role.value for role in Role], help=tr("只这个角色")
    )
    parser.add_argument("--unit", default="", metavar="CODE", help=tr("只这个单位"))
    parser.add_argument(
        "--last-day", type=day, metavar="DATE", help=tr("最后一天，不写：从今天起不再")
    )
    where(parser)
    parser.set_defaults(run=partial(run_on, opened, _do_role_end))


def run_on(opened: Opened, act: Act, args: argparse.Namespace) -> int:
    """Open the server and act on it."""
    with opened(args) as server:
        return act(server, args)


def day(text: str) -> date:
    """A day as it is typed; argparse says what is wrong with it."""
    # argparse says "不能是" for a ValueError
    return date.fromisoformat(text)


def _cover(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("add", help=tr("某人请假，由另一个人代班"))
    parser.add_argument("user", metavar="USER", help=tr("请假的人"))
    parser.add_argument("--by", required=True, metavar="USER", help=tr("代班的人"))
    parser.add_argument("--from", dest="first", type=day, required=True, metavar="DATE")
    parser.add_argument("--to", dest="last", type=day, required=True, metavar="DATE")
    parser.add_argument("--unit", default="", metavar="CODE", help=tr("只代这个单位"))
    parser.set_defaults(act_on=_do_cover)
    return parser


def _covers(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("list", help=tr("现在和以后的代班"))
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act_on=_do_covers)
    return parser


def _cover_end(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("end", help=tr("提前结束代班"))
    parser.add_argument("by", metavar="USER", help=tr("代班的人"))
    parser.add_argument("--for", dest="absent", default="", metavar="USER", help=tr("只这个人的班"))
    parser.set_defaults(act_on=_do_cover_end)
    return parser


def _do_cover(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import terms

    found = terms.cover(server, args.user, args.by, args.first, args.last, unit_code=args.unit)
    print("\n".join(_term(term) for term in found))
    return 0


def _do_covers(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import terms

    found = terms.covers(server)
    emit(
        args,
        [asdict(term) for term in found],
        "\n".join(_term(term) for term in found) or tr("现在没有代班。"),
    )
    return 0


def _do_cover_end(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import terms

    found = terms.end_cover(server, args.by, absent=args.absent)
    print("\n".join(_term(term) for term in found))
    return 0


def _do_role_end(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import terms

    found = terms.end_roles(
        server, args.user, role=args.role, unit_code=args.unit, last=args.last_day
    )
    print("\n".join([*(_term(term) for term in found), *_undecided(server, found, args.last_day)]))
    return 0


def _undecided(server: Server, ended: Sequence[Term], last: date | None) -> list[str]:
    """Grids that these terms leave without anybody who decides about late work; it may well come from this person."""
    from gridapp.server.undecided import undecided

    on = last + timedelta(days=1) if last else day_of(server.clock())
    found = undecided(server, on, {term.unit_code for term in ended if decides(term.role)})
    text = tr(
        "{name}（{code}）从 {day} 起没有网格长，社区也没有人：晚传上来的记录没有人定，现在有 {count} 件等着。请派一位。"
    )
    return [
        text.format(name=one.name, code=one.code, day=one.since.isoformat(), count=one.waiting)
        for one in found
    ]


def _term(term: Term) -> str:
    first, last = (day.isoformat() if day else "" for day in (term.first, term.last))
    days = f"{first}—{last}" if first or last else ""
    covers = tr("代 {name}").format(name=term.covers) if term.covers else ""
    gone = tr("已取消") if term.gone else ""
    parts = (term.person, term.role, f"{term.unit} {term.unit_code}", days, covers, gone)
    return "\t".join(part for part in parts if part)
