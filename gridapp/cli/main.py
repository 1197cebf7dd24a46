"""The entry of the command line: finds the command, runs it, and says in one line what went wrong.

Only the module of the command that is asked for is imported, so that each starts fast and the client's
bundle needs no part of the server.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from gridapp import __version__
from gridapp.cli import system_words
from gridapp.cli.parser import Parser
from gridapp.config import APP_NAME, default_data_dir
from gridapp.errors import Problem
from gridapp.i18n import set_language, tr

LANGUAGE_VARIABLE = "GRIDAPP_LANG"
DEBUG_VARIABLE = "GRIDAPP_DEBUG"
INTERRUPTED_STATUS = 130

# Command -> module with add(subparsers), and what it is for.
COMMANDS = {
    "client": ("gridapp.cli.client", "本机用户的数据"),
    "server": ("gridapp.cli.server", "区服务器"),
    "demo": ("gridapp.cli.demo", "用虚构的数据试用"),
    "bench": ("gridapp.cli.bench", "测速"),
    "doctor": ("gridapp.cli.doctor", "检查这台电脑"),
}
# What comes with the server only.
_SERVER_PARTS = (
    "litestar",
    "uvicorn",
    "psycopg",
    "gridapp.server",
    "gridapp.demo",
    "gridapp.bench",
)
SELF_TEST = "--selftest"
# Bytes on the command line that are no characters: Python keeps each as half a one.
_HALF = re.compile("[\ud800-\udfff]")
# A sync makes tens of thousands of lists that are in no circle: to look through them again and again finds nothing.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0, 1 (refused), 2 (usage), 130 (interrupted). Never raises."""
    _find_somewhere_to_speak()
    _speak_utf8()
    if argv is None:  # a process of its own
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    if os.name == "posix":
        os.umask(0o077)  # databases, papers and demo folders are nobody else's to read
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except BrokenPipeError:
        # Whoever read our output has seen enough. What is left must not be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the last stop: no traceback reaches a user
        return _refuse(error)
    return status


def _run(words: list[str]) -> int:
    language, words = _language(words)
    set_language(language)
    if words == [SELF_TEST]:
        from gridapp.cli import selftest

        return selftest.run()
    if not words:
        words = ["open"]
    args = _parser(words).parse_args(words)
    return int(args.run(args) or 0)


def _language(words: list[str]) -> tuple[str, list[str]]:
    # Beforehand and anywhere on the line, because help and refusals already speak it.
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--lang", default=os.environ.get(LANGUAGE_VARIABLE, ""))
    chosen, rest = parser.parse_known_args(words)
    return str(chosen.lang), rest


def _parser(words: Sequence[str]) -> Parser:
    parser = Parser(prog=APP_NAME, description=tr("不加命令：打开网格员桌面程序。"))
    parser.add_argument(
        "--version", action="version", version=f"{APP_NAME} {__version__}", help=tr("显示版本")
    )
    parser.add_argument("--lang", choices=["zh_CN", "en"], help=tr("语言"))
    commands = parser.add_subparsers(dest="area", required=True, metavar=tr("命令"))
    for name, (module, help_text) in COMMANDS.items():
        if name in words[:1]:
            importlib.import_module(module).add(commands)
        else:
            commands.add_parser(name, help=tr(help_text))
    parser.add_argument(SELF_TEST, action="store_true", help=tr("程序自己检查一遍"))
    window = commands.add_parser("open", help=tr("打开桌面程序"))
    window.add_argument("--data", type=Path, default=None, metavar="DIR")
    window.add_argument("--user", default=None, metavar="NAME")
    window.add_argument("--note", default="", metavar="TEXT", help=tr("窗口里一直看得到的一句话"))
    window.set_defaults(run=_open)
    return parser


def _open(args: argparse.Namespace) -> int:
    from gridapp.app import run

    return run(args.data or default_data_dir(), user=args.user, note=args.note)


def _refuse(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    else:
        print(_explain(error), file=sys.stderr)
    return 1


def _explain(error: Exception) -> str:
    if isinstance(error, Problem):
        problem = error
    elif isinstance(error, ModuleNotFoundError) and (error.name or "").startswith(_SERVER_PARTS):
        problem = Problem(
            "no_server_part",
            "这里只装了客户端。",
            remedy="请在装有服务器的电脑上运行这个命令。",
        )
    elif isinstance(error, OSError) and error.filename:
        problem = Problem(
            "file_error",
            "读写不了这个文件（{why}）。",
            place=str(error.filename),
            remedy="请检查路径、权限和磁盘空间。",
            why=system_words.of(error),
        )
    else:
        # The kind of defect only: its text may hold what is stored about people.
        problem = Problem(
            "defect",
            "程序出错，没有做完（{kind}）。",
            remedy="请设置环境变量 {variable}=1 再运行一次，把显示的内容交给管理员。",
            kind=type(error).__name__,
            variable=DEBUG_VARIABLE,
        )
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", " ".join(problem.text().split()))


def _find_somewhere_to_speak() -> None:
    # A windowed program on Windows has neither; what nobody reads may be said all the same.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _speak_utf8() -> None:
    # A pipe or file on Chinese Windows would get GBK, which lacks characters that names have.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
