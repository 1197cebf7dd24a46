"""What must not be in the tree: paths of somebody's machine, registries, endless functions."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION = 60
LONGEST_MODULE = 500

# put together, so that this file does not report itself
FOLDERS = "|".join(["ro" + "ot", "ho" + "me", "wo" + "rk", "Us" + "ers"])
MACHINE_PATH = re.compile(rf"(?<![\w.>)}}\]*~-])(?:[A-Z]:)?[/\\](?:{FOLDERS})[/\\]")
REGISTRIES = ("pypi." + "org", "python" + "hosted.org", "npmjs." + "org", "crates." + "io")
# Texts of licences stand as they were written.
UNTOUCHED = {"LICENSE", "resources/fonts/OFL.txt"}


def tracked_files() -> list[Path]:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode("utf-8").split("\0")
    return [ROOT / name for name in names if name and name not in UNTOUCHED]


def texts() -> list[tuple[Path, str]]:
    found = []
    for file in tracked_files():
        if not file.is_file():
            continue
        try:
            found.append((file, file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def offenders(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def too_long(file: Path) -> list[str]:
    source = file.read_text(encoding="utf-8")
    found = []
    if (lines := len(source.splitlines())) > LONGEST_MODULE:
        found.append(f"{file.name}: {lines} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{file.name}:{node.lineno} {node.name}: {length} lines")
    return found


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert offenders(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert offenders(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("open('/" + "home/li/data')", True),
        ("C:\\" + "Users\\li", True),
        ("/" + "work/x", True),
        ("cd /" + "root/x", True),
        ("GET /api/" + "home/status", False),
        ("grid:<id>:" + "work", False),
        ("{base}/" + "work/list", False),
    ],
)
def test_machine_paths_are_told_from_others(line: str, bad: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) is bad


def test_functions_and_modules_stay_short() -> None:
    found = []
    for file in sorted((ROOT / "gridapp").rglob("*.py")):
        found += [f"{file.parent.relative_to(ROOT)}/{each}" for each in too_long(file)]
    assert found == []


def test_a_long_function_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION, encoding="utf-8")
    assert too_long(file) == [f"long.py:1 f: {LONGEST_FUNCTION + 1} lines"]
    file.write_text("x = 1\n" * (LONGEST_MODULE + 1), encoding="utf-8")
    assert too_long(file) == [f"long.py: {LONGEST_MODULE + 1} lines"]
