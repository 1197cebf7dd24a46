"""What a disk may hold after the power went: all that was synced, and of the rest anything.

``recorded`` turns the log of strace into what was done to files. ``Disk`` replays it up to a moment; ``image`` writes
down one state that the disk could be in then: unsynced writes dropped, torn at sectors of 512 bytes, or kept while
earlier ones are lost; names that no sync of their folder made durable gone from some moment on.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
TRACED = (
    "openat,open,creat,write,writev,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,mkdirat"
)
OPTIONS = ["-y", "-xx", "-s", "67108864", "-e", f"trace={TRACED}"]
_CALL = re.compile(r"^(?:(\d+) +)?(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"^(?:(\d+) +)?(\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"^(?:(\d+) +)?<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
_FILE = re.compile(r"^-?\d+<([^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Done:
    """One thing done to a file. ``what``: write, cut, sync, make, folder, rename, unlink, said."""

    what: str
    path: str
    at: int = 0
    data: bytes = b""
    to: str = ""


def recorded(log: Path, folder: Path, out: str) -> list[Done]:
    """What the log says was done beneath ``folder``, and what was written to the file ``out``."""
    begun: dict[str, str] = {}
    found: list[Done] = []
    ends: dict[str, int] = {}  # of files that are written from their start on
    for line in log.read_text(encoding="latin-1").splitlines():
        if match := _BEGUN.match(line):
            begun[f"{match[1]} {match[2]}"] = match[3]
            continue
        if match := _ENDED.match(line):
            rest = begun.pop(f"{match[1]} {match[2]}", "") + match[3]
            name, arguments, result = match[2], rest, int(match[4])
        elif match := _CALL.match(line):
            name, arguments, result = match[2], match[3], int(match[4])
        else:
            continue
        if result >= 0:
            found += _done(name, arguments, ends, out)
    inside = str(folder)
    return [d for d in found if d.what == "said" or d.path.startswith(inside)]


def _done(name: str, arguments: str, ends: dict[str, int], out: str) -> list[Done]:
    texts = [bytes.fromhex(t.replace("\\x", "")) for t in _TEXT.findall(arguments)]
    held = _FILE.match(arguments)
    path = _plain(held[1]) if held else (texts[0].decode() if texts else "")
    if name == "pwrite64":
        return [Done("write", path, int(arguments.rsplit(",", 1)[1]), texts[-1])]
    if path == out:
        return [Done("said", path, data=texts[-1])] if name == "writev" else []
    if name == "write":
        at = ends.get(path, 0)
        ends[path] = at + len(texts[-1])
        return [Done("write", path, at, texts[-1])]
    if name in ("fsync", "fdatasync"):
        return [Done("sync", path)]
    if name == "ftruncate":
        return [Done("cut", path, int(arguments.rsplit(",", 1)[1]))]
    if name in ("open", "openat", "creat"):
        return _opened(texts[0].decode(), arguments, ends)
    if name.startswith("rename"):
        return [Done("rename", texts[0].decode(), to=texts[1].decode())]
    if name.startswith("unlink"):
        return [Done("unlink", texts[0].decode())]
    if name.startswith("mkdir"):
        return [Done("folder", texts[0].decode())]
    raise ValueError(name)


def _opened(path: str, arguments: str, ends: dict[str, int]) -> list[Done]:
    if "O_CREAT" not in arguments:
        return []
    if "O_TRUNC" in arguments:
        ends[path] = 0
        return [Done("make", path), Done("cut", path, 0)]
    return [Done("make", path)]


def _plain(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


@dataclass(eq=False)
class File:
    """Bytes that are on the disk for good, and what was done since."""

    synced: bytes = b""
    since: list[Done] = field(default_factory=list)


class Disk:
    """Files by name, as the process sees them and as the disk holds them for certain."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.seen: dict[str, File] = {}
        self.folders = {str(p) for p in [folder, *folder.rglob("*")] if p.is_dir()}
        for path in folder.rglob("*"):
            if path.is_file():
                self.seen[str(path)] = File(path.read_bytes())
        self.certain = dict(self.seen)
        self.certain_folders = set(self.folders)
        self.names: dict[
            str, list[tuple[str, str, File | None]]
        ] = {}  # folder -> what happened in it

    def do(self, done: Done) -> None:
        """One more thing was done."""
        if done.what in ("write", "cut"):
            if done.path in self.seen:
                self.seen[done.path].since.append(done)
        elif done.what == "make":
            if done.path not in self.seen:
                self._name("put", done.path, File())
        elif done.what == "folder":
            self.folders.add(done.path)
            self._note("folder", done.path, None)
        elif done.what == "rename":
            held = self.seen[done.path]
            self._name("drop", done.path, None)
            self._name("put", done.to, held)
        elif done.what == "unlink" and done.path in self.seen:
            self._name("drop", done.path, None)
        elif done.what == "sync":
            self._sync(done.path)

    def _name(self, what: str, path: str, file: File | None) -> None:
        if file is None:
            self.seen.pop(path, None)
        else:
            self.seen[path] = file
        self._note(what, path, file)

    def _note(self, what: str, path: str, file: File | None) -> None:
        self.names.setdefault(str(Path(path).parent), []).append((what, path, file))

    def _sync(self, path: str) -> None:
        if path in self.folders:
            for step in self.names.pop(path, []):
                _apply(step, self.certain, self.certain_folders)
        elif path in self.seen:
            file = self.seen[path]
            file.synced = _applied(file.synced, file.since)
            file.since = []

    def image(self, target: Path, chance: random.Random) -> None:
        """Write one possible state into ``target``, which does not exist yet."""
        names, folders = dict(self.certain), set(self.certain_folders)
        for steps in self.names.values():
            # Of what happened in one folder, some came to the disk, in its order.
            for step in steps[: chance.randint(0, len(steps))]:
                _apply(step, names, folders)
        for path in sorted(folders):
            if all(str(p) in folders for p in Path(path).parents if p.is_relative_to(self.root)):
                (target / Path(path).relative_to(self.root)).mkdir(parents=True, exist_ok=True)
        for path, file in names.items():
            place = target / Path(path).relative_to(self.root)
            # The index of the log is in shared memory, and is made anew after a start.
            if place.parent.is_dir() and not path.endswith("-shm"):
                place.write_bytes(_applied(file.synced, _kept(file.since, chance)))


def _apply(step: tuple[str, str, File | None], names: dict[str, File], folders: set[str]) -> None:
    what, path, file = step
    if what == "folder":
        folders.add(path)
    elif file is None:
        names.pop(path, None)
    else:
        names[path] = file


def _applied(data: bytes, steps: list[Done]) -> bytes:
    found = bytearray(data)
    for step in steps:
        if step.what == "cut":
            del found[step.at :]
            found.extend(bytes(step.at - len(found)))
        else:
            found.extend(bytes(max(0, step.at - len(found))))
            found[step.at : step.at + len(step.data)] = step.data
    return bytes(found)


def _kept(steps: list[Done], chance: random.Random) -> list[Done]:
    """What of unsynced work came to the disk."""
    how = chance.randrange(4)
    if how == 0:
        return []
    if how == 1:
        return steps[: chance.randint(0, len(steps))]
    kept = [s for s in steps if chance.random() < 0.5]
    if how == 2:
        return kept
    return [piece for s in kept for piece in _torn(s, chance)]


def _torn(step: Done, chance: random.Random) -> list[Done]:
    if step.what != "write":
        return [step]
    sectors = range(0, len(step.data), SECTOR)
    return [
        Done("write", step.path, step.at + n, step.data[n : n + SECTOR])
        for n in sectors
        if chance.random() < 0.6
    ]
