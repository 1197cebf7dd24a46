"""What speaks version 1 of the protocol, frozen as it was when version 2 began: a server and a client.

Nothing here may follow the program: the structures are copies of what was on the wire then. ``OldServer`` stands
in front of the real server and takes away, both ways, what version 1 did not have; ``OldClient`` is a program of
then without a window. ``Blind`` is a client of today that does not know one field of a kind.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import requests
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.server import auth
from gridapp.server.apply import Sender, apply
from gridapp.server.errors import Rejection
from tests.sync.network import URL
from tests.sync.world import World

T = TypeVar("T")


class Struct(msgspec.Struct, frozen=True):
    """A map."""


class Tuple(msgspec.Struct, frozen=True, array_like=True):
    """An array."""


class Operation(Tuple):
    op_id: bytes
    counter: int
    entity: str
    record_id: bytes
    base_version: int
    fields: dict[str, tuple[Any, ...]]
    recorded_at: int
    clock_offset: int
    beneath: list[bytes] = []
    decides: tuple[Any, ...] | None = None


class Outcome(Tuple):
    op_id: bytes
    verdict: str
    revision: int = 1
    code: str = ""
    previous: int = 0
    version: int = 0
    fields: dict[str, str] = {}


class Rows(Tuple):
    entity: str
    columns: list[str]
    rows: list[list[Any]]


class Removal(Tuple):
    entity: str
    record_id: bytes
    cause: str


class Echo(Tuple):
    entity: str
    record_id: bytes
    previous: int
    version: int
    epoch: int
    mac: bytes
    received_at: int


class Page(Tuple):
    channel: str
    start: int
    end: int
    more: bool
    tables: list[Rows] = []
    removed: list[Removal] = []
    echoes: list[Echo] = []


class Refusal(Struct):
    code: str
    detail: str = ""
    retry_after: float | None = None


class EnrolRequest(Struct):
    code: str
    public_key: bytes
    device_name: str


class EnrolReply(Struct):
    device_id: bytes
    staff_id: bytes
    name: str
    user_name: str
    district_id: bytes
    district_name: str
    epoch: int
    recovery_key: bytes
    server_time: int


class ChallengeRequest(Struct):
    device_id: bytes


class Challenge(Struct):
    nonce: bytes
    server_time: int


class SessionRequest(Struct):
    device_id: bytes
    nonce: bytes
    signature: bytes


class Session(Struct):
    token: str
    seconds: int


class PushRequest(Struct):
    device_id: bytes
    incarnation: int
    epoch: int
    operations: list[Operation]
    handback: list[Rows] = []


class Backup(Struct):
    name: str
    counter: int


class PushReply(Struct):
    epoch: int
    server_time: int
    outcomes: list[Outcome]
    backup: Backup | None = None


class PullRequest(Struct):
    cursors: dict[str, int]
    epoch: int
    outcome_cursor: int = 0
    totals: dict[str, int] = {}


class PullHead(Struct):
    epoch: int
    server_time: int
    channels: list[str]
    outcomes: list[Outcome] = []
    outcome_cursor: int = 0
    totals: dict[str, int] = {}
    backup: Backup | None = None


class RowsRequest(Struct):
    wanted: list[tuple[str, bytes]]


class RowsReply(Struct):
    tables: list[Rows]


class HistoryRequest(Struct):
    household_id: bytes
    before: tuple[int, bytes] | None = None


class HistoryReply(Struct):
    entries: list[Any]
    more: bool = False


HEALTH = {"ready": True, "protocol": 1, "oldest": 1, "district": "红旗区", "program": "0.2.0"}
KINDS = frozenset(
    [
        "unit",
        "staff",
        "assignment",
        "code",
        "catalogue_item",
        "care_group",
        "checklist_item",
        "compound",
        "micro_grid",
        "building",
        "dwelling",
        "household",
        "household_file",
        "person",
        "person_file",
        "residence",
        "care_enrolment",
        "visit",
        "event",
        "event_action",
        "attachment",
        "conflict",
    ]
)
NOT_IN_UNITS = ("changing_on", "successor_id")
HEADER = [
    "id",
    "version",
    "epoch",
    "mac",
    "deleted",
    "merged_into",
    "recorded_at",
    "received_at",
    "extra",
]
COLUMNS = {
    "household": [
        *HEADER,
        *["grid_id", "dwelling_id", "number", "temporary", "own_number", "name", "kind", "head_id"],
        *["registered_address", "opened_on", "status"],
    ],
    "visit": [
        *HEADER,
        *[
            "household_id",
            "happened_at",
            "how",
            "visited_by",
            "recorded_by",
            "source",
            "people_met",
            "situation",
        ],
        *["difficulties", "requests", "action", "result", "next_date", "promise", "answers"],
    ],
}
_CALLS: dict[str, tuple[type, type]] = {
    "/enrol": (EnrolRequest, EnrolReply),
    "/session/challenge": (ChallengeRequest, Challenge),
    "/session": (SessionRequest, Session),
    "/sync/rows": (RowsRequest, RowsReply),
    "/history/household": (HistoryRequest, HistoryReply),
}
_PHOTOS = re.compile("GET /blobs/[^/]+(/state)?|PUT /blobs/[^/]+/parts")


def encode(message: object) -> bytes:
    return msgspec.msgpack.encode(message)


def decode(data: bytes, type_: type[T]) -> T:
    return msgspec.msgpack.decode(data, type=type_)


def frames(body: bytes) -> list[bytes]:
    """Plain frames of a pull. Raises ``EOFError`` where the end mark is missing."""
    stream, found = io.BytesIO(body), []
    while (head := stream.read(4)) != b"\0\0\0\0":
        if len(head) < 4:
            raise EOFError
        packed = stream.read(int.from_bytes(head, "big"))
        found.append(zstandard.ZstdDecompressor().decompress(packed, max_output_size=1 << 26))
    return found


def framed(plain: bytes) -> bytes:
    packed = zstandard.ZstdCompressor(level=1).compress(plain)
    return len(packed).to_bytes(4, "big") + packed


class Field:
    """A field that one side knows and the other does not: there it has another name, and lies in ``extra``."""

    def __init__(self, entity: str, name: str) -> None:
        self.entity, self.name = entity, name
        self.there = f"later_{name}"

    def hide(self, operation: Operation) -> Operation:
        """As a server gets it that does not know the field."""
        if operation.entity != self.entity:
            return operation
        fields = {self.there if n == self.name else n: c for n, c in operation.fields.items()}
        return msgspec.structs.replace(operation, fields=fields)

    def show(self, table: Rows) -> Rows:
        """As such a server gives it: no column, a value in ``extra``."""
        if table.entity != self.entity:
            return table
        at, extra = table.columns.index(self.name), table.columns.index("extra")
        rows = []
        for row in table.rows:
            held = json.loads(row[extra] or "{}")
            if self.there in held:
                held[self.name] = held.pop(self.there)
            values = [*row[:extra], json.dumps(held) if held else None, *row[extra + 1 :]]
            rows.append(values[:at] + values[at + 1 :])
        return Rows(table.entity, [n for n in table.columns if n != self.name], rows)

    def rename(self, table: Rows) -> Rows:
        """As a newer server's rows look to a program that does not know the field."""
        if table.entity != self.entity:
            return table
        names = [self.there if n == self.name else n for n in table.columns]
        return Rows(table.entity, names, table.rows)


