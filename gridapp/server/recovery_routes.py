"""The route by which clients learn what a restored server lacks. Rows come back with a push (``handback``)."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.datastructures import State
from litestar.params import HeaderParameter, RawBody

from gridapp.server import asked, auth, blobs, handback, recalled
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.sync.protocol import MOST_HELD, PROTOCOL_HEADER, VERSION, HeldReply, HeldRequest

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]


@post("/sync/held", sync_to_thread=True, status_code=200)
def held(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Response[bytes]:
    """What the caller holds, against what of it is wanted back."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, HeldRequest)
    if len(request.records) > MOST_HELD or len(request.photos) > MOST_HELD:
        raise Rejection(400, "bad_request")
    granted = asked.author(server, device).channels()
    wanted = handback.wanted(server, request.records, granted)
    wanted = sorted({*wanted, *recalled.wanted(server, request.records)})
    with server.database.snapshot() as connection:
        # Nothing is said of photos that the caller may not read: they count as lacking.
        photos = [
            digest
            for digest in request.photos
            if not blobs.state(connection, digest, device.staff_id).complete
            and not blobs.readable(connection, digest, granted)
        ]
    return asked.answer(HeldReply(server.epoch, wanted, photos))


RECOVERY_ROUTES = [held]
