"""What the user does with a stick: write what waits, take in an answer, carry for colleagues.

All of it reads or writes a stick: call it off the GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gridapp.errors import Problem
from gridapp.store.erasing import ERASED, is_erased
from gridapp.store.store import Store
from gridapp.sync import bundle_files, bundle_in, bundle_out, courier
from gridapp.sync.bundle_files import Found
from gridapp.sync.bundle_in import Came
from gridapp.sync.bundle_out import Written
from gridapp.sync.courier import Carried
from gridapp.sync.farewell import WAITS
from gridapp.sync.sealing import DOWN, UP

__all__ = [
    "ERASED",
    "Came",
    "Carried",
    "Stick",
    "Written",
    "carry_from",
    "look_at",
    "take_from",
    "write_to",
]


@dataclass(frozen=True, slots=True)
class Stick:
    """A stick that is plugged in, and the bundles on it: answers for here, and what colleagues wrote."""

    name: str
    root: Path
    answers: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()


def look_at(store: Store, drives: Sequence[tuple[str, Path]]) -> tuple[Stick, ...]:
    """What lies on each stick, ``(name, root)``, for this user and this district."""
    return tuple(_stick(store, name, root) for name, root in drives)


def write_to(store: Store, root: Path) -> Written:
    """Write all that waits onto a stick; what this computer wrote there before goes. Raises ``Problem``."""
    folder = bundle_files.folder_on(root)
    written = bundle_out.write(store, folder)
    for one in _own(store, bundle_files.find(folder)):
        if one.path != written.path:
            _remove(one.path)
    return written


def take_from(store: Store, answers: Sequence[Path]) -> Came:
    """Take in answers, the oldest first, and clear them away with what they answer. Raises ``Problem``.

    One that cannot be used holds up no other; it is said at the end.
    """
    came, problem = Came(0, 0, 0, old=False), None
    for path in answers:
        try:
            one = bundle_in.take(store, path)
        except Problem as found:
            problem = problem or found
            if found.code == WAITS:
                _clear(store, path)  # it was heeded
            if is_erased(store.folder):
                raise
            continue
        came = Came(
            came.outcomes + one.outcomes, came.rows + one.rows, came.photos + one.photos, one.old
        )
        _clear(store, path)
    if problem is not None:
        raise problem
    return came


def carry_from(store: Store, others: Sequence[Path]) -> Carried:
    """Hand over what colleagues wrote, and put the answers beside it. Raises ``Problem``."""
    return courier.carry(store, others)


def _stick(store: Store, name: str, root: Path) -> Stick:
    found = bundle_files.find(root / bundle_files.FOLDER)
    who = store.who
    here = [one for one in found if one.header.district == who.district_id.bytes]
    mine = who.device_id.bytes
    return Stick(
        name,
        root,
        tuple(f.path for f in here if f.header.way == DOWN and f.header.device == mine),
        tuple(f.path for f in here if f.header.way == UP and f.header.device != mine),
    )


def _own(store: Store, found: Sequence[Found]) -> list[Found]:
    mine = store.who.device_id.bytes
    return [one for one in found if one.header.way == UP and one.header.device == mine]


def _clear(store: Store, answer: Path) -> None:
    found = bundle_files.find(answer.parent)
    answered = [one.header.bundle for one in found if one.path == answer]
    for one in _own(store, found):
        if one.header.bundle in answered:
            _remove(one.path)
    _remove(answer)


def _remove(path: Path) -> None:
    with suppress(OSError):  # it is in nobody's way
        path.unlink(missing_ok=True)
