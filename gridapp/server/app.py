"""The HTTP side of the server: Litestar routes over ``apply``, ``pull``, ``auth`` and ``blobs``."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.params import HeaderParameter, RawBody
from litestar.response import Stream

from gridapp import __version__
from gridapp.server import asked, auth, covers, drain, epochs, forks, handback, quarantine, recalled
from gridapp.server.apply import Sender, apply
from gridapp.server.bundle_routes import BUNDLE_ROUTES
from gridapp.server.contained import note_answered
from gridapp.server.context import Server
from gridapp.server.digest_routes import DIGEST_ROUTES
from gridapp.server.errors import Rejection
from gridapp.server.history_routes import HISTORY_ROUTES
from gridapp.server.live import Live, wait
from gridapp.server.pages import read_bodies
from gridapp.server.photo_routes import PHOTO_ROUTES
from gridapp.server.pull import pull
from gridapp.server.recovery_routes import RECOVERY_ROUTES
from gridapp.server.snapshots import Snapshots
from gridapp.sync.protocol import (
    MOST_INCARNATIONS,
    MOST_OPERATIONS,
    MSGPACK,
    OLDEST,
    PROTOCOL_HEADER,
    SIGNATURE_HEADER,
    VERSION,
    Challenge,
    ChallengeRequest,
    EnrolRequest,
    Health,
    PullRequest,
    PushReply,
    PushRequest,
    QuarantineRequest,
    Refusal,
    RowsReply,
    RowsRequest,
    SessionRequest,
    encode,
)

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]

_MOST_CHANGES = 1 << 62

_log = logging.getLogger(__name__)


@get("/health", sync_to_thread=False)
def health(state: State) -> Health:
    """Ready, and which protocol is spoken. Needs no session."""
    server: Server = state.server
    return Health(True, VERSION, OLDEST, server.district_name, __version__)


@post("/enrol", sync_to_thread=True, status_code=200)
def enrol(state: State, body: RawBody, speaks: Speaks = VERSION) -> Response[bytes]:
    """A one-time code against a device identity."""
    asked.check_protocol(speaks)
    return asked.answer(auth.enrol(state.server, asked.read(body, EnrolRequest)))


# Nothing is read or written for it, so no thread is either.
@post("/session/challenge", sync_to_thread=False, status_code=200)
def challenge(state: State, body: RawBody, speaks: Speaks = VERSION) -> Response[bytes]:
    """A nonce for a device to sign."""
    asked.check_protocol(speaks)
    request = asked.read(body, ChallengeRequest)
    nonce = auth.make_challenge(state.server, request.device_id)
    return asked.answer(Challenge(nonce, state.server.clock()))


@post("/session", sync_to_thread=True, status_code=200)
def session(state: State, body: RawBody, speaks: Speaks = VERSION) -> Response[bytes]:
    """The signed nonce against a bearer token."""
    asked.check_protocol(speaks)
    return asked.answer(auth.open_session(state.server, asked.read(body, SessionRequest)))


@post("/sync/push", sync_to_thread=True, status_code=200)
def push(
    state: State,
    body: RawBody,
    token: Token,
    signature: Annotated[str, HeaderParameter(name=SIGNATURE_HEADER)],
    speaks: Speaks = VERSION,
    encoding: Annotated[str, HeaderParameter(name="Content-Encoding")] = "",
) -> Response[bytes]:
    """Operations up, one outcome each. The whole body, unpacked, is signed by the device."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    body = asked.unpacked(body, encoding)
    if not auth.signed(device.public_key, body, asked.from_hex(signature)):
        raise Rejection(403, "bad_signature")
    request = asked.read(body, PushRequest)
    if request.device_id != device.id or len(request.operations) > MOST_OPERATIONS:
        raise Rejection(400, "bad_request")
    if not 0 < request.incarnation <= MOST_INCARNATIONS:
        raise Rejection(400, "bad_request")
    if request.handback:  # makes the server whole again, so in whatever epoch
        handback.take(server, request.handback, device.staff_id)
        recalled.follow(server, request.handback)
    if request.operations or not request.handback:
        epochs.check(server, speaks, request.epoch)
    known = (device.id, request.incarnation, request.epoch, request.counter)
    forks.check(server, *known, request.operations)
    sender = Sender(device.staff_id, device.id, request.incarnation)
    note_answered(server, sender, request.operations, request.answered)
    sender = recalled.with_parked(server, sender, request.answered)
    applied = apply(server, sender, request.operations)
    with server.database.look() as connection:
        backup = covers.named(connection, device.id, request.incarnation)
    return asked.answer(PushReply(server.epoch, server.clock(), applied.outcomes, backup))


