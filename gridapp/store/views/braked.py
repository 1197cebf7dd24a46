"""What a comparison would take away, and what the user is asked about first: how much, and of whom."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from gridapp.domain.kinds import KINDS
from gridapp.i18n import Label
from gridapp.store.reader import Reader
from gridapp.store.views.subjects import Subject, subject

SHOWN = 20  # names


@dataclass(frozen=True, slots=True)
class Braked:
    """``kinds``: (label, how many) in the order of the declarations; ``about``: of whom, as far as is shown."""

    count: int
    kinds: tuple[tuple[Label, int], ...]
    about: tuple[Subject, ...]


def braked(reader: Reader) -> Braked | None:
    """Records that the server does not list here any more, none of which has been removed; None: there are none."""
    rows = reader.rows("SELECT DISTINCT entity, record_id FROM braked ORDER BY entity, record_id")
    if not rows:
        return None
    counts = {name: sum(entity == name for entity, _ in rows) for name in KINDS}
    kinds = tuple((Label(KINDS[n].zh, KINDS[n].en), count) for n, count in counts.items() if count)
    about: dict[UUID | str, Subject] = {}
    for entity, key in rows:
        found = subject(reader, entity, UUID(bytes=key))
        if found is not None:
            about.setdefault(found.id or found.name, found)
        if len(about) >= SHOWN:
            break
    return Braked(len(rows), kinds, tuple(about.values()))
