"""Routes by which a client finds and mends a difference, and gets a number of its own after a fork."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.datastructures import State
from litestar.params import HeaderParameter, RawBody

from gridapp.server import asked, auth, digest, forks, unlisted
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.sync.protocol import (
    MOST_INCARNATIONS,
    MOST_MISSING,
    MSGPACK,
    PROTOCOL_HEADER,
    VERSION,
    BucketsRequest,
    IncarnationRequest,
    MissingRequest,
    RepairRequest,
    compress,
    encode,
)

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]


@post("/sync/buckets", sync_to_thread=True, status_code=200)
def buckets(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Response[bytes]:
    """What the parts of a channel add up to."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, BucketsRequest)
    _check_granted(server, device, request.channel)
    with server.database.snapshot() as connection:
        return asked.answer(digest.buckets(connection, request.channel))


@post("/sync/repair", sync_to_thread=True, status_code=200)
def repair(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Response[bytes]:
    """The rows of some parts of a channel, compressed."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, RepairRequest)
    _check_granted(server, device, request.channel)
    with server.database.snapshot() as connection:
        found = digest.rows_of(connection, request.channel, request.buckets)
    return Response(compress(encode(found)), media_type=MSGPACK)


@post("/sync/missing", sync_to_thread=True, status_code=200)
def missing(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Response[bytes]:
    """What became of records that did not come with a channel."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, MissingRequest)
    granted = _check_granted(server, device, request.channel)
    if len(request.records) > MOST_MISSING:
        raise Rejection(400, "bad_request")
    with server.database.snapshot() as connection:
        return asked.answer(unlisted.missing(server, connection, request, granted))


@post("/session/incarnation", sync_to_thread=True, status_code=200)
def incarnation(
    state: State, body: RawBody, token: Token, speaks: Speaks = VERSION
) -> Response[bytes]:
    """Another number for a database that was copied or set back."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, IncarnationRequest)
    if not (0 < request.incarnation < MOST_INCARNATIONS and 0 <= request.counter < 1 << 62):
        raise Rejection(400, "bad_request")
    return asked.answer(forks.renew(server, device, request))


def _check_granted(server: Server, device: auth.Device, name: str) -> list[str]:
    granted = asked.author(server, device).channels()
    if name not in granted:
        raise Rejection(400, "bad_request")
    return granted


DIGEST_ROUTES = (buckets, repair, missing, incarnation)
