"""``gridapp bench start``: from the start of the process to the first row painted and a typed key shown.

Measured: the program itself in a fresh process, off screen where there is no screen, without signal; the
password comes on standard input, Argon2id has the shipped strength, the database holds a grid of
10,300 records. Floor, in the same run, turn by turn: a process with nothing but an empty window with
one field and the same key derivation.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gridapp.bench.filled import PASSWORD, grid_of, worker_store
from gridapp.bench.rows import Figure, median
from gridapp.cli.checks import has_screen
from gridapp.store import keys

_ROUNDS = 7
_GIVE_UP = 60  # seconds

Times = dict[str, float]


def measure(
    rounds: int = _ROUNDS, households: int = 300, events: int = 3000
) -> list[dict[str, Any]]:
    """Start, floor and difference in ms, and the peak of memory in MB; medians over the rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, grid = worker_store(folder, strength=keys.SHIPPED)
        people = households * 10 // 3
        records = grid_of(store, grid, households=households, people=people, events=events)
        store.close()
        _client(folder)  # once for the caches of the disk and Python's own
        _floor()
        starts, floors = [], []
        for _ in range(rounds):
            floors.append(_floor())
            starts.append(_client(folder))
    floor = median(floors)
    key = median([times["key"] for times in starts])
    figures = (
        Figure("start: first row painted", median([t["row"] for t in starts]), "ms", floor),
        Figure("start: a typed key shown", key, "ms", floor),
        Figure("above the empty window", key - floor, "ms"),
        Figure("peak memory", max(times["peak"] for times in starts), "MB"),
        Figure("records of the grid", records, "rows"),
    )
    return [figure.row() for figure in figures]


def _client(folder: Path) -> Times:
    began, line = _run("gridapp.bench.start_client", str(folder))
    said: Times = json.loads(line)
    return {name: (said[name] - began) * 1000 for name in ("row", "key")} | {"peak": said["peak"]}


def _floor() -> float:
    strength = keys.SHIPPED
    numbers = (strength.passes, strength.memory, strength.lanes)
    began, line = _run("gridapp.ui.probes.empty_window", bytes(16).hex(), *map(str, numbers))
    return (float(line) - began) * 1000


def _run(module: str, *arguments: str) -> tuple[float, str]:
    """When the process was started (``time.monotonic``, the same for all), and its last line."""
    environment = dict(os.environ)
    if not has_screen():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=PASSWORD + "\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=_GIVE_UP,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise RuntimeError(f"{module}: {done.stderr[-500:]}")
    return began, lines[-1]
