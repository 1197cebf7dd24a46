"""Opening a session: the device signs the server's nonce with the key that its store holds."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gridapp.store.store import Store
from gridapp.sync.protocol import SessionRequest
from gridapp.sync.transport import Refused, Transport


def open_session(store: Store, transport: Transport) -> None:
    """Give ``transport`` a token. Raises ``Offline``, ``Refused`` or ``Problem``."""
    device_id, key = store.who.device_id.bytes, device_key(store)
    nonce = transport.challenge(device_id).nonce
    transport.open_session(SessionRequest(device_id, nonce, key.sign(nonce)))


def device_key(store: Store) -> Ed25519PrivateKey:
    """The private key of this device."""
    key = store.read(lambda reader: reader.meta("device_key")).result()
    if key is None:
        raise Refused(403, "revoked")  # it was erased, and is open only until the program ends
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
