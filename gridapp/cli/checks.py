"""What ``gridapp doctor`` looks at: each check says what it found or raises a ``Problem`` with the remedy."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gridapp import __version__
from gridapp.cli.data_checks import FIRST_YEAR, clock, data_folder, disk, users
from gridapp.clock import Clock
from gridapp.config import APP_NAME, resource_path
from gridapp.errors import Problem
from gridapp.i18n import catalogue, tr

RARE = "㛃䶮𠮷𬭊"
_WINDOW_SECONDS = 60
_REINSTALL = "请重新安装程序。"

# Module -> distribution, where the client cannot do without.
PARTS = {
    "sqlalchemy": "SQLAlchemy",
    "sqlcipher3": "sqlcipher3",
    "alembic": "alembic",
    "requests": "requests",
    "msgspec": "msgspec",
    "typst": "typst",
    "pypdfium2": "pypdfium2",
    "PIL": "pillow",
    "pi_heif": "pi-heif",
    "python_calamine": "python-calamine",
    "xlsxwriter": "XlsxWriter",
    "pypinyin": "pypinyin",
    "argon2": "argon2-cffi",
    "cryptography": "cryptography",
    "segno": "segno",
}
RESOURCES = (
    ("print", "household_file.typ"),
    ("styles", "window.qss"),
    ("icons", "light"),
    ("icons", "dark"),
    ("fonts", "NotoSansCJKsc-Regular.otf"),
    ("fonts", "NotoSansCJKsc-Bold.otf"),
    ("translations", "en"),
)


def program() -> str:
    """The versions that support asks for first."""
    return (
        f"{APP_NAME} {__version__}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )


def parts() -> str:
    """Every library can be loaded."""
    missing = []
    versions = []
    for module, name in PARTS.items():
        try:
            importlib.import_module(module)
        except ImportError:
            missing.append(name)
        else:
            versions.append(f"{name} {_version(name)}".strip())
    if missing:
        raise Problem("parts", "缺少 {names}。", remedy=_REINSTALL, names=tr("、").join(missing))
    return ", ".join(versions)


def resources() -> str:
    """Every file that comes with the program is there and can be read."""
    from gridapp.resources import default_reference

    for parts_of_path in RESOURCES:
        path = resource_path(*parts_of_path)
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            raise Problem(
                "resources", "缺少 {name}。", remedy=_REINSTALL, name="/".join(parts_of_path)
            )
    return tr("{count} 条代码和事项，{texts} 条译文").format(
        count=len(default_reference()), texts=len(catalogue("en"))
    )


def font() -> str:
    """The font holds rare characters of names; one without them prints empty boxes."""
    from PIL import ImageFont

    for weight in ("Regular", "Bold"):
        path = resource_path("fonts", f"NotoSansCJKsc-{weight}.otf")
        try:
            face = ImageFont.truetype(str(path), 40)
        except OSError as error:
            raise Problem(
                "font", "字体 {name} 不在或已损坏。", remedy=_REINSTALL, name=path.name
            ) from error
        empty = bytes(face.getmask("\U0010fffd"))  # what the font shows for what it has not got
        lacking = "".join(each for each in RARE if bytes(face.getmask(each)) == empty)
        if lacking:
            raise Problem(
                "font",
                "字体 {name} 没有 {lacking}。",
                remedy=_REINSTALL,
                name=path.name,
                lacking=lacking,
            )
    return f"Noto Sans CJK SC, {RARE}"


def window() -> str:
    """Qt starts; in a process of its own, for Qt ends one where a library of the system is missing."""
    start = [] if getattr(sys, "frozen", False) else ["-m", "gridapp.cli.main"]
    environment = dict(os.environ)
    screen = has_screen()
    if not screen:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        run = subprocess.run(
            [sys.executable, *start, "doctor", "--window"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_WINDOW_SECONDS,
            env=environment,
            check=False,
        )
        said, ended = run.stdout.strip(), run.returncode
        why = (run.stderr.strip().splitlines() or [str(ended)])[0]
    except (OSError, subprocess.TimeoutExpired) as error:
        said, ended, why = "", 1, type(error).__name__
    if ended != 0 or not said:
        raise Problem(
            "window",
            "打不开窗口：{why}",
            remedy="请安装系统缺少的图形库，或联系管理员；命令行不受影响。",
            why=why[:200],
        )
    return said if screen else tr("{qt}；这里没有屏幕，只能用命令行").format(qt=said)


def has_screen() -> bool:
    """Whether there is something to open a window on."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def encryption() -> str:
    """A database is made, found by full text, unreadable from outside, and refuses another key."""
    from gridapp.store.database import DatabaseError

    failed = Problem("encryption", "数据加密不起作用。", remedy=_REINSTALL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.db"
        try:
            versions, found = _tried(path)
        except DatabaseError as error:
            raise failed from error
        data = path.read_bytes()
        if not found or not _refuses(path) or data[:6] == b"SQLite" or b"plain" in data:
            raise failed
    return versions


def printing() -> str:
    """A household file is laid out and its text read back."""
    import pypdfium2

    pdf = household_pdf()
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0].get_textpage()
        there = RARE in page.get_text_range()
        page.close()
    finally:
        document.close()
    if not there:
        raise Problem("printing", "打印出来的字不对。", remedy=_REINSTALL)
    return tr("{size} 字节的 PDF").format(size=len(pdf))


def household_pdf() -> bytes:
    """The file of one household with a rare name."""
    from datetime import date
    from uuid import UUID

    from gridapp.documents.household_file import HouseholdSheet, PrintContext
    from gridapp.documents.household_pdf import render_household_files

    context = PrintContext(
        printed_by="", device="", printed_at="", version_date=date(FIRST_YEAR, 1, 1)
    )
    return render_household_files([HouseholdSheet(uuid=UUID(int=0), name=RARE)], context)


def all_checks(data_dir: Path, now: Clock) -> dict[str, tuple[str, Callable[[], str]]]:
    """Name -> label and check, in the order in which they are shown."""
    return {
        "program": (tr("程序"), program),
        "parts": (tr("组件"), parts),
        "resources": (tr("资源"), resources),
        "font": (tr("字体"), font),
        "window": (tr("窗口"), window),
        "encryption": (tr("加密"), encryption),
        "printing": (tr("打印"), printing),
        "clock": (tr("时钟"), lambda: clock(now)),
        "disk": (tr("磁盘"), lambda: disk(data_dir)),
        "folder": (tr("数据文件夹"), lambda: data_folder(data_dir)),
        "users": (tr("用户"), lambda: users(data_dir)),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""  # inside a bundle


def _tried(path: Path) -> tuple[str, bool]:
    """Versions, and whether what was written into a new database is found in it."""
    from gridapp.store.database import connect
    from gridapp.store.schema import SEARCH_DDL

    connection = connect(path, bytes(range(32)))
    try:
        cipher = connection.execute("PRAGMA cipher_version").fetchone()
        sqlite = connection.execute("SELECT sqlite_version()").fetchone()
        connection.execute(SEARCH_DDL)
        connection.execute("INSERT INTO search (rowid,tokens) VALUES (1,?)", (f"plain {RARE}",))
        rows = connection.execute("SELECT rowid FROM search WHERE search MATCH 'plain'").fetchall()
    finally:
        connection.close()
    return f"SQLCipher {cipher[0] if cipher else '-'}, SQLite {sqlite[0]}", rows == [(1,)]


def _refuses(path: Path) -> bool:
    from gridapp.store.database import connect

    try:
        connect(path, bytes(32)).close()
    except Problem as problem:
        return problem.code == "damaged"
    return False
