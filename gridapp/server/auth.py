"""Enrolment by one-time code, device keys, sessions."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, delete, insert, select, update

from gridapp.server import bundle_key
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.journal_facts import enrolled_fact
from gridapp.server.journalling import note
from gridapp.server.schema import challenge, device, enrolment_code, session, tables
from gridapp.sync.protocol import EnrolReply, EnrolRequest, Session, SessionRequest

SESSION_SECONDS = 12 * 3600
CODE_DAYS = 7
_CHALLENGE_MS = 120_000
_MOST_TRIES = 5
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without look-alikes

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device in an open session."""

    id: bytes
    staff_id: bytes
    incarnation: int
    public_key: bytes


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
        if row is not None:
            connection.execute(
                update(enrolment_code)
                .where(enrolment_code.c.handle == handle)
                .values(tries=enrolment_code.c.tries + 1)
            )
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


def make_challenge(server: Server, device_id: bytes) -> bytes:
    """A nonce for a device to sign; given for unknown devices too, so that nothing is told."""
    nonce, now = os.urandom(32), server.clock()
    with server.database.write() as connection:
        connection.execute(delete(challenge).where(challenge.c.expires_at < now))
        connection.execute(
            insert(challenge).values(
                nonce=nonce, device_id=device_id, expires_at=now + _CHALLENGE_MS
            )
        )
    return nonce


def open_session(server: Server, request: SessionRequest) -> Session:
    """A token for a signed nonce. Raises ``Rejection``: ``not_enrolled``, ``revoked``."""
    now, token = server.clock(), secrets.token_urlsafe(32)
    with server.database.write() as connection:
        used = connection.execute(
            delete(challenge).where(
                challenge.c.nonce == request.nonce,
                challenge.c.device_id == request.device_id,
                challenge.c.expires_at >= now,
            )
        ).rowcount
        row = connection.execute(select(device).where(device.c.id == request.device_id)).first()
        if not used or row is None or not signed(row.public_key, request.nonce, request.signature):
            raise Rejection(401, "not_enrolled")
        if row.revoked_at is not None:
            raise Rejection(403, "revoked")
        connection.execute(delete(session).where(session.c.expires_at < now))
        connection.execute(
            insert(session).values(
                token_hash=_digest(token),
                device_id=row.id,
                expires_at=now + SESSION_SECONDS * 1000,
            )
        )
        connection.execute(update(device).where(device.c.id == row.id).values(last_seen=now))
    return Session(token, SESSION_SECONDS)


def find_session(server: Server, token: str) -> Device:
    """The device behind a token. Raises ``Rejection``: ``no_session``, ``revoked``."""
    with server.database.snapshot() as connection:
        row = connection.execute(
            select(device, session.c.expires_at)
            .join(session, session.c.device_id == device.c.id)
            .where(session.c.token_hash == _digest(token))
        ).first()
    if row is None or row.expires_at < server.clock():
        raise Rejection(401, "no_session")
    if row.revoked_at is not None:
        raise Rejection(403, "revoked")
    return Device(row.id, row.staff_id, row.incarnation, row.public_key)


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the device's key signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


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


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
