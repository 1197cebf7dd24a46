"""``make mutants``: the code broken on purpose, one place at a time, on a copy of the tree; do the tests notice?

Every break runs the tests that should notice it; the test that failed then runs once more without the break, since
one that fails anyway has noticed nothing. Ends with status 1 where fewer than ``--wanted`` breaks were noticed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.proof.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("gridapp", "tests", "pyproject.toml", "installer")
CAUGHT, MISSED, STALE, BROKEN = "caught", "MISSED", "stale", "broken"
HUNG, FAILING = "hung", "fails anyway"


def main() -> int:
    options = _options()
    chosen = [m for m in MUTANTS if options.only in m.name]
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="gridapp-mutants-", dir=_ram()))
    trees: SimpleQueue[Path] = SimpleQueue()

    def one(mutant: Mutant) -> str:
        verdict, by = _try(trees, mutant, options.seconds)
        print(
            f"{verdict:12} {mutant.statement:2}  {mutant.name}  ({mutant.file})  {by}", flush=True
        )
        return verdict

    try:
        for number in range(options.workers):
            trees.put(copy_tree(folder / str(number)))
        with ThreadPoolExecutor(options.workers) as pool:
            verdicts = list(pool.map(one, chosen))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    caught = verdicts.count(CAUGHT)
    took = time.monotonic() - began
    print(f"{caught} of {len(chosen)} noticed, {took:.0f} s")
    return 0 if caught >= min(options.wanted, len(chosen)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="a part of the name")
    parser.add_argument("--wanted", type=int, default=28)
    parser.add_argument("--seconds", type=float, default=150, help="for the tests of one break")
    return parser.parse_args()


def _ram() -> Path | None:
    place = Path("/dev/shm")
    return place if os.access(place, os.W_OK) else None


def copy_tree(target: Path) -> Path:
    """The project without what is made and what is large, which is linked."""
    target.mkdir()
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
    for name in ("resources", "docs", "README.md", "CHANGELOG.md"):
        (target / name).symlink_to(ROOT / name)
    return target


def fits(mutant: Mutant, root: Path = ROOT) -> bool:
    """Whether the code still has the place, once."""
    path = root / mutant.file
    return path.exists() and path.read_text(encoding="utf-8").count(mutant.old) == 1


def _try(trees: SimpleQueue[Path], mutant: Mutant, seconds: float) -> tuple[str, str]:
    """The verdict, and the test that noticed."""
    if not fits(mutant):
        return STALE, ""
    tree = trees.get()
    path = tree / mutant.file
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        status, failed = _pytest(tree, [t for t in mutant.tests if _there(tree, t)], seconds)
        path.write_text(text, encoding="utf-8")
        if status != 1 or not failed:
            return {0: MISSED, None: HUNG}.get(status, BROKEN), failed
        # What fails without the break as well has noticed nothing.
        clean, _ = _pytest(tree, [failed], seconds)
        return (CAUGHT if clean == 0 else FAILING), failed
    finally:
        path.write_text(text, encoding="utf-8")
        trees.put(tree)


def _there(tree: Path, argument: str) -> bool:
    return not argument.startswith("tests/") or (tree / argument).exists()


def _pytest(tree: Path, tests: list[str], seconds: float) -> tuple[int | None, str]:
    """Exit status of pytest (None where it did not come to an end), and the first test that failed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-rfE",
        "--tb=no",
        "-p",
        "no:cacheprovider",
    ]
    process = subprocess.Popen(
        [*command, "-m", "not slow", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None, ""
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", said, re.MULTILINE)
    return process.returncode, failed[1] if failed else ""


if __name__ == "__main__":
    raise SystemExit(main())
