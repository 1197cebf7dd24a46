"""A running client over a real encrypted store, without a screen."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

sys.path.insert(0, str(Path(__file__).parent))

from sample import NOW, PASSWORD, Sample, make_store, sweep

from gridapp.app import Client
from gridapp.i18n import set_language
from gridapp.ui.pages.page import Page
from gridapp.ui.shell import Shell
from gridapp.ui.tour import HEIGHT, WIDTH, settle


class Desktop:
    """The client with its sample data, and short ways to wait."""

    def __init__(self, client: Client, sample: Sample) -> None:
        self.client, self.sample = client, sample

    @property
    def shell(self) -> Shell:
        assert self.client.shell
        return self.client.shell

    def show(self, page: str) -> Page:
        """Another page, with what it shows."""
        assert self.client.desk
        self.client.desk.go(page)
        self.settle()
        return self.shell.pages[page]

    def settle(self) -> None:
        settle(self.client.tasks)

    def sql(self, query: str, *params: object) -> list[tuple]:
        assert self.client.desk
        return self.client.desk.store.read(lambda r: r.rows(query, params)).result()


@pytest.fixture(autouse=True)
def collected(garbage_of_windows: None) -> Iterator[None]:
    """Every test here has windows; a client that ends gives collecting back to Python."""
    gc.disable()
    yield
    gc.disable()


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Sample]]:
    """Closed data folders, made once for each kind of sample."""
    made: dict[tuple, tuple[Path, Sample]] = {}

    def template(**options: object) -> tuple[Path, Sample]:
        key = tuple(sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("sample")
            store, sample = make_store(folder, **options)
            store.close()
            made[key] = folder, sample
        return made[key]

    return template


@pytest.fixture
def start(
    qapp: QApplication, tmp_path: Path, templates: Callable[..., tuple[Path, Sample]]
) -> Iterator[Callable[..., Desktop]]:
    """Makes a store and opens a client on it: ``start(households=…, latin=…)``."""
    qapp.setStyle("Fusion")
    opened: list[Client] = []

    def begin(**options: object) -> Desktop:
        folder, sample = templates(**options)
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
        client = Client(tmp_path, clock=lambda: NOW, sync=False)
        opened.append(client)
        client.start("lixiuying", PASSWORD)
        client.window.resize(WIDTH, HEIGHT)  # the screen without a screen is smaller
        client.window.activateWindow()
        assert QTest.qWaitForWindowActive(client.window)
        settle(client.tasks)
        return Desktop(client, sample)

    yield begin
    for client in opened:
        client.window.close()
        client.close()
        client.window.deleteLater()
    opened.clear()
    set_language("zh_CN")
    sweep(qapp)


@pytest.fixture
def desktop(start: Callable[..., Desktop]) -> Desktop:
    return start(households=12)
