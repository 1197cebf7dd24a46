"""The keys to which bundles for this server are sealed, and by which devices know its answers.

They follow from the server's MAC keys: what brings a restored server its MAC keys back brings these too.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.server.context import Server


def private_keys(server: Server) -> list[X25519PrivateKey]:
    """The private keys of bundles, the present one first."""
    keys = (server.mac_key, *server.older_keys)
    return [X25519PrivateKey.from_private_bytes(_seed(key)) for key in keys]


def public_key(server: Server) -> bytes:
    """The public half of the present one, 32 bytes."""
    return _public(_seed(server.mac_key))


def _seed(mac_key: bytes) -> bytes:
    return hmac.digest(mac_key, b"gridapp bundle key", "sha256")


@lru_cache(maxsize=8)
def _public(seed: bytes) -> bytes:
    # every answer to a pull names it
    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