class _Application:
    """An ASGI application that answers from a whole body."""

    def __init__(self, world: World, field: Field | None = None) -> None:
        self.world = world
        self.field = field

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        status, kind, data = await self.answer(scope, body)
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    async def answer(self, scope: Any, body: bytes) -> tuple[int, bytes, bytes]:
        raise NotImplementedError

    async def ask(self, scope: Any, body: bytes) -> tuple[int, bytes, bytes]:
        """The real server's answer to this."""
        said: list[Any] = []
        asked = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> Any:
            if asked:
                return asked.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                gone.set()

        await self.world.app(scope, receive, send)
        kind = dict(said[0]["headers"]).get(b"content-type", b"")
        return int(said[0]["status"]), kind, b"".join(bytes(m.get("body", b"")) for m in said[1:])

    def pages(self, body: bytes, head: type, table: Callable[[Rows], Rows | None]) -> bytes:
        """A pull with other tables."""
        first, *rest = frames(body)
        out = [encode(decode(first, head))]
        for plain in rest:
            page = msgspec.msgpack.decode(plain)
            tables = [table(Rows(*each)) for each in page[4]]
            out.append(encode([*page[:4], [t for t in tables if t is not None], *page[5:]]))
        return b"".join(framed(plain) for plain in out) + b"\0\0\0\0"


