"""Whom a purged household takes along: persons who are tied to nothing else.

A person is tied to a household by a residence, of now or of before, or as its head. Who has such a tie elsewhere,
or one that still waits to be taken, stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from gridapp.domain.exchange import Change, Verdict
from gridapp.server.schema import operation
from gridapp.server.statements import fetch_in
from gridapp.server.workspace import Key

_OF_HOUSEHOLDS = (
    "SELECT person_id FROM residence WHERE household_id IN (:ids)",
    "SELECT head_id FROM household WHERE id IN (:ids)",
)
# What was deleted was a mistake, and ties nobody.
_TIES = (
    "SELECT person_id, household_id FROM residence WHERE deleted=0 AND person_id IN (:ids)",
    "SELECT head_id, id FROM household WHERE deleted=0 AND head_id IN (:ids)",
)
_CHANGES = msgspec.msgpack.Decoder(dict[str, Change])


@dataclass(frozen=True, slots=True)
class Residents:
    """Persons of households that go: who goes along, and who stays, by id."""

    going: frozenset[bytes]
    staying: frozenset[bytes]


def residents(connection: Connection, keys: Collection[Key]) -> Residents:
    """The persons of the households among ``keys``, which all go."""
    homes = {key for entity, key in keys if entity == "household"}
    people = {p for sql in _OF_HOUSEHOLDS for (p,) in fetch_in(connection, sql, homes) if p}
    people -= {key for entity, key in keys if entity == "person"}
    staying = {
        person
        for sql in _TIES
        for person, home in fetch_in(connection, sql, people)
        if home not in homes
    }
    staying |= people & _waiting(connection, homes)
    return Residents(frozenset(people - staying), frozenset(staying))


def _waiting(connection: Connection, homes: Iterable[bytes]) -> set[bytes]:
    """Persons whom a parked operation ties to another household."""
    log, gone = operation.c, set(homes)
    statement = select(log.fields).where(
        log.verdict == Verdict.PARKED.value, log.entity == "residence"
    )
    found = set()
    for (fields,) in connection.execute(statement):
        said: Mapping[str, Change] = _CHANGES.decode(bytes(fields or b"\x80"))
        person, home = (said.get(name) for name in ("person_id", "household_id"))
        if person and home and isinstance(person.after, bytes) and home.after not in gone:
            found.add(person.after)
    return found
