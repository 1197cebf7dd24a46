"""``gridapp bench existence``: does the time of an answer tell a stranger that a record is there?

A worker asks a server process on loopback about records, photos and computers of other grids, and about ids that
nobody ever gave: in turn, in pairs of random order, over one connection, some thousand of each. The value is what
exists and is not hers, the floor, in the same run, what does not exist. "Nothing, asked twice" is two ids that do not
exist: as far as its ratio is from 1, nothing is said by the others. Every pair also holds that the answers themselves
are alike; it ends with an error where they are not.
"""

from __future__ import annotations

import os
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gridapp.bench.district import serving
from gridapp.bench.questions import QUESTIONS, Asker, Question
from gridapp.bench.rows import Figure, median, p95
from gridapp.bench.strangers import Strangers, settle_strangers

TRIES = 2000  # pairs
_SEED = 20_261_120
_FIRST = 30  # pairs that do not count: what is asked for the first time takes longer


def measure(tries: int = TRIES) -> list[dict[str, Any]]:
    """µs of the answers to each question, median and p95."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("GRIDAPP_BENCH_DIR")) as name:
        folder = Path(name)
        strangers = settle_strangers(folder)
        with serving(folder) as url, connected(url) as wire:
            figures = _figures(wire, strangers, tries)
    return [figure.row() for figure in figures]


class Wire:
    """One kept connection, with nothing on it but what is sent and what comes."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        return int(head.split(b" ", 2)[1]), body

    def _more(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError
        return part


@contextmanager
def connected(url: str) -> Iterator[Wire]:
    """A connection to the server."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Wire(connection)


def _figures(wire: Wire, strangers: Strangers, tries: int) -> list[Figure]:
    asker = Asker(strangers.worker, wire.ask)
    found = []
    for question in QUESTIONS:
        there, nowhere = _compared(wire, asker, question, strangers, tries // question.dear)
        found.append(Figure(f"{question.what}, median", median(there), "µs", median(nowhere)))
        found.append(Figure(f"{question.what}, p95", p95(there), "µs", p95(nowhere)))
    return found


def _compared(
    wire: Wire, asker: Asker, question: Question, strangers: Strangers, tries: int
) -> tuple[list[float], list[float]]:
    """µs of the answers about what is there, and about what is not."""
    pick = random.Random(_SEED)
    theirs = question.theirs(strangers)
    pick.shuffle(theirs)
    took: tuple[list[float], list[float]] = [], []
    for number in range(_FIRST + tries):
        asked = theirs[number % len(theirs)], question.nowhere()
        answers = {}
        for which in pick.sample((0, 1), 2):
            request = question.request(asker, asked[which])
            began = time.perf_counter()
            status, body = wire.ask(request)
            if number >= _FIRST:
                took[which].append((time.perf_counter() - began) * 1e6)
            answers[which] = status, len(body)
        if answers[0] != answers[1]:
            raise RuntimeError(f"{question.what}: the answers differ, {answers}")
    return took
