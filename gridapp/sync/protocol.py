"""What goes over the wire. ``docs/protocol.md`` says it in words.

Bodies are MessagePack; large ones are zstd-compressed. A pull is answered by a sequence of frames, each a
four-byte big-endian length and that many compressed bytes: first the ``PullHead``, then ``Page``s, then
``END``. Without the end mark the answer was cut, however cleanly the connection was closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, TypeVar

import msgspec
import zstandard

from gridapp.domain.exchange import HistoryEntry, Operation, Outcome, Page, Removal, Rows

VERSION = 2
OLDEST = 1

PROTOCOL_HEADER = "X-Gridapp-Protocol"
SIGNATURE_HEADER = "X-Gridapp-Signature"
MSGPACK = "application/msgpack"

MOST_OPERATIONS = 500  # in one push
MOST_HELD = 20_000  # records named in one question
BLOB_PART = 512 * 1024  # bytes of one upload or download
MOST_INCARNATIONS = (1 << 31) - 1  # what the columns hold
MOST_MISSING = 1000  # records asked about at once
MOST_HISTORY = 200  # entries of one answer
LARGEST_BLOB = 40 * 1024 * 1024
LARGEST_CARRIED = 512 * 1024 * 1024  # of a bundle that a courier uploads
MOST_SMALL = 50  # small pictures in one request
LARGEST_SMALL = 64 * 1024
LARGEST_FRAME = 64 * 1024 * 1024
END = b"\0\0\0\0"  # a frame of no length

T = TypeVar("T")


class Health(msgspec.Struct, frozen=True):
    """``GET /health``: ready, and which protocol versions are spoken."""

    ready: bool
    protocol: int
    oldest: int
    district: str
    program: str


class Refusal(msgspec.Struct, frozen=True):
    """Every error: a stable code, and seconds to wait where that helps."""

    code: str
    detail: str = ""
    retry_after: float | None = None


class EnrolRequest(msgspec.Struct, frozen=True):
    """``POST /enrol``: a one-time code against a device identity. ``public_key``: Ed25519, 32 bytes."""

    code: str
    public_key: bytes
    device_name: str


class EnrolReply(msgspec.Struct, frozen=True):
    """Who the device now belongs to."""

    device_id: bytes
    staff_id: bytes
    name: str
    user_name: str
    district_id: bytes
    district_name: str
    epoch: int
    recovery_key: bytes  # X25519 public key of the district, or b""
    server_time: int
    bundle_key: bytes = b""  # X25519 public key to which bundles are sealed


class ChallengeRequest(msgspec.Struct, frozen=True):
    """``POST /session/challenge``."""

    device_id: bytes


class Challenge(msgspec.Struct, frozen=True):
    """A nonce to sign."""

    nonce: bytes
    server_time: int


class SessionRequest(msgspec.Struct, frozen=True):
    """``POST /session``: the signed nonce against a token."""

    device_id: bytes
    nonce: bytes
    signature: bytes


class Session(msgspec.Struct, frozen=True):
    """A bearer token and how many seconds it is good for. ``packed``: pushes may come as zstd."""

    token: str
    seconds: int
    packed: bool = False


class PushRequest(msgspec.Struct, frozen=True):
    """``POST /sync/push``. The body is signed as a whole in ``SIGNATURE_HEADER`` with the device's key."""

    device_id: bytes
    incarnation: int
    epoch: int
    operations: list[Operation]
    handback: list[Rows] = []  # newer rows for a restored server
    counter: int = -1  # the highest that this database ever gave; -1: not said
    answered: list[Outcome] = []  # what the server said of these before it was restored


class Backup(msgspec.Struct, frozen=True):
    """A verified backup: operations of this device up to ``counter`` may be forgotten."""

    name: str
    counter: int


class PushReply(msgspec.Struct, frozen=True):
    """One outcome per operation, in any order."""

    epoch: int
    server_time: int
    outcomes: list[Outcome]
    backup: Backup | None = None


