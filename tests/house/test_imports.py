"""Who may import whom (docs: the layout of the program), read from the real files."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.imports import broken_rules

ROOT = Path(__file__).resolve().parents[2]


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    for folder in file.relative_to(root).parents[:-1]:
        (root / folder / "__init__.py").touch()
    file.write_text(text, encoding="utf-8")


def test_the_program_keeps_the_rules() -> None:
    assert broken_rules(ROOT) == []


def test_the_program_was_really_read() -> None:
    files = list((ROOT / "gridapp").rglob("*.py"))
    assert len(files) > 10


def test_the_server_runs_without_the_client() -> None:
    """The rules read text; this asks a running interpreter for the same thing."""
    code = (
        "import pkgutil, sys, importlib, gridapp.server as s\n"
        "for m in pkgutil.walk_packages(s.__path__, 'gridapp.server.'):\n"
        "    if 'migrations' not in m.name: importlib.import_module(m.name)\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('PySide6', 'sqlcipher3')"
        " or m.startswith(('gridapp.store', 'gridapp.ui', 'gridapp.sync.transport'))]\n"
        "sys.exit(' '.join(bad) or 0)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_no_sql_in_the_window() -> None:
    """Not even handed to a reader: what is shown is a view of the store."""
    begins = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.IGNORECASE)
    files = [*(ROOT / "gridapp" / "ui").rglob("*.py"), ROOT / "gridapp" / "app.py"]
    found = [
        f"{file.name}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if begins.match(node.value) and node.value.split()[0].isupper()
    ]
    assert found == []


FORBIDDEN = [
    ("gridapp/domain/visit.py", "from sqlalchemy import Table"),
    ("gridapp/domain/visit.py", "import sqlite3"),
    ("gridapp/domain/visit.py", "import gridapp.config"),
    ("gridapp/domain/visit.py", "from ..store import engine"),
    ("gridapp/domain/visit.py", "from .. import store"),
    ("gridapp/domain/visit.py", "def f():\n    from gridapp import store"),
    ("gridapp/domain/visit.py", "from importlib import import_module\nimport_module('gridapp.ui')"),
    ("gridapp/store/engine.py", "from gridapp.sync import merge"),
    ("gridapp/sync/merge.py", "from gridapp.store import engine"),
    ("gridapp/sync/merge.py", "from gridapp.sync import engine"),
    ("gridapp/sync/__init__.py", "from gridapp.sync.engine import Engine"),
    ("gridapp/sync/engine.py", "import requests"),
    ("gridapp/sync/engine.py", "from gridapp.ui import shell"),
    ("gridapp/server/app.py", "from gridapp.sync import engine"),
    ("gridapp/server/app.py", "import gridapp.sync"),
    ("gridapp/server/app.py", "from gridapp.store import engine"),
    ("gridapp/documents/file.py", "from gridapp.store import engine"),
    ("gridapp/importing/roster.py", "from gridapp.sync import protocol"),
    ("gridapp/ui/shell.py", "import sqlalchemy.orm"),
    ("gridapp/ui/shell.py", "import gridapp.app"),
    ("gridapp/ui/shell.py", "import gridapp.server.app"),
    ("gridapp/ui/pages/today.py", "from gridapp.store.reader import Reader"),
    ("gridapp/ui/pages/file/visits.py", "from gridapp.store import search"),
    ("gridapp/ui/forms/visit.py", "from gridapp.sync.transport import Transport"),
    ("gridapp/app.py", "import gridapp.server"),
    ("gridapp/cli/main.py", "from PySide6.QtWidgets import QApplication"),
    ("gridapp/cli/main.py", "import uvicorn"),
    ("gridapp/demo/run.py", "import requests"),
    ("gridapp/i18n.py", "import gridapp.errors"),
    ("gridapp/__init__.py", "from gridapp.domain import visit"),
    ("gridapp/brand_new.py", "x = 1"),
]

ALLOWED = [
    ("gridapp/domain/visit.py", "from gridapp.errors import AppError\nfrom . import event"),
    ("gridapp/store/engine.py", "import sqlalchemy\nfrom gridapp.tables import build"),
    ("gridapp/ui/pages/today.py", "from gridapp.store.views.today import today"),
    ("gridapp/sync/transport.py", "import requests\nfrom gridapp.sync import engine"),
    (
        "gridapp/sync/merge.py",
        "from gridapp.sync import protocol\nfrom gridapp.domain import event",
    ),
    ("gridapp/server/app.py", "import litestar\nfrom gridapp.sync import protocol, merge"),
    ("gridapp/ui/shell.py", "from PySide6 import QtCore\nfrom gridapp.sync.engine import Engine"),
    ("gridapp/app.py", "import PySide6.QtWidgets\nimport gridapp.ui.shell"),
    ("gridapp/cli/main.py", "import gridapp.server.app\nimport gridapp.app"),
    ("gridapp/errors.py", "from gridapp import i18n\nimport gridapp"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("domain/event", "store/engine", "sync/engine", "sync/merge", "sync/protocol"):
        write(tmp_path, f"gridapp/{name}.py", "")
    for name in ("ui/shell", "server/app", "store/search", "errors", "i18n"):
        write(tmp_path, f"gridapp/{name}.py", "")
    return tmp_path


@pytest.mark.parametrize(("name", "text"), FORBIDDEN)
def test_a_forbidden_import_is_reported(tree: Path, name: str, text: str) -> None:
    write(tree, name, text)
    found = broken_rules(tree)
    assert len(found) == 1, found
    assert found[0].startswith(name)


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_an_allowed_import_is_not_reported(tree: Path, name: str, text: str) -> None:
    write(tree, name, text)
    assert broken_rules(tree) == []
