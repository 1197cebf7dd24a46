"""``gridapp server grid``: grids that are split, merged or handed over."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from gridapp.cli.output import emit
from gridapp.cli.standing_in import Opened, day, run_on
from gridapp.clock import local
from gridapp.domain.kinds import KINDS
from gridapp.i18n import Label, tr

if TYPE_CHECKING:
    from gridapp.server.context import Server
    from gridapp.server.drain import Away
    from gridapp.server.regrouping import Regrouping

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction


def add(commands: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened) -> None:
    """Register the command. ``where`` adds the options that name the server's data, ``opened`` opens it."""
    grid = commands.add_parser("grid", help=tr("网格的拆分、合并和移交"))
    acts = grid.add_subparsers(dest="act", required=True, metavar=tr("命令"))
    parsers = [_split(acts), _merge(acts), _handover(acts), _freeze(acts), _transfer(acts)]
    parsers += [_status(acts), _cancel(acts)]
    for parser in parsers:
        where(parser)
        parser.set_defaults(run=partial(run_on, opened, parser.get_default("act_on")))


def _split(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("split", help=tr("从一个网格分出一个新网格：写下方案"))
    parser.add_argument("grid", metavar="GRID")
    parser.add_argument("--new", required=True, metavar="CODE", help=tr("新网格的编码"))
    parser.add_argument("--name", required=True, metavar="NAME", help=tr("新网格的名称"))
    for option, text in (
        ("--building", tr("分出去的楼栋")),
        ("--micro", tr("分出去的微网格")),
        ("--household", tr("分出去的住户，写户号")),
        ("--worker", tr("新网格的网格员，写用户名")),
    ):
        parser.add_argument(option, nargs="+", default=[], metavar="NAME", help=text)
    parser.set_defaults(act_on=_do_split)
    return parser


def _merge(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("merge", help=tr("几个网格并入一个：写下方案"))
    parser.add_argument("grids", nargs="+", metavar="GRID")
    parser.add_argument("--into", required=True, metavar="GRID")
    parser.add_argument("--keep-staff", action="store_true", help=tr("人员一起过去"))
    parser.add_argument("--across", action="store_true", help=tr("确实要跨社区（同一街道）合并"))
    parser.set_defaults(act_on=_do_merge)
    return parser


def _handover(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("handover", help=tr("一个人在网格的任职交给另一个人：写下方案"))
    parser.add_argument("grid", metavar="GRID")
    parser.add_argument("--from", dest="giver", required=True, metavar="USER")
    parser.add_argument("--to", dest="taker", required=True, metavar="USER")
    parser.set_defaults(act_on=_do_handover)
    return parser


def _freeze(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("freeze", help=tr("公布交接日期，大家照常记录"))
    parser.add_argument("grid", metavar="GRID")
    parser.add_argument("--on", type=day, required=True, metavar="DATE")
    parser.set_defaults(act_on=_do_freeze)
    return parser


def _transfer(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("transfer", help=tr("到日子了：按方案移交"))
    parser.add_argument("grid", metavar="GRID")
    parser.add_argument(
        "--now", action="store_true", help=tr("不等日子，也不等没联系的电脑；晚到的由网格长审核")
    )
    parser.set_defaults(act_on=_do_transfer)
    return parser


def _status(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("status", help=tr("方案，和还没联系过的电脑"))
    parser.add_argument("grid", metavar="GRID", nargs="?", default="")
    parser.add_argument("--all", action="store_true", help=tr("做完和撤回的也列出"))
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act_on=_do_status)
    return parser


def _cancel(acts: _Commands[_Parser]) -> _Parser:
    parser = acts.add_parser("cancel", help=tr("撤回还没移交的方案"))
    parser.add_argument("grid", metavar="GRID")
    parser.set_defaults(act_on=_do_cancel)
    return parser


def _do_split(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import planning

    made = planning.split(
        server,
        args.grid,
        args.new,
        args.name,
        buildings=args.building,
        micros=args.micro,
        households=args.household,
        workers=args.worker,
    )
    return _planned(server, made)


def _do_merge(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import planning

    made = planning.merge(
        server, args.grids, args.into, keep_staff=args.keep_staff, across=args.across
    )
    return _planned(server, made)


def _do_handover(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import planning

    return _planned(server, planning.handover(server, args.grid, args.giver, args.taker))


def tell_half_merged(server: Server) -> None:
    """One line for each grid that was merged away and stands again, on stderr."""
    from gridapp.server.half_merged import half_merged

    for problem in half_merged(server):
        print(problem.text(), file=sys.stderr)


def _planned(server: Server, made: Regrouping) -> int:
    print(_line(server, made))
    print(tr("下一步：gridapp server grid freeze 公布交接日期。"))
    return 0


def _do_freeze(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import drain, regrouping

    held = regrouping.freeze(server, args.grid, args.on)
    print(_line(server, held))
    away = [one for one in drain.computers(server, held) if not one.back]
    print(tr("要等 {count} 台电脑联系一次。").format(count=len(away)))
    return 0


def _do_transfer(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import transferring

    done = transferring.transfer(server, args.grid, now=args.now)
    print(_line(server, done.regrouping))
    counts = [f"{Label(KINDS[k].zh, KINDS[k].en)} {count}" for k, count in done.moved.items()]
    print(tr("已移交：{what}").format(what=tr("，").join(counts) or tr("没有要移的")))
    return 0


def _do_cancel(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import regrouping

    print(_line(server, regrouping.cancel(server, args.grid)))
    return 0


def _do_status(server: Server, args: argparse.Namespace) -> int:
    from gridapp.server import drain, regrouping

    if args.grid and not args.all:
        found = [regrouping.find_open(server, args.grid)]
    else:
        found = regrouping.all_of(server, open_only=not args.all)
    lines, documents = [], []
    for held in found:
        # Nobody is late for a day that was not announced.
        computers = drain.computers(server, held) if held.state == regrouping.FROZEN else []
        lines += [_line(server, held), *(_computer(one) for one in computers)]
        documents.append(_document(server, held, computers))
    emit(args, documents, "\n".join(lines) or tr("没有待办的方案。"))
    return 0


def _line(server: Server, held: Regrouping) -> str:
    from gridapp.server import regrouping

    named = regrouping.units(server, (*held.grids, held.grid))
    grids = tr("、").join(_grid(named, key) for key in held.grids)
    said = {
        regrouping.SPLIT: tr("拆分 {grids}：分出 {new}"),
        regrouping.MERGE: tr("合并 {grids}：并入 {target}"),
        regrouping.HANDOVER: tr("移交 {grids}"),
    }[held.what].format(
        grids=grids,
        target=_grid(named, held.grid),
        new=" ".join(held.plan.get("new", {}).values()),
    )
    state = {
        regrouping.PLANNED: tr("待公布"),
        regrouping.FROZEN: tr("已公布，交接日期 {day}"),
        regrouping.DONE: tr("已移交"),
        regrouping.CANCELLED: tr("已撤回"),
    }[held.state].format(day=held.plan.get("on", ""))
    return tr("{what}（{more}）").format(what=said, more=state)


def _grid(named: dict[Any, Any], key: Any) -> str:
    return f"{named[key].name} {named[key].code}" if key in named else str(key)


def _computer(one: Away) -> str:
    seen = f"{local(one.last_seen):%Y-%m-%d %H:%M}" if one.last_seen else tr("从未")
    state = tr("已联系") if one.back else tr("还没联系")
    return f"\t{one.person}\t{one.device_name}\t{seen}\t{state}"


def _document(server: Server, held: Regrouping, computers: Sequence[Away]) -> dict[str, Any]:
    from gridapp.server import regrouping

    named = regrouping.units(server, (*held.grids, held.grid))
    return {
        "what": held.what,
        "state": held.state,
        "on": held.plan.get("on"),
        "grids": [named[key].code for key in held.grids if key in named],
        "grid": named[held.grid].code if held.grid in named else None,
        "computers": [asdict(one) for one in computers],
    }