class PullRequest(msgspec.Struct, frozen=True):
    """``POST /sync/pull``: cursors by channel; channels not named begin at 0.

    ``seen``: ``domain.digest.state`` of what is held. ``begun``: channels that were begun at 0 and have not come
    to their end yet. ``incarnation``, ``counter``: as in a push.
    """

    cursors: dict[str, int]
    epoch: int
    outcome_cursor: int = 0
    totals: dict[str, int] = {}
    seen: bytes = b""
    begun: list[str] = []
    incarnation: int = 0
    counter: int = -1


class PullHead(msgspec.Struct, frozen=True):
    """First frame of a pull: which channels are granted, and changed outcomes of earlier operations.

    ``same``: everything is as ``seen`` said; nothing follows and no channel is named. ``totals``: of channels in
    which nothing happened. ``restart``: channels that come again from 0, to be compared.
    """

    epoch: int
    server_time: int
    channels: list[str]
    outcomes: list[Outcome] = []
    outcome_cursor: int = 0
    totals: dict[str, int] = {}
    backup: Backup | None = None
    bundle_key: bytes = b""  # as in ``EnrolReply``
    same: bool = False
    restart: list[str] = []


class WaitRequest(msgspec.Struct, frozen=True):
    """``POST /sync/wait``: answered as soon as a pull with these cursors would bring something, at last after
    ``seconds``."""

    cursors: dict[str, int]
    outcome_cursor: int = 0
    seconds: float = 110.0


class WaitReply(msgspec.Struct, frozen=True):
    """Whether there is something to pull. ``again``: seconds to leave before the next question."""

    news: bool
    again: float = 0.0


class RowsRequest(msgspec.Struct, frozen=True):
    """``POST /sync/rows``: bodies wanted, (entity, id)."""

    wanted: list[tuple[str, bytes]]


class RowsReply(msgspec.Struct, frozen=True):
    """The bodies that the caller may read."""

    tables: list[Rows]


class BucketsRequest(msgspec.Struct, frozen=True):
    """``POST /sync/buckets``: what the parts of a channel add up to."""

    channel: str


class BucketsReply(msgspec.Struct, frozen=True):
    """Of one moment: the channel's number, and (bucket, total, rows) of each that has any."""

    end: int
    buckets: list[tuple[int, int, int]]


class RepairRequest(msgspec.Struct, frozen=True):
    """``POST /sync/repair``: the rows of some buckets of a channel."""

    channel: str
    buckets: list[int]


class RepairReply(msgspec.Struct, frozen=True):
    """All rows that stand in those buckets, compressed as a frame's body."""

    tables: list[Rows]


class MissingRequest(msgspec.Struct, frozen=True):
    """``POST /sync/missing``: (entity, id) of records held that the server did not list in a channel.

    ``rows``: as they are held, with the server's word for each: who has it was told of the record once.
    """

    channel: str
    records: list[tuple[str, bytes]]
    rows: list[Rows] = []


class MissingReply(msgspec.Struct, frozen=True):
    """What became of them; those in neither list stand there. ``lacking``: the server does not know them."""

    removed: list[Removal]
    lacking: list[bytes]


class IncarnationRequest(msgspec.Struct, frozen=True):
    """``POST /session/incarnation``: another number for a database that was copied or set back."""

    incarnation: int
    counter: int


class Incarnation(msgspec.Struct, frozen=True):
    """The number under which this database goes on."""

    incarnation: int


class HeldRequest(msgspec.Struct, frozen=True):
    """``POST /sync/held``: the server's rows that are held, (entity, id, epoch, version), and whole photos by name."""

    records: list[tuple[str, bytes, int, int]]
    photos: list[str] = []


class HeldReply(msgspec.Struct, frozen=True):
    """What of it the server wants back, being without it or older, and its epoch."""

    epoch: int
    wanted: list[tuple[str, bytes]]
    photos: list[str] = []


