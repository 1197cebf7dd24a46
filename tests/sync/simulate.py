"""Many histories at once, in several processes: ``python -m tests.sync.simulate --count 10000``.

What was run is noted every few histories, so that a run that was cut short goes on where it was; the same
command after a finished run begins with seeds that were not tried yet only if ``--first`` says so.
Every fifth history is a long one. Ends with status 1 if one failed, after all were tried.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import time
from pathlib import Path

from argon2 import PasswordHasher

from gridapp.server import auth
from tests.sync.sim_world import load, make_template, room, save
from tests.sync.simulator import run

_EVERY = 20


def main() -> int:
    options = _options()
    options.notes.mkdir(parents=True, exist_ok=True)
    folder = room()
    auth._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    began = time.monotonic()
    try:
        save(make_template(folder / "template"))
        last = options.first + options.count
        shares = [
            (folder / "template", options.first + n, last, options.workers, options.notes)
            for n in range(options.workers)
        ]
        with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
            failed = sum(pool.starmap(_share, shares))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - began
    print(f"{options.count} histories, {failed} failed, {took:.0f} s in this run")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=10_000, help="the first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--notes", type=Path, default=Path("build/simulated"))
    return parser.parse_args()


def _share(template: Path, first: int, last: int, workers: int, notes: Path) -> int:
    """Every ``workers``-th seed from ``first`` to before ``last``. Returns how many failed, also in earlier runs."""
    auth._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    prepared = load(template)
    note = notes / f"{first}-{last}-{workers}.txt"
    failures = notes / f"{first}-{last}-{workers}.failed.txt"
    at = int(note.read_text(encoding="utf-8")) if note.exists() else first
    while at < last:
        try:
            run(prepared, at, most=80 if at % 5 == 0 else 24)
        except AssertionError as error:
            with failures.open("a", encoding="utf-8") as file:
                print(error, "\n", file=file)
            print(error, file=sys.stderr, flush=True)
        at += workers
        if (at - first) % (_EVERY * workers) == 0 or at >= last:
            note.write_text(str(at), encoding="utf-8")
    held = failures.read_text(encoding="utf-8") if failures.exists() else ""
    return sum(line.startswith("seed ") for line in held.splitlines())


if __name__ == "__main__":
    raise SystemExit(main())
