"""The argument parser of the command line: argparse, with its words in the user's language.

argparse speaks English only. Help and refusals are short and few, so they are said here in Chinese
instead of carrying a catalogue for a module of the standard library.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from gridapp.i18n import language, tr

USAGE_STATUS = 2

# What argparse says, and how it is said in Chinese.
_SAID = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        (r"the following arguments are required: (.+)", r"缺少 \1"),
        (r"unrecognized arguments: (.+)", r"多出了 \1"),
        (r"argument (.+?): invalid choice: (.+) \(choose from (.+)\)", r"\1 没有 \2，可用的有：\3"),
        (r"argument (.+?): invalid int value: (.+)", r"\1 应为整数，现在是 \2"),
        (r"argument (.+?): invalid \S+ value: (.+)", r"\1 不能是 \2"),
        (r"argument (.+?): expected one argument", r"\1 后面缺一个值"),
        (r"argument (.+?): expected at least one argument", r"\1 后面至少要一个值"),
        (r"argument (.+?): ignored explicit argument (.+)", r"\1 不带值，多出了 \2"),
        (r"argument (.+?): not allowed with argument (.+)", r"\1 不能与 \2 同时用"),
        (r"one of the arguments (.+) is required", r"\1 中要有一个"),
    )
)


class Parser(argparse.ArgumentParser):
    """Long options are never guessed from their beginning: scripts stay valid when options are added."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", _Help)
        options["add_help"] = False
        super().__init__(**options)
        self._positionals.title = tr("命令与内容")
        self._optionals.title = tr("选项")
        self.add_argument("-h", "--help", action="help", help=tr("显示帮助"))

    def error(self, message: str) -> NoReturn:
        """Usage and one line; ends with status 2."""
        self.print_usage(sys.stderr)
        self.exit(USAGE_STATUS, f"{self.prog}: {_say(message)}\n")


class _Help(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, tr("用法：") if prefix is None else prefix)


def _say(message: str) -> str:
    if language() == "en":
        return message
    for english, chinese in _SAID:
        found = english.fullmatch(message)
        if found:
            return found.expand(chinese)
    return message