@post("/sync/pull", sync_to_thread=True, status_code=200)
def pull_pages(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Stream:
    """Frames of pages after the cursors, until nothing is left."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, PullRequest)
    numbers = (request.outcome_cursor, *request.cursors.values())
    if not all(0 <= cursor < _MOST_CHANGES for cursor in numbers):
        raise Rejection(400, "bad_request")
    epochs.check(server, speaks, request.epoch)
    drain.note_contact(server, device.id)
    forks.check(server, device.id, request.incarnation, request.epoch, request.counter)
    frames: Iterator[bytes] = pull(server, state.snapshots, asked.author(server, device), request)
    return Stream(frames, media_type=MSGPACK)


@post("/quarantine", sync_to_thread=True, status_code=200)
def hand_over(
    state: State,
    body: RawBody,
    signature: Annotated[str, HeaderParameter(name=SIGNATURE_HEADER)],
    speaks: Speaks = VERSION,
) -> Response[bytes]:
    """What a revoked device still holds. Signed by the device; needs no session, and opens none."""
    asked.check_protocol(speaks)
    request = asked.read(body, QuarantineRequest)
    sign = asked.from_hex(signature)
    return asked.answer(quarantine.receive(state.server, request, body, sign))


@post("/sync/rows", sync_to_thread=True, status_code=200)
def rows(state: State, body: RawBody, token: Token, speaks: Speaks = VERSION) -> Response[bytes]:
    """Bodies of single records that the caller may read."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, RowsRequest)
    granted = asked.author(server, device).channels()
    with server.database.snapshot() as connection:
        return asked.answer(
            RowsReply(read_bodies(connection, granted, request.wanted[:MOST_OPERATIONS]))
        )


def make_app(server: Server) -> Litestar:
    """The ASGI application of one server."""
    app = copy.copy(_routed())
    app.state = State({"server": server, "snapshots": Snapshots(), "live": Live(server)})
    return app


@cache
def _routed() -> Litestar:
    """The routes without a server. What they take is read from their signatures, once for each process."""
    return Litestar(
        route_handlers=[
            health,
            enrol,
            challenge,
            session,
            push,
            pull_pages,
            hand_over,
            rows,
            wait,
            *HISTORY_ROUTES,
            *PHOTO_ROUTES,
            *BUNDLE_ROUTES,
            *DIGEST_ROUTES,
            *RECOVERY_ROUTES,
        ],
        exception_handlers={Rejection: _rejected, HTTPException: _http_error, Exception: _defect},
        openapi_config=OpenAPIConfig(title="gridapp", version=__version__),
        request_max_body_size=asked.MOST_BODY,
        # Litestar's would take over the logging of the whole process, on a thread of its own that never ends.
        logging_config=None,
    )


def _rejected(_request: Request[object, object, State], error: Rejection) -> Response[bytes]:
    body = encode(Refusal(error.code, retry_after=error.retry_after))
    headers = {"Retry-After": str(int(error.retry_after))} if error.retry_after else {}
    return Response(body, status_code=error.status, media_type=MSGPACK, headers=headers)


def _http_error(_request: Request[object, object, State], error: HTTPException) -> Response[bytes]:
    body = encode(Refusal("bad_request" if error.status_code < 500 else "defect"))
    return Response(body, status_code=error.status_code, media_type=MSGPACK)


def _defect(request: Request[object, object, State], error: Exception) -> Response[bytes]:
    # The log names the kind of defect and the path; contents of requests never reach a log.
    _log.error("defect %s at %s", type(error).__name__, request.url.path)
    return Response(encode(Refusal("defect")), status_code=500, media_type=MSGPACK)
