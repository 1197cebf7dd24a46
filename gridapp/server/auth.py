"""Enrolment by one-time code, device keys, sessions."""

from __future__ import annotations

import secrets
from functools import cache
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Connection, func, insert, select, update

from gridapp.server import bundle_key
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.journal_facts import enrolled_fact
from gridapp.server.journalling import note
from gridapp.server.schema import device, enrolment_code, tables
from gridapp.server.sessions import (
    SESSION_SECONDS,
    Device,
    find_session,
    make_challenge,
    open_session,
    signed,
)
from gridapp.sync.protocol import EnrolReply, EnrolRequest

__all__ = [
    "CODE_DAYS",
    "SESSION_SECONDS",
    "Device",
    "enrol",
    "find_session",
    "make_challenge",
    "make_code",
    "open_session",
    "signed",
]

CODE_DAYS = 7
_MOST_TRIES = 5
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without look-alikes

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def make_code(connection: Connection, staff_id: bytes, now: int) -> str:
    """A fresh one-time code, ``XXXX-XXXX-XXXX``; only its hash is kept."""
    handle, secret = _free_handle(connection), _letters(8)
    connection.execute(
        insert(enrolment_code).values(
            handle=handle,
            staff_id=staff_id,
            hash=_hasher.hash(secret),
            expires_at=now + CODE_DAYS * 86_400_000,
            tries=0,
        )
    )
    return f"{handle}-{secret[:4]}-{secret[4:]}"


def _free_handle(connection: Connection) -> str:
    while True:
        handle = _letters(4)
        taken = select(enrolment_code.c.handle).where(enrolment_code.c.handle == handle)
        if connection.scalar(taken) is None:
            return handle


def enrol(server: Server, request: EnrolRequest) -> EnrolReply:
    """Give a device its identity. Raises ``Rejection``: ``bad_code``, ``used_code``, ``expired_code``."""
    now = server.clock()
    if len(request.public_key) != 32 or not 1 <= len(request.device_name) <= 80:
        raise Rejection(400, "bad_request")
    with server.database.write() as connection:
        reply = _use_code(server, connection, request, now)
    # A wrong try is counted by the same commit that would have used the code.
    if isinstance(reply, Rejection):
        raise reply
    device = reply.device_id, reply.staff_id, request.device_name, request.public_key
    note(server, enrolled_fact(*device, now, _letters_of(request.code)[0]))
    return reply


def _use_code(
    server: Server, connection: Connection, request: EnrolRequest, now: int
) -> EnrolReply | Rejection:
    handle, secret = _letters_of(request.code)
    statement = select(enrolment_code).where(enrolment_code.c.handle == handle)
    if server.database.is_postgres:
        statement = statement.with_for_update()
    row = connection.execute(statement).first()
    # An unknown code takes as long as a wrong one: time tells nothing of which exist.
    right = _matches(row.hash if row is not None else _nobody(), secret)
    if row is None or row.tries >= _MOST_TRIES or not right:
        _count_try(connection, handle, known=row is not None)
        return Rejection(403, "bad_code")
    if row.used_at is not None:
        return Rejection(403, "used_code")
    if row.expires_at < now:
        return Rejection(403, "expired_code")
    connection.execute(
        update(enrolment_code).where(enrolment_code.c.handle == handle).values(used_at=now)
    )
    staff = tables["staff"]
    person = connection.execute(select(staff).where(staff.c.id == row.staff_id)).one()
    device_id = uuid4().bytes
    connection.execute(
        insert(device).values(
            id=device_id,
            staff_id=row.staff_id,
            name=request.device_name,
            public_key=request.public_key,
            incarnation=1,
            enrolled_at=now,
        )
    )
    return EnrolReply(
        device_id=device_id,
        staff_id=row.staff_id,
        name=person.name,
        user_name=person.user_name or person.name,
        district_id=server.district_id,
        district_name=server.district_name,
        epoch=server.epoch,
        recovery_key=server.recovery_key,
        server_time=now,
        bundle_key=bundle_key.public_key(server),
    )


def _count_try(connection: Connection, handle: str, *, known: bool) -> None:
    """A wrong try. One at an unknown code writes as much, and changes nothing."""
    code = enrolment_code.c
    if known:
        change = update(enrolment_code).where(code.handle == handle).values(tries=code.tries + 1)
    else:
        first = select(func.min(code.handle)).scalar_subquery()
        change = update(enrolment_code).where(code.handle == first).values(tries=code.tries)
    connection.execute(change)


def _letters_of(code: str) -> tuple[str, str]:
    """The name of a one-time code, and its secret."""
    letters = "".join(c for c in code.upper() if c.isalnum())
    return letters[:4], letters[4:]


def _matches(hashed: str, secret: str) -> bool:
    try:
        return _hasher.verify(hashed, secret)
    except VerifyMismatchError:
        return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex())


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
