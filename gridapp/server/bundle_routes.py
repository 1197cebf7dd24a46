"""Routes of couriers: a bundle that somebody carried here goes up in parts, its answer comes down as one stream.

What they carry is sealed both ways: a courier learns nothing but whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Annotated, BinaryIO, cast

from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, HeaderParameter, RawBody
from litestar.response import Stream

from gridapp.errors import Problem
from gridapp.server import asked, auth, bundle_answer, bundle_spool, bundles
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.snapshots import Snapshots
from gridapp.sync.protocol import PROTOCOL_HEADER, VERSION

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]

_IN_MEMORY = (
    4 * 1024 * 1024
)  # bytes of an answer before it goes to a temporary file, sealed as it is
_PIECE = 256 * 1024
_BYTES = "application/octet-stream"


@get("/bundles/{digest:str}/state", sync_to_thread=True)
def bundle_state(state: State, digest: FromPath[str], token: Token) -> Response[bytes]:
    """How much of a bundle this courier has sent."""
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    with server.database.snapshot() as connection:
        return asked.answer(bundle_spool.state(connection, digest, device.staff_id))


@put("/bundles/{digest:str}/parts", sync_to_thread=True)
def bundle_put(
    state: State,
    digest: FromPath[str],
    body: RawBody,
    token: Token,
    start: FromQuery[int],
    total: FromQuery[int],
) -> Response[bytes]:
    """One part of a bundle."""
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    return asked.answer(bundle_spool.put_part(server, digest, device.staff_id, start, total, body))


@post("/bundles/{digest:str}/answer", sync_to_thread=True, status_code=200)
def bundle_take(
    state: State, digest: FromPath[str], token: Token, speaks: Speaks = VERSION
) -> Stream:
    """The bundle is here: it is judged, and its answer comes. Once more gives the same outcomes."""
    asked.check_protocol(speaks)
    server: Server = state.server
    courier = auth.find_session(server, asked.bearer(token)).staff_id
    answer = _answer(server, state.snapshots, digest, courier)
    return Stream(_pieces(server, answer, digest, courier), media_type=_BYTES)


def _answer(server: Server, snapshots: Snapshots, digest: str, courier: bytes) -> BinaryIO:
    spooled = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    file = cast("BinaryIO", spooled)
    try:
        with bundle_spool.Spooled(server, digest, courier) as source:
            taken = bundles.take(server, cast("BinaryIO", source), "")
        bundle_answer.write(server, snapshots, taken.asked, file)
    except Problem as problem:
        file.close()
        # What is wrong with it now stays so: the courier may begin again, or leave it.
        bundle_spool.drop(server, digest, courier)
        raise Rejection(422, problem.code) from problem
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _pieces(server: Server, answer: BinaryIO, digest: str, courier: bytes) -> Iterator[bytes]:
    with answer:
        while piece := answer.read(_PIECE):
            yield piece
    bundle_spool.drop(server, digest, courier)


BUNDLE_ROUTES = (bundle_state, bundle_put, bundle_take)
