"""What the journal says, folded from its entries: keys, epoch, and what must outlive every restore."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gridapp.server.journal import Entry

EPOCH = "epoch"  # epoch, why
RESTORED = "restored"  # backup: a copy was put back by hand; the next start begins a new epoch
ENROLLED = "enrolled"  # device, staff, name, key, enrolled_at, handle
REVOKED = "revoked"  # device, revoked_at
ROLE = (
    "role"  # entity, row: of an assignment or member of staff that was changed, bytes as {"hex": …}
)
INCARNATION = "incarnation"  # device, incarnation
PURGED = "purged"  # record, entity, purged_at
BACKUP = "backup"  # name, epoch

Fact = tuple[str, Mapping[str, Any]]


@dataclass(slots=True)
class Facts:
    """Ids are bytes. ``roles``: (entity, id) -> the newest row that was written down."""

    server: str
    mac_key: bytes
    recovery_private: bytes
    recovery_public: bytes
    older_keys: tuple[bytes, ...] = ()
    epoch: int = 1
    restored: bool = False
    enrolled: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)
    revoked: dict[bytes, int] = field(default_factory=dict)
    incarnations: dict[bytes, int] = field(default_factory=dict)
    purged: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    roles: dict[tuple[str, bytes], dict[str, Any]] = field(default_factory=dict)
    backup: str = ""


def new_keys() -> dict[str, str]:
    """What the first entry of a new server's journal holds besides the district."""
    private = X25519PrivateKey.generate()
    return {
        "server": os.urandom(16).hex(),
        "mac_key": os.urandom(32).hex(),
        "recovery_private": private.private_bytes_raw().hex(),
        "recovery_public": private.public_key().public_bytes_raw().hex(),
    }


def fold(entries: Iterable[Entry]) -> Facts:
    """Everything that the entries say together."""
    first, *rest = entries
    facts = Facts(
        server=first.fields["server"],
        mac_key=bytes.fromhex(first.fields["mac_key"]),
        recovery_private=bytes.fromhex(first.fields["recovery_private"]),
        recovery_public=bytes.fromhex(first.fields["recovery_public"]),
        epoch=int(first.fields.get("epoch", 1)),
    )
    for entry in rest:
        _take(facts, entry)
    return facts


def _take(facts: Facts, entry: Entry) -> None:
    said = entry.fields
    match entry.what:
        case "epoch":
            facts.epoch, facts.restored = said["epoch"], False
        case "restored":
            facts.restored = True
        case "enrolled":
            facts.enrolled[bytes.fromhex(said["device"])] = said
        case "revoked":
            facts.revoked[bytes.fromhex(said["device"])] = said["revoked_at"]
        case "incarnation":
            facts.incarnations[bytes.fromhex(said["device"])] = said["incarnation"]
        case "purged":
            facts.purged[bytes.fromhex(said["record"])] = said["entity"], said["purged_at"]
        case "role":
            row = _row_said(said["row"])
            key = said["entity"], row["id"]
            held = facts.roles.get(key)
            if held is None or _age(held) < _age(row):
                facts.roles[key] = row
        case "backup":
            facts.backup = said["name"]
        case _:
            pass  # of a newer program


def _age(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["epoch"], row["version"]


def role_fact(entity: str, row: Mapping[str, Any]) -> Fact:
    """An assignment or a member of staff that was changed, as it stands now."""
    said = {n: {"hex": v.hex()} if isinstance(v, bytes) else v for n, v in row.items()}
    return ROLE, {"entity": entity, "row": said}


def _row_said(said: Mapping[str, Any]) -> dict[str, Any]:
    return {n: bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for n, v in said.items()}


def enrolled_fact(device: bytes, staff: bytes, name: str, key: bytes, at: int, handle: str) -> Fact:
    """A device that came with a one-time code."""
    said = {
        "device": device.hex(),
        "staff": staff.hex(),
        "name": name,
        "key": key.hex(),
        "enrolled_at": at,
        "handle": handle,
    }
    return ENROLLED, said


def revoked_fact(device: bytes, at: int) -> Fact:
    """A device that is not let in any more."""
    return REVOKED, {"device": device.hex(), "revoked_at": at}


def incarnation_fact(device: bytes, incarnation: int) -> Fact:
    """A device that was told apart from its copy."""
    return INCARNATION, {"device": device.hex(), "incarnation": incarnation}


def purged_fact(record_id: bytes, entity: str, at: int) -> Fact:
    """A record that is never to come back."""
    return PURGED, {"record": record_id.hex(), "entity": entity, "purged_at": at}
