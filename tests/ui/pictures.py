"""``make pictures``: every screen of a worker, a head and an office, of an empty day, of long names, without signal.

``python tests/ui/pictures.py OUTDIR [LOOK…]`` with LOOK as worker-100, worker-dark150, office-200, en-100.
"""

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from PySide6.QtWidgets import QApplication  # noqa: E402
from sample import NOW, PASSWORD, make_store  # noqa: E402

from gridapp.app import Client  # noqa: E402
from gridapp.errors import Problem  # noqa: E402
from gridapp.i18n import tr  # noqa: E402
from gridapp.sync.schedule import Phase, ServiceState  # noqa: E402
from gridapp.ui.pictures import take_all, theme_of  # noqa: E402
from gridapp.ui.tour import settle, take  # noqa: E402

LOOKS = (
    *("worker-100", "worker-150", "worker-200", "worker-dark", "en-100"),
    *("head-100", "office-100", "office-dark150"),
    *("empty-100", "long-100", "long-200", "troubles-100", "troubles-150"),
)


def main(out: Path, looks: list[str]) -> None:
    app = QApplication([])
    app.setStyle("Fusion")
    out.mkdir(parents=True, exist_ok=True)
    _entries(out)
    for who in dict.fromkeys(look.split("-")[0] for look in looks):
        with tempfile.TemporaryDirectory() as folder:
            _walk(Path(folder), who, [look for look in looks if look.startswith(f"{who}-")], out)


def _entries(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        client = Client(Path(folder), clock=lambda: NOW)
        client.start()
        take(client.window, client.tasks, out / "enrol.png")
        for user, name in (("lixiuying", "李秀英"), ("wangfang", "王芳")):
            make_store(Path(folder), households=0, user=user, name=name)[0].close()
        client.show_unlock()
        take(client.window, client.tasks, out / "unlock.png")
        client.close()


def _walk(folder: Path, who: str, looks: list[str], out: Path) -> None:
    state = who if who in ("head", "office", "long", "troubles") else "worker"
    count = 0 if who == "empty" else 60
    make_store(folder, households=count, latin=who == "en", state=state)[0].close()
    client = Client(folder, clock=lambda: NOW, sync=False)
    client.start("lixiuying", PASSWORD)
    settle(client.tasks)
    for look in looks:
        theme = theme_of(look.split("-")[1])
        client.choose(
            dataclasses.replace(
                client.preferences,
                scale=theme.scale,
                dark=theme.dark,
                language="en" if who == "en" else "zh_CN",
            )
        )
        settle(client.tasks)
        if who == "troubles":
            problem = Problem("server", tr("服务器现在连不上，稍后会自己再试。"))
            client.desk.tell_sync(ServiceState(Phase.OFFLINE, problem))
        take_all(client.window, client.shell, out, look)
    client.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(LOOKS))
