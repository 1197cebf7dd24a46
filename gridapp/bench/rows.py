"""What every benchmark prints: rows of value, unit, floor and ratio."""

from __future__ import annotations

import multiprocessing
import re
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``floor`` is measured in the same run, in the same unit; None where there is none."""

    what: str
    value: float
    unit: str
    floor: float | None = None

    def row(self) -> dict[str, Any]:
        """As JSON, with the ratio."""
        ratio = round(self.value / self.floor, 2) if self.floor else None
        return (
            asdict(self)
            | {"value": round(self.value, 3), "ratio": ratio}
            | ({"floor": round(self.floor, 3)} if self.floor is not None else {})
        )


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def median(values: Sequence[float]) -> float:
    """The median of the rounds."""
    return statistics.median(values)


def child_mb(what: str = "VmRSS") -> float:
    """Resident memory of the one process that this one started, in MB; ``VmHWM``: the most it ever was."""
    (child,) = multiprocessing.active_children()
    status = Path(f"/proc/{child.pid}/status")
    if not status.exists():  # only Linux counts it there
        return 0.0
    found = re.search(rf"{what}:\s+(\d+)", status.read_text())
    return int(found[1]) / 1024 if found else 0.0


def peak_mb() -> float:
    """Peak resident memory of this process in MB.

    Linux counts it afresh for a started program in /proc only; getrusage hands a parent's peak down.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows has no such count
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
