"""What the program writes where a person asks for it goes through ``whole_file``: whole, or not at all.

Found by reading the source: every way to make a file that the house knows. Who else writes is named here, and why.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "gridapp"

# Files of the program's own, in folders of its own; and those few that have a care of their own.
ALLOWED = {
    "cli/main.py": "what is printed goes nowhere where nobody listens",
    "documents/enrolment_slips.py": "a code of the slip, in memory",
    "documents/household_pdf.py": "a stream that it is given",
    "documents/pdf_pages.py": "a stream that it is given",
    "documents/pictures.py": "pictures for papers, in memory",
    "server/copying.py": "a backup: a database, written beside and renamed",
    "server/journal.py": "the server's journal",
    "server/set_aside.py": "a new folder of what was kept aside: all of it, or it is taken back",
    "server/starting.py": "a lock",
    "store/attempts.py": "own folder",
    "store/blobs.py": "own folder",
    "store/erasing.py": "own folder",
    "store/keys.py": "own folder",
    "store/locking.py": "own folder",
    "store/migrate.py": "own folder",
    "store/opening.py": "own folder",
    "store/pixels.py": "pictures in memory",
    "sync/bundle_files.py": "sticks, written beside and renamed, with words of their own",
    "ui/preferences.py": "own folder",
    "ui/running/window_place.py": "own folder",
    "ui/help/guide_pictures.py": "of those who make the guide",
    "ui/tour.py": "of those who look at the screens",
    "ui/widgets/photo/sources.py": "a picture of the clipboard, in memory",
    "whole_file.py": "this is it",
}
# Tools of those who build and try the program: what they write nobody keeps.
_TOOLS = ("bench", "demo")

_NAMES = {"write_text", "write_bytes", "fdopen", "mkstemp", "NamedTemporaryFile", "QSaveFile"} | {
    "QFile",
    "QPdfWriter",
    "copyfile",
    "copyfileobj",
    "copy2",
    "setOutputFileName",
}


def writers(source: str) -> Iterator[int]:
    """Lines on which a file may be made or written."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _writes(node):
            yield node.lineno


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _NAMES:
        return True
    if name == "save":  # of pictures and PDFs; forms and painters take no argument
        return bool(call.args) and isinstance(call.func, ast.Attribute)
    return name == "open" and _opens_to_write(call)


def _opens_to_write(call: ast.Call) -> bool:
    words = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "os":
        return ast.unparse(call.args[1]) != "os.O_RDONLY"
    plain = {w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)}
    modes = {w for w in plain if len(w) < 4 and set(w) <= set("rwaxbt+")}
    return any(set(m) & set("wax+") for m in modes)


def _found() -> dict[str, list[int]]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] not in _TOOLS:
            found[name] = list(writers(path.read_text(encoding="utf-8")))
    return {name: lines for name, lines in found.items() if lines}


def test_nobody_else_writes_files() -> None:
    found = _found()
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}
    assert sorted(set(ALLOWED) - set(found)) == []  # who writes no more needs no leave


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text('x')",
        "path.write_bytes(data)",
        "open(path, 'w')",
        "open(path, mode='wb')",
        "path.open('x')",
        "path.open('r+b')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "os.open(path, flags)",
        "os.fdopen(handle, 'wb')",
        "image.save(path)",
        "tempfile.mkstemp()",
        "QSaveFile(name)",
        "shutil.copyfile(a, b)",
    ],
)
def test_a_writer_is_noticed(line: str) -> None:
    assert list(writers(f"def f():\n    {line}\n")) == [2]


@pytest.mark.parametrize(
    "line",
    [
        "open(path)",
        "path.open('rb')",
        "os.open(folder, os.O_RDONLY)",
        "painter.save()",
        "save(before, after)",
        "desk.opening.emit(form)",
        "whole_file.writing(path)",
    ],
)
def test_who_only_reads_is_not(line: str) -> None:
    assert list(writers(f"def f():\n    {line}\n")) == []
