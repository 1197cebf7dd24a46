"""``gridapp bench NAME``: figures, each beside a floor measured in the same run."""

from __future__ import annotations

import argparse
import importlib
from functools import partial
from typing import Any

from gridapp.cli.output import emit
from gridapp.i18n import tr

BENCHES = {
    "save": "gridapp.bench.save",
    "search": "gridapp.bench.search",
    "start": "gridapp.bench.start",
    "lists": "gridapp.bench.lists",
    "typing": "gridapp.bench.typing_bench",
    "first-sync": "gridapp.bench.first_sync",
    "print": "gridapp.bench.print_bench",
    "noop": "gridapp.bench.noop",
    "reconnect": "gridapp.bench.reconnect",
    "live": "gridapp.bench.live",
    "office": "gridapp.bench.office",
    "fan-in": "gridapp.bench.fan_in",
    "existence": "gridapp.bench.existence",
}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("bench", help=tr("测速"))
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--minutes", type=float, help=tr("fan-in 测多少分钟，全程是 10"))
    parser.set_defaults(run=partial(_bench, parser))


def _bench(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    given = {} if args.minutes is None else {"minutes": args.minutes}
    if given and (args.name != "fan-in" or not args.minutes > 0):
        parser.error(tr("--minutes 要大于 0，只用于 fan-in"))
    rows: list[dict[str, Any]] = importlib.import_module(BENCHES[args.name]).measure(**given)
    emit(args, {"name": args.name, "rows": rows}, "\n".join(_line(row) for row in rows))
    return 0


def _line(row: dict[str, Any]) -> str:
    text = f"{row['what']:<46} {row['value']:>12,.3f} {row['unit']}"
    if row.get("floor") is not None:
        text += f"   floor {row['floor']:,.3f}   ratio {row['ratio']:.2f}"
    return text