class OldServer(_Application):
    """Version 1 in front of the real server. ``field``: one that this server does not know."""

    async def answer(self, scope: Any, body: bytes) -> tuple[int, bytes, bytes]:
        path, call = scope["path"], f"{scope['method']} {scope['path']}"
        sent = {k.decode(): v.decode() for k, v in scope["headers"]}
        if call == "GET /health":
            return 200, b"application/json", json.dumps(HEALTH).encode()
        if _PHOTOS.fullmatch(call):
            return await self.ask(scope, body)
        if scope["method"] != "POST" or path not in {*_CALLS, "/sync/push", "/sync/pull"}:
            return _refused(404, "bad_request")
        if sent.get("x-gridapp-protocol", "1") != "1":
            return _refused(426, "protocol")
        if path == "/sync/push":
            return await asyncio.to_thread(self._push, sent, body)
        if path == "/sync/pull":
            asked = decode(body, PullRequest)
            return self._pulled(*await self._as_then(scope, PullRequest(asked.cursors, 1)))
        request, reply = _CALLS[path]
        status, kind, data = await self._as_then(scope, decode(body, request))
        if status >= 400:
            return status, kind, data
        found = decode(data, reply)
        if isinstance(found, RowsReply):
            found = RowsReply([t for t in map(self._table, found.tables) if t is not None])
        return status, kind, encode(found)

    async def _as_then(self, scope: Any, message: object) -> tuple[int, bytes, bytes]:
        headers = {k: v for k, v in scope["headers"] if k != b"content-length"}
        headers |= {b"x-gridapp-protocol": b"1", b"content-length": b"%d" % len(encode(message))}
        return await self.ask({**scope, "headers": list(headers.items())}, encode(message))

    def _push(self, sent: dict[str, str], body: bytes) -> tuple[int, bytes, bytes]:
        """What the route did. The real one would have to find the device's signature under what is left."""
        from gridapp.domain import exchange

        server = self.world.server
        try:
            device = auth.find_session(server, sent["authorization"].removeprefix("Bearer "))
        except Rejection as refused:
            return _refused(refused.status, refused.code)
        signature = bytes.fromhex(sent["x-gridapp-signature"])
        if not auth.signed(device.public_key, body, signature):
            return _refused(403, "bad_signature")
        request = decode(body, PushRequest)
        assert request.device_id == device.id
        operations = [self.field.hide(o) if self.field else o for o in request.operations]
        taken = decode(encode(operations), list[exchange.Operation])
        sender = Sender(device.staff_id, device.id, request.incarnation)
        outcomes = decode(encode(apply(server, sender, taken).outcomes), list[Outcome])
        if self.field:
            outcomes = [_renamed(o, self.field) for o in outcomes]
        reply = PushReply(1, server.clock(), outcomes)
        return 200, b"application/msgpack", encode(reply)

    def _pulled(self, status: int, kind: bytes, data: bytes) -> tuple[int, bytes, bytes]:
        if status >= 400:
            return status, kind, data
        first, *rest = frames(data)
        head = decode(first, PullHead)
        channels = [name for name in head.channels if not name.endswith(":review")]
        out = [encode(PullHead(1, head.server_time, channels))]
        for plain in rest:
            page = decode(plain, Page)  # what came after these elements is gone
            if page.channel in channels:
                tables = [t for t in map(self._table, page.tables) if t is not None]
                gone = [r for r in page.removed if r.entity in KINDS]
                out.append(encode(msgspec.structs.replace(page, tables=tables, removed=gone)))
        return status, kind, b"".join(map(framed, out)) + b"\0\0\0\0"

    def _table(self, table: Rows) -> Rows | None:
        if table.entity not in KINDS:
            return None
        if table.entity == "unit":
            keep = [i for i, name in enumerate(table.columns) if name not in NOT_IN_UNITS]
            names = [table.columns[i] for i in keep]
            table = Rows("unit", names, [[row[i] for i in keep] for row in table.rows])
        return self.field.show(table) if self.field else table


class Blind(_Application):
    """The real server, for a client of today whose program does not know ``field`` of a kind."""

    async def answer(self, scope: Any, body: bytes) -> tuple[int, bytes, bytes]:
        status, kind, data = await self.ask(scope, body)
        field = self.field
        assert field is not None
        if status >= 400 or scope["path"] not in ("/sync/pull", "/sync/rows"):
            assert scope["path"] != "/sync/repair", "nothing differs"
            return status, kind, data
        if scope["path"] == "/sync/rows":
            tables = [field.rename(t) for t in decode(data, RowsReply).tables]
            return status, kind, encode(RowsReply(tables))
        return status, kind, self.pages(data, dict, field.rename)


