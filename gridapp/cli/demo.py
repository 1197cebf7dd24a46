"""``gridapp demo``: the main job on real divisions and invented people, with a window or without."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from gridapp.cli.unlock import PASSWORD_VARIABLE
from gridapp.demo.layout import PASSWORD, Layout, load_json
from gridapp.errors import Problem
from gridapp.i18n import tr


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("demo", help=tr("用虚构的数据试用"))
    parser.add_argument("--headless", action="store_true", help=tr("不开窗口，自动跑完并检查"))
    parser.add_argument("--dir", type=Path, default=Path("gridapp-demo"), metavar="DIR")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--small", action="store_true", help=tr("少编一些数据"))
    parser.add_argument("--check", action="store_true", help=tr("只重新检查上一次的结果"))
    parser.add_argument("--no-pictures", action="store_true", help=tr("不拍窗口图片"))
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    layout = Layout(args.dir.resolve())
    # Asked to end, the demo ends its server and clients too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if args.check:
        return _check(args, layout)
    if args.headless or not _has_screen():
        return _headless(args, layout)
    return _with_screen(args, layout)


def _headless(args: argparse.Namespace, layout: Layout) -> int:
    from gridapp.demo.headless import play

    _build(args, layout)
    play(layout, args.port, say)
    if not args.no_pictures:
        say(tr("拍窗口图片"))
        _take_pictures(layout)
    return _check(args, layout)


def _check(args: argparse.Namespace, layout: Layout) -> int:
    from gridapp.demo import checks

    if not layout.expected.exists():
        raise _not_a_demo(args.dir)
    ok = checks.run(layout, pictures=not args.no_pictures)
    for check in load_json(layout.report)["checks"]:
        say(f"{'✓' if check['ok'] else '✗'} {check['name']}: {check['detail']}")
    say(tr("结果在 {dir}").format(dir=layout.root))
    return 0 if ok else 1


def _build(args: argparse.Namespace, layout: Layout) -> None:
    from gridapp.demo.build import FULL, SMALL, build

    _make_room(layout)
    build(layout, SMALL if args.small else FULL, say)


def _make_room(layout: Layout) -> None:
    """An empty folder with a mark of ours: nothing but an earlier demo is ever cleared away."""
    mark = layout.root / _MARK
    try:
        if layout.root.exists() and any(layout.root.iterdir()):
            if not mark.exists():
                raise _not_a_demo(layout.root)
            shutil.rmtree(layout.root)
        layout.root.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        raise Problem(
            "disk_error",
            "不能在这里建立数据文件夹。",
            place=str(layout.root),
            remedy="请检查磁盘空间和权限，或换一个文件夹。",
        ) from error


def _with_screen(args: argparse.Namespace, layout: Layout) -> int:
    """Server and a worker's client, ready to be tried. What was there from the last time is kept."""
    from gridapp.demo.processes import ClientProcess, ServerProcess

    if not layout.cast.exists():
        _build(args, layout)
    players = load_json(layout.cast)["players"]
    server = ServerProcess(layout.server, args.port or _PORT)
    try:
        url = server.start()
        for part in ("worker", "head", "office"):
            player, data = players[part], layout.client(players[part]["user"])
            if not any(data.glob("users/*/profile.json")):
                say(tr("登记 {name}，首次同步").format(name=player["name"]))
                client = ClientProcess(data)
                client.ask("enrol", server=url, code=player["code"])
                client.ask("sync")
                client.end()
        _tell(players, layout, url)
        data = layout.client(players["worker"]["user"])
        command = [sys.executable, "-m", "gridapp", "open", "--data", str(data)]
        return subprocess.run([*command, "--note", _note(players)], check=False).returncode
    finally:
        server.stop()


def _note(players: dict[str, dict[str, str]]) -> str:
    """What the window says all the time: nobody should take these people for real ones."""
    return tr("演示：登录 {name}（网格员），密码 {password}。里面的人和事全是虚构的。").format(
        name=players["worker"]["name"], password=PASSWORD
    )


def _tell(players: dict[str, dict[str, str]], layout: Layout, url: str) -> None:
    worker = players["worker"]
    say("")
    say(tr("演示已就绪，全部是虚构的人。服务器：{url}").format(url=url))
    say(
        tr("窗口里登录：{name}（网格员），密码 {password}").format(
            name=worker["name"], password=PASSWORD
        )
    )
    say(tr("想同时看别人的窗口，另开一个终端（密码相同）："))
    for part, role in (("head", tr("网格长")), ("office", tr("社区"))):
        player = players[part]
        command = f"gridapp open --data {layout.client(player['user'])}"
        say(f"  {player['name']}（{role}）  {command}")
    say(tr("关闭窗口即结束演示；再次运行会接着用同一份数据。"))


def _take_pictures(layout: Layout) -> None:
    """In a process of its own, off screen: the window is grabbed, whatever this machine shows."""
    layout.pictures.mkdir(parents=True, exist_ok=True)
    users = load_json(layout.expected)["users"]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", PASSWORD_VARIABLE: PASSWORD}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "gridapp.ui.pictures",
            str(layout.pictures),
            "--data",
            str(layout.client(users["worker"])),
        ],
        env=environment,
        check=False,
    )
    if done.returncode:
        raise Problem("no_pictures", "没有拍成窗口图片。", remedy="请运行 gridapp doctor 看原因。")


def _has_screen() -> bool:
    if sys.platform == "win32":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _not_a_demo(folder: Path) -> Problem:
    return Problem(
        "not_a_demo",
        "这个文件夹里有别的内容，演示不会动它。",
        place=str(folder),
        remedy="请用 --dir 指定一个新文件夹。",
    )


def say(text: str) -> None:
    """One line to the person who watches."""
    print(text, flush=True)


_PORT = 8472
_MARK = ".gridapp-demo"
