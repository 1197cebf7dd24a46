"""What an item of the sync page is about: the household or event that a waiting change belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.store.reader import Reader

_WHERE = "h.address, COALESCE(h.number, h.temporary)"
_HOUSEHOLD = f"SELECT h.id, h.name, {_WHERE} FROM household h WHERE h.id="
_OF_PERSON = (
    f"SELECT h.id, p.name, {_WHERE} FROM person p LEFT JOIN residence r ON r.id=(SELECT id FROM residence "
    "WHERE person_id=p.id AND deleted=0 ORDER BY to_date IS NULL DESC, kind='living' DESC LIMIT 1) "
    "LEFT JOIN household h ON h.id=r.household_id WHERE p.id="
)
_EVENT = (
    "SELECT e.id, COALESCE(e.title, e.item_code), e.place, COALESCE(e.number, e.temporary) "
    "FROM event e WHERE e.id="
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
    "dwelling": (
        "household",
        f"SELECT h.id, h.name, {_WHERE} FROM household h WHERE h.dwelling_id=?",
    ),
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
    """A name to show, and the page that shows more ("" where none does). ``gone``: from this computer."""

    name: str
    page: str = ""
    id: UUID | None = None
    address: str = ""
    number: str = ""
    gone: bool = False


def subject(reader: Reader, entity: str, record_id: UUID | None) -> Subject | None:
    """What one record is about. An event is named by its title, or by its item's code."""
    if entity == "attachment" and record_id is not None:
        return _of_target(reader, record_id)
    if entity == "review" and record_id is not None:
        return _of_review(reader, record_id)
    page, sql = _QUERIES.get(entity, ("", ""))
    if not sql or record_id is None:
        return None
    row = next(iter(reader.rows(sql, (record_id.bytes,))), None)
    if row is None:
        return None
    key, name, address, number = row
    id_ = UUID(bytes=key) if key else None
    return Subject(name or "", page if id_ else "", id_, address or "", number or "")


def has_subject(entity: str) -> bool:
    """Whether records of a kind are about a household or an event."""
    return entity in _QUERIES or entity == "attachment"


def _of_target(reader: Reader, attachment_id: UUID) -> Subject | None:
    sql = "SELECT target_kind, target_id FROM attachment WHERE id=?"
    for kind, key in reader.rows(sql, (attachment_id.bytes,)):
        if kind != "attachment" and key:
            return subject(reader, kind, UUID(bytes=key))
    return None


def _of_review(reader: Reader, review_id: UUID) -> Subject | None:
    """A decision about late work is about what that work is about."""
    sql = "SELECT about_kind, about_id FROM review WHERE id=?"
    for kind, key in reader.rows(sql, (review_id.bytes,)):
        if kind and kind != "review" and key:
            return subject(reader, kind, UUID(bytes=key))
    return None
