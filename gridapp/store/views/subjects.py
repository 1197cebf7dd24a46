"""What an item of the sync page is about: the household or event that a waiting change belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from gridapp.store.reader import Reader
from gridapp.store.status import Item

_HOUSEHOLD = "SELECT h.id, h.name FROM household h WHERE h.id="
_OF_PERSON = (
    "SELECT h.id, p.name FROM person p LEFT JOIN residence r ON r.id=(SELECT id FROM residence "
    "WHERE person_id=p.id AND deleted=0 ORDER BY to_date IS NULL DESC, kind='living' DESC LIMIT 1) "
    "LEFT JOIN household h ON h.id=r.household_id WHERE p.id="
)
_EVENT = (
    "SELECT e.id, COALESCE(e.title, i.item_zh, e.item_code) FROM event e "
    "LEFT JOIN catalogue_item i ON i.item_code=e.item_code WHERE e.id="
)

# kind -> (page, query that ends in the id of what the item changed)
_QUERIES = {
    "household": ("household", _HOUSEHOLD + "?"),
    "household_file": (
        "household",
        _HOUSEHOLD + "(SELECT household_id FROM household_file WHERE id=?)",
    ),
    "visit": ("household", _HOUSEHOLD + "(SELECT household_id FROM visit WHERE id=?)"),
    "residence": ("household", _HOUSEHOLD + "(SELECT household_id FROM residence WHERE id=?)"),
    "dwelling": ("household", "SELECT h.id, h.name FROM household h WHERE h.dwelling_id=?"),
    "person": ("household", _OF_PERSON + "?"),
    "person_file": ("household", _OF_PERSON + "(SELECT person_id FROM person_file WHERE id=?)"),
    "care_enrolment": (
        "household",
        _OF_PERSON + "(SELECT person_id FROM care_enrolment WHERE id=?)",
    ),
    "event": ("event", _EVENT + "?"),
    "event_action": ("event", _EVENT + "(SELECT event_id FROM event_action WHERE id=?)"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A name to show, and the page that shows more ("" where none does)."""

    name: str
    page: str = ""
    id: UUID | None = None


def subjects(reader: Reader, items: Iterable[Item]) -> dict[bytes, Subject]:
    """The subject of each item by its ``op_id``; items about nothing of these are left out."""
    found: dict[bytes, Subject] = {}
    for item in items:
        page, sql = _QUERIES.get(item.entity, ("", ""))
        row = next(iter(reader.rows(sql, (item.record_id.bytes,))), None) if sql else None
        if row is not None:
            key, name = row
            id_ = UUID(bytes=key) if key else None
            found[item.op_id] = Subject(name or "", page if id_ else "", id_)
    return found
