"""What a stranger may ask of a server that could tell whether something is there, each as one request in bytes."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from gridapp.bench.crowd import Worker
from gridapp.bench.strangers import Strangers
from gridapp.clock import system_clock
from gridapp.domain.channels import grid_channel
from gridapp.domain.exchange import Change, Operation
from gridapp.domain.record import Filing, new_id
from gridapp.domain.visit import Visit
from gridapp.server.setup import creation
from gridapp.sync import protocol as said
from gridapp.sync.protocol import decode, encode

Ask = Callable[[bytes], tuple[int, bytes]]


class Asker:
    """A worker with an open session. ``ask``: how a request is sent."""

    def __init__(self, worker: Worker, ask: Ask) -> None:
        self.worker, self._ask, self._counter = worker, ask, 0
        device = worker.device.bytes
        opened = ask(self.session(device, worker.key.sign))[1]
        token = decode(opened, said.Session).token
        self._bearer = f"Authorization: Bearer {token}\r\n"

    def session(self, device: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """The request for a session of a device, with a fresh nonce."""
        fresh = plain("POST", "/session/challenge", encode(said.ChallengeRequest(device)))
        nonce = decode(self._ask(fresh)[1], said.Challenge).nonce
        return plain("POST", "/session", encode(said.SessionRequest(device, nonce, sign(nonce))))

    def post(self, path: str, message: object) -> bytes:
        """A question in her session."""
        return plain("POST", path, encode(message), self._bearer)

    def get(self, path: str) -> bytes:
        """The same without a body."""
        return plain("GET", path, b"", self._bearer)

    def push(self, entity: str, key: bytes, version: int, fields: dict[str, Change]) -> bytes:
        """One operation of hers."""
        return self.send(Operation(new_id().bytes, 0, entity, key, version, fields, 0, 0))

    def send(self, operation: Operation) -> bytes:
        """The same, made already."""
        self._counter += 1
        sent = msgspec.structs.replace(operation, counter=self._counter, recorded_at=system_clock())
        body = encode(said.PushRequest(self.worker.device.bytes, 1, 1, [sent]))
        signature = f"{said.SIGNATURE_HEADER}: {self.worker.key.sign(body).hex()}\r\n"
        return plain("POST", "/sync/push", body, self._bearer + signature)


def plain(method: str, path: str, body: bytes, headers: str = "") -> bytes:
    """A request as it goes over the wire."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: {said.MSGPACK}\r\n{said.PROTOCOL_HEADER}: {said.VERSION}\r\n{headers}\r\n"
    )
    return head.encode() + body


@dataclass(frozen=True, slots=True)
class Question:
    """``theirs``: ids that others have; ``nowhere``: one that nobody has; ``dear``: a share of the tries is enough."""

    what: str
    theirs: Callable[[Strangers], list[Any]]
    nowhere: Callable[[], Any]
    request: Callable[[Asker, Any], bytes]
    dear: int = 1


def _id() -> bytes:
    return new_id().bytes


def _digest() -> str:
    return random.randbytes(32).hex()


def _code() -> str:
    return "".join(random.choices(string.ascii_uppercase, k=12))


def _wrong(code: str) -> str:
    """The name of a code with another secret."""
    return code[:4] + _code()[4:]


def _rows(asker: Asker, key: bytes) -> bytes:
    return asker.post("/sync/rows", said.RowsRequest([("household", key)]))


def _missing(asker: Asker, key: bytes) -> bytes:
    channel = grid_channel(asker.worker.grid, Filing.WORK)
    return asker.post("/sync/missing", said.MissingRequest(channel, [("household", key)]))


def _edit(asker: Asker, key: bytes) -> bytes:
    return asker.push("household", key, 1, {"own_number": Change(None, "7")})


def _deletion(asker: Asker, key: bytes) -> bytes:
    return asker.push("household", key, 1, {"deleted": Change(0, 1)})


def _beneath(asker: Asker, key: bytes) -> bytes:
    """A visit to a household."""
    visit = Visit(happened_at="2026-11-20", how="home", recorded_by=asker.worker.staff, source="screen")  # fmt: skip
    made = creation(visit)
    return asker.send(
        msgspec.structs.replace(made, fields=made.fields | {"household_id": Change(None, key)})
    )


def _computer(asker: Asker, device: bytes) -> bytes:
    return asker.session(device, lambda _nonce: bytes(64))


def _leaving(_asker: Asker, device: bytes) -> bytes:
    signature = f"{said.SIGNATURE_HEADER}: {bytes(64).hex()}\r\n"
    return plain("POST", "/quarantine", encode(said.QuarantineRequest(device)), signature)


def _enrolment(_asker: Asker, code: str) -> bytes:
    return plain("POST", "/enrol", encode(said.EnrolRequest(_wrong(code), bytes(32), "x")))


QUESTIONS = (
    Question("nothing, asked twice", lambda _: [_id() for _ in range(600)], _id, _rows),
    Question("rows by id", lambda s: s.households, _id, _rows),
    Question(
        "history of a household",
        lambda s: s.households,
        _id,
        lambda a, key: a.post("/history/household", said.HistoryRequest(key)),
    ),
    Question(
        "history of a visit",
        lambda s: s.visits,
        _id,
        lambda a, key: a.post("/history/record", said.RecordHistoryRequest("visit", key)),
    ),
    Question("what became of a record", lambda s: s.households, _id, _missing),
    Question(
        "what a restored server lacks",
        lambda s: s.households,
        _id,
        lambda a, key: a.post("/sync/held", said.HeldRequest([("household", key, 1, 1)])),
    ),
    Question("how much of a photo", lambda s: s.photos, _digest, lambda a, d: a.get(f"/blobs/{d}/state")),
    Question("a photo", lambda s: s.photos, _digest, lambda a, d: a.get(f"/blobs/{d}?start=0")),
    Question(
        "a small picture",
        lambda s: s.photos,
        _digest,
        lambda a, d: a.post("/pictures", said.SmallRequest(want=[d])),
    ),
    Question(
        "whether a photo is lacking",
        lambda s: s.photos,
        _digest,
        lambda a, d: a.post("/sync/held", said.HeldRequest([], [d])),
    ),
    Question("push of an edit", lambda s: s.households, _id, _edit),
    Question("push of a deletion", lambda s: s.households, _id, _deletion),
    Question("push of a visit to it", lambda s: s.households, _id, _beneath),
    Question("a session, badly signed", lambda s: s.computers, _id, _computer),
    Question("leaving, badly signed", lambda s: s.computers, _id, _leaving),
    Question("a code with a wrong secret", lambda s: s.codes, _code, _enrolment, dear=7),
)  # fmt: skip
