"""``python tests/ui/pictures.py OUTDIR``: every screen, 100% and 150%, Chinese and English, light and dark."""

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
from gridapp.ui.pictures import settle, take, take_all  # noqa: E402


def main(out: Path) -> None:
    app = QApplication([])
    app.setStyle("Fusion")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        client = Client(data, clock=lambda: NOW)
        client.start()
        take(client.window, client.tasks, out / "enrol-100.png")
        store, sample = make_store(data, households=60)
        make_store(data, households=0, user="wangfang", name="王芳")[0].close()
        store.close()
        client.show_unlock()
        take(client.window, client.tasks, out / "unlock-100.png")
        client.start("lixiuying", PASSWORD)
        settle(client.tasks)
        names = sys.argv[2:] or ["100", "150", "200", "dark", "en"]
        start = client.preferences
        for name in names:
            chosen = dataclasses.replace(
                start,
                scale=int(name) / 100 if name.isdigit() else 1.0,
                dark=name == "dark",
                language="en" if name == "en" else "zh_CN",
            )
            client.choose(chosen)
            settle(client.tasks)
            take_all(client.window, client.shell, out, name, sample.zhao, sample.event)
        client.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
