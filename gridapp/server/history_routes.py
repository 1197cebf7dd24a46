"""Routes that tell what changed in records that the caller may read."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.datastructures import State
from litestar.params import HeaderParameter, RawBody

from gridapp.server import asked, auth
from gridapp.server.context import Server
from gridapp.server.history import household_history, record_history
from gridapp.sync.protocol import PROTOCOL_HEADER, VERSION, HistoryRequest, RecordHistoryRequest

Token = Annotated[str, HeaderParameter(name="Authorization", description="Bearer token")]
Speaks = Annotated[int, HeaderParameter(name=PROTOCOL_HEADER)]


@post("/history/household", sync_to_thread=True, status_code=200)
def of_household(
    state: State, body: RawBody, token: Token, speaks: Speaks = VERSION
) -> Response[bytes]:
    """What changed in a household that the caller may read, the newest first."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, HistoryRequest)
    granted = asked.author(server, device).channels()
    with server.database.snapshot() as connection:
        return asked.answer(household_history(connection, granted, request))


@post("/history/record", sync_to_thread=True, status_code=200)
def of_record(
    state: State, body: RawBody, token: Token, speaks: Speaks = VERSION
) -> Response[bytes]:
    """What changed in one record that the caller may read, the newest first."""
    asked.check_protocol(speaks)
    server: Server = state.server
    device = auth.find_session(server, asked.bearer(token))
    request = asked.read(body, RecordHistoryRequest)
    granted = asked.author(server, device).channels()
    with server.database.snapshot() as connection:
        return asked.answer(record_history(connection, granted, request))


HISTORY_ROUTES = (of_household, of_record)
