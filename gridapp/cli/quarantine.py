"""``gridapp server device quarantine``: what a revoked device handed over, a line for each record."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridapp.cli.output import emit
from gridapp.clock import local
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Kind, Sensitivity, Type
from gridapp.i18n import Label, tr

if TYPE_CHECKING:
    from gridapp.server.accounts import DeviceLine
    from gridapp.server.context import Server

_Parser = argparse.ArgumentParser
_Commands = argparse._SubParsersAction
Opened = Callable[[argparse.Namespace], AbstractContextManager["Server"]]
_MOST_WORDS = 60  # characters of what was written


def add(acts: _Commands[_Parser], where: Callable[[_Parser], None], opened: Opened) -> None:
    """Register the command."""
    text = tr(
        "吊销的设备交回、另存而没有登进档案的记录：何时、谁、哪一类、写了什么；导出，或办完后删掉"
    )
    parser = acts.add_parser("quarantine", help=text, description=text)
    parser.add_argument("device", metavar="DEVICE", help=tr("设备编号，见 device list"))
    parser.add_argument("--json", action="store_true", help=tr("每一项的全部内容"))
    acts_on = parser.add_mutually_exclusive_group()
    acts_on.add_argument(
        "--out", type=Path, metavar="DIR", help=tr("连同照片写进一个新的或空的文件夹，只有本人能读")
    )
    acts_on.add_argument(
        "--drop",
        nargs="+",
        metavar="ID",
        help=tr("已经办完的：从服务器上删掉内容；all 是全部，连同照片"),
    )
    where(parser)
    parser.set_defaults(run=partial(_quarantine, opened))


def _quarantine(opened: Opened, args: argparse.Namespace) -> int:
    from gridapp.server.accounts import find_device
    from gridapp.server.quarantine import in_words, photos

    with opened(args) as server:
        device = find_device(server, args.device)
        if args.out or args.drop:
            return _act(args, server, device)
        found, pictures = in_words(server, device.id), photos(server, device.id)
    whose = f"{device.person} {device.user_name}"
    lines = [_line(one, whose) for one in found] or [tr("没有交回的记录。")]
    if pictures:
        said = tr("另有照片 {count} 张，用 --out 导出来看。")
        lines.append(said.format(count=pictures))
    emit(args, found, "\n".join(lines))
    return 0


def _act(args: argparse.Namespace, server: Server, device: DeviceLine) -> int:
    from gridapp.server import set_aside

    if args.out:
        done = set_aside.carry_out(server, device, args.out)
        said = tr("已写入 {folder}：{count} 处改动，{photos} 张照片。看完请删掉这个文件夹。")
    else:
        done = set_aside.drop(server, device, args.drop)
        said = tr(
            "已了结 {count} 处改动和 {photos} 张照片，不再另存；档案里用着的照片留在档案里。服务器日志里记下了。"
        )
    print(said.format(folder=args.out, count=done.operations, photos=done.photos))
    return 0


def _line(one: Mapping[str, Any], whose: str) -> str:
    kind = KINDS.get(one["kind"])
    label = str(Label(kind.zh, kind.en)) if kind else one["kind"]
    when = f"{local(one['recorded_at']):%Y-%m-%d %H:%M}"
    words = _short(kind, one["fields"]) if kind else "-"
    return "\t".join((when, whose, label, one["id"], _about(one["about"]), words))


def _about(about: Mapping[str, str] | None) -> str:
    """Whom it is about: 赵桂兰 3号楼1单元201 410702… where the server knows it."""
    said = about or {}
    return " ".join(said[name] for name in ("name", "address", "number") if name in said) or "-"


def _short(kind: Kind, fields: Mapping[str, Any]) -> str:
    """The texts that were written, without numbers of people: those are in ``--json`` for who needs them."""
    if "deleted" in fields:
        return tr("删除")
    shown = [
        f"{Label(field.zh, field.en)} {' '.join(str(fields[field.name]).split())}"
        for field in kind.editable
        if field.type is Type.TEXT
        and field.sensitivity is not Sensitivity.PERSONAL
        and fields.get(field.name)
    ]
    whole = tr("，").join(shown)
    return (whole[:_MOST_WORDS] + "…" if len(whole) > _MOST_WORDS else whole) or "-"
