"""Running one act of a client under strace: what it calls, killed at one call, or one call failing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What touches files; reading, mapping of memory and locks that last no longer than the process are left out.
CALLS = (
    "openat,open,creat,write,pwrite64,fsync,fdatasync,ftruncate,fallocate,rename,"
    "renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,close,fchmod,fcntl,pread64,read,lseek,"
    "newfstatat,fstat"
)
# Everything that names a file or uses an open one, but what only waits, or says what was done (``zygote.say``).
ALL_CALLS = "%file,%desc"
_WAITING = re.compile(r"^e?p?poll|^select|^pselect|^epoll|^writev$|^eventfd")
_LINE = re.compile(r"^(?:\d+ +)?([a-z0-9_]+)\(")
_LINE_OF = re.compile(r"^(\d+) +([a-z0-9_]+)\(")


@dataclass(frozen=True)
class Ran:
    """What the act said, and whether it was killed."""

    said: list[str]
    killed: bool
    out: str = ""  # the file in which it was said

    @property
    def saved(self) -> list[str]:
        return [line.split()[1] for line in self.said if line.startswith("saved")]

    @property
    def problems(self) -> list[str]:
        return [line.split()[1] for line in self.said if line.startswith("problem")]


class Zygote:
    """Forks clients on demand; ``run`` is one of them from opening its store to its end."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._count = 0
        self.threads: dict[int, str] = {}  # of the last run in which the whole process was traced
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(
        self,
        folder: Path,
        act: str,
        options: list[str],
        *,
        url: str = "",
        trace: str = "writer",
        close: bool = False,
    ) -> Ran:
        """``options``: of strace, which is attached before the act begins.

        ``trace``: to the store's ``writer`` or ``reader``, to ``main``, to the whole ``process``; ``all``: to the
        process before it opens its store.
        """
        self._count += 1
        out = self._room / f"said-{self._count}"
        out.touch()
        command = {
            "folder": str(folder),
            "act": act,
            "url": url,
            "trace": trace,
            "out": str(out),
            "close": close,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        thread = _first_word(out, "thread")
        if trace == "process":
            self.threads = {number: name for name, number in json.loads(thread).items()}
            thread = str(json.loads(thread)["main"])
        follow = ["-f"] if trace in ("all", "process") else []
        strace = subprocess.Popen(
            ["strace", "-q", *follow, *options, "-p", thread],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ended = json.loads(self._process.stdout.readline())
        strace.wait(30)
        said = out.read_text(encoding="utf-8").splitlines()[1:]
        out.unlink()
        return Ran(said, os.WIFSIGNALED(ended["status"]), str(out))

    def calls(self, folder: Path, act: str, *, url: str = "") -> list[tuple[str, int]]:
        """(call, how many of its name so far, from 1) of everything that the writer does in the act."""
        log = self._room / "calls.log"
        ran = self.run(folder, act, ["-o", str(log), "-e", f"trace={CALLS}"], url=url)
        assert not ran.killed
        assert "end" in ran.said, ran.said
        counts: Counter[str] = Counter()
        found = []
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _LINE.match(line)
            if match:
                counts[match[1]] += 1
                found.append((match[1], counts[match[1]]))
        return found

    def calls_of_all(self, folder: Path, act: str, *, url: str = "") -> list[tuple[str, str, int]]:
        """(thread, call, how many of its name in that thread so far) of all that any thread does with files."""
        log = self._room / "all.log"
        options = ["-o", str(log), "-e", f"trace={ALL_CALLS}"]
        ran = self.run(folder, act, options, url=url, trace="process")
        assert "end" in ran.said, ran.said
        counts: Counter[tuple[str, str]] = Counter()
        found = []
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _LINE_OF.match(line)
            if match and not _WAITING.match(match[2]):
                thread = self.threads.get(int(match[1]), "unknown")
                counts[thread, match[2]] += 1
                found.append((thread, match[2], counts[thread, match[2]]))
        return [call for call in found if call[0] != "waiting"]


def can_trace() -> bool:
    """Whether this machine lets one process trace another."""
    if shutil.which("strace") is None:
        return False
    run = subprocess.run(
        ["strace", "-q", "-o", "/dev/null", "true"], capture_output=True, check=False
    )
    return run.returncode == 0


def _first_word(path: Path, word: str) -> str:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        text = path.read_text(encoding="utf-8")
        if text.endswith("\n") or "\n" in text:
            first, value = text.splitlines()[0].split()
            assert first == word
            return value
        time.sleep(0.001)
    raise AssertionError("the client did not start")


__all__ = ["CALLS", "Ran", "Zygote", "can_trace"]
