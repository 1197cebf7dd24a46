"""Sessions of devices: a nonce to sign, a token for the signature, the device behind a token.

A nonce is not kept: it carries its end and the server's word for both and the device. Only a used one is noted, in
the transaction that opens the session, so it is good once. Devices that come back at the same moment share that
transaction; a token is looked up every time, so that a revoked device is refused at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection

from gridapp.clock import Instant
from gridapp.server.context import Server
from gridapp.server.errors import Rejection
from gridapp.server.schema import challenge, device, session
from gridapp.server.statements import execute, fetch, fetch_in, insert_rows, update_rows
from gridapp.sync.protocol import Session, SessionRequest

SESSION_SECONDS = 12 * 3600
_CHALLENGE_MS = 120_000
_NONCE, _HEAD = 32, 16  # bytes of a nonce, and of what its second half vouches for
_MOST = 64  # sessions opened in one transaction
# What nobody signs with, who is unknown; so that an answer takes as long as one to a known device.
NOBODY = Ed25519PrivateKey.generate().public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled device in an open session."""

    id: bytes
    staff_id: bytes
    incarnation: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with the token that it would be given."""

    request: SessionRequest
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))


def make_challenge(server: Server, device_id: bytes) -> bytes:
    """A nonce for a device to sign; given for unknown devices too, so that nothing is told."""
    head = (server.clock() + _CHALLENGE_MS).to_bytes(8, "big") + os.urandom(8)
    return head + _word(server, device_id, head)


def open_session(server: Server, request: SessionRequest) -> Session:
    """A token for a signed nonce. Raises ``Rejection``: ``not_enrolled``, ``revoked``."""
    if not _is_ours(server, request):
        raise Rejection(401, "not_enrolled")
    writers = 2 if server.database.is_postgres else 1
    answer: Session | Rejection = server.logins.do(
        _Asked(request), _first_ones, partial(_open, server), writers
    )
    if isinstance(answer, Rejection):
        raise answer
    return answer


def find_session(server: Server, token: str) -> Device:
    """The device behind a token. Raises ``Rejection``: ``no_session``, ``revoked``."""
    sql = (
        "SELECT d.id, d.staff_id, d.incarnation, d.public_key, d.revoked_at, s.expires_at "
        "FROM session s JOIN device d ON d.id=s.device_id WHERE s.token_hash=?"
    )
    with server.database.look() as connection:
        found = fetch(connection, sql, _digest(token))
    if not found or found[0][5] < server.clock():
        raise Rejection(401, "no_session")
    key, staff_id, incarnation, public_key, revoked_at, _ = found[0]
    if revoked_at is not None:
        raise Rejection(403, "revoked")
    return Device(key, staff_id, incarnation, public_key)


def signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the device's key signed this."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_ours(server: Server, request: SessionRequest) -> bool:
    head, word = request.nonce[:_HEAD], request.nonce[_HEAD:]
    return (
        len(request.nonce) == _NONCE
        and hmac.compare_digest(word, _word(server, request.device_id, head))
        and int.from_bytes(head[:8], "big") >= server.clock()
    )


def _word(server: Server, device_id: bytes, head: bytes) -> bytes:
    return hmac.digest(server.mac_key, b"challenge" + device_id + head, "sha256")[:_HEAD]


def _first_ones(waiting: Sequence[_Asked]) -> Sequence[int]:
    return range(min(len(waiting), _MOST))


def _open(server: Server, asked: Sequence[_Asked]) -> list[Session | Rejection]:
    """Open sessions for those that may have one, in one transaction."""
    now = server.clock()
    with server.database.write() as connection:
        refused = _refused(connection, [one.request for one in asked])
        opened = [one for n, one in enumerate(asked) if n not in refused]
        _note(connection, opened, now)
    return [
        refused.get(n) or Session(one.token, SESSION_SECONDS, packed=True)
        for n, one in enumerate(asked)
    ]


def _refused(connection: Connection, requests: Sequence[SessionRequest]) -> dict[int, Rejection]:
    """By place in ``requests``."""
    sql = "SELECT id, public_key, revoked_at FROM device WHERE id IN (:ids)"
    devices = {
        key: rest for key, *rest in fetch_in(connection, sql, (r.device_id for r in requests))
    }
    sql = "SELECT nonce FROM challenge WHERE nonce IN (:ids)"
    used = {nonce for (nonce,) in fetch_in(connection, sql, (r.nonce for r in requests))}
    found = {}
    for number, request in enumerate(requests):
        known = devices.get(request.device_id)
        right = signed(known[0] if known else NOBODY, request.nonce, request.signature)
        if known is None or request.nonce in used or not right:
            found[number] = Rejection(401, "not_enrolled")
        elif known[1] is not None:
            found[number] = Rejection(403, "revoked")
        else:
            used.add(request.nonce)
    return found


def _note(connection: Connection, opened: Iterable[_Asked], now: Instant) -> None:
    execute(connection, "DELETE FROM challenge WHERE expires_at < ?", now)
    execute(connection, "DELETE FROM session WHERE expires_at < ?", now)
    nonces, tokens, seen = [], [], set()
    for one in opened:
        key = one.request.device_id
        nonces.append((one.request.nonce, key, now + _CHALLENGE_MS))
        tokens.append((_digest(one.token), key, now + SESSION_SECONDS * 1000))
        seen.add(key)
    insert_rows(connection, challenge, ("nonce", "device_id", "expires_at"), nonces)
    insert_rows(connection, session, ("token_hash", "device_id", "expires_at"), tokens)
    update_rows(connection, device, ("last_seen",), ("id",), [(now, key) for key in sorted(seen)])


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
