"""What every route needs of a request: who asks, in which version, the structure in its body, an answer."""

from __future__ import annotations

import msgspec
from litestar import Response
from litestar.params import RawBody

from gridapp.clock import day_of
from gridapp.server import auth
from gridapp.server.author import Author, load_authors
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.sync.protocol import MSGPACK, OLDEST, VERSION, T, decode, encode, unpack

MOST_BODY = 32 * 1024 * 1024  # bytes, unpacked


def author(server: Server, device: auth.Device) -> Author:
    """The member of staff behind a session, with today's roles."""
    with server.database.snapshot() as connection:
        reference = server.references.get(connection, server.district_id)
        sender, today = (device.staff_id, device.id), day_of(server.clock())
        return load_authors(connection, reference, [sender], server.district_id, today)[0]


def read(body: RawBody, type_: type[T]) -> T:
    """The structure in a body. Raises ``Rejection`` ``bad_request``."""
    try:
        return decode(body, type_)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Rejection(400, "bad_request") from error


def answer(message: object) -> Response[bytes]:
    """A structure as an answer."""
    return Response(encode(message), media_type=MSGPACK)


def unpacked(body: RawBody, encoding: str) -> RawBody:
    """The plain body of a push. Raises ``Rejection`` ``bad_request``."""
    if not encoding:
        return body
    if encoding != "zstd":
        raise Rejection(415, "bad_request")
    try:
        return RawBody(unpack(body, MOST_BODY))
    except ValueError as error:
        raise Rejection(400, "bad_request") from error


def bearer(value: str) -> str:
    """The token of an ``Authorization`` header."""
    return value.removeprefix("Bearer ").strip()


def from_hex(value: str) -> bytes:
    """Bytes of a header in hex, b"" where it is none."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        return b""


def check_protocol(speaks: int) -> None:
    """Raises ``Rejection`` ``protocol`` for versions that are not spoken."""
    if not OLDEST <= speaks <= VERSION:
        raise Rejection(426, "protocol")
