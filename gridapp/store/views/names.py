"""What records are called that values name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gridapp.store.reader import Reader, marks

_NAMED = {
    "unit": "name",
    "staff": "name",
    "person": "name",
    "household": "name",
    "building": "name",
    "micro_grid": "name",
    "dwelling": "room",
    "event": "COALESCE(title, item_code)",
    "visit": "substr(happened_at,1,10)",
}


def names_of(reader: Reader, wanted: Mapping[str, Iterable[bytes]]) -> dict[bytes, str]:
    """``wanted``: kind -> ids. Id -> name, of those that are here and have one."""
    found: dict[bytes, str] = {}
    for kind, ids in wanted.items():
        keys = list(ids)
        if kind in _NAMED:
            sql = f"SELECT id, {_NAMED[kind]} FROM {kind} WHERE id IN ({marks(keys)})"
            found |= {key: name for key, name in reader.rows(sql, keys) if name}
    return found
