"""Routes of attachments: small pictures first, then photos in parts."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, HeaderParameter, RawBody

from gridapp.server import asked, auth, blobs, photo_arrivals, small_pictures
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.sync.protocol import PROTOCOL_HEADER, VERSION, BlobState, SmallReply, SmallRequest

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]


@post("/pictures", sync_to_thread=True, status_code=200)
def pictures(
    state: State, body: RawBody, token: Token, speaks: Speaks = VERSION
) -> Response[bytes]:
    """Small pictures up, and those that are wanted down."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, SmallRequest)
    granted = asked.author(server, device).channels()
    kept: list[str] = []
    if request.send:
        with server.database.write() as connection:
            kept = small_pictures.keep(connection, request.send, device.staff_id, granted)
    with server.database.snapshot() as connection:
        return asked.answer(
            SmallReply(kept, small_pictures.read(connection, request.want, granted))
        )


@get("/blobs/{digest:str}/state", sync_to_thread=True)
def blob_state(state: State, digest: FromPath[str], token: Token) -> Response[bytes]:
    """How much of an attachment has arrived: nothing is said of blobs that others sent."""
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    return asked.answer(_state(server, device, digest))


def _state(server: Server, device: auth.Device, digest: str) -> BlobState:
    granted = asked.author(server, device).channels()
    with server.database.snapshot() as connection:
        blobs.check_sender(connection, digest, device.staff_id, granted)
        here = blobs.state(connection, digest, device.staff_id)
        if here.complete or not blobs.readable(connection, digest, granted):
            return here
    with server.database.write() as connection:
        here = blobs.claim(connection, digest, device.staff_id, granted)
    if here.complete:
        photo_arrivals.arrived(server, digest)
    return here


# Not on the path of the GET: litestar 2.25 wraps threaded handlers that share a path twice.
@put("/blobs/{digest:str}/parts", sync_to_thread=True)
def blob_put(
    state: State,
    digest: FromPath[str],
    body: RawBody,
    token: Token,
    start: FromQuery[int],
    total: FromQuery[int],
) -> Response[bytes]:
    """One part of an attachment."""
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    with server.database.snapshot() as connection:
        blobs.check_sender(
            connection, digest, device.staff_id, asked.author(server, device).channels()
        )
    return asked.answer(blobs.put_part(server, digest, device.staff_id, start, total, body))


@get("/blobs/{digest:str}", sync_to_thread=True, media_type="application/octet-stream")
def blob_get(
    state: State, digest: FromPath[str], token: Token, start: FromQuery[int]
) -> Response[bytes]:
    """One part of an attachment that the caller may read."""
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    granted = asked.author(server, device).channels()
    with server.database.snapshot() as connection:
        if not blobs.shown(connection, digest, granted):
            raise Rejection(404, "no_blob")
        data = blobs.read_part(connection, digest, start)
    return Response(data, media_type="application/octet-stream")


PHOTO_ROUTES = (pictures, blob_state, blob_put, blob_get)
