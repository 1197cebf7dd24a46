"""Whom the work of a revoked device is about, as far as the server knows it or the device said it: the household by
name, address and number, so that whoever deals with it by hand knows whose file to open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from gridapp.domain.address import dwelling_address
from gridapp.domain.exchange import Operation
from gridapp.domain.kinds import KINDS
from gridapp.server.schema import tables
from gridapp.server.workspace import Key

_DEEPEST = 6  # a photo of a step of an event of a household
# Which field, beside its owner, says what a record is of.
_OF = {"event": "household_id", "visit": "household_id", "household": "", "person": ""}


class Abouts:
    """``sent``: all that is kept of a device, for what it made itself is known from there alone."""

    def __init__(self, connection: Connection, sent: Iterable[Operation]) -> None:
        self._connection = connection
        self._said: dict[Key, dict[str, Any]] = {}
        for one in sent:
            held = self._said.setdefault((one.entity, one.record_id), {})
            held |= {name: change.after for name, change in one.fields.items()}
        self._known: dict[Key, Mapping[str, Any]] = {}

    def of(self, operation: Operation) -> dict[str, str] | None:
        """``kind``, ``id``, ``name`` and, of a household, ``address`` and ``number``; None where nobody knows."""
        key: Key | None = (operation.entity, operation.record_id)
        found: dict[str, str] | None = None
        for _ in range(_DEEPEST):
            if key is None or key[0] not in KINDS:
                break
            values = self._values(key)
            found = self._named(key, values) or found
            key = self._on_which(key, values)
        return found

    def _named(self, key: Key, values: Mapping[str, Any]) -> dict[str, str] | None:
        entity, record_id = key
        name = values.get("title") or values.get("place" if entity == "event" else "name")
        if entity not in ("household", "person", "event") or not isinstance(name, str):
            return None
        said = {"kind": entity, "id": str(UUID(bytes=record_id)), "name": name}
        if entity == "household":
            said |= {"address": self._address(values.get("dwelling_id"))}
            said |= {"number": values.get("number") or values.get("temporary") or ""}
        return {what: text for what, text in said.items() if text and isinstance(text, str)}

    def _on_which(self, key: Key, values: Mapping[str, Any]) -> Key | None:
        """What the record hangs on."""
        entity, record_id = key
        if entity == "person":
            return self._home(record_id)
        if entity == "dwelling":
            return self._household("dwelling_id", record_id)
        if entity == "attachment":
            kind, target = values.get("target_kind"), values.get("target_id")
        else:
            field = KINDS[entity].by_name.get(_OF.get(entity) or KINDS[entity].owner)
            kind, target = (field.refers_to, values.get(field.name)) if field else ("", None)
        return (str(kind), target) if isinstance(target, bytes) else None

    def _home(self, person_id: bytes) -> Key | None:
        tie = tables["residence"].c
        ties = (
            select(tie.household_id)
            .where(tie.person_id == person_id, tie.deleted == 0)
            .order_by(tie.to_date.is_(None).desc(), tie.id)
        )
        held = self._connection.scalar(ties)
        if held is None:
            said = (v for (e, _), v in self._said.items() if e == "residence")
            held = next((v.get("household_id") for v in said if v.get("person_id") == person_id), 0)
        return (
            ("household", held)
            if isinstance(held, bytes)
            else self._household("head_id", person_id)
        )

    def _household(self, column: str, record_id: bytes) -> Key | None:
        table = tables["household"]
        statement = select(table.c.id).where(table.c[column] == record_id, table.c.deleted == 0)
        held = self._connection.scalar(statement)
        if held is None:
            said = ((k, v) for (e, k), v in self._said.items() if e == "household")
            held = next((k for k, v in said if v.get(column) == record_id), None)
        return ("household", held) if held is not None else None

    def _address(self, dwelling_id: object) -> str:
        if not isinstance(dwelling_id, bytes):
            return ""
        dwelling = self._values(("dwelling", dwelling_id))
        key = dwelling.get("building_id")
        building = self._values(("building", key)) if isinstance(key, bytes) else {}
        parts = (building.get("name"), *(dwelling.get(n) for n in ("entrance", "room", "landmark")))
        return dwelling_address(*(str(part or "") for part in parts))

    def _values(self, key: Key) -> Mapping[str, Any]:
        """A record as the server holds it, else as the device said it."""
        if key not in self._known:
            table = tables[key[0]]
            row = self._connection.execute(select(table).where(table.c.id == key[1])).first()
            self._known[key] = dict(row._mapping) if row else self._said.get(key, {})
        return self._known[key]
