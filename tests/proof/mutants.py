"""``make mutants``: the code broken on purpose, one place at a time, on a copy of the tree; do the tests notice?

Every break runs the tests that should notice it; before, the same tests run on the copy as it is, so that a test
that fails anyway proves nothing. Ends with status 1 where fewer than ``--wanted`` breaks were noticed.
"""

from __future__ import annotations

import argparse
import os
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
CAUGHT, MISSED, STALE, BROKEN, FAILING = "caught", "MISSED", "stale", "broken", "fails anyway"


def main() -> int:
    options = _options()
    chosen = [m for m in MUTANTS if options.only in m.name]
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="gridapp-mutants-", dir=_ram()))
    trees: SimpleQueue[Path] = SimpleQueue()
    try:
        for number in range(options.workers):
            trees.put(copy_tree(folder / str(number)))
        with ThreadPoolExecutor(options.workers) as pool:
            failing = _failing_anyway(pool, trees, chosen, options.seconds)

            def one(mutant: Mutant) -> str:
                return FAILING if mutant.tests in failing else _try(trees, mutant, options.seconds)

            verdicts = list(pool.map(one, chosen))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for mutant, verdict in zip(chosen, verdicts, strict=True):
        print(f"{verdict:12} {mutant.statement:2}  {mutant.name}  ({mutant.file})")
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


def _failing_anyway(
    pool: ThreadPoolExecutor, trees: SimpleQueue[Path], mutants: list[Mutant], seconds: float
) -> set[tuple[str, ...]]:
    selections = sorted({m.tests for m in mutants})
    results = list(pool.map(lambda tests: _tests(trees, tests, seconds * 2), selections))
    return {s for s, result in zip(selections, results, strict=True) if result != 0}


def _try(trees: SimpleQueue[Path], mutant: Mutant, seconds: float) -> str:
    if not fits(mutant):
        return STALE
    result = _tests(trees, mutant.tests, seconds, mutant)
    if result is None or result == 1:
        return CAUGHT
    return MISSED if result == 0 else BROKEN


def _tests(
    trees: SimpleQueue[Path],
    tests: tuple[str, ...],
    seconds: float,
    mutant: Mutant | None = None,
) -> int | None:
    """Exit status of pytest in a copy of the tree; None where it did not come to an end."""
    tree = trees.get()
    path = tree / mutant.file if mutant else None
    text = path.read_text(encoding="utf-8") if path else ""
    try:
        if path and mutant:
            path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        return _pytest(tree, [t for t in tests if _there(tree, t)], seconds)
    finally:
        if path:
            path.write_text(text, encoding="utf-8")
        trees.put(tree)


def _there(tree: Path, argument: str) -> bool:
    return not argument.startswith("tests/") or (tree / argument).exists()


def _pytest(tree: Path, tests: list[str], seconds: float) -> int | None:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        [*command, "-m", "not slow", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None


if __name__ == "__main__":
    raise SystemExit(main())