class HistoryRequest(msgspec.Struct, frozen=True):
    """``POST /history/household``: what changed in a household, the newest first.

    ``before``: (received_at, op_id) of the last entry that came, to go on from there.
    """

    household_id: bytes
    before: tuple[int, bytes] | None = None


class RecordHistoryRequest(msgspec.Struct, frozen=True):
    """``POST /history/record``: the same of one record of any kind."""

    entity: str
    record_id: bytes
    before: tuple[int, bytes] | None = None


class HistoryReply(msgspec.Struct, frozen=True):
    """Entries of records that the caller may read; ``more``: there are older ones."""

    entries: list[HistoryEntry]
    more: bool = False


class BlobState(msgspec.Struct, frozen=True):
    """``GET /blobs/{sha256}/state``: bytes that have arrived, and whether it is whole."""

    received: int
    complete: bool


class SmallRequest(msgspec.Struct, frozen=True):
    """``POST /pictures``: small pictures by the digest of their photos, sent and wanted."""

    send: dict[str, bytes] = {}
    want: list[str] = []


class SmallReply(msgspec.Struct, frozen=True):
    """Those that were kept, and those of the wanted ones that are there."""

    kept: list[str] = []
    pictures: dict[str, bytes] = {}


class PhotoPart(msgspec.Struct, frozen=True):
    """A part of a photo that a revoked device still holds."""

    sha256: str
    start: int
    total: int
    data: bytes


class QuarantineRequest(msgspec.Struct, frozen=True):
    """``POST /quarantine``: what a revoked device still holds. Signed as a whole like a push; no session.

    ``leaves``: nothing is left; the device erases itself once this is answered.
    """

    device_id: bytes
    operations: list[Operation] = []
    photo: PhotoPart | None = None
    leaves: bool = False


class QuarantineReply(msgspec.Struct, frozen=True):
    """What is kept now: ids of the operations, and how far the photo has come."""

    server_time: int
    kept: list[bytes] = []
    photo: BlobState | None = None


_encoder = msgspec.msgpack.Encoder()


def encode(message: Any) -> bytes:
    """MessagePack bytes of a message."""
    return _encoder.encode(message)


def decode(data: bytes, type_: type[T]) -> T:
    """A message of ``type_``; ``msgspec.ValidationError`` or ``DecodeError`` where it does not fit."""
    try:
        return msgspec.msgpack.decode(data, type=type_)
    except UnicodeDecodeError as error:  # of a text that is none
        raise msgspec.DecodeError("not a text") from error


def compress(data: bytes) -> bytes:
    """zstd at its quickest useful level: bandwidth is scarce, but so is the laptop's processor."""
    return zstandard.ZstdCompressor(level=1).compress(data)


def unpack(data: bytes, most: int = LARGEST_FRAME) -> bytes:
    """Plain bytes of what ``compress`` made. ``ValueError`` where they are more than ``most``, or it is none."""
    try:
        # What it says of its own size the library believes, however much memory that takes.
        if zstandard.frame_content_size(data) > most:
            raise ValueError("too large")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=most)
    except zstandard.ZstdError as error:
        raise ValueError("not compressed") from error


def frame(message: Any) -> bytes:
    """One length-prefixed compressed frame."""
    body = compress(encode(message))
    return len(body).to_bytes(4, "big") + body


def read_frames(stream: BinaryIO) -> Iterator[bytes]:
    """Plain bytes of each frame up to ``END``.

    Raises ``EOFError`` where the stream ends before it, ``ValueError`` where these are no frames.
    """
    while True:
        head = stream.read(len(END))
        if len(head) < len(END):
            raise EOFError("frame head")
        if head == END:
            return
        length = int.from_bytes(head, "big")
        if length > LARGEST_FRAME:
            raise ValueError("frame too large")
        body = stream.read(length)
        if len(body) < length:
            raise EOFError("frame body")
        yield unpack(body)


def read_page(data: bytes) -> Page:
    """A page out of a frame."""
    return decode(data, Page)
