"""Is this row the server's own? Rows that clients hand back are believed by their MACs alone."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from gridapp.domain.kinds import KINDS
from gridapp.server.context import MAC_BYTES, Server, content
from gridapp.tables import wire_columns

# Fields that kinds got after MACs were first made over all fields, empty ones at the end included.
_ADDED = {"unit": ("changing_on", "successor_id")}


def valid(server: Server, entity: str, row: Mapping[str, Any]) -> bool:
    """Whether this server made the row, now or under an earlier key. Rows without a MAC are nobody's."""
    said = row.get("mac")
    if not isinstance(said, bytes) or not isinstance(row.get("id"), bytes):
        return False
    try:
        forms = [content(entity, row)]
        # What such a row says in fields that it did not have then, nobody vouched for.
        if all(row.get(name) is None for name in _ADDED.get(entity, ())):
            forms.append(_of_before(entity, row))
    except (TypeError, ValueError):  # not even values of a row
        return False
    return any(
        hmac.compare_digest(hmac.digest(key, form, "sha256")[:MAC_BYTES], said)
        for key in (server.mac_key, *server.older_keys)
        for form in forms
    )


def _of_before(entity: str, row: Mapping[str, Any]) -> bytes:
    left_out = {"mac", *_ADDED.get(entity, ())}
    names = [n for n in wire_columns(KINDS[entity]) if n not in left_out]
    return msgspec.msgpack.encode([entity, *(row.get(n) for n in names)])
