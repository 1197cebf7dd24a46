"""The key to which bundles for this server are sealed, and by which devices know its answers.

It follows from the server's MAC key: what brings a restored server its MAC keys back brings this one too.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.server.context import Server


def private_key(server: Server) -> X25519PrivateKey:
    """The X25519 private key of bundles."""
    return X25519PrivateKey.from_private_bytes(_seed(server))


def public_key(server: Server) -> bytes:
    """Its public half, 32 bytes."""
    return _public(_seed(server))


def _seed(server: Server) -> bytes:
    return hmac.digest(server.mac_key, b"gridapp bundle key", "sha256")


@lru_cache(maxsize=8)
def _public(seed: bytes) -> bytes:
    # every answer to a pull names it
    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
