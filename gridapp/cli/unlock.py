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
from gridapp.errors import Problem
from gridapp.store.opening import choose, open_store
from gridapp.store.store import Store

PASSWORD_VARIABLE = "GRIDAPP_PASSWORD"  # noqa: S105 - the name of a variable


def add_data(parser: argparse.ArgumentParser) -> None:
    """``--data`` and ``--user``, the same for every client command."""
    parser.add_argument("--data", type=Path, default=None, metavar="DIR")
    parser.add_argument("--user", default=None, metavar="NAME")


def password() -> str:
    """From ``GRIDAPP_PASSWORD``, else from standard input; never an argument."""
    held = os.environ.get(PASSWORD_VARIABLE)
    if held is None and sys.stdin is not None:
        if sys.stdin.isatty():
            held = getpass.getpass("密码 / Password: ")
        else:
            held = sys.stdin.readline().rstrip("\r\n")
    if not held:
        raise Problem(
            "no_password",
            "没有密码。",
            remedy="请从标准输入或环境变量 GRIDAPP_PASSWORD 给出密码。",
        )
    return held


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
