"""Opening a client's data from the command line: which user, and the password."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridapp.config import default_data_dir
from gridapp.domain.values import clean_text
from gridapp.errors import Problem
from gridapp.i18n import tr
from gridapp.store.opening import choose, open_store
from gridapp.store.store import Store

PASSWORD_VARIABLE = "GRIDAPP_PASSWORD"  # noqa: S105 - the name of a variable


def add_data(parser: argparse.ArgumentParser) -> None:
    """``--data`` and ``--user``, the same for every client command."""
    parser.add_argument("--data", type=Path, default=None, metavar="DIR")
    parser.add_argument("--user", default=None, metavar="NAME")


def add_reveal(parser: argparse.ArgumentParser) -> None:
    """``--reveal REASON``: whole numbers, for a reason that is kept."""
    parser.add_argument("--reveal", default=None, metavar=tr("理由"), help=tr("显示完整号码"))


def reason(args: argparse.Namespace) -> str:
    """Why whole numbers are wanted, "" where they are not. Raises ``Problem`` ``reason_needed``."""
    if args.reveal is None:
        return ""
    stated = clean_text(args.reveal.encode("utf-8", "replace").decode())
    if not stated:
        raise Problem(
            "reason_needed",
            "要看完整号码，请写明理由。",
            remedy="例如 --reveal 核对低保名单。",
        )
    return stated


def password(*, twice: bool = False) -> str:
    """From ``GRIDAPP_PASSWORD``, else from standard input; never an argument.

    ``twice``: a new one is asked for again where a person types it unseen.
    """
    held = os.environ.get(PASSWORD_VARIABLE)
    if held is None and sys.stdin is not None:
        held = _typed(twice) if sys.stdin.isatty() else _piped()
    if not held:
        raise Problem(
            "no_password",
            "没有密码。",
            remedy="请从标准输入或环境变量 GRIDAPP_PASSWORD 给出密码。",
        )
    _check_text(held)
    return held


def _typed(twice: bool) -> str:
    held = getpass.getpass(tr("密码："))
    if twice and held and getpass.getpass(tr("再输一次：")) != held:
        raise Problem("not_the_same", "两次输入的密码不一样。", remedy="请再试一次。")
    return held


def _piped() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise _not_text() from error


def _check_text(held: str) -> None:
    try:
        held.encode()
    except UnicodeEncodeError as error:
        raise _not_text() from error


def _not_text() -> Problem:
    return Problem("no_password", "密码里有认不出的字符。", remedy="请用 UTF-8 编码给出密码。")


def data_dir(args: argparse.Namespace) -> Path:
    """The named data folder, or the default one."""
    return args.data if args.data is not None else default_data_dir()


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Store]:
    """The store of the named user, closed afterwards."""
    profile = choose(data_dir(args), args.user)
    store = open_store(profile.folder, password())
    try:
        yield store
    finally:
        store.close()
