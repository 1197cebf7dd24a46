"""The database key: random, wrapped by Argon2id(password) with a secret of the device, and for recovery.

It protects copies of the data folder. Where the device secret lies in a file beside the data, as here, it
does not protect a whole stolen disk beyond the strength of the password; ``docs`` say so.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gridapp.errors import Problem

KEY_BYTES = 32
MIN_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class Strength:
    """Cost of one guess: passes, KiB of memory, lanes."""

    passes: int = 3
    memory: int = 65536
    lanes: int = 2


SHIPPED = Strength()


def check_password(password: str) -> None:
    """Refuse a password that is too short to protect anything."""
    if len(password) < MIN_PASSWORD:
        raise Problem(
            "weak_password",
            "密码至少 {count} 个字符。",
            remedy="请换一个长一点的密码。",
            count=MIN_PASSWORD,
        )


def new_key() -> bytes:
    """A random database key."""
    return os.urandom(KEY_BYTES)


def wrap(folder: Path, key: bytes, password: str, recovery: bytes, strength: Strength) -> None:
    """Write ``key.json`` and the device secret in ``folder``; ``recovery`` is the district's public key or b""."""
    secret = folder / "device.secret"
    if not secret.exists():
        _write_private(secret, os.urandom(KEY_BYTES))
    salt, nonce = os.urandom(16), os.urandom(12)
    wrapping = _wrapping_key(password, salt, secret.read_bytes(), strength)
    document = {
        "format": 1,
        "strength": asdict(strength),
        "salt": _text(salt),
        "nonce": _text(nonce),
        "wrapped": _text(AESGCM(wrapping).encrypt(nonce, key, b"gridapp key")),
        "recovery": _sealed(key, recovery) if recovery else None,
    }
    document["check"] = _check(document, secret.read_bytes())
    _write_private(folder / "key.json", json.dumps(document, indent=1).encode())


def unwrap(folder: Path, password: str) -> bytes:
    """The database key. Raises ``Problem`` ``wrong_password`` or ``damaged``."""
    held = _read(folder)
    wrapping = _wrapping_key(password, held.salt, held.secret, held.strength)
    try:
        return AESGCM(wrapping).decrypt(held.nonce, held.wrapped, b"gridapp key")
    except InvalidTag as error:
        raise Problem("wrong_password", "密码不对。", remedy="请再试一次。") from error


def check_files(folder: Path) -> None:
    """Whether the key files are as they were written. Raises ``Problem`` ``damaged``; needs no password."""
    _read(folder)


@dataclass(frozen=True, slots=True)
class _Held:
    strength: Strength
    salt: bytes
    nonce: bytes
    wrapped: bytes
    secret: bytes


def _read(folder: Path) -> _Held:
    try:
        document: dict[str, Any] = json.loads((folder / "key.json").read_bytes())
        secret = (folder / "device.secret").read_bytes()
        if document["check"] != _check(document, secret):
            raise _damaged(folder)
        strength = Strength(**document["strength"])
        salt, nonce, wrapped = (b64decode(document[n]) for n in ("salt", "nonce", "wrapped"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder) from error
    return _Held(strength, salt, nonce, wrapped, secret)


def open_recovery(sealed: dict[str, str], private: bytes) -> bytes:
    """The database key out of its recovery wrap, with the district's private key."""
    ephemeral = X25519PublicKey.from_public_bytes(b64decode(sealed["ephemeral"]))
    shared = X25519PrivateKey.from_private_bytes(private).exchange(ephemeral)
    return AESGCM(_derive(shared)).decrypt(
        b64decode(sealed["nonce"]), b64decode(sealed["wrapped"]), b"gridapp recovery"
    )


def _damaged(folder: Path) -> Problem:
    return Problem(
        "damaged",
        "这个用户的资料有一个文件坏了，打不开。",
        place=str(folder),
        remedy="请联系区管理员用恢复密钥找回，不要删除文件夹。",
    )


def _check(document: dict[str, Any], secret: bytes) -> str:
    """Tells a damaged file from a wrong password, which would look the same. Says nothing of either secret."""
    rest = {name: value for name, value in document.items() if name != "check"}
    return sha256(json.dumps(rest, sort_keys=True).encode() + secret).hexdigest()


def _sealed(key: bytes, recovery: bytes) -> dict[str, str]:
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recovery))
    nonce = os.urandom(12)
    return {
        "ephemeral": _text(ephemeral.public_key().public_bytes_raw()),
        "nonce": _text(nonce),
        "wrapped": _text(AESGCM(_derive(shared)).encrypt(nonce, key, b"gridapp recovery")),
    }


def _wrapping_key(password: str, salt: bytes, secret: bytes, strength: Strength) -> bytes:
    stretched = hash_secret_raw(
        password.encode(),
        salt,
        time_cost=strength.passes,
        memory_cost=strength.memory,
        parallelism=strength.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )
    return _derive(stretched + secret)


def _derive(material: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"gridapp wrap").derive(material)


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _write_private(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
