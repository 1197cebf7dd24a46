"""``gridapp doctor``: whether everything that gridapp needs of this computer is there and works."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from gridapp.cli.checks import all_checks
from gridapp.cli.output import emit
from gridapp.clock import Clock, system_clock
from gridapp.config import default_data_dir
from gridapp.errors import Problem
from gridapp.i18n import tr

# What a part that is broken raises when it is tried.
_BROKEN = (ImportError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    label: str
    ok: bool
    detail: str


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("doctor", help=tr("检查这台电脑"))
    parser.add_argument("--data", type=Path, default=None, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    # its own child process: see checks.window
    parser.add_argument("--window", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=_doctor)


def examine(data_dir: Path, clock: Clock = system_clock) -> list[Finding]:
    """Every check, in order; one that fails does not keep the next from being made."""
    return [
        _finding(name, label, check) for name, (label, check) in all_checks(data_dir, clock).items()
    ]


def _finding(name: str, label: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, label, True, check())
    except Problem as problem:
        return Finding(name, label, False, " ".join(problem.text().split()))
    except _BROKEN as error:
        why = f"{type(error).__name__}: {error}"
        broken = Problem("broken", "不能用（{why}）。", remedy="请重新安装程序。", why=why[:200])
        return Finding(name, label, False, " ".join(broken.text().split()))


def _doctor(args: argparse.Namespace) -> int:
    if args.window:
        from gridapp.ui.probes.probe import probe

        return probe()
    found = examine(args.data or default_data_dir())
    ok = all(finding.ok for finding in found)
    emit(args, {"ok": ok, "checks": [asdict(f) for f in found]}, "\n".join(map(_line, found)))
    return 0 if ok else 1


def _line(finding: Finding) -> str:
    said = tr("正常") if finding.ok else tr("问题")
    return f"{said}  {finding.label}: {finding.detail}"
