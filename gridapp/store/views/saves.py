"""What was saved together, as the sync page lists it: any number of it, some of it read at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from uuid import UUID

from gridapp.clock import Instant
from gridapp.domain.kinds import KINDS
from gridapp.domain.record import Type
from gridapp.store import status
from gridapp.store.kept_subjects import kept
from gridapp.store.leaving import PURGED
from gridapp.store.reader import Reader
from gridapp.store.status import SEEN, UNSEEN, Item
from gridapp.store.views.decided import Before, Otherwise, decided_before, decided_by, set_otherwise
from gridapp.store.views.names import names_of
from gridapp.store.views.subjects import Subject, has_subject, subject

SHOWN = 100  # saves of a list, at first and each time that more are asked for

# Of what was saved together, the save is called by the first of these.
_CALLED_BY = (
    "event",
    "event_action",
    "visit",
    "household",
    "person",
    "person_file",
    "household_file",
    "care_enrolment",
    "residence",
    "dwelling",
    "building",
)


class Which(Enum):
    """A list of saves."""

    WAITING = auto()  # to go up
    PARKED = auto()  # not accepted yet: somebody else decides
    REFUSED = auto()
    SEEN = auto()  # parked or refused, and the user knows
    TOLD = auto()  # taken later, and the user does not know yet


_REFUSED = "state IN ('rejected','parked') AND dismissed={}"
_LISTS = {
    Which.WAITING: "state='waiting'",
    Which.PARKED: _REFUSED.format(UNSEEN),
    Which.REFUSED: _REFUSED.format(UNSEEN),
    Which.SEEN: _REFUSED.format(SEEN),
    Which.TOLD: status.TOLD,
}


@dataclass(frozen=True, slots=True)
class Save:
    """What was saved together. ``items``: what it is called by first.

    ``head``: who decided later about work that came too late, "" where that is not known here; ``changed``: what was
    set otherwise; ``names``: of records that values name, by id.
    """

    save_id: bytes
    items: tuple[Item, ...]
    about: Subject | None
    head: str = ""
    changed: tuple[Otherwise, ...] = ()
    names: tuple[tuple[bytes, str], ...] = ()
    before: Before | None = None  # of a decision that came second: the one that counts

    @property
    def main(self) -> Item:
        """What the save is called by."""
        return self.items[0]

    @property
    def recorded_at(self) -> Instant:
        """When it was saved."""
        return self.items[0].recorded_at

    @property
    def code(self) -> str:
        """Why it was not accepted: the reason of what the rest waits for, of what was rejected first."""
        own = [i for i in self.items if i.code and i.code != "waits_for_owner"]
        own.sort(key=lambda i: i.state != "rejected")
        return own[0].code if own else self.main.code

    @property
    def note(self) -> str:
        """What the head of the grid wrote, who decided about it."""
        return next((i.note for i in self.items if i.note), "")

    @property
    def parked(self) -> bool:
        """Whether it is kept for somebody else to record: valid, and not allowed any more where it belongs."""
        return all(i.state == "parked" for i in self.items)

    @property
    def purged(self) -> bool:
        """Whether what it is about was purged: nothing of it is told or handed on."""
        return any(i.code == PURGED for i in self.items)

    @property
    def left(self) -> bool:
        """Whether what it is about is not on this computer any more."""
        return self.about.gone if self.about else has_subject(self.main.entity)


def listed(reader: Reader, which: Which) -> list[tuple[int, ...]]:
    """The operations (``outbox.counter``) of every save of a list: what waits the oldest first, else the newest."""
    order = "ASC" if which is Which.WAITING else "DESC"
    rows = reader.rows(
        "SELECT counter, save_id, state='rejected' FROM outbox "
        f"WHERE {_LISTS[which]} ORDER BY counter {order}"
    )
    together: dict[bytes, list[int]] = {}
    rejected = set()
    for counter, save_id, was_rejected in rows:
        together.setdefault(save_id, []).append(counter)
        if was_rejected:
            rejected.add(save_id)
    if which in (Which.PARKED, Which.REFUSED):
        wanted = which is Which.REFUSED
        together = {s: found for s, found in together.items() if (s in rejected) is wanted}
    return [tuple(found) for found in together.values()]


def some(reader: Reader, which: Which, most: int) -> tuple[Save, ...]:
    """The first saves of a list."""
    return read(reader, list(islice(listed(reader, which), most)))


def read(reader: Reader, chosen: Sequence[tuple[int, ...]]) -> tuple[Save, ...]:
    """Saves by their operations, in this order; those that have gone meanwhile are left out."""
    every = [counter for counters in chosen for counter in counters]
    items = status.items(reader, every)
    found = ([items[c] for c in counters if c in items] for counters in chosen)
    return tuple(_save(reader, together) for together in found if together)


def _save(reader: Reader, items: list[Item]) -> Save:
    items.sort(key=lambda i: _CALLED_BY.index(i.entity) if i.entity in _CALLED_BY else 99)
    about = (subject(reader, i.entity, i.record_id) for i in items)
    return Save(
        items[0].save_id,
        tuple(items),
        next((a for a in about if a), None) or kept(reader, items[0].save_id),
        decided_by(reader, items),
        tuple(one for item in items for one in set_otherwise(reader, item)),
        tuple(names_of(reader, _named(items)).items()),
        decided_before(reader, items),
    )


def _named(items: Iterable[Item]) -> dict[str, set[bytes]]:
    """Kind -> the ids of records that values name. A list of records is one of people."""
    wanted: dict[str, set[bytes]] = {}
    for item in items:
        known = KINDS[item.entity].by_name
        for name, value in item.values:
            if known[name].type is Type.ID and isinstance(value, bytes):
                wanted.setdefault(known[name].refers_to, set()).add(value)
            elif known[name].type is Type.SET:
                people = wanted.setdefault("person", set())
                people |= {id_.bytes for text in value or () if (id_ := _uuid(str(text)))}
    return wanted


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