class OldClient:
    """A program of version 1: enrols, pushes, pulls; holds rows by (kind, id)."""

    def __init__(self, world: World, code: str) -> None:
        self.network = world.network()
        self._http = requests.Session()
        self._http.mount("http://", self.network)
        self._key = Ed25519PrivateKey.generate()
        self._token = ""
        self._counter = 0
        self.cursors: dict[str, int] = {}
        self.rows: dict[tuple[str, bytes], dict[str, Any]] = {}
        self.stands: dict[tuple[str, bytes], set[str]] = {}
        self.unknown: set[str] = set()
        self.echoes: list[Echo] = []
        public = self._key.public_key().public_bytes_raw()
        self.who = self._call("/enrol", EnrolRequest(code, public, "pc"), EnrolReply)
        self.open()

    def open(self) -> None:
        device = self.who.device_id
        nonce = self._call("/session/challenge", ChallengeRequest(device), Challenge).nonce
        request = SessionRequest(device, nonce, self._key.sign(nonce))
        self._token = self._call("/session", request, Session).token

    def operation(self, entity: str, key: bytes, base: int = 0, **fields: Any) -> Operation:
        """field=(before, after)."""
        self._counter += 1
        op_id = self._counter.to_bytes(4, "big") + self.who.device_id[:12]
        return Operation(op_id, self._counter, entity, key, base, fields, 1_795_136_400_000, 0)

    def push(self, *operations: Operation) -> list[Outcome]:
        body = encode(PushRequest(self.who.device_id, 1, self.who.epoch, list(operations)))
        signed = {"X-Gridapp-Signature": self._key.sign(body).hex()}
        return decode(self._post("/sync/push", body, signed), PushReply).outcomes

    def pull(self) -> PullHead:
        body = encode(PullRequest(self.cursors, self.who.epoch))
        first, *rest = frames(self._post("/sync/pull", body))
        head = decode(first, PullHead)
        for name in self.cursors.keys() - set(head.channels):
            del self.cursors[name]
            self._leave(name, list(self.stands))
        for plain in rest:
            self._take(decode(plain, Page))
        wanted = [(e.entity, e.record_id) for e in self.echoes if e.entity in KINDS]
        reply = self._call("/sync/rows", RowsRequest(wanted), RowsReply) if wanted else None
        for table in reply.tables if reply else ():
            self._keep(table)
        self.echoes.clear()
        return head

    def _take(self, page: Page) -> None:
        cursor = self.cursors.get(page.channel, 0)
        assert page.start <= cursor
        if page.end <= cursor and page.start != page.end:
            return
        for table in page.tables:
            for key in self._keep(table):
                self.stands.setdefault((table.entity, key), set()).add(page.channel)
        for echo in page.echoes:
            self.stands.setdefault((echo.entity, echo.record_id), set()).add(page.channel)
        self._leave(page.channel, [(r.entity, r.record_id) for r in page.removed])
        self.echoes += page.echoes
        self.cursors[page.channel] = max(cursor, page.end)

    def _keep(self, table: Rows) -> list[bytes]:
        if table.entity not in KINDS:
            self.unknown.add(table.entity)
            return []
        ours = COLUMNS.get(table.entity, table.columns)
        for values in table.rows:
            row = dict(zip(table.columns, values, strict=True))
            extra = json.loads(row["extra"] or "{}")
            extra |= {n: v for n, v in row.items() if n not in ours and v is not None}
            key = (table.entity, row["id"])
            held = self.rows.get(key, {"epoch": 0, "version": 0})
            if (held["epoch"], held["version"]) < (row["epoch"], row["version"]):
                self.rows[key] = {n: row.get(n) for n in ours} | {"extra": extra}
        return [values[0] for values in table.rows]

    def _leave(self, channel: str, keys: list[tuple[str, bytes]]) -> None:
        for key in keys:
            self.stands.get(key, set()).discard(channel)
            if key in self.stands and not self.stands[key]:
                del self.stands[key]
                self.rows.pop(key, None)

    def _call(self, path: str, message: object, type_: type[T]) -> T:
        return decode(self._post(path, encode(message)), type_)

    def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
        sent = {"X-Gridapp-Protocol": "1", "Content-Type": "application/msgpack", **(headers or {})}
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        reply = self._http.post(URL + path, data=body, headers=sent, stream=True)
        data: bytes = reply.raw.read()
        if reply.status_code != 200:
            raise Refused(reply.status_code, decode(data, Refusal).code)
        return data


class Refused(Exception):  # noqa: N818 - an answer
    """What the server said: HTTP status and code."""


def _refused(status: int, code: str) -> tuple[int, bytes, bytes]:
    return status, b"application/msgpack", encode(Refusal(code))


def _renamed(outcome: Outcome, field: Field) -> Outcome:
    fields = {field.name if n == field.there else n: v for n, v in outcome.fields.items()}
    return msgspec.structs.replace(outcome, fields=fields)
